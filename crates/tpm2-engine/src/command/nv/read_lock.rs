use super::access::check_read;
use crate::context::{Action, Context};
use tpm2_wire::{NvReadLock, NvReadLockReply, Rc, TpmaNv};

/// Part 3, 31.14.
impl Action for NvReadLock {
    fn run(self, cx: &mut Context<'_>) -> Result<NvReadLockReply, Rc> {
        let index = cx.state.index(self.nv_index.0, Self::nv_index)?;
        cx.check_writable(&index)?;
        match check_read(self.auth_handle, &index, self.nv_index) {
            // What is locked already need not be locked.
            Err(Rc::NV_LOCKED) => return Ok(NvReadLockReply {}),
            // What was never written can be locked nevertheless.
            Err(Rc::NV_UNINITIALIZED) => {}
            other => other?,
        }
        if !index.attributes().has(TpmaNv::READ_STCLEAR) {
            return Err(Rc::ATTRIBUTES.at(Self::nv_index));
        }
        cx.state.set_attributes(self.nv_index.0, TpmaNv::READLOCKED);
        Ok(NvReadLockReply {})
    }
}
