use crate::context::{Action, Context};
use tpm2_wire::{Rc, TestParms, TestParmsReply};

/// Part 3, 30.3: parameters that could be read are parameters that the TPM supports.
impl Action for TestParms {
    fn run(self, _: &mut Context<'_>) -> Result<TestParmsReply, Rc> {
        Ok(TestParmsReply {})
    }
}
