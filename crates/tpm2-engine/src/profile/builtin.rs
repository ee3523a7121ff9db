//! The built-in profiles. A TPM keeps what its profile said when it was made: these lists are for new ones.
use super::{ALGORITHMS, CURVES, Content, key_sizes};
use crate::command;
use alloc::vec::Vec;
use tpm2_crypto::HashAlg;
use tpm2_wire::{TpmAlg, TpmPt};

/// Their names.
pub(super) const NAMES: &[&str] = &[
    "default",
    "pc-client",
    "windows-11",
    "fips",
    "libtpms-0.9",
    "libtpms-default-v1",
    "libtpms-default-v2",
    "everything",
];

/// The profile of this name.
pub(super) fn content(name: &str) -> Option<Content> {
    Some(match name {
        "default" => default(),
        "pc-client" => pc_client(),
        "windows-11" => windows_11(),
        "fips" => fips(),
        "libtpms-0.9" => libtpms_0_9(),
        "libtpms-default-v1" => libtpms_default_v1(),
        "libtpms-default-v2" => libtpms_default_v2(),
        "everything" => everything(),
        _ => return None,
    })
}

/// All that the engine has.
pub(super) fn everything() -> Content {
    Content {
        name: "everything".into(),
        description: "All that the engine has, also what is too weak for new uses; for tests and comparisons"
            .into(),
        commands: command::implemented().iter().map(|entry| entry.shape.code).collect(),
        algorithms: ALGORITHMS.to_vec(),
        curves: CURVES.to_vec(),
        key_sizes: key_sizes(),
        banks: Vec::from([HashAlg::Sha1, HashAlg::Sha256, HashAlg::Sha384, HashAlg::Sha512]),
        transient_objects: 16,
        loaded_sessions: 16,
        persistent_objects: 64,
        nv_index_size: 16 * 1024,
        nv_total: 512 * 1024,
        buffer_size: 8192,
        dictionary_attack: (3, 1000, 1000),
        clock_update: 1 << 22,
        properties: Vec::new(),
        last_property: TpmPt::FIXED + 49,
        nv_counters: u32::MAX as usize,
        limited_hierarchies: true,
    }
}

/// Curves of less than 112 bits of strength: P-192 and BN P-256.
const WEAK_CURVES: &[u16] = &[0x01, 0x10];
/// Key sizes of less than 112 bits of strength, and what ended with 2023 (SP 800-131A).
const WEAK_SIZES: &[(u16, u16)] = &[(TpmAlg::RSA, 1024), (TpmAlg::TDES, 128), (TpmAlg::TDES, 192)];

/// Ciphers that are computed with tables: their time tells of the key.
const TABLES: &[u16] = &[TpmAlg::TDES, TpmAlg::SM4, TpmAlg::CAMELLIA];
/// Hashes for signatures of hashes (SP 800-208) alone: too short, or without an identifier that RSA could sign.
const CUT_HASHES: &[u16] =
    &[TpmAlg::SHA256_192, TpmAlg::SHAKE256_192, TpmAlg::SHAKE256_256, TpmAlg::SHAKE256_512];

/// The profile of a TPM that nobody asked to be another. SHA-1 stays: PCR banks and the firmware of many guests have it.
pub(super) fn default() -> Content {
    let all = everything();
    Content {
        name: "default".into(),
        description:
            "All that is safe: nothing of less than 112 bits of strength, no cipher that uses tables".into(),
        ..all.without(&[TABLES, CUT_HASHES].concat(), WEAK_CURVES, WEAK_SIZES)
    }
}

/// What the platform profile for PC clients (PTP 1.06) asks for or recommends, and no more.
fn pc_client() -> Content {
    let all = everything();
    Content {
        name: "pc-client".into(),
        description: "The TCG's PC Client Platform TPM Profile 1.06".into(),
        ..all.only(PC_CLIENT_ALGORITHMS, &[3, 4], PC_CLIENT_SIZES).without_commands(&[
            "EncryptDecrypt",
            "EccEncrypt",
            "EccDecrypt",
            "Encapsulate",
            "Decapsulate",
            "SignDigest",
            "VerifyDigestSignature",
            "SignSequenceStart",
            "SignSequenceComplete",
            "VerifySequenceStart",
            "VerifySequenceComplete",
        ])
    }
}
const PC_CLIENT_ALGORITHMS: &[u16] = &[
    TpmAlg::RSA,
    TpmAlg::SHA1,
    TpmAlg::HMAC,
    TpmAlg::AES,
    TpmAlg::MGF1,
    TpmAlg::KEYEDHASH,
    TpmAlg::XOR,
    TpmAlg::SHA256,
    TpmAlg::SHA384,
    TpmAlg::SHA512,
    TpmAlg::RSASSA,
    TpmAlg::RSAES,
    TpmAlg::RSAPSS,
    TpmAlg::OAEP,
    TpmAlg::ECDSA,
    TpmAlg::ECDH,
    TpmAlg::ECDAA,
    TpmAlg::KDF1_SP800_56A,
    TpmAlg::KDF1_SP800_108,
    TpmAlg::ECC,
    TpmAlg::SYMCIPHER,
    TpmAlg::CTR,
    TpmAlg::OFB,
    TpmAlg::CBC,
    TpmAlg::CFB,
    TpmAlg::ECB,
    TpmAlg::CMAC,
];
const PC_CLIENT_SIZES: &[(u16, u16)] =
    &[(TpmAlg::RSA, 2048), (TpmAlg::RSA, 3072), (TpmAlg::AES, 128), (TpmAlg::AES, 256)];

