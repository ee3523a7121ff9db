use crate::context::{Action, Context};
use crate::entity::timer_number;
use tpm2_wire::{ActSetTimeout, ActSetTimeoutReply, Rc};

/// What stops a timer that signals.
const STOP: u32 = u32::MAX;

/// Part 3, 33.2.
impl Action for ActSetTimeout {
    fn run(self, cx: &mut Context<'_>) -> Result<ActSetTimeoutReply, Rc> {
        let number = timer_number(self.act_handle.0).ok_or(Rc::VALUE.at(Self::act_handle))?;
        let timer = cx.state.timer_mut(number);
        let running = timer.remaining > 0;
        (timer.remaining, timer.signaled) = match self.start_timeout {
            STOP if timer.signaled => (0, false),
            STOP => return Err(Rc::VALUE.at(Self::start_timeout)),
            0 => (0, timer.signaled || running),
            seconds => (u64::from(seconds) * 1000, false),
        };
        timer.preserved = false;
        timer.set = true;
        Ok(ActSetTimeoutReply {})
    }
}
