//! Do a public and a sensitive area belong together and make a key (Part 3, 12.2 and 12.3)?
use crate::crypt::hash;
use crate::objects::generate::symmetric_unique;
use crate::objects::keys;
use crate::objects::template::{Above, check_attributes, check_scheme};
use tpm2_crypto::{CryptoProvider, ct_eq, tdes};
use tpm2_wire::{
    At, Rc, TpmaObject, TpmiAlgSymObject, TpmtKeyedhashScheme, TpmtPublic, TpmtPublicParms, TpmtSensitive,
    TpmtSymDefObject, TpmuPublicId, TpmuSensitiveComposite,
};

/// Checks what is to be loaded. A parent that never leaves the TPM vouches for what it has protected.
pub(crate) fn check_load(
    crypto: &CryptoProvider,
    above: Above<'_>,
    public: &TpmtPublic,
    sensitive: Option<&TpmtSensitive>,
    public_at: At,
    sensitive_at: At,
) -> Result<(), Rc> {
    match (sensitive, public.name_alg) {
        (Some(sensitive), Some(alg)) => {
            if sensitive.seed_value.len() > hash(alg)?.digest_size() {
                return Err(Rc::KEY_SIZE.at(sensitive_at));
            }
            check_attributes(above, public)
        }
        _ => check_scheme(None, public),
    }
    .map_err(|rc| rc.at(public_at))?;
    if above.object().is_some_and(|parent| parent.has(TpmaObject::FIXED_TPM)) {
        return Ok(());
    }
    check_keys(crypto, public, sensitive, public_at, sensitive_at)
}

