//! Schemes: which one a key signs with, and how it signs and verifies (Part 1, B and C).
use crate::context::Context;
use crate::crypt::{failed, hash};
use crate::objects::keys;
use crate::state::object::Object;
use tpm2_crypto::{Digest, RsaSig, ct_eq};
use tpm2_wire::{
    Buffer, Rc, TpmAlg, TpmiAlgHash, TpmsSignatureEcc, TpmsSignatureRsa, TpmtEccScheme, TpmtHa, TpmtKeyedhashScheme,
    TpmtPublicParms, TpmtRsaScheme, TpmtSigScheme, TpmtSignature,
};

/// The hash of a signature scheme.
pub(crate) fn scheme_hash(scheme: &TpmtSigScheme) -> Option<TpmiAlgHash> {
    match scheme {
        TpmtSigScheme::Hmac(h)
        | TpmtSigScheme::Rsassa(h)
        | TpmtSigScheme::Rsapss(h)
        | TpmtSigScheme::Ecdsa(h)
        | TpmtSigScheme::Sm2(h)
        | TpmtSigScheme::Ecschnorr(h)
        | TpmtSigScheme::HashEddsa(h) => Some(*h),
        TpmtSigScheme::Ecdaa(parms) => Some(parms.hash_alg),
        TpmtSigScheme::Eddsa | TpmtSigScheme::Mldsa | TpmtSigScheme::HashMldsa => None,
    }
}
/// The hash of a signature.
pub(crate) fn signature_hash(signature: &TpmtSignature) -> Option<TpmiAlgHash> {
    match signature {
        TpmtSignature::Hmac(ha) => Some(ha.hash_alg),
        TpmtSignature::Rsassa(s) | TpmtSignature::Rsapss(s) => Some(s.hash),
        TpmtSignature::Ecdsa(s) | TpmtSignature::Ecdaa(s) | TpmtSignature::Sm2(s) | TpmtSignature::Ecschnorr(s) => {
            Some(s.hash)
        }
        TpmtSignature::HashEddsa(s) => Some(s.hash),
        TpmtSignature::HashMldsa(s) => Some(s.hash),
        TpmtSignature::Eddsa(_) | TpmtSignature::Mldsa(_) => None,
    }
}

/// The scheme of the key itself.
pub(super) fn key_scheme(key: &Object) -> Option<TpmtSigScheme> {
    match &key.public.parameters {
        TpmtPublicParms::Rsa(parms) => match parms.scheme? {
            TpmtRsaScheme::Rsassa(h) => Some(TpmtSigScheme::Rsassa(h)),
            TpmtRsaScheme::Rsapss(h) => Some(TpmtSigScheme::Rsapss(h)),
            _ => None,
        },
        TpmtPublicParms::Ecc(parms) => match parms.scheme? {
            TpmtEccScheme::Ecdsa(h) => Some(TpmtSigScheme::Ecdsa(h)),
            TpmtEccScheme::Ecdaa(parms) => Some(TpmtSigScheme::Ecdaa(parms)),
            TpmtEccScheme::Sm2(h) => Some(TpmtSigScheme::Sm2(h)),
            TpmtEccScheme::Ecschnorr(h) => Some(TpmtSigScheme::Ecschnorr(h)),
            _ => None,
        },
        TpmtPublicParms::Mldsa(_) => Some(TpmtSigScheme::Mldsa),
        TpmtPublicParms::HashMldsa(_) => Some(TpmtSigScheme::HashMldsa),
        TpmtPublicParms::Keyedhash(Some(TpmtKeyedhashScheme::Hmac(h))) => Some(TpmtSigScheme::Hmac(*h)),
        _ => None,
    }
}

