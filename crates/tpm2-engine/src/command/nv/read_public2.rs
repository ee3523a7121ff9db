use crate::context::{Action, Context};
use tpm2_wire::{NvReadPublic2, NvReadPublic2Reply, Rc, Sized2b, TpmtNvPublic2};

/// Part 3, 31.18.
impl Action for NvReadPublic2 {
    fn run(self, cx: &mut Context<'_>) -> Result<NvReadPublic2Reply, Rc> {
        let index = cx.state.index(self.nv_index.0, Self::nv_index)?;
        let nv_public = Sized2b(TpmtNvPublic2::Index(index.public.clone()));
        Ok(NvReadPublic2Reply { nv_public, nv_name: index.name(cx.crypto)? })
    }
}