/// What Windows 11 uses: `pc-client`, and it measures into the SHA-256 bank. The other banks are there to be allocated.
fn windows_11() -> Content {
    Content {
        name: "windows-11".into(),
        description: "What Windows 11 uses: pc-client with PCRs of SHA-256 alone in a new TPM".into(),
        banks: Vec::from([HashAlg::Sha256]),
        ..pc_client()
    }
}

/// Approved algorithms alone (FIPS 140-3, SP 800-131A Rev. 2, FIPS 203 and 204). No claim that the module is validated:
/// `TPMA_MODES` stays clear.
fn fips() -> Content {
    let all = everything();
    Content {
        name: "fips".into(),
        description: "Approved algorithms and sizes alone (SP 800-131A); no claim of a validation".into(),
        banks: Vec::from([HashAlg::Sha256, HashAlg::Sha384, HashAlg::Sha512]),
        ..all.without(&[NOT_APPROVED, CUT_HASHES].concat(), &[0x01, 0x10, 0x11, 0x20], WEAK_SIZES)
    }
}
const NOT_APPROVED: &[u16] = &[
    TpmAlg::SHA1,
    TpmAlg::SM3_256,
    TpmAlg::XOR,
    TpmAlg::TDES,
    TpmAlg::SM4,
    TpmAlg::CAMELLIA,
    TpmAlg::RSAES,
    TpmAlg::ECDAA,
    TpmAlg::SM2,
    TpmAlg::ECSCHNORR,
    TpmAlg::ECMQV,
    TpmAlg::KDF2,
];

