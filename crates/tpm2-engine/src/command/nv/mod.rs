//! Part 3, 31: NV indices.
pub(crate) mod access;
mod change_auth;
mod define_space;
mod define_space2;
mod extend;
mod global_write_lock;
mod increment;
mod index;
mod read;
mod read_lock;
mod read_public;
mod read_public2;
mod set_bits;
mod undefine_space;
mod undefine_space_special;
mod write;
mod write_lock;

actions! {
    NvDefineSpace NvUndefineSpace NvUndefineSpaceSpecial NvReadPublic NvWrite NvIncrement NvExtend NvSetBits
    NvWriteLock NvGlobalWriteLock NvRead NvReadLock NvChangeAuth NvDefineSpace2 NvReadPublic2
}
