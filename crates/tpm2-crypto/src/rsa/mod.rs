//! RSA keys, the raw operations on them, and the names of the schemes.

mod decrypt;
mod encode;

use alloc::{boxed::Box, vec, vec::Vec};

use zeroize::Zeroizing;

use crate::{CryptoProvider, Error, HashAlg, Rng, RsaPrivateOp};

/// The exponent that 0 stands for in a TPM's public area.
pub(crate) const DEFAULT_EXPONENT: u32 = 65_537;

/// How RSA primes follow from a DRBG's output; a property of each primary seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Derivation {
    /// libtpms' seed compatibility level 0 (code before revision 155), for imported states.
    Original,
    /// libtpms' level 1, equal to ms-tpm-20-ref 1.64. The default.
    #[default]
    PrimeAdjust,
    /// The TCG's public reference code of versions 1.83 and 1.84.
    Tcg183,
}

/// A generated key pair.
///
/// `TPM2B_PRIVATE_KEY_RSA` holds one prime, and any of the two makes a valid key. The reference stores the
/// *second* prime that it finds (it moves the first to Q and leaves the second in P); so do we, because the
/// sensitive area of a primary object is visible in Duplicate and in migrated states.
pub struct RsaKey {
    /// Public modulus, bits/8 bytes, top bit set.
    pub n: Vec<u8>,
    /// The second prime found, bits/16 bytes.
    pub p: Zeroizing<Vec<u8>>,
}

/// A loaded private key with its CRT values. Make it once per object: loading costs a tenth of a private
/// operation. Zeroized on drop; has no `Debug`.
pub struct RsaPrivate {
    op: Box<dyn RsaPrivateOp>,
    n: Vec<u8>,
    e: u32,
}

impl RsaPrivate {
    /// The modulus.
    pub fn n(&self) -> &[u8] {
        &self.n
    }

    /// The public exponent, never 0.
    pub fn e(&self) -> u32 {
        self.e
    }
}

/// A signature scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaSig {
    /// RSASSA-PKCS1-v1_5, `TPM_ALG_RSASSA`.
    Pkcs1,
    /// RSASSA-PSS, `TPM_ALG_RSAPSS`.
    Pss,
}

/// An encryption scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaPad<'a> {
    /// `TPM_ALG_NULL`: the bare number, as long as the modulus.
    Raw,
    /// RSAES-PKCS1-v1_5, `TPM_ALG_RSAES`. The TPM's answer is a padding oracle by design of the scheme.
    Pkcs1,
    /// RSAES-OAEP, `TPM_ALG_OAEP`.
    Oaep {
        /// Hash of the label and of the mask.
        hash: HashAlg,
        /// Label, *including* its terminating NUL as the TPM hashes it (Part 1, B.4); may be empty.
        label: &'a [u8],
    },
}

impl CryptoProvider {
    /// Prepares the private key of modulus `n`, one of its two primes and exponent `e` (0 means 65537).
    ///
    /// [`Error::BadKey`] when `prime` is not half as long as `n`, does not divide it, or e is unfit;
    /// [`Error::Unsupported`] for moduli other than 1024, 2048, 3072 and 4096 bits.
    pub fn rsa_private(&self, n: &[u8], prime: &[u8], e: u32) -> Result<RsaPrivate, Error> {
        let e = exponent(e)?;
        check_modulus(n)?;
        if prime.len() * 2 != n.len() {
            return Err(Error::BadKey);
        }
        Ok(RsaPrivate { op: self.rsa.private(n, prime, e)?, n: n.to_vec(), e })
    }

    /// `m^e mod n`, as long as `n`. `m` may be shorter than `n`; [`Error::BadInput`] when `m >= n`.
    pub fn rsa_public_raw(&self, n: &[u8], e: u32, m: &[u8]) -> Result<Vec<u8>, Error> {
        check_modulus(n)?;
        let m = left_padded(m, n.len()).ok_or(Error::BadInput)?;
        self.rsa.mod_exp(&m, exponent(e)?, n)
    }

    /// `c^d mod n`, as long as `n`; `c` is as long as `n` and below it, else [`Error::BadInput`].
    ///
    /// Blinded with bytes of `rng`, and verified with the public key before it is given out: a CRT
    /// computation disturbed in one half would reveal the primes. [`Error::Fault`] when it fails.
    pub fn rsa_private_raw(
        &self,
        key: &RsaPrivate,
        c: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        if c.len() != key.n.len() || c >= key.n.as_slice() {
            return Err(Error::BadInput);
        }
        let mut blind = Zeroizing::new(vec![0; c.len() / 2]);
        rng.fill(&mut blind)?;
        let m = key.op.raw(c, &blind)?;
        let check = key.op.public(&m)?;
        if crate::ct_eq(&check, c) { Ok(m) } else { Err(Error::Fault) }
    }
}

/// The exponent meant by a public area's field: odd and at least 3.
fn exponent(e: u32) -> Result<u32, Error> {
    match e {
        0 => Ok(DEFAULT_EXPONENT),
        e if e >= 3 && e % 2 == 1 => Ok(e),
        _ => Err(Error::BadKey),
    }
}

/// A modulus of a supported length, with its top and bottom bits set.
fn check_modulus(n: &[u8]) -> Result<(), Error> {
    if !matches!(n.len(), 128 | 256 | 384 | 512) {
        return Err(Error::Unsupported);
    }
    let (first, last) = (n.first().copied().unwrap_or(0), n.last().copied().unwrap_or(0));
    if first & 0x80 != 0 && last & 1 != 0 { Ok(()) } else { Err(Error::BadKey) }
}

/// `bytes` with zeros in front up to `len`; `None` when longer.
fn left_padded(bytes: &[u8], len: usize) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(vec![0; len]);
    out.get_mut(len.checked_sub(bytes.len())?..)?.copy_from_slice(bytes);
    Some(out)
}
