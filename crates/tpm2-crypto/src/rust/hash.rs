//! Compression functions of the `sha1`, `sha2` (SHA-NI where the processor has it) and `sm3` crates, and the
//! permutation of `keccak`.

use sm3::digest::{
    array::Array,
    block_api::UpdateCore,
    common::hazmat::{SerializableState, SerializedState},
};
use zeroize::Zeroize;

use crate::HashProvider;

pub(crate) struct RustHash;

impl HashProvider for RustHash {
    fn sha1(&self, state: &mut [u32; 5], blocks: &[[u8; 64]]) {
        sha1::block_api::compress(state, blocks);
    }
    fn sha256(&self, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        sha2::block_api::compress256(state, blocks);
    }
    fn sha512(&self, state: &mut [u64; 8], blocks: &[[u8; 128]]) {
        sha2::block_api::compress512(state, blocks);
    }
    fn sm3(&self, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        // The crate hides its compression function, but lets its state in and out: the words in little endian,
        // then a count of blocks that does not matter here.
        let mut bytes = SerializedState::<sm3::Sm3Core>::default();
        bytes.chunks_exact_mut(4).zip(&*state).for_each(|(b, w)| b.copy_from_slice(&w.to_le_bytes()));
        if let Ok(mut core) = sm3::Sm3Core::deserialize(&bytes) {
            core.update_blocks(Array::cast_slice_from_core(blocks));
            bytes = core.serialize();
        }
        state.iter_mut().zip(bytes.as_chunks().0).for_each(|(w, b)| *w = u32::from_le_bytes(*b));
        bytes.zeroize();
    }
    fn keccak_f1600(&self, lanes: &mut [u64; 25]) {
        keccak::Keccak::new().with_f1600(|f| f(lanes));
    }
}
