//! Makes keys: at random, or from a primary seed (Part 1, 27.3), byte for byte as the reference does.
use crate::Platform;
use crate::crypt::{digest_2b, failed, hash, random, strip};
use crate::objects::keys;
use crate::objects::validate::check_cipher_key;
use tpm2_crypto::{CryptoProvider, Derivation, HashAlg, Rng, tdes};
use tpm2_wire::{
    Buffer, ParameterSet, Rc, Secret, Tpm2bDigest, TpmAlg, TpmaObject, TpmiAlgSymObject, TpmsSensitiveCreate,
    TpmtKeyedhashScheme, TpmtPublic, TpmtPublicParms, TpmtSensitive, TpmtSymDefObject, TpmuPublicId,
    TpmuSensitiveComposite,
};

/// How RSA primes are found, from the byte that is stored with a seed.
pub(crate) fn derivation(level: u8) -> Derivation {
    match level {
        0 => Derivation::Original,
        2 => Derivation::Tcg183,
        _ => Derivation::PrimeAdjust,
    }
}

/// Makes the sensitive area for the template `public`, and fills in its unique field. `stir` are the proofs that a
/// primary key of the endorsement hierarchy mixes in, so that its seed does not follow from the endorsement seed
/// alone.
pub(crate) fn generate(
    crypto: &CryptoProvider,
    platform: &mut dyn Platform,
    rng: &mut dyn Rng,
    public: &mut TpmtPublic,
    create: &TpmsSensitiveCreate,
    level: Derivation,
    stir: &[&[u8]],
) -> Result<TpmtSensitive, Rc> {
    let name_alg = hash(public.name_alg.ok_or(Rc::HASH)?)?;
    let origin = public.object_attributes.has(TpmaObject::SENSITIVE_DATA_ORIGIN);
    let given: &[u8] = if origin { &[] } else { &create.data };
    let sensitive = match public.parameters.clone() {
        TpmtPublicParms::Rsa(parms) => {
            let e = keys::exponent(parms.exponent);
            if e < 65537 || !is_prime(e) {
                return Err(Rc::RANGE);
            }
            let key = crypto
                .rsa_generate(rng, parms.key_bits.0, e, level, &mut || platform.canceled())
                .map_err(failed)?;
            public.unique = TpmuPublicId::Rsa(Buffer(key.n));
            TpmuSensitiveComposite::Rsa(Secret::from(&key.p[..]))
        }
        TpmtPublicParms::Ecc(parms) => {
            let curve = keys::curve(parms.curve_id)?;
            let (d, q) = crypto.ec_generate(rng, curve).map_err(failed)?;
            public.unique = TpmuPublicId::Ecc(keys::wire_point(q));
            TpmuSensitiveComposite::Ecc(Secret::from(&d[..]))
        }
        TpmtPublicParms::Symcipher(symmetric) => TpmuSensitiveComposite::Sym(match given {
            [] => cipher_key(rng, &symmetric)?,
            key => {
                check_cipher_key(&symmetric, key)?;
                Secret::from(key)
            }
        }),
        TpmtPublicParms::Keyedhash(scheme) => {
            let alg = match scheme {
                None => name_alg,
                Some(TpmtKeyedhashScheme::Hmac(alg)) => hash(alg)?,
                Some(TpmtKeyedhashScheme::Xor(xor)) => hash(xor.hash_alg)?,
            };
            let is_key = public.object_attributes.any(TpmaObject::SIGN | TpmaObject::DECRYPT);
            TpmuSensitiveComposite::Bits(match given {
                [] => Secret::from(&random(rng, alg.digest_size())?[..]),
                key if is_key && key.len() > alg.block_size() => return Err(Rc::SIZE),
                key => Secret::from(key),
            })
        }
        TpmtPublicParms::Mlkem(parms) => {
            let seed = crypto.mlkem_seed(rng).map_err(failed)?;
            let key = crypto.mlkem_private(keys::mlkem(parms.parameter_set)?, &seed[..]).map_err(failed)?;
            public.unique = TpmuPublicId::Mlkem(Buffer::from(key.public()));
            TpmuSensitiveComposite::Mlkem(Secret::from(&seed[..]))
        }
        TpmtPublicParms::Mldsa(parms) => {
            let (seed, key) = mldsa(crypto, rng, parms.parameter_set)?;
            public.unique = TpmuPublicId::Mldsa(key);
            TpmuSensitiveComposite::Mldsa(seed)
        }
        TpmtPublicParms::HashMldsa(parms) => {
            let (seed, key) = mldsa(crypto, rng, parms.parameter_set)?;
            public.unique = TpmuPublicId::HashMldsa(key);
            TpmuSensitiveComposite::HashMldsa(seed)
        }
    };
    for proof in stir {
        rng.stir(&[proof]);
    }
    let seed = random(rng, name_alg.digest_size())?;
    let mut sensitive = TpmtSensitive {
        auth_value: strip(&create.user_auth),
        seed_value: Secret::from(&seed[..]),
        sensitive,
    };
    match public.kind() {
        TpmAlg::KEYEDHASH => {
            public.unique = TpmuPublicId::Keyedhash(symmetric_unique(
                crypto,
                name_alg,
                public.object_attributes,
                &sensitive,
            ));
        }
        TpmAlg::SYMCIPHER => {
            public.unique = TpmuPublicId::Symcipher(symmetric_unique(
                crypto,
                name_alg,
                public.object_attributes,
                &sensitive,
            ));
        }
        _ => {
            // Only a storage key needs a seed.
            let attributes = public.object_attributes;
            if attributes.has(TpmaObject::SIGN) || !attributes.has(TpmaObject::RESTRICTED) {
                sensitive.seed_value = Secret::default();
            }
        }
    }
    Ok(sensitive)
}

