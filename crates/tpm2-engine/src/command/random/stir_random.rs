use crate::context::{Action, Context};
use tpm2_wire::{Rc, StirRandom, StirRandomReply};
use zeroize::Zeroizing;

/// Part 3, 16.2. What the caller adds comes on top of fresh entropy, so that it cannot do harm.
impl Action for StirRandom {
    fn run(self, cx: &mut Context<'_>) -> Result<StirRandomReply, Rc> {
        let mut fresh = Zeroizing::new([0; tpm2_crypto::drbg::SEED_SIZE]);
        cx.platform.entropy(&mut *fresh).map_err(|_| Rc::FAILURE)?;
        cx.rng.reseed(&[&*fresh, &self.in_data]);
        Ok(StirRandomReply {})
    }
}
