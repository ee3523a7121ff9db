use super::access::check_write;
use crate::context::{Action, Context};
use tpm2_wire::{NvWrite, NvWriteReply, Rc, TpmNt, TpmaNv};

/// Part 3, 31.7.
impl Action for NvWrite {
    fn run(self, cx: &mut Context<'_>) -> Result<NvWriteReply, Rc> {
        let index = cx.state.index(self.nv_index.0, Self::nv_index)?;
        cx.check_writable(&index)?;
        check_write(self.auth_handle, &index, self.nv_index)?;
        if matches!(index.kind(), TpmNt::Counter | TpmNt::Bits | TpmNt::Extend) {
            return Err(Rc::ATTRIBUTES);
        }
        let (offset, size) = (usize::from(self.offset), usize::from(index.public.data_size));
        if offset > size {
            return Err(Rc::VALUE.at(Self::offset));
        }
        if self.data.len() > size - offset {
            return Err(Rc::NV_RANGE);
        }
        if index.attributes().has(TpmaNv::WRITEALL) && self.data.len() < size {
            return Err(Rc::NV_RANGE);
        }
        cx.state.write_index(self.nv_index.0, offset, &self.data)?;
        Ok(NvWriteReply {})
    }
}
