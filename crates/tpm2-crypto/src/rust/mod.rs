//! The pure-Rust provider: RustCrypto's primitives.

mod cipher;
mod ec;
mod hash;
mod rsa;

use crate::CryptoProvider;

/// Pure Rust, no C compiler needed, hosted and bare-metal alike.
pub static RUST: CryptoProvider = CryptoProvider {
    name: "rust",
    hash: &hash::RustHash,
    cipher: &cipher::RustCipher,
    rsa: &rsa::RustRsa,
    ec: &ec::RustEc,
};
