//! RSA_Encrypt and RSA_Decrypt (Part 3, 14.2 and 14.3).
use crate::context::{Action, Context};
use crate::crypt::{failed, hash};
use crate::objects::keys;
use crate::state::object::Object;
use tpm2_crypto::{HashAlg, RsaPad};
use tpm2_wire::{
    At, Buffer, Rc, RsaDecrypt, RsaDecryptReply, RsaEncrypt, RsaEncryptReply, TpmaObject, TpmtPublicParms,
    TpmtRsaDecrypt, TpmtRsaScheme,
};

/// How a message is padded.
enum Padding {
    Raw,
    Pkcs1,
    Oaep(HashAlg),
}
impl Padding {
    /// The key's, or, where the key leaves it open, the caller's.
    fn select(key: &Object, asked: Option<TpmtRsaDecrypt>, at: At) -> Result<Padding, Rc> {
        let TpmtPublicParms::Rsa(parms) = &key.public.parameters else { return Err(Rc::KEY) };
        let own = match parms.scheme {
            None => None,
            Some(TpmtRsaScheme::Rsaes) => Some(TpmtRsaDecrypt::Rsaes),
            Some(TpmtRsaScheme::Oaep(alg)) => Some(TpmtRsaDecrypt::Oaep(alg)),
            Some(_) => return Err(Rc::SCHEME.at(at)),
        };
        let scheme = match (own, asked) {
            (Some(own), Some(asked)) if own != asked => return Err(Rc::SCHEME.at(at)),
            (own, asked) => own.or(asked),
        };
        Ok(match scheme {
            None => Padding::Raw,
            Some(TpmtRsaDecrypt::Rsaes) => Padding::Pkcs1,
            Some(TpmtRsaDecrypt::Oaep(alg)) => Padding::Oaep(hash(alg)?),
        })
    }
    fn with_label<'a>(&self, label: &'a [u8]) -> RsaPad<'a> {
        match self {
            Padding::Raw => RsaPad::Raw,
            Padding::Pkcs1 => RsaPad::Pkcs1,
            Padding::Oaep(hash) => RsaPad::Oaep { hash: *hash, label },
        }
    }
}
/// A label ends with a zero.
fn check_label(label: &[u8], at: At) -> Result<(), Rc> {
    if label.last().is_none_or(|last| *last == 0) { Ok(()) } else { Err(Rc::VALUE.at(at)) }
}

impl Action for RsaEncrypt {
    fn run(self, cx: &mut Context<'_>) -> Result<RsaEncryptReply, Rc> {
        let key = cx.object(self.key_handle, Rc::KEY, Self::key_handle)?;
        let (n, e) = keys::rsa_public(&key.public).ok_or(Rc::KEY.at(Self::key_handle))?;
        if !key.has(TpmaObject::DECRYPT) {
            return Err(Rc::ATTRIBUTES.at(Self::key_handle));
        }
        check_label(&self.label, Self::label)?;
        let padding = Padding::select(&key, self.in_scheme, Self::in_scheme)?;
        let out = cx
            .crypto
            .rsa_encrypt(n, e, padding.with_label(&self.label), &self.message, cx.rng)
            .map_err(failed)?;
        Ok(RsaEncryptReply { out_data: Buffer(out) })
    }
}

/// What fails in the cryptography itself carries no position, as with the reference: it does not tell where.
impl Action for RsaDecrypt {
    fn run(self, cx: &mut Context<'_>) -> Result<RsaDecryptReply, Rc> {
        let key = cx.object(self.key_handle, Rc::KEY, Self::key_handle)?;
        if keys::rsa_public(&key.public).is_none() {
            return Err(Rc::KEY.at(Self::key_handle));
        }
        if key.has(TpmaObject::RESTRICTED) || !key.has(TpmaObject::DECRYPT) {
            return Err(Rc::ATTRIBUTES.at(Self::key_handle));
        }
        check_label(&self.label, Self::label)?;
        let padding = Padding::select(&key, self.in_scheme, Self::in_scheme)?;
        let private = keys::rsa_private(cx.crypto, &key).ok_or(Rc::KEY.at(Self::key_handle))?;
        if self.cipher_text.len() != private.n().len() || *self.cipher_text >= *private.n() {
            return Err(Rc::SIZE);
        }
        let message = cx
            .crypto
            .rsa_decrypt(&private, padding.with_label(&self.label), &self.cipher_text, cx.rng)
            .map_err(failed)?;
        Ok(RsaDecryptReply { message: Buffer(message.to_vec()) })
    }
}
