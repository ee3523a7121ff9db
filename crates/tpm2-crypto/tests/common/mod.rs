//! What the tests share: the providers under test, a reader of vector files, and generators of bytes.
#![allow(dead_code, unreachable_pub, reason = "each test file includes this module and uses its own part")]

use std::collections::BTreeMap;

use tpm2_crypto::{CryptoProvider, Curve, Drbg, Engine, Error, HashAlg, RUST, Rng, RustRsa, SymAlg};

/// Every provider; each test runs over all of them.
pub const PROVIDERS: &[&CryptoProvider] = &[&RUST, &PORTABLE];

/// The same without any instruction that not every CPU has, as far as it is ours to choose.
pub static PORTABLE: CryptoProvider =
    CryptoProvider { name: "portable", rsa: &RustRsa::with(Engine::PORTABLE), ..RUST };

/// The hashes of the vector files. Those of RSA come first.
pub const HASH_NAMES: [(&str, HashAlg); 12] = [
    ("sha1", HashAlg::Sha1),
    ("sha256", HashAlg::Sha256),
    ("sha384", HashAlg::Sha384),
    ("sha512", HashAlg::Sha512),
    ("sha3_256", HashAlg::Sha3_256),
    ("sha3_384", HashAlg::Sha3_384),
    ("sha3_512", HashAlg::Sha3_512),
    ("sm3", HashAlg::Sm3),
    ("sha256_192", HashAlg::Sha256_192),
    ("shake256_192", HashAlg::Shake256_192),
    ("shake256_256", HashAlg::Shake256_256),
    ("shake256_512", HashAlg::Shake256_512),
];
/// Those that pycryptodome signs and encrypts with.
pub const RSA_HASHES: &[(&str, HashAlg)] = HASH_NAMES.split_at(7).0;

pub fn hash_named(name: &str) -> HashAlg {
    HASH_NAMES.iter().find(|(n, _)| *n == name).unwrap().1
}

pub fn cipher_named(name: &str) -> SymAlg {
    match name {
        "aes" => SymAlg::Aes,
        "camellia" => SymAlg::Camellia,
        "sm4" => SymAlg::Sm4,
        "tdes" => SymAlg::Tdes,
        _ => panic!("no cipher {name}"),
    }
}

/// A curve of [`Curve::WEIERSTRASS`] by the name that vector files give it.
pub fn curve_named(name: &str) -> Curve {
    let names = ["P-192", "P-224", "P-256", "P-384", "P-521", "BN P-256", "BN P-638", "SM2 P-256"];
    Curve::WEIERSTRASS[names.iter().position(|n| *n == name).unwrap()]
}

pub fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "odd hex: {text}");
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// One case of a vector file.
pub struct Case(BTreeMap<String, String>);

impl Case {
    pub fn text(&self, key: &str) -> &str {
        self.0.get(key).unwrap_or_else(|| panic!("no {key} in {:?}", self.0.keys()))
    }
    pub fn hex(&self, key: &str) -> Vec<u8> {
        hex(self.text(key))
    }
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }
    pub fn number(&self, key: &str) -> u32 {
        self.text(key).parse().unwrap()
    }
}

/// Reads `key = value` lines; a blank line ends a case. Refuses an empty file, which would test nothing.
pub fn cases(file: &str) -> Vec<Case> {
    let text = file.lines().filter(|l| !l.starts_with('#')).collect::<Vec<_>>().join("\n");
    let cases: Vec<Case> = text
        .split("\n\n")
        .filter(|block| !block.trim().is_empty())
        .map(|block| {
            let pairs = block.trim().lines().map(|line| {
                let (key, value) = line.split_once('=').expect("key = value");
                (key.trim().to_owned(), value.trim().to_owned())
            });
            Case(pairs.collect())
        })
        .collect();
    assert!(!cases.is_empty());
    cases
}

/// Deterministic randomness.
pub fn rng(p: &CryptoProvider, tag: &str) -> Drbg {
    Drbg::from_entropy(p, &[tag.as_bytes()])
}

/// A source that is out of order from some request on.
pub struct FailsAfter<R> {
    pub inner: R,
    pub good: usize,
}

impl<R: Rng> Rng for FailsAfter<R> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.good = self.good.checked_sub(1).ok_or(Error::Rng)?;
        self.inner.fill(out)
    }
}

/// A source stuck at one byte.
pub struct Stuck(pub u8);

impl Rng for Stuck {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        out.fill(self.0);
        Ok(())
    }
}
