//! The provider table: where the primitives come from.
//!
//! A provider supplies mathematics only. Everything that has meaning for a TPM (paddings, KDFs, the DRBG,
//! the prime search, how keys derive from seeds) is written once above it, so that no result depends on
//! which provider is in use.

use alloc::{boxed::Box, vec::Vec};

use zeroize::Zeroizing;

use crate::{Curve, DsaMessage, Encapsulated, Error, MlDsa, MlKem, Point, SymAlg};

/// A table of parts in the manner of rustls; a table may mix parts of several origins.
#[derive(Clone, Copy)]
pub struct CryptoProvider {
    /// Its name, for logs and test output.
    pub name: &'static str,
    /// Compression functions of the hashes.
    pub hash: &'static dyn HashProvider,
    /// Block ciphers.
    pub cipher: &'static dyn CipherProvider,
    /// Modular exponentiation and raw RSA.
    pub rsa: &'static dyn RsaProvider,
    /// Elliptic-curve groups and their scalars.
    pub ec: &'static dyn EcProvider,
    /// ML-KEM.
    pub kem: &'static dyn KemProvider,
    /// ML-DSA.
    pub dsa: &'static dyn DsaProvider,
}

/// The compression functions and SHA-3's permutation. Buffering, padding and export are ours, so a state saved under one provider
/// resumes under any other.
pub trait HashProvider: Sync {
    /// FIPS 180-4, 6.1.2, over each 64-byte block.
    fn sha1(&self, state: &mut [u32; 5], blocks: &[[u8; 64]]);
    /// FIPS 180-4, 6.2.2, over each 64-byte block.
    fn sha256(&self, state: &mut [u32; 8], blocks: &[[u8; 64]]);
    /// FIPS 180-4, 6.4.2 (also SHA-384), over each 128-byte block.
    fn sha512(&self, state: &mut [u64; 8], blocks: &[[u8; 128]]);
    /// GB/T 32905-2016, 5.3, over each 64-byte block.
    fn sm3(&self, state: &mut [u32; 8], blocks: &[[u8; 64]]);
    /// The permutation Keccak-f\[1600\] (FIPS 202, 3.3), lane (x, y) at `x + 5y`.
    fn keccak_f1600(&self, lanes: &mut [u64; 25]);
}

/// Block ciphers.
pub trait CipherProvider: Sync {
    /// Expands a key; [`Error::BadKey`] when its length is not one of the cipher's. Parity bits of TDES keys are
    /// ignored, and weak keys are the caller's business ([`crate::tdes`]).
    fn key(&self, alg: SymAlg, key: &[u8]) -> Result<Box<dyn BlockCipher>, Error>;
    /// AES-256, which every provider has, for the DRBG cannot do without.
    fn aes256(&self, key: &[u8; 32]) -> Box<dyn BlockCipher>;
}

/// An expanded key. Zeroized on drop by whoever implements it. Data are whole blocks of the cipher
/// ([`SymAlg::block_size`]); what does not fill a block at their end stays as it is.
pub trait BlockCipher: Send + Sync {
    /// Encrypts each block in place, independently.
    fn encrypt(&self, blocks: &mut [u8]);
    /// Decrypts each block in place, independently.
    fn decrypt(&self, blocks: &mut [u8]);
}

/// Modular arithmetic for RSA. Numbers are big-endian.
pub trait RsaProvider: Sync {
    /// `base^exponent mod modulus`, as long as `modulus`; constant time in the base, not in the (public)
    /// exponent and modulus. [`Error::BadInput`] when the modulus is even, `base >= modulus` or the exponent
    /// is 0.
    fn mod_exp(&self, base: &[u8], exponent: u32, modulus: &[u8]) -> Result<Vec<u8>, Error>;
    /// One Miller-Rabin round (FIPS 186-5, B.3.1) of the odd `candidate` with `1 < witness < candidate - 1`:
    /// `true` when the candidate may be prime. Both are secret and equally long.
    fn miller_rabin(&self, candidate: &[u8], witness: &[u8]) -> bool;
    /// Two such rounds, which a provider may run together in less than the time of two.
    fn miller_rabin_pair(&self, candidates: [&[u8]; 2], witnesses: [&[u8]; 2]) -> [bool; 2] {
        [0, 1].map(|k| self.miller_rabin(candidates[k], witnesses[k]))
    }
    /// Prepares the private key of modulus `n` (128, 256, 384 or 512 bytes, top and bottom bit set), one
    /// prime of half that length and odd exponent `e`, in constant time. [`Error::BadKey`] unless the prime
    /// divides n exactly by another number of its own size and e is invertible.
    fn private(&self, n: &[u8], p: &[u8], e: u32) -> Result<Box<dyn RsaPrivateOp>, Error>;
}

