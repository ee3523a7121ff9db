//! TPM2_ECC_Encrypt and TPM2_ECC_Decrypt (Part 3, 14.8 and 14.9; Part 1, 45.2.4).
use crate::context::{Action, Context};
use crate::crypt::{digest_2b, failed, hash};
use crate::objects::keys;
use tpm2_crypto::{Error, HashAlg};
use tpm2_wire::{
    At, EccDecrypt, EccDecryptReply, EccEncrypt, EccEncryptReply, Rc, Secret, Sized2b, TpmaObject,
    TpmiAlgKdf, TpmsEccParms, TpmtKdfScheme,
};

/// The hash of KDF2, the one function that there is for this: of the key, or, where the key leaves it open, the
/// caller's.
fn select(parms: &TpmsEccParms, asked: Option<TpmtKdfScheme>, at: At) -> Result<HashAlg, Rc> {
    let scheme = match (parms.kdf, asked) {
        (Some(own), Some(asked)) if own != asked => return Err(Rc::SCHEME.at(at)),
        (own, asked) => own.or(asked).ok_or(Rc::SCHEME.at(at))?,
    };
    if scheme.scheme == TpmiAlgKdf::Kdf2 { hash(scheme.hash_alg) } else { Err(Rc::SCHEME) }
}

impl Action for EccEncrypt {
    fn run(self, cx: &mut Context<'_>) -> Result<EccEncryptReply, Rc> {
        let key = cx.object(self.key_handle, Rc::KEY, Self::key_handle)?;
        let (parms, curve, q) = keys::ecc_public(&key.public).ok_or(Rc::KEY.at(Self::key_handle))?;
        let alg = select(parms, self.in_scheme, Self::in_scheme)?;
        // A key that was loaded without a Name may be off its curve.
        let made = cx.crypto.ecc_encrypt(curve, alg, &q, &self.plain_text, cx.rng).map_err(|error| match error {
            Error::BadPoint => Rc::NO_RESULT,
            error => failed(error),
        })?;
        Ok(EccEncryptReply {
            c1: Sized2b(keys::wire_point(made.c1)),
            c2: Secret::from(&made.c2[..]),
            c3: digest_2b(&made.c3),
        })
    }
}

impl Action for EccDecrypt {
    fn run(self, cx: &mut Context<'_>) -> Result<EccDecryptReply, Rc> {
        let key = cx.object(self.key_handle, Rc::KEY, Self::key_handle)?;
        let (parms, curve, _) = keys::ecc_public(&key.public).ok_or(Rc::KEY.at(Self::key_handle))?;
        if key.has(TpmaObject::RESTRICTED) || !key.has(TpmaObject::DECRYPT) {
            return Err(Rc::ATTRIBUTES.at(Self::key_handle));
        }
        let alg = select(parms, self.in_scheme, Self::in_scheme)?;
        let d = key.sensitive.as_ref().ok_or(Rc::KEY.at(Self::key_handle))?;
        let c1 = keys::point(curve, &self.c1.0);
        let message = cx
            .crypto
            .ecc_decrypt(curve, alg, d.sensitive.bytes(), &c1, &self.c2, &self.c3)
            .map_err(|error| match error {
                Error::BadPoint => Rc::ECC_POINT.at(Self::c1),
                error => failed(error),
            })?;
        Ok(EccDecryptReply { plain_text: Secret::from(&message[..]) })
    }
}
