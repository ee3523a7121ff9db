use crate::context::{Action, Context};
use tpm2_wire::{Rc, ReadClock, ReadClockReply};

/// Part 3, 29.1.
impl Action for ReadClock {
    fn run(self, cx: &mut Context<'_>) -> Result<ReadClockReply, Rc> {
        Ok(ReadClockReply { current_time: cx.state.time_info() })
    }
}
