use crate::context::{Action, Context};
use alloc::sync::Arc;
use tpm2_wire::{DictionaryAttackLockReset, DictionaryAttackLockResetReply, Rc};

/// Part 3, 25.2.
impl Action for DictionaryAttackLockReset {
    fn run(self, cx: &mut Context<'_>) -> Result<DictionaryAttackLockResetReply, Rc> {
        if cx.state.persistent.da.failed_tries != 0 {
            Arc::make_mut(&mut cx.state.persistent.da).failed_tries = 0;
        }
        Ok(DictionaryAttackLockResetReply {})
    }
}
