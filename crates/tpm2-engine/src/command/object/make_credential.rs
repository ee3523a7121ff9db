use crate::context::{Action, Context};
use crate::crypt::hash;
use crate::objects::protect::Protector;
use crate::objects::secret::{Label, share};
use tpm2_wire::{Buffer, MakeCredential, MakeCredentialReply, Rc, TpmaObject, to_vec};

/// Part 3, 12.6.
impl Action for MakeCredential {
    fn run(self, cx: &mut Context<'_>) -> Result<MakeCredentialReply, Rc> {
        let key = cx.object(self.handle, Rc::TYPE, Self::handle)?;
        // A storage key that secrets can be sent to; its public part is enough.
        if !key.has_labeled_kem()
            || !key.has(TpmaObject::RESTRICTED | TpmaObject::DECRYPT)
        {
            return Err(Rc::TYPE.at(Self::handle));
        }
        let alg = hash(key.public.name_alg.ok_or(Rc::TYPE.at(Self::handle))?)?;
        if self.credential.len() > alg.digest_size() {
            return Err(Rc::SIZE.at(Self::credential));
        }
        let (seed, secret) = share(cx, &key, Label::Identity)?;
        let blob = Protector::new(&key, Some(&seed))?.wrap(
            cx.crypto,
            &self.object_name,
            None,
            &to_vec(&self.credential),
        )?;
        Ok(MakeCredentialReply { credential_blob: Buffer(blob), secret })
    }
}