/// A prepared RSA private key. Zeroized on drop.
pub trait RsaPrivateOp: Send + Sync {
    /// `c^d mod n` for `c < n` as long as n, by CRT in constant time, blinded by `blind`: fresh secret
    /// random bytes, half as many. [`Error::Rng`] when they are unfit (zero). The caller checks for faults.
    fn raw(&self, c: &[u8], blind: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error>;
    /// `m^e mod n` for `m < n`: [`RsaProvider::mod_exp`] with what is prepared of n.
    fn public(&self, m: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error>;
}

/// Groups of prime order. Scalars and coordinates are big-endian and [`Curve::size`] bytes long.
pub trait EcProvider: Sync {
    /// `kG` in constant time, for `1 <= k < n`; [`Error::BadKey`] otherwise.
    fn base_mul(&self, curve: Curve, k: &[u8]) -> Result<Point, Error>;
    /// `kP` in constant time, for `1 <= k < n` and P on the curve.
    fn mul(&self, curve: Curve, point: &Point, k: &[u8]) -> Result<Point, Error>;
    /// `aG + bP` for **public** values; [`Error::BadPoint`] at infinity.
    fn mul_add_public(&self, curve: Curve, a: &[u8], point: &Point, b: &[u8]) -> Result<Point, Error>;
    /// `P + Q` for **public** points; [`Error::BadPoint`] at infinity, or when one is off the curve.
    fn add_public(&self, curve: Curve, p: &Point, q: &Point) -> Result<Point, Error>;
    /// Whether the coordinates are field elements that satisfy the curve's equation.
    fn is_on_curve(&self, curve: Curve, point: &Point) -> bool;
    /// `a + b mod n` for reduced operands; [`Error::BadInput`] when one is not below n.
    fn scalar_add(&self, curve: Curve, a: &[u8], b: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error>;
    /// `a * b mod n` for reduced operands; [`Error::BadInput`] when one is not below n.
    fn scalar_mul(&self, curve: Curve, a: &[u8], b: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error>;
    /// `1 / a mod n`; [`Error::BadInput`] when a is zero or not below n.
    fn scalar_invert(&self, curve: Curve, a: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error>;
}

/// ML-KEM (FIPS 203) from seeds and random bytes that the caller gives.
pub trait KemProvider: Sync {
    /// Prepares the key pair of the seed d ‖ z (Algorithm 16).
    fn private(&self, set: MlKem, seed: &[u8; MlKem::SEED_SIZE]) -> Box<dyn KemPrivateOp>;
    /// Whether it has the length of an encapsulation key and its coefficients are reduced (7.2).
    fn is_public(&self, set: MlKem, public: &[u8]) -> bool;
    /// Encapsulates under `public` with the random `m` (Algorithm 17). [`Error::BadKey`] unless
    /// [`KemProvider::is_public`].
    fn encapsulate(&self, set: MlKem, public: &[u8], m: &[u8; 32]) -> Result<Encapsulated, Error>;
}

/// A prepared ML-KEM private key. Zeroized on drop.
pub trait KemPrivateOp: Send + Sync {
    /// The encapsulation key.
    fn public(&self) -> &[u8];
    /// The shared secret (Algorithm 18), in constant time. [`Error::BadInput`] for a ciphertext of another
    /// length, and for no other reason.
    fn decapsulate(&self, ciphertext: &[u8]) -> Result<Zeroizing<[u8; MlKem::SECRET_SIZE]>, Error>;
}

/// ML-DSA (FIPS 204) from seeds and random bytes that the caller gives.
pub trait DsaProvider: Sync {
    /// Prepares the key pair of the seed ξ (Algorithm 6).
    fn private(&self, set: MlDsa, seed: &[u8; MlDsa::SEED_SIZE]) -> Box<dyn DsaPrivateOp>;
    /// Whether the signature is valid (Algorithm 8). Key and signature have the lengths of the set.
    fn verify(&self, set: MlDsa, public: &[u8], message: DsaMessage<'_>, signature: &[u8]) -> bool;
}

/// A prepared ML-DSA private key. Zeroized on drop.
pub trait DsaPrivateOp: Send + Sync {
    /// The public key.
    fn public(&self) -> &[u8];
    /// Signs (Algorithm 7) with these random bytes. [`Error::NoSignature`] when the rejection loop reaches
    /// its limit.
    fn sign(&self, message: DsaMessage<'_>, rnd: &[u8; 32]) -> Result<Vec<u8>, Error>;
}
