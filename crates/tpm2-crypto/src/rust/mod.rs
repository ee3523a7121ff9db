//! The pure-Rust provider: RustCrypto's primitives, and libcrux's lattices.

mod cipher;
mod dsa;
mod ec;
mod hash;
mod kem;
mod rsa;

pub use rsa::RustRsa;

use crate::CryptoProvider;

/// Pure Rust, no C compiler needed, hosted and bare-metal alike.
pub static RUST: CryptoProvider = CryptoProvider {
    name: "rust",
    hash: &hash::RustHash,
    cipher: &cipher::RustCipher,
    rsa: &RustRsa::new(),
    ec: &ec::RustEc,
    kem: &kem::RustKem,
    dsa: &dsa::RustDsa,
};