/// A new seed of ML-DSA, and the public key that follows from it (Part 1, 46.2).
fn mldsa<const PRIVATE: usize, const PUBLIC: usize>(
    crypto: &CryptoProvider,
    rng: &mut dyn Rng,
    set: ParameterSet,
) -> Result<(Secret<PRIVATE>, Buffer<PUBLIC>), Rc> {
    let seed = crypto.mldsa_seed(rng).map_err(failed)?;
    let key = crypto.mldsa_private(keys::mldsa(set)?, &seed[..]).map_err(failed)?;
    Ok((Secret::from(&seed[..]), Buffer::from(key.public())))
}

/// A new key of a block cipher.
fn cipher_key(rng: &mut dyn Rng, symmetric: &TpmtSymDefObject) -> Result<Secret<32>, Rc> {
    let size = usize::from(symmetric.key_bits) / 8;
    if symmetric.algorithm == TpmiAlgSymObject::Tdes {
        let key = tdes::generate(rng, size).map_err(failed)?;
        return Ok(Secret::from(key.get(..size).unwrap_or_default()));
    }
    Ok(Secret::from(&random(rng, size)?[..]))
}

/// What identifies a symmetric object: a digest of its obfuscation value and its secret; for a parent, whose seed is
/// used as a key elsewhere, an HMAC under it (Part 1, 27.6.3).
pub(crate) fn symmetric_unique(
    crypto: &CryptoProvider,
    alg: HashAlg,
    attributes: TpmaObject,
    sensitive: &TpmtSensitive,
) -> Tpm2bDigest {
    let (seed, secret) = (&*sensitive.seed_value, sensitive.sensitive.bytes());
    digest_2b(&if attributes.has(TpmaObject::RESTRICTED | TpmaObject::DECRYPT) {
        crypto.hmac(alg, seed, &[secret])
    } else {
        crypto.digest(alg, &[seed, secret])
    })
}

/// Is a public exponent prime? By trial division: there are 6,542 primes to try at most.
fn is_prime(n: u32) -> bool {
    n > 2
        && n % 2 == 1
        && (3u32..)
            .step_by(2)
            .take_while(|d| u64::from(*d) * u64::from(*d) <= u64::from(n))
            .all(|d| !n.is_multiple_of(d))
}
