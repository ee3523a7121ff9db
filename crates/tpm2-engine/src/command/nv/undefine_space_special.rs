use crate::context::{Action, Context};
use tpm2_wire::{NvUndefineSpaceSpecial, NvUndefineSpaceSpecialReply, Rc, TpmaNv};

/// Part 3, 31.5. The response HMAC is made with the authorization value of an index that is no more: an empty
/// one.
impl Action for NvUndefineSpaceSpecial {
    fn run(self, cx: &mut Context<'_>) -> Result<NvUndefineSpaceSpecialReply, Rc> {
        let index = cx.state.index(self.nv_index.0, Self::nv_index)?;
        if !index.attributes().has(TpmaNv::POLICY_DELETE | TpmaNv::PLATFORMCREATE) {
            return Err(Rc::ATTRIBUTES.at(Self::nv_index));
        }
        cx.state.undefine_index(self.nv_index.0);
        Ok(NvUndefineSpaceSpecialReply {})
    }
}
