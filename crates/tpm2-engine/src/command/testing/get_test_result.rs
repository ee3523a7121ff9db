use crate::context::{Action, Context};
use tpm2_wire::{GetTestResult, GetTestResultReply, Rc, Secret};

/// Part 3, 10.4. In failure mode, `out_data` is the name of what failed.
impl Action for GetTestResult {
    fn run(self, cx: &mut Context<'_>) -> Result<GetTestResultReply, Rc> {
        let test_result = match *cx.failure {
            Some(_) => Rc::FAILURE,
            None if cx.untested.is_empty() => Rc::SUCCESS,
            None => Rc::NEEDS_TEST,
        };
        let reason = cx.failure.unwrap_or_default();
        Ok(GetTestResultReply { out_data: Secret::from(reason.as_bytes()), test_result: test_result.0 })
    }
}
