//! libtpms' words for commands and algorithms, as swtpm's profiles have them.

use tpm2_engine::Content;
use tpm2_wire::{SHAPES, TpmAlg};

use super::WishError;

/// Algorithms by name.
const ALGORITHMS: &[(&str, u16)] = &[
    ("rsa", TpmAlg::RSA),
    ("tdes", TpmAlg::TDES),
    ("sha1", TpmAlg::SHA1),
    ("hmac", TpmAlg::HMAC),
    ("aes", TpmAlg::AES),
    ("mgf1", TpmAlg::MGF1),
    ("keyedhash", TpmAlg::KEYEDHASH),
    ("xor", TpmAlg::XOR),
    ("sha256", TpmAlg::SHA256),
    ("sha384", TpmAlg::SHA384),
    ("sha512", TpmAlg::SHA512),
    ("sha256-192", TpmAlg::SHA256_192),
    ("sm3-256", TpmAlg::SM3_256),
    ("sm4", TpmAlg::SM4),
    ("rsassa", TpmAlg::RSASSA),
    ("rsaes", TpmAlg::RSAES),
    ("rsapss", TpmAlg::RSAPSS),
    ("oaep", TpmAlg::OAEP),
    ("ecdsa", TpmAlg::ECDSA),
    ("ecdh", TpmAlg::ECDH),
    ("ecdaa", TpmAlg::ECDAA),
    ("sm2", TpmAlg::SM2),
    ("ecschnorr", TpmAlg::ECSCHNORR),
    ("ecmqv", TpmAlg::ECMQV),
    ("hkdf", TpmAlg::HKDF),
    ("kdf1-sp800-56a", TpmAlg::KDF1_SP800_56A),
    ("kdf2", TpmAlg::KDF2),
    ("kdf1-sp800-108", TpmAlg::KDF1_SP800_108),
    ("ecc", TpmAlg::ECC),
    ("symcipher", TpmAlg::SYMCIPHER),
    ("camellia", TpmAlg::CAMELLIA),
    ("sha3-256", TpmAlg::SHA3_256),
    ("sha3-384", TpmAlg::SHA3_384),
    ("sha3-512", TpmAlg::SHA3_512),
    ("shake256-192", TpmAlg::SHAKE256_192),
    ("shake256-256", TpmAlg::SHAKE256_256),
    ("shake256-512", TpmAlg::SHAKE256_512),
    ("cmac", TpmAlg::CMAC),
    ("ctr", TpmAlg::CTR),
    ("ofb", TpmAlg::OFB),
    ("cbc", TpmAlg::CBC),
    ("cfb", TpmAlg::CFB),
    ("ecb", TpmAlg::ECB),
    ("eddsa", TpmAlg::EDDSA),
    ("hash-eddsa", TpmAlg::HASH_EDDSA),
    ("ml-kem", TpmAlg::MLKEM),
    ("ml-dsa", TpmAlg::MLDSA),
    ("hash-ml-dsa", TpmAlg::HASH_MLDSA),
];
/// Curves: name, `TPM_ECC_CURVE`, bits.
const CURVES: &[(&str, u16, u16)] = &[
    ("ecc-nist-p192", 0x01, 192),
    ("ecc-nist-p224", 0x02, 224),
    ("ecc-nist-p256", 0x03, 256),
    ("ecc-nist-p384", 0x04, 384),
    ("ecc-nist-p521", 0x05, 521),
    ("ecc-bn-p256", 0x10, 256),
    ("ecc-bn-p638", 0x11, 638),
    ("ecc-sm2-p256", 0x20, 256),
    ("ecc-bp-p256-r1", 0x30, 256),
    ("ecc-bp-p384-r1", 0x31, 384),
    ("ecc-bp-p512-r1", 0x32, 512),
    ("ecc-curve-25519", 0x40, 256),
    ("ecc-curve-448", 0x41, 448),
];

fn wrong(key: &str, word: &str) -> WishError {
    WishError::Key(key.into(), format!("{word} is not known here"))
}

