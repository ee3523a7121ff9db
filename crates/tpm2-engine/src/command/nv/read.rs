use super::access::check_read;
use crate::context::{Action, Context};
use tpm2_wire::{MAX_NV_BUFFER, NvRead, NvReadReply, Rc, Secret};

/// Part 3, 31.13.
impl Action for NvRead {
    fn run(self, cx: &mut Context<'_>) -> Result<NvReadReply, Rc> {
        let index = cx.state.index(self.nv_index.0, Self::nv_index)?;
        check_read(self.auth_handle, &index, self.nv_index)?;
        let (offset, size) = (usize::from(self.offset), usize::from(self.size));
        if size > MAX_NV_BUFFER {
            return Err(Rc::VALUE.at(Self::size));
        }
        if offset > usize::from(index.public.data_size) {
            return Err(Rc::VALUE.at(Self::offset));
        }
        let data = index.data.0.get(offset..offset + size).ok_or(Rc::NV_RANGE)?;
        Ok(NvReadReply { data: Secret::from(data) })
    }
}
