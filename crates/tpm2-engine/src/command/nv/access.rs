//! May who was authorized read or write an index (Part 3, 31.1)?
//!
//! What an index's own authorization may do was checked when it was given; here it is seen that it was this
//! index's.
use crate::context::Context;
use crate::state::nv::NvIndex;
use tpm2_wire::{Rc, TpmRh, TpmaNv, TpmiRhNvAuth, TpmiRhNvIndex};

impl Context<'_> {
    /// May the index be changed? In Read-Only mode only if it begins anew with each start-up (Part 3, Table 207).
    pub(super) fn check_writable(&self, index: &NvIndex) -> Result<(), Rc> {
        let lasts = !index.attributes().has(TpmaNv::ORDERLY | TpmaNv::CLEAR_STCLEAR);
        if self.state.clear.read_only && lasts { Err(Rc::READ_ONLY) } else { Ok(()) }
    }
}

/// May `auth` read the data of `index`? Read locks come first, and whether there are data comes last.
pub(crate) fn check_read(auth: TpmiRhNvAuth, index: &NvIndex, handle: TpmiRhNvIndex) -> Result<(), Rc> {
    let attributes = index.attributes();
    if attributes.has(TpmaNv::READLOCKED) {
        return Err(Rc::NV_LOCKED);
    }
    check_auth(auth, handle, attributes, TpmaNv::OWNERREAD, TpmaNv::PPREAD)?;
    if index.written() { Ok(()) } else { Err(Rc::NV_UNINITIALIZED) }
}

/// May `auth` write to `index`? Write locks come first.
pub(crate) fn check_write(auth: TpmiRhNvAuth, index: &NvIndex, handle: TpmiRhNvIndex) -> Result<(), Rc> {
    let attributes = index.attributes();
    if attributes.has(TpmaNv::WRITELOCKED) {
        return Err(Rc::NV_LOCKED);
    }
    check_auth(auth, handle, attributes, TpmaNv::OWNERWRITE, TpmaNv::PPWRITE)
}

fn check_auth(
    auth: TpmiRhNvAuth,
    handle: TpmiRhNvIndex,
    attributes: TpmaNv,
    owner: TpmaNv,
    platform: TpmaNv,
) -> Result<(), Rc> {
    let allowed = match auth.0 {
        TpmRh::OWNER => attributes.has(owner),
        TpmRh::PLATFORM => attributes.has(platform),
        other => other == handle.0,
    };
    if allowed { Ok(()) } else { Err(Rc::NV_AUTHORIZATION) }
}
