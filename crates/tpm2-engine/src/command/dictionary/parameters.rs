use crate::context::{Action, Context};
use alloc::sync::Arc;
use tpm2_wire::{DictionaryAttackParameters, DictionaryAttackParametersReply, Rc};

/// Part 3, 25.3. Failures that were counted stay counted: a lower limit can lock at once.
impl Action for DictionaryAttackParameters {
    fn run(self, cx: &mut Context<'_>) -> Result<DictionaryAttackParametersReply, Rc> {
        let da = Arc::make_mut(&mut cx.state.persistent.da);
        da.max_tries = self.new_max_tries;
        da.recovery_time = self.new_recovery_time;
        da.lockout_recovery = self.lockout_recovery;
        Ok(DictionaryAttackParametersReply {})
    }
}
