//! The profile of states that say its name alone: what `default` was in the first format. Nothing here ever changes.
use super::Content;
use alloc::vec::Vec;
use tpm2_crypto::HashAlg;
use tpm2_wire::TpmAlg;

/// The profile of this name in the first format, which had one.
pub(crate) fn content(name: &str) -> Option<Content> {
    (name == "default").then(|| Content {
        name: name.into(),
        description: "All that the first version had".into(),
        commands: Vec::from(COMMANDS),
        algorithms: Vec::from(ALGORITHMS),
        curves: Vec::from([3, 4, 5]),
        key_sizes: Vec::from([
            (TpmAlg::RSA, 2048),
            (TpmAlg::RSA, 3072),
            (TpmAlg::RSA, 4096),
            (TpmAlg::AES, 128),
            (TpmAlg::AES, 192),
            (TpmAlg::AES, 256),
        ]),
        banks: Vec::from([HashAlg::Sha1, HashAlg::Sha256, HashAlg::Sha384, HashAlg::Sha512]),
        transient_objects: 16,
        loaded_sessions: 16,
        persistent_objects: 64,
        nv_index_size: 16 * 1024,
        nv_total: 512 * 1024,
        buffer_size: 4096,
        dictionary_attack: (3, 1000, 1000),
        clock_update: 1 << 22,
        properties: Vec::new(),
        last_property: 0x131,
        nv_counters: u32::MAX as usize,
        limited_hierarchies: false,
    })
}

/// `TPM_CC`.
const COMMANDS: [u32; 92] = [
    0x11F, 0x120, 0x121, 0x122, 0x124, 0x125, 0x126, 0x127, 0x128, 0x129, 0x12A, 0x12B, 0x12E, 0x130, 0x131,
    0x132, 0x134, 0x135, 0x136, 0x137, 0x138, 0x139, 0x13A, 0x13B, 0x13C, 0x13D, 0x13E, 0x142, 0x143, 0x144,
    0x145, 0x146, 0x147, 0x148, 0x149, 0x14B, 0x14C, 0x14E, 0x14F, 0x150, 0x151, 0x153, 0x154, 0x155, 0x156,
    0x157, 0x158, 0x159, 0x15B, 0x15C, 0x15D, 0x15E, 0x160, 0x161, 0x162, 0x163, 0x165, 0x167, 0x168, 0x169,
    0x16A, 0x16B, 0x16C, 0x16D, 0x16E, 0x16F, 0x170, 0x171, 0x172, 0x173, 0x174, 0x176, 0x177, 0x178, 0x17A,
    0x17B, 0x17C, 0x17D, 0x17E, 0x17F, 0x180, 0x181, 0x182, 0x184, 0x185, 0x186, 0x188, 0x189, 0x18A, 0x18C,
    0x18F, 0x190,
];

const ALGORITHMS: [u16; 25] = [
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
    TpmAlg::KDF1_SP800_56A,
    TpmAlg::KDF1_SP800_108,
    TpmAlg::ECC,
    TpmAlg::SYMCIPHER,
    TpmAlg::CTR,
    TpmAlg::OFB,
    TpmAlg::CBC,
    TpmAlg::CFB,
    TpmAlg::ECB,
];
