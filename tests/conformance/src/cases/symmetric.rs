//! Part 3, 15: symmetric primitives.
use super::world::*;
use super::*;
use crate::step::cmd;
use tpm2_wire::{EncryptDecrypt, EncryptDecrypt2, Hash, Mac};

pub fn cases() -> Vec<Case> {
    let hash = |alg: u16, hierarchy: u32, data: &[u8]| cmd::<Hash>().b(data).p(alg).p(hierarchy);
    let hmac = |key: u32, alg: u16, data: &[u8]| cmd::<Mac>().h(key).pw("").b(data).p(alg);
    let encrypt = |mode: u16, iv: &[u8], data: &[u8], decrypt: u8| {
        cmd::<EncryptDecrypt2>().h(AES_KEY).pw("").b(data).p(decrypt).p(mode).b(iv)
    };
    let mut all = vec![
        varied("SHA-256", hash(0x0B, OWNER, b"abc")),
        varied("null hierarchy", hash(0x0B, NULL, b"abc")),
        case("TPM_GENERATED: no ticket", hash(0x0B, OWNER, b"\xFFTCGabc")),
        case("1024 bytes", hash(0x0B, OWNER, &[1; 1024])),
        case("1025 bytes", hash(0x0B, OWNER, &[1; 1025])),
        varied("", hmac(HMAC_KEY, 0x0B, b"abc")),
        case("hash of the key", hmac(RESTRICTED_HMAC, 0x10, b"abc")),
        case("no hash", hmac(HMAC_KEY, 0x10, b"abc")),
        case("restricted", hmac(RESTRICTED_HMAC, 0x0B, b"abc")),
        case("an ECC key", hmac(ECC_KEY, 0x0B, b"abc")),
        case("a cipher's key", hmac(AES_KEY, 0x0B, b"abc")),
        case("data", cmd::<Mac>().h(SEALED).pw(SECRET).b("abc").p(SHA256)),
        varied("CFB", encrypt(0x43, &[1; 16], &[2; 32], 0)),
        varied("decrypts", encrypt(0x43, &[1; 16], &[2; 32], 1)),
        varied(
            "the other order",
            cmd::<EncryptDecrypt>().h(AES_KEY).pw("").p(0u8).p([0, 0x43]).b([1; 16]).b([2; 32]),
        ),
        case(
            "an HMAC key",
            cmd::<EncryptDecrypt2>().h(HMAC_KEY).pw("").b([1; 16]).p(0u8).p([0, 0x43]).b([1; 16]),
        ),
    ];
    for alg in 0..0x30u16 {
        all.push(case(&format!("hash {alg:#x}"), hash(alg, OWNER, b"abc")));
        all.push(case(&format!("hash {alg:#x}"), hmac(HMAC_KEY, alg, b"abc")));
    }
    for mode in 0x3F..0x46u16 {
        for (iv, data) in [(16, 32), (16, 17), (0, 32), (15, 32), (16, 0), (16, 1024), (16, 1025)] {
            for decrypt in [0, 1] {
                let what = format!("mode {mode:#x}, {iv} and {data} bytes, {decrypt}");
                all.push(case(&what, encrypt(mode, &vec![1; iv], &vec![2; data], decrypt)));
            }
        }
    }
    all
}
