use super::algorithm_tests::Test;
use crate::context::{Action, Context};
use tpm2_wire::{Rc, SelfTest, SelfTestReply};

/// Part 3, 10.2. The tests are done when the response leaves, so TPM_RC_TESTING is never seen.
impl Action for SelfTest {
    fn run(self, cx: &mut Context<'_>) -> Result<SelfTestReply, Rc> {
        if self.full_test.yes() {
            cx.state.volatile.tested = 0;
        }
        Test::ALL.iter().try_for_each(|test| test.run_once(cx))?;
        Ok(SelfTestReply {})
    }
}
