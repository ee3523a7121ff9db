//! ML-DSA and HashML-DSA (FIPS 204): parameter sets, keys from their seeds, and what is signed.

use alloc::{boxed::Box, vec::Vec};

use zeroize::Zeroizing;

use crate::{CryptoProvider, DsaPrivateOp, Error, HashAlg, Hasher, Rng};

/// A parameter set (`TPMI_MLDSA_PARMS`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum MlDsa {
    /// ML-DSA-44, security category 2.
    MlDsa44 = 1,
    /// ML-DSA-65, security category 3.
    MlDsa65 = 2,
    /// ML-DSA-87, security category 5.
    MlDsa87 = 3,
}

impl MlDsa {
    /// Every parameter set, in the order of its identifier.
    pub const ALL: [MlDsa; 3] = [MlDsa::MlDsa44, MlDsa::MlDsa65, MlDsa::MlDsa87];
    /// Bytes of a private key as the TPM keeps it: the seed ξ.
    pub const SEED_SIZE: usize = 32;
    /// Bytes of a message representative μ.
    pub const MU_SIZE: usize = 64;

    /// The set with this `TPM_MLDSA_*`.
    pub fn from_id(id: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.id() == id)
    }

    /// The `TPM_MLDSA_*`.
    pub const fn id(self) -> u16 {
        self as u16
    }

    /// Bytes of a public key.
    pub const fn public_size(self) -> usize {
        match self {
            MlDsa::MlDsa44 => 1312,
            MlDsa::MlDsa65 => 1952,
            MlDsa::MlDsa87 => 2592,
        }
    }

    /// Bytes of a signature.
    pub const fn signature_size(self) -> usize {
        match self {
            MlDsa::MlDsa44 => 2420,
            MlDsa::MlDsa65 => 3309,
            MlDsa::MlDsa87 => 4627,
        }
    }
}

/// What a signature is over.
#[derive(Clone, Copy)]
pub enum DsaMessage<'a> {
    /// M′: a message with its domain and context, as [`pure`] and [`hashed`] make it.
    Formatted(&'a [u8]),
    /// μ, the representative of M′ under one public key (FIPS 204, Algorithm 7, line 6).
    Mu(&'a [u8; MlDsa::MU_SIZE]),
}

/// M′ of ML-DSA (FIPS 204, Algorithm 2, line 10). [`Error::BadInput`] when the context exceeds 255 bytes.
pub fn pure(context: &[u8], message: &[u8]) -> Result<Vec<u8>, Error> {
    Ok([&head(0, context)?, message].concat())
}

/// M′ of HashML-DSA (FIPS 204, Algorithm 4, line 23): of the digest that `alg` gave for the message.
///
/// [`Error::Unsupported`] for a hash that FIPS 204 does not let stand before it, [`Error::BadInput`] when the
/// context exceeds 255 bytes or the digest is not one of `alg`.
pub fn hashed(context: &[u8], alg: HashAlg, digest: &[u8]) -> Result<Vec<u8>, Error> {
    let oid = pre_hash_oid(alg).ok_or(Error::Unsupported)?;
    if digest.len() != alg.digest_size() {
        return Err(Error::BadInput);
    }
    Ok([&head(1, context)?[..], &oid, digest].concat())
}

/// Whether HashML-DSA takes `alg`: an approved hash, or XOF, that does not cut its output short
/// (FIPS 204, 5.4).
pub fn is_pre_hash(alg: HashAlg) -> bool {
    pre_hash_oid(alg).is_some()
}

/// Domain, length of the context, context.
fn head(domain: u8, context: &[u8]) -> Result<Vec<u8>, Error> {
    let length = u8::try_from(context.len()).map_err(|_| Error::BadInput)?;
    Ok([&[domain, length], context].concat())
}

/// The DER of the identifier of a pre-hash: 2.16.840.1.101.3.4.2 is the arc of NIST's hashes.
fn pre_hash_oid(alg: HashAlg) -> Option<[u8; 11]> {
    let number = match alg {
        HashAlg::Sha256 => 1,
        HashAlg::Sha384 => 2,
        HashAlg::Sha512 => 3,
        HashAlg::Sha3_256 => 8,
        HashAlg::Sha3_384 => 9,
        HashAlg::Sha3_512 => 10,
        HashAlg::Shake256_512 => 12,
        HashAlg::Sha1
        | HashAlg::Sm3
        | HashAlg::Sha256_192
        | HashAlg::Shake256_192
        | HashAlg::Shake256_256 => return None,
    };
    Some([0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, number])
}

/// A prepared private key. Zeroized on drop; has no `Debug`.
pub struct MlDsaPrivate(Box<dyn DsaPrivateOp>);

impl MlDsaPrivate {
    /// The public key.
    pub fn public(&self) -> &[u8] {
        self.0.public()
    }

    /// Signs, hedged with fresh random bytes (FIPS 204, 3.4). [`Error::NoSignature`] when the rejection loop
    /// found none, which no key and message makes likely.
    pub fn sign(&self, message: DsaMessage<'_>, rng: &mut dyn Rng) -> Result<Vec<u8>, Error> {
        let mut rnd = Zeroizing::new([0; 32]);
        rng.fill(&mut *rnd)?;
        self.sign_with(message, &rnd)
    }

    /// Signs with these random bytes; zeros give the deterministic variant.
    pub fn sign_with(&self, message: DsaMessage<'_>, rnd: &[u8; 32]) -> Result<Vec<u8>, Error> {
        self.0.sign(message, rnd)
    }
}

impl CryptoProvider {
    /// A new seed ξ.
    pub fn mldsa_seed(&self, rng: &mut dyn Rng) -> Result<Zeroizing<[u8; MlDsa::SEED_SIZE]>, Error> {
        let mut seed = Zeroizing::new([0; MlDsa::SEED_SIZE]);
        rng.fill(&mut *seed)?;
        Ok(seed)
    }

    /// Prepares the key of a seed; [`Error::BadKey`] unless it has [`MlDsa::SEED_SIZE`] bytes.
    pub fn mldsa_private(&self, set: MlDsa, seed: &[u8]) -> Result<MlDsaPrivate, Error> {
        let seed = seed.try_into().map_err(|_| Error::BadKey)?;
        Ok(MlDsaPrivate(self.dsa.private(set, seed)))
    }

    /// Whether the signature is valid. Keys and signatures of another length never are.
    pub fn mldsa_verify(&self, set: MlDsa, public: &[u8], message: DsaMessage<'_>, signature: &[u8]) -> bool {
        public.len() == set.public_size()
            && signature.len() == set.signature_size()
            && self.dsa.verify(set, public, message, signature)
    }

    /// The hash that gives μ for a message of ML-DSA: feed it the message (FIPS 204, Algorithm 7, line 6).
    /// [`Error::BadInput`] when the context exceeds 255 bytes.
    pub fn mldsa_mu(&self, public: &[u8], context: &[u8]) -> Result<Hasher, Error> {
        let mut mu = self.hasher(HashAlg::Shake256_512);
        mu.update(&self.digest(HashAlg::Shake256_512, &[public]));
        mu.update(&head(0, context)?);
        Ok(mu)
    }
}