/// The scheme to sign with: the key's, or, where the key leaves it open, the caller's (Part 3, 18.1.2). `None` when
/// both leave it open or they disagree.
pub(crate) fn select_scheme(key: &Object, asked: Option<TpmtSigScheme>) -> Option<TpmtSigScheme> {
    match (key_scheme(key), asked) {
        // Only the caller knows which commitment is to be answered.
        (Some(TpmtSigScheme::Ecdaa(own)), Some(TpmtSigScheme::Ecdaa(asked))) => {
            (own.hash_alg == asked.hash_alg).then_some(TpmtSigScheme::Ecdaa(asked))
        }
        (Some(TpmtSigScheme::Ecdaa(_)), _) => None,
        (Some(own), None) => Some(own),
        (Some(own), Some(asked)) => (own == asked).then_some(own),
        (None, asked) => asked.filter(|asked| fits(key, asked)),
    }
}
fn fits(key: &Object, scheme: &TpmtSigScheme) -> bool {
    match key.public.kind() {
        TpmAlg::RSA => matches!(scheme, TpmtSigScheme::Rsassa(_) | TpmtSigScheme::Rsapss(_)),
        TpmAlg::ECC => matches!(
            scheme,
            TpmtSigScheme::Ecdsa(_)
                | TpmtSigScheme::Ecdaa(_)
                | TpmtSigScheme::Sm2(_)
                | TpmtSigScheme::Ecschnorr(_)
        ),
        // And nothing else: a key of another type has no HMAC key, whatever its caller asks for (CVE-2025-2884).
        TpmAlg::KEYEDHASH => matches!(scheme, TpmtSigScheme::Hmac(_)),
        _ => false,
    }
}

/// Signs a digest.
pub(crate) fn sign(
    cx: &mut Context<'_>,
    key: &Object,
    scheme: TpmtSigScheme,
    digest: &[u8],
) -> Result<TpmtSignature, Rc> {
    let hash_alg = scheme_hash(&scheme).ok_or(Rc::SCHEME)?;
    let alg = hash(hash_alg)?;
    match scheme {
        TpmtSigScheme::Rsassa(_) | TpmtSigScheme::Rsapss(_) => {
            let private = keys::rsa_private(cx.crypto, key).ok_or(Rc::KEY)?;
            let pss = matches!(scheme, TpmtSigScheme::Rsapss(_));
            let kind = if pss { RsaSig::Pss } else { RsaSig::Pkcs1 };
            let sig = cx.crypto.rsa_sign(&private, kind, alg, digest, cx.rng).map_err(failed)?;
            let signature = TpmsSignatureRsa { hash: hash_alg, sig: Buffer(sig) };
            Ok(if pss { TpmtSignature::Rsapss(signature) } else { TpmtSignature::Rsassa(signature) })
        }
        TpmtSigScheme::Ecdsa(_) | TpmtSigScheme::Ecdaa(_) | TpmtSigScheme::Sm2(_) | TpmtSigScheme::Ecschnorr(_) => {
            sign_ecc(cx, key, scheme, hash_alg, digest)
        }
        TpmtSigScheme::Hmac(_) => {
            let secret = key.sensitive.as_ref().ok_or(Rc::KEY)?;
            hmac_signature(&scheme, &cx.crypto.hmac(alg, secret.sensitive.bytes(), &[digest]))
        }
        _ => Err(Rc::SCHEME),
    }
}

