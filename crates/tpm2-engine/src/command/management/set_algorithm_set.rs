use crate::context::{Action, Context};
use alloc::sync::Arc;
use tpm2_wire::{Rc, SetAlgorithmSet, SetAlgorithmSetReply};

/// Part 3, 26.3. Which algorithms there are is a matter of the profile that the TPM was made with: the value, which
/// is the vendor's to define, is kept and reported (`TPM_PT_ALGORITHM_SET`), and changes nothing.
impl Action for SetAlgorithmSet {
    fn run(self, cx: &mut Context<'_>) -> Result<SetAlgorithmSetReply, Rc> {
        if cx.state.persistent.platform.algorithm_set != self.algorithm_set {
            Arc::make_mut(&mut cx.state.persistent.platform).algorithm_set = self.algorithm_set;
        }
        Ok(SetAlgorithmSetReply {})
    }
}
