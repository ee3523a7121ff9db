//! May an index be read with this authorization (Part 3, 31.1)?
use crate::state::nv::NvIndex;
use tpm2_wire::{Rc, TpmRh, TpmaNv, TpmiRhNvAuth, TpmiRhNvIndex};

/// The checks of all commands that read an index.
pub(crate) fn check_read(auth: TpmiRhNvAuth, index: &NvIndex, handle: TpmiRhNvIndex) -> Result<(), Rc> {
    let attributes = index.attributes();
    if attributes.has(TpmaNv::READLOCKED) {
        return Err(Rc::NV_LOCKED);
    }
    let allowed = match auth.0 {
        TpmRh::OWNER => attributes.has(TpmaNv::OWNERREAD),
        TpmRh::PLATFORM => attributes.has(TpmaNv::PPREAD),
        other => other == handle.0,
    };
    if !allowed {
        return Err(Rc::NV_AUTHORIZATION);
    }
    if index.written() { Ok(()) } else { Err(Rc::NV_UNINITIALIZED) }
}
