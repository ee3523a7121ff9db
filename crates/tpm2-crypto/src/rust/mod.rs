//! The pure-Rust provider: RustCrypto's primitives, and libcrux's lattices.

mod cipher;
mod dsa;
mod ec;
mod hash;
mod kem;
mod rsa;

use crate::CryptoProvider;

/// Pure Rust, no C compiler needed, hosted and bare-metal alike.
pub static RUST: CryptoProvider = CryptoProvider {
    name: "rust",
    hash: &hash::RustHash,
    cipher: &cipher::RustCipher,
    rsa: &rsa::RustRsa,
    ec: &ec::RustEc,
    kem: &kem::RustKem,
    dsa: &dsa::RustDsa,
};
