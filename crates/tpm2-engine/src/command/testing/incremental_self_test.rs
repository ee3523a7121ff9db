use crate::context::{Action, Context};
use tpm2_wire::{IncrementalSelfTest, IncrementalSelfTestReply, Rc};

/// Part 3, 10.3. All that is asked for is tested before the response leaves.
impl Action for IncrementalSelfTest {
    fn run(self, cx: &mut Context<'_>) -> Result<IncrementalSelfTestReply, Rc> {
        if !self.to_test.iter().all(|alg| cx.profile.accept.algorithm(*alg)) {
            return Err(Rc::VALUE.at(Self::to_test));
        }
        for alg in &*self.to_test {
            let which = cx.untested.of(*alg);
            cx.untested.run(which, cx.crypto, cx.rng, cx.failure)?;
        }
        let all = cx.profile.algorithms.iter().copied();
        let to_do_list = all.filter(|alg| cx.untested.concerns(*alg)).collect();
        Ok(IncrementalSelfTestReply { to_do_list })
    }
}
