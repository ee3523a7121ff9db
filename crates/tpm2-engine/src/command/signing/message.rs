//! Messages, digests that stand for them, and the context that some schemes sign with them (Part 3, 20.1).
use super::support::{key_scheme, scheme_hash, sign, signature_hash, verify};
use crate::context::Context;
use crate::crypt::{failed, hash};
use crate::objects::keys;
use crate::state::object::Object;
use alloc::vec::Vec;
use tpm2_crypto::{DsaMessage, MlDsa, mldsa};
use tpm2_wire::{
    Buffer, Rc, TpmiAlgHash, TpmiYesNo, TpmsSignatureHashMldsa, TpmtPublicParms, TpmtSigScheme, TpmtSignature,
};

/// The scheme of a key, which nobody overrides, and the context of one signature.
pub(crate) struct Scheme<'a> {
    pub(crate) scheme: TpmtSigScheme,
    /// For schemes that sign it with the message.
    pub(crate) context: &'a [u8],
}

impl<'a> Scheme<'a> {
    /// The scheme of the key; `None` when it leaves the scheme open.
    pub(crate) fn of(key: &Object) -> Option<Scheme<'a>> {
        Some(Scheme { scheme: key_scheme(key)?, context: &[] })
    }
    /// With a context; `None` when it has none of this size (Part 2, 11.3.7).
    pub(crate) fn with(mut self, context: &'a [u8]) -> Option<Scheme<'a>> {
        match &mut self.scheme {
            TpmtSigScheme::Ecdaa(parms) => parms.count = u16::from_be_bytes(context.try_into().ok()?),
            TpmtSigScheme::Mldsa | TpmtSigScheme::HashMldsa | TpmtSigScheme::Sm2(_) => self.context = context,
            _ if !context.is_empty() => return None,
            _ => {}
        }
        Some(self)
    }
    /// The same for a digest: a representative of ML-DSA has its context inside, and so has the digest of SM2.
    pub(crate) fn with_digest(self, context: &'a [u8]) -> Option<Scheme<'a>> {
        let inside = matches!(self.scheme, TpmtSigScheme::Mldsa | TpmtSigScheme::Sm2(_));
        if inside && !context.is_empty() { None } else { self.with(context) }
    }
    /// The hash of the message that the scheme signs, if it signs one.
    pub(crate) fn hash(&self, key: &Object) -> Option<TpmiAlgHash> {
        digest_hash(key, &self.scheme)
    }
    /// Is a signature of this scheme, hash included?
    pub(crate) fn made(&self, key: &Object, signature: &TpmtSignature) -> bool {
        self.scheme.tag() == signature.tag() && self.hash(key) == signature_hash(signature)
    }
}

/// The hash of a scheme, or of the key where the scheme does not name it.
pub(crate) fn digest_hash(key: &Object, scheme: &TpmtSigScheme) -> Option<TpmiAlgHash> {
    match (&key.public.parameters, scheme) {
        (TpmtPublicParms::HashMldsa(parms), TpmtSigScheme::HashMldsa) => Some(parms.hash_alg),
        _ => scheme_hash(scheme),
    }
}

/// May digests of this key's messages, made elsewhere, be signed and verified? `TPM_RC_SCHEME` when its scheme signs
/// whole messages, `TPM_RC_EXT_MU` when it could sign a representative but the key does not allow it.
pub(crate) fn check_digest_scheme(key: &Object, scheme: &TpmtSigScheme) -> Result<(), Rc> {
    match scheme {
        TpmtSigScheme::Hmac(_) | TpmtSigScheme::Eddsa => Err(Rc::SCHEME),
        TpmtSigScheme::Mldsa => match &key.public.parameters {
            TpmtPublicParms::Mldsa(parms) if parms.allow_external_mu == TpmiYesNo::Yes => Ok(()),
            _ => Err(Rc::EXT_MU),
        },
        _ => Ok(()),
    }
}
/// The size of such a digest: of the scheme's hash, or of a message representative.
pub(crate) fn digest_size(key: &Object, scheme: &Scheme<'_>) -> Result<usize, Rc> {
    match scheme.hash(key) {
        Some(alg) => Ok(hash(alg)?.digest_size()),
        None => Ok(MlDsa::MU_SIZE),
    }
}

/// Signs a message. HMAC keys sign its digest here, as attestations always did; in sequences they do not.
pub(crate) fn sign_message(
    cx: &mut Context<'_>,
    key: &Object,
    scheme: &Scheme<'_>,
    message: &[u8],
) -> Result<TpmtSignature, Rc> {
    match digest_hash(key, &scheme.scheme) {
        Some(alg) => {
            let digest = cx.crypto.digest(hash(alg)?, &[message]);
            sign_digest(cx, key, scheme, &digest)
        }
        None => {
            let formatted = mldsa::pure(scheme.context, message).map_err(|_| Rc::SCHEME)?;
            sign_mldsa(cx, key, DsaMessage::Formatted(&formatted))
        }
    }
}
/// Signs the digest of a message, of the size that [`digest_size`] says.
pub(crate) fn sign_digest(
    cx: &mut Context<'_>,
    key: &Object,
    scheme: &Scheme<'_>,
    digest: &[u8],
) -> Result<TpmtSignature, Rc> {
    match scheme.scheme {
        TpmtSigScheme::Mldsa => sign_mldsa(cx, key, DsaMessage::Mu(digest.try_into().map_err(|_| Rc::SIZE)?)),
        TpmtSigScheme::HashMldsa => {
            let formatted = hash_mldsa(key, scheme.context, digest)?;
            sign_mldsa(cx, key, DsaMessage::Formatted(&formatted))
        }
        other => sign(cx, key, other, digest),
    }
}
fn sign_mldsa(cx: &mut Context<'_>, key: &Object, message: DsaMessage<'_>) -> Result<TpmtSignature, Rc> {
    let private = keys::mldsa_private(cx.crypto, key).ok_or(Rc::KEY)?;
    let signature = Buffer(private.sign(message, cx.rng).map_err(failed)?);
    Ok(match &key.public.parameters {
        TpmtPublicParms::HashMldsa(parms) => {
            TpmtSignature::HashMldsa(TpmsSignatureHashMldsa { hash: parms.hash_alg, signature })
        }
        _ => TpmtSignature::Mldsa(signature),
    })
}

/// Verifies the signature of a message: `TPM_RC_SIGNATURE` when it is not valid, `TPM_RC_SCHEME` when the key cannot
/// have made one like it. The hash is the signature's, for schemes that let it say one.
pub(crate) fn verify_message(
    cx: &Context<'_>,
    key: &Object,
    message: &[u8],
    signature: &TpmtSignature,
) -> Result<(), Rc> {
    match signature {
        TpmtSignature::Mldsa(_) => {
            let formatted = mldsa::pure(&[], message).map_err(|_| Rc::SCHEME)?;
            verify_mldsa(cx, key, DsaMessage::Formatted(&formatted), signature)
        }
        _ => {
            let alg = hash(signature_hash(signature).ok_or(Rc::SCHEME)?)?;
            verify_digest(cx, key, &[], &cx.crypto.digest(alg, &[message]), signature)
        }
    }
}
/// Verifies the signature of a message by its digest.
pub(crate) fn verify_digest(
    cx: &Context<'_>,
    key: &Object,
    context: &[u8],
    digest: &[u8],
    signature: &TpmtSignature,
) -> Result<(), Rc> {
    match signature {
        TpmtSignature::Mldsa(_) => {
            verify_mldsa(cx, key, DsaMessage::Mu(digest.try_into().map_err(|_| Rc::SIZE)?), signature)
        }
        TpmtSignature::HashMldsa(_) => {
            let formatted = hash_mldsa(key, context, digest)?;
            verify_mldsa(cx, key, DsaMessage::Formatted(&formatted), signature)
        }
        _ => verify(cx, key, digest, signature),
    }
}
fn verify_mldsa(
    cx: &Context<'_>,
    key: &Object,
    message: DsaMessage<'_>,
    signature: &TpmtSignature,
) -> Result<(), Rc> {
    let bytes = match (&key.public.parameters, signature) {
        (TpmtPublicParms::Mldsa(_), TpmtSignature::Mldsa(bytes)) => bytes,
        (TpmtPublicParms::HashMldsa(parms), TpmtSignature::HashMldsa(s)) if parms.hash_alg == s.hash => {
            &s.signature
        }
        _ => return Err(Rc::SCHEME),
    };
    let (set, public) = keys::mldsa_public(&key.public).ok_or(Rc::SCHEME)?;
    if cx.crypto.mldsa_verify(set, public, message, bytes) { Ok(()) } else { Err(Rc::SIGNATURE) }
}

/// M′ of HashML-DSA, of the digest that the hash of the key gave.
fn hash_mldsa(key: &Object, context: &[u8], digest: &[u8]) -> Result<Vec<u8>, Rc> {
    let TpmtPublicParms::HashMldsa(parms) = &key.public.parameters else { return Err(Rc::SCHEME) };
    mldsa::hashed(context, hash(parms.hash_alg)?, digest).map_err(|_| Rc::SCHEME)
}
