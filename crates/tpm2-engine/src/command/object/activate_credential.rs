use crate::context::{Action, Context};
use crate::objects::protect::Protector;
use crate::objects::secret::{Label, recover};
use tpm2_wire::{ActivateCredential, ActivateCredentialReply, Rc, TpmaObject};

/// Part 3, 12.5.
impl Action for ActivateCredential {
    fn run(self, cx: &mut Context<'_>) -> Result<ActivateCredentialReply, Rc> {
        let key = cx.object(self.key_handle, Rc::TYPE, Self::key_handle)?;
        let object = cx.object(self.activate_handle, Rc::TYPE, Self::activate_handle)?;
        if !key.has_labeled_kem()
            || !key.has(TpmaObject::DECRYPT | TpmaObject::RESTRICTED)
        {
            return Err(Rc::TYPE.at(Self::key_handle));
        }
        let seed = recover(cx, &key, Label::Identity, &self.secret).map_err(|rc| rc.at(Self::secret))?;
        let plain = Protector::new(&key, Some(&seed))?
            .unwrap(cx.crypto, &object.name, false, &self.credential_blob)
            .map_err(|rc| rc.at(Self::credential_blob))?;
        let cert_info =
            crate::crypt::parse(&plain, &cx.profile.accept).map_err(|rc| rc.at(Self::credential_blob))?;
        Ok(ActivateCredentialReply { cert_info })
    }
}
