use crate::context::{Action, Context};
use tpm2_wire::{NvReadPublic, NvReadPublicReply, Rc, Sized2b};

/// Part 3, 31.6.
impl Action for NvReadPublic {
    fn run(self, cx: &mut Context<'_>) -> Result<NvReadPublicReply, Rc> {
        let index = cx.state.index(self.nv_index.0, Self::nv_index)?;
        Ok(NvReadPublicReply { nv_public: Sized2b(index.public.clone()), nv_name: index.name(cx.crypto)? })
    }
}