fn sign_ecc(
    cx: &mut Context<'_>,
    key: &Object,
    scheme: TpmtSigScheme,
    hash_alg: TpmiAlgHash,
    digest: &[u8],
) -> Result<TpmtSignature, Rc> {
    let (_, curve, _) = keys::ecc_public(&key.public).ok_or(Rc::KEY)?;
    let d = key.sensitive.as_ref().ok_or(Rc::KEY)?.sensitive.bytes();
    let (crypto, alg) = (cx.crypto, hash(hash_alg)?);
    let make: fn(TpmsSignatureEcc) -> TpmtSignature;
    let (r, s) = match scheme {
        TpmtSigScheme::Ecdaa(parms) => {
            make = TpmtSignature::Ecdaa;
            let commitment = cx.recover_commitment(curve, &key.name, parms.count)?;
            cx.state.reset.commits.end(parms.count);
            crypto.ecdaa_sign(curve, alg, d, &commitment, digest, cx.rng)
        }
        TpmtSigScheme::Sm2(_) => {
            make = TpmtSignature::Sm2;
            crypto.sm2_sign(curve, d, digest, cx.rng)
        }
        TpmtSigScheme::Ecschnorr(_) => {
            make = TpmtSignature::Ecschnorr;
            crypto.ecschnorr_sign(curve, alg, d, digest, cx.rng)
        }
        _ => {
            make = TpmtSignature::Ecdsa;
            crypto.ecdsa_sign(curve, d, digest, cx.rng)
        }
    }
    .map_err(failed)?;
    Ok(make(TpmsSignatureEcc { hash: hash_alg, signature_r: Buffer(r), signature_s: Buffer(s) }))
}

/// An HMAC as a signature.
pub(super) fn hmac_signature(scheme: &TpmtSigScheme, hmac: &Digest) -> Result<TpmtSignature, Rc> {
    let hash_alg = scheme_hash(scheme).ok_or(Rc::SCHEME)?;
    Ok(TpmtSignature::Hmac(TpmtHa { hash_alg, digest: hmac.to_vec() }))
}

/// Verifies a signature over a digest: `TPM_RC_SIGNATURE` when it is not valid, `TPM_RC_SCHEME` when the key cannot
/// have made one like it.
pub(crate) fn verify(cx: &Context<'_>, key: &Object, digest: &[u8], signature: &TpmtSignature) -> Result<(), Rc> {
    let alg = hash(signature_hash(signature).ok_or(Rc::SCHEME)?)?;
    let valid = match signature {
        TpmtSignature::Rsassa(s) | TpmtSignature::Rsapss(s) => {
            let (n, e) = keys::rsa_public(&key.public).ok_or(Rc::SCHEME)?;
            let kind = if matches!(signature, TpmtSignature::Rsapss(_)) { RsaSig::Pss } else { RsaSig::Pkcs1 };
            digest.len() == alg.digest_size() && cx.crypto.rsa_verify(n, e, kind, alg, digest, &s.sig)
        }
        TpmtSignature::Ecdsa(s) => {
            let (_, curve, q) = keys::ecc_public(&key.public).ok_or(Rc::SCHEME)?;
            cx.crypto.ecdsa_verify(curve, &q, digest, &s.signature_r, &s.signature_s)
        }
        TpmtSignature::Sm2(s) => {
            let (_, curve, q) = keys::ecc_public(&key.public).ok_or(Rc::SCHEME)?;
            cx.crypto.sm2_verify(curve, &q, digest, &s.signature_r, &s.signature_s)
        }
        TpmtSignature::Ecschnorr(s) => {
            let (_, curve, q) = keys::ecc_public(&key.public).ok_or(Rc::SCHEME)?;
            cx.crypto.ecschnorr_verify(curve, alg, &q, digest, &s.signature_r, &s.signature_s)
        }
        // Only who knows the credential can verify ECDAA (Part 1, 44.3.3.1).
        TpmtSignature::Hmac(ha) => {
            if key.public.kind() != TpmAlg::KEYEDHASH {
                return Err(Rc::SCHEME);
            }
            let secret = key.sensitive.as_ref().ok_or(Rc::HANDLE)?;
            // A key that names its hash has made no signature with another.
            key_scheme(key).is_none_or(|own| own == TpmtSigScheme::Hmac(ha.hash_alg)) && ct_eq(&cx.crypto.hmac(alg, secret.sensitive.bytes(), &[digest]), &ha.digest)
        }
        _ => return Err(Rc::SCHEME),
    };
    if valid { Ok(()) } else { Err(Rc::SIGNATURE) }
}
