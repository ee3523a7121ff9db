use crate::context::{Action, Context};
use tpm2_wire::{Rc, StirRandom, StirRandomReply};

/// Part 3, 16.2. What the caller adds comes on top of fresh entropy, so that it cannot do harm.
impl Action for StirRandom {
    fn run(self, cx: &mut Context<'_>) -> Result<StirRandomReply, Rc> {
        cx.health.reseed(cx.platform, cx.rng, &self.in_data).map_err(|fault| {
            *cx.failure = Some(fault);
            Rc::FAILURE
        })?;
        Ok(StirRandomReply {})
    }
}