fn check_keys(
    crypto: &CryptoProvider,
    public: &TpmtPublic,
    sensitive: Option<&TpmtSensitive>,
    public_at: At,
    sensitive_at: At,
) -> Result<(), Rc> {
    let digest_size = public.name_alg.map(hash).transpose()?.map_or(0, |alg| alg.digest_size());
    if let Some(sensitive) = sensitive {
        if sensitive.sensitive.tag() != public.kind() {
            return Err(Rc::TYPE.at(sensitive_at));
        }
        if sensitive.auth_value.len() > digest_size && digest_size > 0 {
            return Err(Rc::SIZE.at(sensitive_at));
        }
    }
    match (&public.parameters, &public.unique) {
        (TpmtPublicParms::Rsa(parms), TpmuPublicId::Rsa(n)) => {
            let size = usize::from(parms.key_bits.0) / 8;
            if n.len() != size || n.first().is_none_or(|top| *top < 0x80) {
                return Err(Rc::KEY.at(public_at));
            }
            if parms.exponent != 0 && parms.exponent < 7 {
                return Err(Rc::VALUE.at(public_at));
            }
            if let Some(sensitive) = sensitive {
                let prime = sensitive.sensitive.bytes();
                if prime.len() * 2 != size || prime.first().is_none_or(|top| *top < 0x80) {
                    return Err(Rc::KEY_SIZE.at(sensitive_at));
                }
                crypto.rsa_private(n, prime, keys::exponent(parms.exponent)).map_err(|_| Rc::BINDING)?;
            }
        }
        (TpmtPublicParms::Ecc(parms), TpmuPublicId::Ecc(point)) => {
            let curve = keys::curve(parms.curve_id)?;
            match sensitive {
                None => {
                    if point.x.len() != curve.size() || point.y.len() != curve.size() {
                        return Err(Rc::KEY.at(public_at));
                    }
                    if public.name_alg.is_some() && !crypto.ec_on_curve(curve, &keys::point(curve, point)) {
                        return Err(Rc::ECC_POINT.at(public_at));
                    }
                }
                Some(sensitive) => {
                    let expected =
                        crypto.ec_public(curve, sensitive.sensitive.bytes()).map_err(|_| Rc::KEY_SIZE)?;
                    if public.name_alg.is_some() && keys::point(curve, point) != expected {
                        return Err(Rc::BINDING);
                    }
                }
            }
        }
        (parameters, TpmuPublicId::Keyedhash(unique) | TpmuPublicId::Symcipher(unique)) => {
            let Some(sensitive) = sensitive else {
                return if unique.len() == digest_size { Ok(()) } else { Err(Rc::KEY.at(public_at)) };
            };
            check_symmetric(parameters, &sensitive.sensitive).map_err(|rc| rc.at(sensitive_at))?;
            if let Some(alg) = public.name_alg {
                if sensitive.seed_value.len() != digest_size {
                    return Err(Rc::KEY_SIZE.at(sensitive_at));
                }
                if !ct_eq(unique, &symmetric_unique(crypto, hash(alg)?, public.object_attributes, sensitive))
                {
                    return Err(Rc::BINDING);
                }
            }
        }
        (TpmtPublicParms::Mlkem(_), TpmuPublicId::Mlkem(_)) => {
            let (set, key) = keys::mlkem_public(public).ok_or(Rc::TYPE.at(public_at))?;
            if !crypto.mlkem_is_public(set, key) {
                return Err(Rc::KEY.at(public_at));
            }
            if let Some(sensitive) = sensitive {
                let private = crypto.mlkem_private(set, sensitive.sensitive.bytes());
                bind(key, private.map_err(|_| Rc::KEY_SIZE.at(sensitive_at))?.public())?;
            }
        }
        (TpmtPublicParms::Mldsa(_), TpmuPublicId::Mldsa(_))
        | (TpmtPublicParms::HashMldsa(_), TpmuPublicId::HashMldsa(_)) => {
            let (set, key) = keys::mldsa_public(public).ok_or(Rc::TYPE.at(public_at))?;
            if key.len() != set.public_size() {
                return Err(Rc::KEY.at(public_at));
            }
            if let Some(sensitive) = sensitive {
                let private = crypto.mldsa_private(set, sensitive.sensitive.bytes());
                bind(key, private.map_err(|_| Rc::KEY_SIZE.at(sensitive_at))?.public())?;
            }
        }
        _ => return Err(Rc::TYPE.at(public_at)),
    }
    // The seed of a storage key is worth as much as its hash.
    if let Some(sensitive) = sensitive
        && public.object_attributes.has(TpmaObject::RESTRICTED | TpmaObject::DECRYPT)
        && public.name_alg.is_some()
        && !(digest_size / 2..=digest_size).contains(&sensitive.seed_value.len())
    {
        return Err(Rc::SIZE.at(sensitive_at));
    }
    Ok(())
}

/// Is this the public key that follows from the private one?
fn bind(public: &[u8], expected: &[u8]) -> Result<(), Rc> {
    if public == expected { Ok(()) } else { Err(Rc::BINDING) }
}

fn check_symmetric(parameters: &TpmtPublicParms, key: &TpmuSensitiveComposite) -> Result<(), Rc> {
    let max = match parameters {
        TpmtPublicParms::Symcipher(symmetric) => {
            return check_cipher_key(symmetric, key.bytes());
        }
        TpmtPublicParms::Keyedhash(Some(TpmtKeyedhashScheme::Hmac(alg))) => hash(*alg)?.block_size(),
        TpmtPublicParms::Keyedhash(Some(TpmtKeyedhashScheme::Xor(xor))) => hash(xor.hash_alg)?.block_size(),
        _ => tpm2_wire::MAX_SYM_DATA,
    };
    if key.bytes().len() > max { Err(Rc::KEY_SIZE) } else { Ok(()) }
}

/// Does a cipher take this key? Weak ones of TDES it does not.
pub(crate) fn check_cipher_key(symmetric: &TpmtSymDefObject, key: &[u8]) -> Result<(), Rc> {
    if key.len() * 8 != usize::from(symmetric.key_bits) {
        return Err(Rc::KEY_SIZE);
    }
    let weak = symmetric.algorithm == TpmiAlgSymObject::Tdes && !tdes::is_valid(key);
    if weak { Err(Rc::KEY) } else { Ok(()) }
}
