//! What a TPM 2.0 needs of cryptography, behind one provider table.
//!
//! [`CryptoProvider`] names where the primitives come from; [`RUST`] is the pure-Rust one. Above it, written
//! once and never dependent on the provider: hash sequences that can be exported at any byte, HMAC, KDFa,
//! KDFe, MGF1 and XOR obfuscation ([`kdf`]), cipher modes with TPM2_EncryptDecrypt's chaining ([`cipher`]), CMAC ([`cmac`]), the choice of TDES keys,
//! the reference implementation's DRBG ([`Drbg`]), its prime search and key derivation
//! ([`CryptoProvider::rsa_generate`], [`CryptoProvider::ec_generate`]), RSA paddings, the schemes over
//! elliptic curves ([`ec`]), and what ML-KEM ([`mlkem`]) and ML-DSA ([`mldsa`]) are fed with.
//!
//! Numbers cross this interface as big-endian bytes. Nothing here does I/O or keeps global state.
#![no_std]

extern crate alloc;

mod alg;
mod digest;
mod error;
mod provider;

pub mod cipher;
pub mod cmac;
pub mod drbg;
pub mod ec;
pub mod hash;
pub mod hmac;
pub mod kdf;
mod limbs;
pub mod mldsa;
pub mod mlkem;
mod prime;
pub mod rsa;
mod rust;
mod sieve;
pub mod tdes;

pub use alg::{CipherMode, Direction, HashAlg, SymAlg};
pub use cmac::Cmac;
pub use digest::Digest;
pub use drbg::{Drbg, Rng};
pub use ec::{Curve, CurveParams, Encrypted, Exchange, Point};
pub use error::Error;
pub use hash::Hasher;
pub use hmac::Hmac;
pub use kdf::{KdfStream, MAX_DERIVATION_BITS};
pub use mldsa::{DsaMessage, MlDsa, MlDsaPrivate};
pub use mlkem::{Encapsulated, MlKem, MlKemPrivate};
pub use provider::{
    BlockCipher, CipherProvider, CryptoProvider, DsaPrivateOp, DsaProvider, EcProvider, HashProvider,
    KemPrivateOp, KemProvider, RsaPrivateOp, RsaProvider,
};
pub use rsa::{Derivation, RsaKey, RsaPad, RsaPrivate, RsaSig};
pub use rust::{RUST, RustRsa};
pub use tpm2_bignum::Engine;

/// Compares in time that depends on the lengths only.
pub fn ct_eq(a: &[u8], b: &[u8]) -> bool {
    use subtle::ConstantTimeEq;
    a.ct_eq(b).into()
}
