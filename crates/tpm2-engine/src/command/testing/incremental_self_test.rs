use super::algorithm_tests::Test;
use crate::context::{Action, Context};
use tpm2_wire::{IncrementalSelfTest, IncrementalSelfTestReply, Rc};

/// Part 3, 10.3. All that is asked for is tested before the response leaves.
impl Action for IncrementalSelfTest {
    fn run(self, cx: &mut Context<'_>) -> Result<IncrementalSelfTestReply, Rc> {
        if !self.to_test.iter().all(|alg| cx.profile.accept.algorithm(*alg)) {
            return Err(Rc::VALUE.at(Self::to_test));
        }
        for test in self.to_test.iter().filter_map(|alg| Test::of(*alg)) {
            test.run_once(cx)?;
        }
        let all = cx.profile.algorithms.iter().copied();
        let to_do_list =
            all.filter(|alg| Test::of(*alg).is_some_and(|test| !test.passed(cx.state))).collect();
        Ok(IncrementalSelfTestReply { to_do_list })
    }
}
