use crate::context::{Action, Context};
use tpm2_wire::{FlushContext, FlushContextReply, Rc, TpmHt};

/// Part 3, 28.4.
impl Action for FlushContext {
    fn run(self, cx: &mut Context<'_>) -> Result<FlushContextReply, Rc> {
        let handle = self.flush_handle.0;
        let known = match TpmHt::of(handle) {
            TpmHt::TRANSIENT => cx.state.volatile.objects.remove(&handle).is_some(),
            _ => {
                let known = cx.state.session(handle).is_some() || cx.state.session_saved(handle);
                cx.state.flush_session(handle);
                known
            }
        };
        if known { Ok(FlushContextReply {}) } else { Err(Rc::HANDLE.at(Self::flush_handle)) }
    }
}
