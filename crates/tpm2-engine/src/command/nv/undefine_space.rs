use crate::context::{Action, Context};
use tpm2_wire::{NvUndefineSpace, NvUndefineSpaceReply, Rc, TpmRh, TpmaNv};

/// Part 3, 31.4.
impl Action for NvUndefineSpace {
    fn run(self, cx: &mut Context<'_>) -> Result<NvUndefineSpaceReply, Rc> {
        let index = cx.state.index(self.nv_index.0, Self::nv_index)?;
        if index.attributes().has(TpmaNv::POLICY_DELETE) {
            return Err(Rc::ATTRIBUTES.at(Self::nv_index));
        }
        if self.auth_handle.0 == TpmRh::OWNER && index.attributes().has(TpmaNv::PLATFORMCREATE) {
            return Err(Rc::NV_AUTHORIZATION);
        }
        cx.state.undefine_index(self.nv_index.0);
        Ok(NvUndefineSpaceReply {})
    }
}
