use super::support::verify;
use crate::context::{Action, Context};
use tpm2_wire::{Rc, Tpm2bDigest, TpmRh, TpmSt, TpmaObject, TpmiRhHierarchy, TpmtTkVerified, VerifySignature, VerifySignatureReply};

/// Part 3, 20.1.
impl Action for VerifySignature {
    fn run(self, cx: &mut Context<'_>) -> Result<VerifySignatureReply, Rc> {
        let key = cx.object(self.key_handle, Rc::ATTRIBUTES, Self::key_handle)?;
        if !key.has(TpmaObject::SIGN) {
            return Err(Rc::ATTRIBUTES.at(Self::key_handle));
        }
        verify(cx, &key, &self.digest, &self.signature).map_err(|rc| rc.at(Self::signature))?;
        let null = key.hierarchy == TpmRh::NULL || key.public.name_alg.is_none();
        let hierarchy = if null { TpmRh::NULL } else { key.hierarchy };
        let hmac = if null {
            Tpm2bDigest::default()
        } else {
            cx.state.ticket(cx.crypto, hierarchy, TpmSt::VERIFIED, &[&self.digest, &key.name])
        };
        let validation =
            TpmtTkVerified { tag: TpmSt::VERIFIED, hierarchy: TpmiRhHierarchy(hierarchy), metadata: None, hmac };
        Ok(VerifySignatureReply { validation })
    }
}
