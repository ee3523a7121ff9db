use crate::context::{Action, Context};
use tpm2_wire::{Rc, ReadOnlyControl, ReadOnlyControlReply};

/// Part 3, 24.9. What is refused while it is on is in `dispatch::read_only`.
impl Action for ReadOnlyControl {
    fn run(self, cx: &mut Context<'_>) -> Result<ReadOnlyControlReply, Rc> {
        cx.state.clear.read_only = self.state.yes();
        Ok(ReadOnlyControlReply {})
    }
}
