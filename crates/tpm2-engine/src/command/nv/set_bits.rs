use super::access::check_write;
use crate::context::{Action, Context};
use tpm2_wire::{NvSetBits, NvSetBitsReply, Rc, TpmNt};

/// Part 3, 31.10.
impl Action for NvSetBits {
    fn run(self, cx: &mut Context<'_>) -> Result<NvSetBitsReply, Rc> {
        let index = cx.state.index(self.nv_index.0, Self::nv_index)?;
        cx.check_writable(&index)?;
        check_write(self.auth_handle, &index, self.nv_index)?;
        if index.kind() != TpmNt::Bits {
            return Err(Rc::ATTRIBUTES.at(Self::nv_index));
        }
        let before = if index.written() { index.number() } else { 0 };
        cx.state.write_index(self.nv_index.0, 0, &(before | self.bits).to_be_bytes())?;
        Ok(NvSetBitsReply {})
    }
}
