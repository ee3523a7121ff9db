//! Hashes, HMAC, key derivation, block ciphers and the random number generator.
use super::super::known_answers::symmetric as k;
use super::super::registry::Means;
use tpm2_crypto::{CipherMode, Direction, Drbg, Error, HashAlg, Rng, SymAlg};

type Outcome = Result<bool, Error>;

fn hash(m: &Means<'_>, alg: HashAlg, expected: &[u8]) -> bool {
    *m.crypto.digest(alg, &[b"abc"]) == *expected
}
pub(in super::super) fn sha1(m: &mut Means<'_>) -> Outcome {
    Ok(hash(m, HashAlg::Sha1, &k::SHA1_ABC))
}
pub(in super::super) fn sha256(m: &mut Means<'_>) -> Outcome {
    Ok(hash(m, HashAlg::Sha256, &k::SHA256_ABC))
}
pub(in super::super) fn sha384(m: &mut Means<'_>) -> Outcome {
    Ok(hash(m, HashAlg::Sha384, &k::SHA384_ABC))
}
pub(in super::super) fn sha512(m: &mut Means<'_>) -> Outcome {
    Ok(hash(m, HashAlg::Sha512, &k::SHA512_ABC))
}
/// All have one permutation; what differs is tested in its largest form.
pub(in super::super) fn sha3(m: &mut Means<'_>) -> Outcome {
    Ok(hash(m, HashAlg::Sha3_256, &k::SHA3_256_ABC)
        && hash(m, HashAlg::Sha3_384, &k::SHA3_384_ABC)
        && hash(m, HashAlg::Sha3_512, &k::SHA3_512_ABC)
        && hash(m, HashAlg::Shake256_512, &k::SHAKE256_ABC))
}
pub(in super::super) fn sm3(m: &mut Means<'_>) -> Outcome {
    Ok(hash(m, HashAlg::Sm3, &k::SM3_ABC))
}

/// HMAC is the same code for all hashes, each of which has a test of its own.
pub(in super::super) fn hmac(m: &mut Means<'_>) -> Outcome {
    let cases: [(HashAlg, &[u8]); 2] =
        [(HashAlg::Sha256, &k::SHA256_HMAC), (HashAlg::Sha512, &k::SHA512_HMAC)];
    let message: &[u8] = b"what do ya want for nothing?";
    Ok(cases.iter().all(|(alg, expected)| *m.crypto.hmac(*alg, b"Jefe", &[message]) == **expected))
}

pub(in super::super) fn kdf(m: &mut Means<'_>) -> Outcome {
    let alg = HashAlg::Sha256;
    Ok(*m.crypto.kdfa(alg, b"key", b"LABEL", b"u", b"v", 384) == k::KDFA
        && *m.crypto.kdfe(alg, b"z", b"LABEL", b"u", b"v", 384) == k::KDFE
        && *m.crypto.mgf1(alg, b"seed", 48) == k::MGF1)
}

/// Key, mode, IV and cipher text of two blocks.
type Case = (&'static [u8], CipherMode, &'static [u8], &'static [u8]);

/// Encrypts and decrypts; the plain text is as long as the cipher text.
fn cipher(m: &Means<'_>, alg: SymAlg, plain: &[u8], cases: &[Case]) -> Outcome {
    for (key, mode, iv, expected) in cases {
        let plain = plain.get(..expected.len()).ok_or(Error::BadInput)?;
        let mut data = plain.to_vec();
        m.crypto.cipher(alg, *mode, Direction::Encrypt, key, &mut iv.to_vec(), &mut data)?;
        if data != *expected {
            return Ok(false);
        }
        m.crypto.cipher(alg, *mode, Direction::Decrypt, key, &mut iv.to_vec(), &mut data)?;
        if data != plain {
            return Ok(false);
        }
    }
    Ok(true)
}
pub(in super::super) fn aes(m: &mut Means<'_>) -> Outcome {
    const CASES: &[Case] = &[
        (&k::AES_KEY, CipherMode::Ecb, &[], &k::AES_ECB),
        (&k::AES_KEY, CipherMode::Cbc, &k::AES_IV, &k::AES_CBC),
        (&k::AES_KEY, CipherMode::Cfb, &k::AES_IV, &k::AES_CFB),
        (&k::AES_KEY, CipherMode::Ofb, &k::AES_IV, &k::AES_OFB),
        (&k::AES_KEY, CipherMode::Ctr, &k::AES_COUNTER, &k::AES_CTR),
        (&k::AES_KEY_192, CipherMode::Ecb, &[], &k::AES_ECB_192),
        (&k::AES_KEY_256, CipherMode::Ecb, &[], &k::AES_ECB_256),
    ];
    cipher(m, SymAlg::Aes, &k::AES_PLAIN, CASES)
}
// The modes are the same code for all ciphers: of the others, the blocks are tested with each key size, and one mode.
pub(in super::super) fn camellia(m: &mut Means<'_>) -> Outcome {
    const CASES: &[Case] = &[
        (k::RFC3713_KEY.split_at(16).0, CipherMode::Ecb, &[], &k::CAMELLIA_128),
        (k::RFC3713_KEY.split_at(24).0, CipherMode::Ecb, &[], &k::CAMELLIA_192),
        (&k::RFC3713_KEY, CipherMode::Ecb, &[], &k::CAMELLIA_256),
        (k::RFC3713_KEY.split_at(16).0, CipherMode::Cfb, &k::ZERO, &k::CAMELLIA_CFB),
    ];
    cipher(m, SymAlg::Camellia, &k::RFC3713_PLAIN, CASES)
}
pub(in super::super) fn sm4(m: &mut Means<'_>) -> Outcome {
    const CASES: &[Case] = &[
        (&k::SM4_KEY, CipherMode::Ecb, &[], &k::SM4_ECB),
        (&k::SM4_KEY, CipherMode::Cfb, &k::ZERO, &k::SM4_CFB),
    ];
    cipher(m, SymAlg::Sm4, &k::RFC3713_PLAIN, CASES)
}
pub(in super::super) fn tdes(m: &mut Means<'_>) -> Outcome {
    const CASES: &[Case] = &[
        (k::TDES_KEY.split_at(16).0, CipherMode::Ecb, &[], &k::TDES_ECB_128),
        (&k::TDES_KEY, CipherMode::Ecb, &[], &k::TDES_ECB_192),
        (&k::TDES_KEY, CipherMode::Cfb, k::ZERO.split_at(8).0, &k::TDES_CFB),
    ];
    cipher(m, SymAlg::Tdes, &k::TDES_PLAIN, CASES)
}
pub(in super::super) fn cmac(m: &mut Means<'_>) -> Outcome {
    let whole = m.crypto.cmac(SymAlg::Aes, &k::AES_KEY, &[&[]])?;
    let parts = k::AES_PLAIN.split_at(16);
    let block = m.crypto.cmac(SymAlg::Aes, &k::AES_KEY, &[parts.0])?;
    Ok(*whole == k::CMAC_EMPTY && *block == k::CMAC_BLOCK)
}

pub(in super::super) fn drbg(m: &mut Means<'_>) -> Outcome {
    let mut out = [0; k::DRBG.len()];
    Drbg::from_seed(m.crypto, &[b"seed", b"part"]).fill(&mut out)?;
    Ok(out == k::DRBG)
}
