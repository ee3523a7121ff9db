//! The tests: each compares what the provider and what stands above it compute with known answers.
use super::known_answers::{asymmetric as a, symmetric as s};
use super::lattice_tests;
use crate::context::Context;
use crate::state::State;
use tpm2_crypto::{CipherMode, Curve, Direction, Drbg, HashAlg, Point, Rng, RsaPad, RsaSig, SymAlg};
use tpm2_wire::{Rc, TpmAlg};

/// A test. Its number is its bit in `Volatile::tested`.
#[derive(Clone, Copy)]
pub(super) enum Test {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
    Hmac,
    Kdf,
    Aes,
    Drbg,
    Rsa,
    Ecc,
    MlKem,
    MlDsa,
}
use Test::{Aes, Drbg as DrbgTest, Ecc, Hmac, Kdf, MlDsa, MlKem, Rsa, Sha1, Sha256, Sha384, Sha512};

impl Test {
    /// Hashes come first: the others need them.
    pub(super) const ALL: [Test; 12] =
        [Sha1, Sha256, Sha384, Sha512, Hmac, Kdf, Aes, DrbgTest, Rsa, Ecc, MlKem, MlDsa];

    /// The test of an algorithm, if there is something to test.
    pub(super) fn of(alg: u16) -> Option<Test> {
        Some(match alg {
            TpmAlg::SHA1 => Sha1,
            TpmAlg::SHA256 => Sha256,
            TpmAlg::SHA384 => Sha384,
            TpmAlg::SHA512 => Sha512,
            TpmAlg::HMAC | TpmAlg::KEYEDHASH => Hmac,
            TpmAlg::XOR | TpmAlg::MGF1 | TpmAlg::KDF1_SP800_56A | TpmAlg::KDF1_SP800_108 => Kdf,
            TpmAlg::AES | TpmAlg::SYMCIPHER => Aes,
            TpmAlg::CTR | TpmAlg::OFB | TpmAlg::CBC | TpmAlg::CFB | TpmAlg::ECB => Aes,
            TpmAlg::RSA | TpmAlg::RSASSA | TpmAlg::RSAES | TpmAlg::RSAPSS | TpmAlg::OAEP => Rsa,
            TpmAlg::ECC | TpmAlg::ECDSA | TpmAlg::ECDH => Ecc,
            TpmAlg::MLKEM => MlKem,
            TpmAlg::MLDSA | TpmAlg::HASH_MLDSA => MlDsa,
            _ => return None,
        })
    }
    /// Has it passed since power-on?
    pub(super) fn passed(self, state: &State) -> bool {
        state.volatile.tested >> self as u32 & 1 == 1
    }
    /// Runs the test unless it has passed; when it fails, the TPM goes into failure mode.
    pub(super) fn run_once(self, cx: &mut Context<'_>) -> Result<(), Rc> {
        if self.passed(cx.state) {
            return Ok(());
        }
        if !self.run(cx) {
            *cx.failure = Some(self.name());
            return Err(Rc::FAILURE);
        }
        cx.state.volatile.tested |= 1 << self as u32;
        Ok(())
    }
    fn name(self) -> &'static str {
        match self {
            Sha1 => "self-test of SHA-1",
            Sha256 => "self-test of SHA-256",
            Sha384 => "self-test of SHA-384",
            Sha512 => "self-test of SHA-512",
            Hmac => "self-test of HMAC",
            Kdf => "self-test of key derivation",
            Aes => "self-test of AES",
            DrbgTest => "self-test of the random number generator",
            Rsa => "self-test of RSA",
            Ecc => "self-test of elliptic curves",
            MlKem => "self-test of ML-KEM",
            MlDsa => "self-test of ML-DSA",
        }
    }
    fn run(self, cx: &mut Context<'_>) -> bool {
        match self {
            Sha1 => hash(cx, HashAlg::Sha1, &s::SHA1_ABC),
            Sha256 => hash(cx, HashAlg::Sha256, &s::SHA256_ABC),
            Sha384 => hash(cx, HashAlg::Sha384, &s::SHA384_ABC),
            Sha512 => hash(cx, HashAlg::Sha512, &s::SHA512_ABC),
            Hmac => hmac(cx),
            Kdf => kdf(cx),
            Aes => aes(cx).unwrap_or(false),
            DrbgTest => drbg(cx),
            Rsa => rsa(cx).unwrap_or(false),
            Ecc => CURVES.iter().all(|curve| ecc(cx, curve).unwrap_or(false)),
            MlKem => lattice_tests::kem(cx),
            MlDsa => lattice_tests::dsa(cx),
        }
    }
}

fn hash(cx: &Context<'_>, alg: HashAlg, expected: &[u8]) -> bool {
    *cx.crypto.digest(alg, &[b"abc"]) == *expected
}

fn hmac(cx: &Context<'_>) -> bool {
    let cases: [(HashAlg, &[u8]); 4] = [
        (HashAlg::Sha1, &s::SHA1_HMAC),
        (HashAlg::Sha256, &s::SHA256_HMAC),
        (HashAlg::Sha384, &s::SHA384_HMAC),
        (HashAlg::Sha512, &s::SHA512_HMAC),
    ];
    let message: &[u8] = b"what do ya want for nothing?";
    cases.iter().all(|(alg, expected)| *cx.crypto.hmac(*alg, b"Jefe", &[message]) == **expected)
}