/// libtpms 0.9: what its `null` profile is to later versions. The answers are those of version 0.9.2.
fn libtpms_0_9() -> Content {
    let content = everything().only(LIBTPMS_ALGORITHMS, LIBTPMS_CURVES, LIBTPMS_SIZES);
    Content {
        name: "libtpms-0.9".into(),
        description: "What a TPM of libtpms 0.9 is, down to the maker it names".into(),
        commands: content.commands.iter().copied().filter(|code| LIBTPMS_COMMANDS.contains(code)).collect(),
        transient_objects: 3,
        loaded_sessions: 3,
        persistent_objects: 65,
        nv_index_size: 2048,
        nv_total: 128 * 1024,
        buffer_size: 4096,
        clock_update: 1 << 12,
        properties: LIBTPMS_PROPERTIES.to_vec(),
        last_property: TpmPt::FIXED + 46,
        nv_counters: 25,
        limited_hierarchies: false,
        ..content
    }
}
/// libtpms 0.10: 192-bit keys, encryption to points, and the policies of parameters and capabilities.
fn libtpms_default_v1() -> Content {
    let more: Vec<(u16, u16)> = [LIBTPMS_SIZES, &[(TpmAlg::AES, 192), (TpmAlg::CAMELLIA, 192)]].concat();
    let content = everything().only(LIBTPMS_ALGORITHMS, LIBTPMS_CURVES, &more);
    let has = |code: &u32| LIBTPMS_COMMANDS.contains(code) || (0x199..=0x19C).contains(code);
    let mut properties = LIBTPMS_PROPERTIES.to_vec();
    properties.retain(|(tag, _)| !LIBTPMS_0_10.iter().any(|(other, _)| other == tag));
    properties.extend_from_slice(LIBTPMS_0_10);
    Content {
        name: "libtpms-default-v1".into(),
        description: "What a TPM of libtpms 0.10 with its profile default-v1 is, down to the maker it names"
            .into(),
        commands: content.commands.iter().copied().filter(has).collect(),
        key_sizes: content.key_sizes.clone(),
        properties,
        ..libtpms_0_9()
    }
}
/// libtpms 0.11: RSA-4096.
fn libtpms_default_v2() -> Content {
    let mut content = libtpms_default_v1();
    content.key_sizes.push((TpmAlg::RSA, 4096));
    Content {
        name: "libtpms-default-v2".into(),
        description: "What a TPM of libtpms 0.11 with its profile default-v2 is, down to the maker it names"
            .into(),
        ..content
    }
}
/// `TPM_CC` 0x11F to 0x197 but for those that libtpms never had.
const LIBTPMS_COMMANDS: core::ops::RangeInclusive<u32> = 0x11F..=0x197;
const LIBTPMS_CURVES: &[u16] = &[0x01, 0x02, 0x03, 0x04, 0x05, 0x10, 0x11, 0x20];
const LIBTPMS_SIZES: &[(u16, u16)] = &[
    (TpmAlg::RSA, 1024),
    (TpmAlg::RSA, 2048),
    (TpmAlg::RSA, 3072),
    (TpmAlg::TDES, 128),
    (TpmAlg::TDES, 192),
    (TpmAlg::AES, 128),
    (TpmAlg::AES, 256),
    (TpmAlg::CAMELLIA, 128),
    (TpmAlg::CAMELLIA, 256),
];
const LIBTPMS_ALGORITHMS: &[u16] = &[
    TpmAlg::RSA,
    TpmAlg::TDES,
    TpmAlg::SHA1,
    TpmAlg::HMAC,
    TpmAlg::AES,
    TpmAlg::MGF1,
    TpmAlg::KEYEDHASH,
    TpmAlg::XOR,
    TpmAlg::SHA256,
    TpmAlg::SHA384,
    TpmAlg::SHA512,
    TpmAlg::RSASSA,
    TpmAlg::RSAES,
    TpmAlg::RSAPSS,
    TpmAlg::OAEP,
    TpmAlg::ECDSA,
    TpmAlg::ECDH,
    TpmAlg::ECDAA,
    TpmAlg::SM2,
    TpmAlg::ECSCHNORR,
    TpmAlg::ECMQV,
    TpmAlg::KDF1_SP800_56A,
    TpmAlg::KDF2,
    TpmAlg::KDF1_SP800_108,
    TpmAlg::ECC,
    TpmAlg::SYMCIPHER,
    TpmAlg::CAMELLIA,
    TpmAlg::CMAC,
    TpmAlg::CTR,
    TpmAlg::OFB,
    TpmAlg::CBC,
    TpmAlg::CFB,
    TpmAlg::ECB,
];
/// The fixed properties in which libtpms 0.9.2 differs from what this engine says of itself.
const LIBTPMS_PROPERTIES: &[(u32, u32)] = &[
    (TpmPt::FIXED + 2, 164),
    (TpmPt::FIXED + 3, 75),
    (TpmPt::FIXED + 4, 2021),
    (TpmPt::FIXED + 5, u32::from_be_bytes(*b"IBM\0")),
    (TpmPt::FIXED + 6, u32::from_be_bytes(*b"SW  ")),
    (TpmPt::FIXED + 7, u32::from_be_bytes(*b" TPM")),
    (TpmPt::FIXED + 8, 0),
    (TpmPt::FIXED + 9, 0),
    (TpmPt::FIXED + 10, 1),
    (TpmPt::FIXED + 11, 0x2019_1023),
    (TpmPt::FIXED + 12, 0x0016_3636),
    (TpmPt::FIXED + 13, 1024),
    (TpmPt::FIXED + 15, 7),
    (TpmPt::FIXED + 20, 0xFFFF),
    (TpmPt::FIXED + 24, 6),
    (TpmPt::FIXED + 26, TpmAlg::SHA512 as u32),
    (TpmPt::FIXED + 33, 0xA84),
    (TpmPt::FIXED + 34, 0x194),
    (TpmPt::FIXED + 35, u32::from_be_bytes(*b"2.0\0")),
    (TpmPt::FIXED + 36, 0),
    (TpmPt::FIXED + 37, 164),
    (TpmPt::FIXED + 38, 75),
    (TpmPt::FIXED + 39, 2021),
    (TpmPt::FIXED + 40, 128),
    (TpmPt::FIXED + 44, 1024),
    (TpmPt::FIXED + 46, 1024),
];
/// Where versions 0.10 and 0.11 differ from 0.9.2.
const LIBTPMS_0_10: &[(u32, u32)] = &[];

impl Content {
    /// Without these algorithms, curves and key sizes.
    fn without(mut self, algorithms: &[u16], curves: &[u16], key_sizes: &[(u16, u16)]) -> Content {
        self.algorithms.retain(|alg| !algorithms.contains(alg));
        self.curves.retain(|curve| !curves.contains(curve));
        self.key_sizes.retain(|size| !key_sizes.contains(size) && !algorithms.contains(&size.0));
        self
    }
    /// With these algorithms, curves and key sizes alone, as far as they are there.
    fn only(mut self, algorithms: &[u16], curves: &[u16], key_sizes: &[(u16, u16)]) -> Content {
        self.algorithms.retain(|alg| algorithms.contains(alg));
        self.curves.retain(|curve| curves.contains(curve));
        self.key_sizes.retain(|size| key_sizes.contains(size));
        self
    }
    /// Without these commands.
    fn without_commands(mut self, names: &[&str]) -> Content {
        let implemented = command::implemented();
        let named = |code: &u32| {
            implemented.iter().any(|entry| entry.shape.code == *code && names.contains(&entry.shape.name))
        };
        self.commands.retain(|code| !named(code));
        self
    }
}
