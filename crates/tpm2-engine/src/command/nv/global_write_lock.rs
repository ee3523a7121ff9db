use crate::context::{Action, Context};
use alloc::vec::Vec;
use tpm2_wire::{NvGlobalWriteLock, NvGlobalWriteLockReply, Rc, TpmaNv};

/// Part 3, 31.12: locks the indices that ask for it, whoever created them.
impl Action for NvGlobalWriteLock {
    fn run(self, cx: &mut Context<'_>) -> Result<NvGlobalWriteLockReply, Rc> {
        let all = cx.state.indices();
        let asking: Vec<u32> = all
            .filter(|(_, index)| index.attributes().has(TpmaNv::GLOBALLOCK))
            .map(|(handle, _)| handle)
            .collect();
        for handle in asking {
            cx.state.set_attributes(handle, TpmaNv::WRITELOCKED);
        }
        Ok(NvGlobalWriteLockReply {})
    }
}
