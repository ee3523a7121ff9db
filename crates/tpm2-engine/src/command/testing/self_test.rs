use super::Untested;
use crate::context::{Action, Context};
use tpm2_wire::{Rc, SelfTest, SelfTestReply};

/// Part 3, 10.2. The tests are done when the response leaves, so TPM_RC_TESTING is never seen.
impl Action for SelfTest {
    fn run(self, cx: &mut Context<'_>) -> Result<SelfTestReply, Rc> {
        if self.full_test.yes() {
            *cx.untested = Untested::all(cx.profile);
        }
        let which = *cx.untested;
        cx.untested.run(which, cx.crypto, cx.rng, cx.failure)?;
        Ok(SelfTestReply {})
    }
}
