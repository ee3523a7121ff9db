use super::access::check_write;
use crate::context::{Action, Context};
use tpm2_wire::{NvWriteLock, NvWriteLockReply, Rc, TpmaNv};

/// Part 3, 31.11.
impl Action for NvWriteLock {
    fn run(self, cx: &mut Context<'_>) -> Result<NvWriteLockReply, Rc> {
        let index = cx.state.index(self.nv_index.0, Self::nv_index)?;
        cx.check_writable(&index)?;
        match check_write(self.auth_handle, &index, self.nv_index) {
            // What is locked already need not be locked.
            Err(Rc::NV_LOCKED) => return Ok(NvWriteLockReply {}),
            other => other?,
        }
        if !index.attributes().any(TpmaNv::WRITEDEFINE | TpmaNv::WRITE_STCLEAR) {
            return Err(Rc::ATTRIBUTES.at(Self::nv_index));
        }
        cx.state.set_attributes(self.nv_index.0, TpmaNv::WRITELOCKED);
        Ok(NvWriteLockReply {})
    }
}
