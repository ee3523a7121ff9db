use crate::context::{Action, Context};
use crate::state::pcr::{allows, attributes};
use tpm2_wire::{PcrReset, PcrResetReply, Rc};

/// Part 3, 22.8.
impl Action for PcrReset {
    fn run(self, cx: &mut Context<'_>) -> Result<PcrResetReply, Rc> {
        // From locality 4 only `_TPM_Hash_Start` resets: a TPM with a dynamic launch refuses the command there.
        if cx.locality == 4 || !allows(attributes(self.pcr_handle.0).reset, cx.locality) {
            return Err(Rc::LOCALITY);
        }
        cx.state.zero_pcr(self.pcr_handle.0);
        Ok(PcrResetReply {})
    }
}
