//! TPM2_Encapsulate (Part 3, 14.10) and TPM2_Decapsulate (14.11): ML-KEM, and DHKEM with EC keys that have a KDF.
use crate::context::{Action, Context};
use crate::objects::keys;
use crate::state::object::Object;
use tpm2_crypto::{Curve, Error, HashAlg, MlKem, Point};
use tpm2_wire::{
    Buffer, Decapsulate, DecapsulateReply, Encapsulate, EncapsulateReply, Rc, Secret, TpmaObject,
};

/// The public part of a key that encapsulates.
enum Kem<'a> {
    MlKem(MlKem, &'a [u8]),
    Dh(Curve, HashAlg, Point),
}
impl Kem<'_> {
    fn of(key: &Object) -> Option<Kem<'_>> {
        if let Some((set, public)) = keys::mlkem_public(&key.public) {
            return Some(Kem::MlKem(set, public));
        }
        let (parms, curve, public) = keys::ecc_public(&key.public)?;
        Some(Kem::Dh(curve, keys::dhkem_hash(parms)?, public))
    }
}

/// The attributes of the key do not matter: only its public part need be loaded, and nobody vouches for that.
impl Action for Encapsulate {
    fn run(self, cx: &mut Context<'_>) -> Result<EncapsulateReply, Rc> {
        let key = cx.object(self.key_handle, Rc::KEY, Self::key_handle)?;
        let made = match Kem::of(&key).ok_or(Rc::KEY.at(Self::key_handle))? {
            Kem::MlKem(set, public) => cx
                .crypto
                .mlkem_encapsulate(set, public, cx.rng)
                .map(|made| (Secret::from(&made.secret[..]), made.ciphertext)),
            Kem::Dh(curve, hash, public) => cx
                .crypto
                .dhkem_encapsulate(curve, hash, &public, cx.rng)
                .map(|(secret, ciphertext)| (Secret::from(&secret[..]), ciphertext)),
        };
        let (shared_secret, ciphertext) = made.map_err(|error| match error {
            Error::Rng => Rc::FAILURE,
            _ => Rc::KEY.at(Self::key_handle),
        })?;
        Ok(EncapsulateReply { shared_secret, ciphertext: Buffer(ciphertext) })
    }
}

impl Action for Decapsulate {
    fn run(self, cx: &mut Context<'_>) -> Result<DecapsulateReply, Rc> {
        let key = cx.object(self.key_handle, Rc::KEY, Self::key_handle)?;
        let kem = Kem::of(&key).ok_or(Rc::KEY.at(Self::key_handle))?;
        if key.has(TpmaObject::RESTRICTED) || !key.has(TpmaObject::DECRYPT) {
            return Err(Rc::ATTRIBUTES.at(Self::key_handle));
        }
        let shared_secret = match kem {
            Kem::MlKem(..) => {
                let private = keys::mlkem_private(cx.crypto, &key).ok_or(Rc::KEY.at(Self::key_handle))?;
                private.decapsulate(&self.ciphertext).map(|secret| Secret::from(&secret[..]))
            }
            Kem::Dh(curve, hash, public) => {
                let d = key.sensitive.as_ref().ok_or(Rc::KEY.at(Self::key_handle))?;
                let d = d.sensitive.bytes();
                cx.crypto
                    .dhkem_decapsulate(curve, hash, d, &public, &self.ciphertext)
                    .map(|secret| Secret::from(&secret[..]))
            }
        };
        let shared_secret = shared_secret.map_err(|error| match error {
            Error::BadPoint => Rc::ECC_POINT.at(Self::ciphertext),
            _ => Rc::SIZE.at(Self::ciphertext),
        })?;
        Ok(DecapsulateReply { shared_secret })
    }
}
