use crate::context::{Action, Context};
use tpm2_wire::{ClockSet, ClockSetReply, Rc};

/// Clock is not set further than this, so that it never rolls over.
const MAX_CLOCK: u64 = 0xFFFF_0000_0000_0000;

/// Part 3, 29.2.
impl Action for ClockSet {
    fn run(self, cx: &mut Context<'_>) -> Result<ClockSetReply, Rc> {
        let forward = self.new_time.checked_sub(cx.state.orderly.clock);
        let Some(forward) = forward.filter(|_| self.new_time <= MAX_CLOCK) else {
            return Err(Rc::VALUE.at(Self::new_time));
        };
        cx.state.jump(forward, cx.profile.clock_update);
        Ok(ClockSetReply {})
    }
}
