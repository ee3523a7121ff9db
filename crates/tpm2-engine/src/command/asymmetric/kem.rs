//! TPM2_Encapsulate (Part 3, 14.10) and TPM2_Decapsulate (14.11).
use crate::context::{Action, Context};
use crate::objects::keys;
use tpm2_wire::{Buffer, Decapsulate, DecapsulateReply, Encapsulate, EncapsulateReply, Rc, Secret, TpmaObject};

/// The attributes of the key do not matter: its holder may have sent it from anywhere.
impl Action for Encapsulate {
    fn run(self, cx: &mut Context<'_>) -> Result<EncapsulateReply, Rc> {
        let key = cx.object(self.key_handle, Rc::KEY, Self::key_handle)?;
        let (set, public) = keys::mlkem_public(&key.public).ok_or(Rc::KEY.at(Self::key_handle))?;
        let made = cx.crypto.mlkem_encapsulate(set, public, cx.rng);
        let made = made.map_err(|error| match error {
            tpm2_crypto::Error::Rng => Rc::FAILURE,
            _ => Rc::KEY.at(Self::key_handle),
        })?;
        Ok(EncapsulateReply {
            shared_secret: Secret::from(&made.secret[..]),
            ciphertext: Buffer(made.ciphertext),
        })
    }
}

impl Action for Decapsulate {
    fn run(self, cx: &mut Context<'_>) -> Result<DecapsulateReply, Rc> {
        let key = cx.object(self.key_handle, Rc::KEY, Self::key_handle)?;
        if keys::mlkem_public(&key.public).is_none() {
            return Err(Rc::KEY.at(Self::key_handle));
        }
        if key.has(TpmaObject::RESTRICTED) || !key.has(TpmaObject::DECRYPT) {
            return Err(Rc::ATTRIBUTES.at(Self::key_handle));
        }
        let private = keys::mlkem_private(cx.crypto, &key).ok_or(Rc::KEY.at(Self::key_handle))?;
        let secret = private.decapsulate(&self.ciphertext).map_err(|_| Rc::SIZE.at(Self::ciphertext))?;
        Ok(DecapsulateReply { shared_secret: Secret::from(&secret[..]) })
    }
}