/// Leaves the commands of this list: codes, ranges of codes, and names as Part 3 has them without underscores.
pub(super) fn commands(content: &mut Content, list: &str) -> Result<(), WishError> {
    let mut wanted = Vec::new();
    for word in list.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let code = |text: &str| {
            let digits = text.trim().strip_prefix("0x");
            digits.map_or_else(|| text.trim().parse(), |hex| u32::from_str_radix(hex, 16)).ok()
        };
        let plain = word.replace('_', "");
        let range = match word.split_once('-') {
            Some((first, last)) => code(first).zip(code(last)),
            None => code(word)
                .or_else(|| {
                    let named = SHAPES.iter().find(|shape| shape.name.eq_ignore_ascii_case(&plain))?;
                    Some(named.code)
                })
                .map(|code| (code, code)),
        };
        let (first, last) = range.ok_or_else(|| wrong("Commands", word))?;
        let before = wanted.len();
        wanted.extend(content.commands.iter().filter(|code| (first..=last).contains(*code)));
        if wanted.len() == before {
            return Err(wrong("Commands", word));
        }
    }
    content.commands = wanted;
    Ok(())
}

/// Leaves the algorithms, curves and key sizes of this list.
pub(super) fn algorithms(content: &mut Content, list: &str) -> Result<(), WishError> {
    let words: Vec<&str> = list.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    let mut names = Vec::new();
    let mut curves: Vec<u16> = Vec::new();
    // Algorithm, and the least size of its keys in bits.
    let mut least: Vec<(u16, u16)> = Vec::new();
    for word in &words {
        let unknown = || wrong("Algorithms", word);
        if let Some((alg, bits)) = word.split_once("-min-size=") {
            let alg = ALGORITHMS.iter().find(|(name, _)| *name == alg).ok_or_else(unknown)?.1;
            least.push((alg, bits.parse().map_err(|_| unknown())?));
        } else if let Some(curve) = CURVES.iter().find(|curve| curve.0 == *word) {
            curves.push(curve.1);
        } else if *word == "ecc-nist" || *word == "ecc-bn" {
            let group = CURVES.iter().filter(|curve| curve.0.starts_with(word));
            curves.extend(group.map(|curve| curve.1));
        } else if *word != "null" {
            names.push(ALGORITHMS.iter().find(|(name, _)| name == word).ok_or_else(unknown)?.1);
        }
    }
    let enough = |alg: u16, bits: u16| !least.iter().any(|(of, least)| *of == alg && bits < *least);
    if let Some(missing) = names.iter().find(|alg| !content.algorithms.contains(alg)) {
        return Err(wrong("Algorithms", &format!("algorithm {missing:#x} of the base profile")));
    }
    let bits = |id: u16| CURVES.iter().find(|curve| curve.1 == id).map_or(0, |curve| curve.2);
    content.algorithms = names;
    let has = &content.algorithms;
    content.curves.retain(|id| curves.contains(id) && enough(TpmAlg::ECC, bits(*id)));
    content.key_sizes.retain(|(alg, bits)| has.contains(alg) && enough(*alg, *bits));
    content.banks.retain(|bank| has.contains(&bank.id()));
    Ok(())
}

/// Leaves what libtpms' state format of this level has.
pub(super) fn level(content: &mut Content, level: u64) {
    content.commands.retain(|code| match code {
        0x199 | 0x19A => level >= 3,
        0x19B | 0x19C => level >= 5,
        _ => true,
    });
    content.key_sizes.retain(|size| match size {
        (TpmAlg::AES | TpmAlg::CAMELLIA, 192) => level >= 4,
        (TpmAlg::RSA, 4096) => level >= 8,
        _ => true,
    });
}

/// Codes as a list of ranges.
pub(super) fn ranges(codes: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for code in codes {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *code => *last = *code,
            _ => ranges.push((*code, *code)),
        }
    }
    let word = |(first, last): &(u32, u32)| {
        if first == last { format!("{first:#x}") } else { format!("{first:#x}-{last:#x}") }
    };
    ranges.iter().map(word).collect::<Vec<_>>().join(",")
}

/// Algorithms, sizes and curves as a list of words.
pub(super) fn names(content: &Content) -> String {
    let mut words: Vec<String> = Vec::new();
    for alg in &content.algorithms {
        let name = ALGORITHMS.iter().find(|(_, id)| id == alg).map_or("?", |(name, _)| name);
        words.push(name.into());
        if let Some(least) = content.key_sizes.iter().filter(|size| size.0 == *alg).map(|size| size.1).min() {
            words.push(format!("{name}-min-size={least}"));
        }
    }
    let curves = CURVES.iter().filter(|curve| content.curves.contains(&curve.1));
    words.extend(curves.map(|curve| curve.0.into()));
    words.join(",")
}
