use crate::context::{Action, Context};
use tpm2_wire::{Rc, Secret, TpmAlg, TpmaObject, Unseal, UnsealReply};

/// Part 3, 12.7.
impl Action for Unseal {
    fn run(self, cx: &mut Context<'_>) -> Result<UnsealReply, Rc> {
        let object = cx.object(self.item_handle, Rc::TYPE, Self::item_handle)?;
        if object.public.kind() != TpmAlg::KEYEDHASH {
            return Err(Rc::TYPE.at(Self::item_handle));
        }
        if object.attributes().any(TpmaObject::DECRYPT | TpmaObject::SIGN | TpmaObject::RESTRICTED) {
            return Err(Rc::ATTRIBUTES.at(Self::item_handle));
        }
        let sensitive = object.sensitive.as_ref().ok_or(Rc::ATTRIBUTES.at(Self::item_handle))?;
        Ok(UnsealReply { out_data: Secret::from(sensitive.sensitive.bytes()) })
    }
}
