use crate::context::{Action, Context};
use alloc::sync::Arc;
use tpm2_wire::{ClearControl, ClearControlReply, Rc, TpmRh};

/// Part 3, 24.7.
impl Action for ClearControl {
    fn run(self, cx: &mut Context<'_>) -> Result<ClearControlReply, Rc> {
        let disable = self.disable.yes();
        // Lockout authorization can forbid, and not permit again.
        if self.auth.0 == TpmRh::LOCKOUT && !disable {
            return Err(Rc::AUTH_FAIL);
        }
        if cx.state.persistent.hierarchies.disable_clear != disable {
            Arc::make_mut(&mut cx.state.persistent.hierarchies).disable_clear = disable;
        }
        Ok(ClearControlReply {})
    }
}
