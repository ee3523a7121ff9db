use super::access::check_write;
use crate::context::{Action, Context};
use tpm2_wire::{NvIncrement, NvIncrementReply, Rc, TpmNt};

/// Part 3, 31.8.
impl Action for NvIncrement {
    fn run(self, cx: &mut Context<'_>) -> Result<NvIncrementReply, Rc> {
        let index = cx.state.index(self.nv_index.0, Self::nv_index)?;
        check_write(self.auth_handle, &index, self.nv_index)?;
        if index.kind() != TpmNt::Counter {
            return Err(Rc::ATTRIBUTES.at(Self::nv_index));
        }
        let before = if index.written() { index.number() } else { cx.state.highest_count() };
        // Counting to 2^64 takes longer than any TPM lives; going back to zero must not be what comes then.
        let after = before.checked_add(1).ok_or(Rc::NV_RANGE)?;
        cx.state.write_index(self.nv_index.0, 0, &after.to_be_bytes())?;
        Ok(NvIncrementReply {})
    }
}