fn kdf(cx: &Context<'_>) -> bool {
    let alg = HashAlg::Sha256;
    *cx.crypto.kdfa(alg, b"key", b"LABEL", b"u", b"v", 384) == s::KDFA
        && *cx.crypto.kdfe(alg, b"z", b"LABEL", b"u", b"v", 384) == s::KDFE
        && *cx.crypto.mgf1(alg, b"seed", 48) == s::MGF1
}

fn aes(cx: &Context<'_>) -> Result<bool, tpm2_crypto::Error> {
    type Case = (&'static [u8], CipherMode, &'static [u8], &'static [u8]);
    let cases: [Case; 7] = [
        (&s::AES_KEY, CipherMode::Ecb, &[], &s::AES_ECB),
        (&s::AES_KEY, CipherMode::Cbc, &s::AES_IV, &s::AES_CBC),
        (&s::AES_KEY, CipherMode::Cfb, &s::AES_IV, &s::AES_CFB),
        (&s::AES_KEY, CipherMode::Ofb, &s::AES_IV, &s::AES_OFB),
        (&s::AES_KEY, CipherMode::Ctr, &s::AES_COUNTER, &s::AES_CTR),
        (&s::AES_KEY_192, CipherMode::Ecb, &[], &s::AES_ECB_192),
        (&s::AES_KEY_256, CipherMode::Ecb, &[], &s::AES_ECB_256),
    ];
    for (key, mode, iv, expected) in cases {
        let mut data = s::AES_PLAIN;
        cx.crypto.cipher(SymAlg::Aes, mode, Direction::Encrypt, key, &mut iv.to_vec(), &mut data)?;
        if data != expected {
            return Ok(false);
        }
        cx.crypto.cipher(SymAlg::Aes, mode, Direction::Decrypt, key, &mut iv.to_vec(), &mut data)?;
        if data != s::AES_PLAIN {
            return Ok(false);
        }
    }
    Ok(true)
}

fn drbg(cx: &Context<'_>) -> bool {
    let mut out = [0; s::DRBG.len()];
    Drbg::from_seed(cx.crypto, &[b"seed", b"part"]).fill(&mut out).is_ok() && out == s::DRBG
}

fn rsa(cx: &mut Context<'_>) -> Result<bool, tpm2_crypto::Error> {
    const E: u32 = 65_537;
    let alg = HashAlg::Sha256;
    let other = cx.crypto.digest(alg, &[b"another"]);
    let verify = |scheme, digest: &[u8], signature: &[u8]| {
        cx.crypto.rsa_verify(&a::RSA_N, E, scheme, alg, digest, signature)
    };
    // A verification that finds everything right is no better than one that finds everything wrong.
    let verified = verify(RsaSig::Pkcs1, &s::SHA256_ABC, &a::RSA_PKCS1)
        && verify(RsaSig::Pss, &s::SHA256_ABC, &a::RSA_PSS)
        && !verify(RsaSig::Pkcs1, &other, &a::RSA_PKCS1)
        && !verify(RsaSig::Pss, &other, &a::RSA_PSS);
    let key = cx.crypto.rsa_private(&a::RSA_N, &a::RSA_P, E)?;
    let signature = cx.crypto.rsa_sign(&key, RsaSig::Pkcs1, alg, &s::SHA256_ABC, cx.rng)?;
    let pad = RsaPad::Oaep { hash: alg, label: b"LABEL\0" };
    let message = cx.crypto.rsa_decrypt(&key, pad, &a::RSA_OAEP, cx.rng)?;
    Ok(verified && signature == a::RSA_PKCS1 && *message == *b"abc")
}

/// The known answers of a curve.
struct Known {
    curve: Curve,
    hash: HashAlg,
    d: &'static [u8],
    x: &'static [u8],
    y: &'static [u8],
    r: &'static [u8],
    s: &'static [u8],
    z: &'static [u8],
}
macro_rules! known {
    ($curve:ident $hash:ident $d:ident $x:ident $y:ident $r:ident $s:ident $z:ident) => {
        Known {
            curve: Curve::$curve,
            hash: HashAlg::$hash,
            d: &a::$d,
            x: &a::$x,
            y: &a::$y,
            r: &a::$r,
            s: &a::$s,
            z: &a::$z,
        }
    };
}
static CURVES: [Known; 3] = [
    known!(P256 Sha256 P256_D P256_X P256_Y P256_R P256_S P256_Z),
    known!(P384 Sha384 P384_D P384_X P384_Y P384_R P384_S P384_Z),
    known!(P521 Sha512 P521_D P521_X P521_Y P521_R P521_S P521_Z),
];

fn ecc(cx: &mut Context<'_>, known: &Known) -> Result<bool, tpm2_crypto::Error> {
    let digest = cx.crypto.digest(known.hash, &[b"sample"]);
    let other = cx.crypto.digest(known.hash, &[b"another"]);
    let public = Point { x: known.x.to_vec(), y: known.y.to_vec() };
    let derived = cx.crypto.ec_public(known.curve, known.d)?;
    let shared = cx.crypto.ec_mul(known.curve, &public, known.d)?;
    // Signatures differ each time: one is made and verified.
    let (r, s) = cx.crypto.ecdsa_sign(known.curve, known.d, &digest, cx.rng)?;
    let verify =
        |digest: &[u8], r: &[u8], s: &[u8]| cx.crypto.ecdsa_verify(known.curve, &public, digest, r, s);
    Ok(derived == public
        && shared.x == known.z
        && verify(&digest, &r, &s)
        && verify(&digest, known.r, known.s)
        && !verify(&other, known.r, known.s))
}
