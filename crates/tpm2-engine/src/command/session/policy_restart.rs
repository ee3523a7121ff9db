use crate::context::{Action, Context};
use crate::state::session::Policy;
use tpm2_wire::{PolicyRestart, PolicyRestartReply, Rc};

/// Part 3, 11.2.
impl Action for PolicyRestart {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyRestartReply, Rc> {
        let (session, policy) = cx.policy(self.session_handle)?;
        let fresh = Policy::new(session.auth_hash, policy.trial, &cx.state.volatile);
        if let Some(session) = cx.state.session_mut(self.session_handle.0) {
            session.policy = Some(fresh);
        }
        Ok(PolicyRestartReply {})
    }
}
