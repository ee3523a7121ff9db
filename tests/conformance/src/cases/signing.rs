//! Part 3, 20: signing and verifying.
use super::world::*;
use super::*;
use crate::step::{cmd, of};
use tpm2_wire::{Hash, Sign, TpmSt, VerifySignature};

/// Signs a digest of SHA-256 without a ticket; the authorization is the caller's to add.
pub fn sign(key: u32, scheme: &[u8]) -> Step {
    cmd::<Sign>().h(key).b([0x11; 32]).p(scheme).p(no_ticket(TpmSt::HASHCHECK))
}
/// The same by a kept key with an empty authorization value.
pub fn sign_by(key: &str, scheme: &[u8]) -> Step {
    cmd::<Sign>().h(key).pw("").b([0x11; 32]).p(scheme).p(no_ticket(TpmSt::HASHCHECK))
}

pub fn cases() -> Vec<Case> {
    let sign = |key: u32, scheme: &[u8]| sign(key, scheme).pw("");
    let verify = |key: u32| cmd::<VerifySignature>().h(key).b([0x11; 32]).p(of("s", "signature"));
    let hashed = |data: &str| cmd::<Hash>().b(data).p(SHA256).p(OWNER).keep("h");
    let restricted = cmd::<Sign>().h(AK).pw("").p(of("h", "out_hash")).p(NONE).p(of("h", "validation"));
    let mut all = vec![
        varied("RSASSA", sign(RSA_KEY, RSASSA)),
        varied("RSAPSS", sign(RSA_KEY, RSAPSS)),
        varied("ECDSA", sign(ECC_KEY, ECDSA)),
        varied("HMAC", sign(HMAC_KEY, HMAC)),
        case("wrong value of a protected key", self::sign(SECRET_KEY, ECDSA).pw("wrong")),
        case("protected key", self::sign(SECRET_KEY, ECDSA).pw(SECRET)),
        varied("RSASSA", verify(RSA_KEY)).after([sign(RSA_KEY, RSASSA).keep("s")]),
        varied("RSAPSS", verify(RSA_KEY)).after([sign(RSA_KEY, RSAPSS).keep("s")]),
        varied("ECDSA", verify(ECC_KEY)).after([sign(ECC_KEY, ECDSA).keep("s")]),
        varied("HMAC", verify(HMAC_KEY)).after([sign(HMAC_KEY, HMAC).keep("s")]),
        case("another key", verify(AK)).after([sign(RSA_KEY, RSASSA).keep("s")]),
        case("another type", verify(ECC_KEY)).after([sign(RSA_KEY, RSASSA).keep("s")]),
        case("key that does not sign", verify(ECDH_KEY)).after([sign(ECC_KEY, ECDSA).keep("s")]),
        case("another digest", cmd::<VerifySignature>().h(ECC_KEY).b([0x12; 32]).p(of("s", "signature")))
            .after([sign(ECC_KEY, ECDSA).keep("s")]),
        varied("restricted, with a ticket", restricted.clone()).after([hashed("abc")]),
        case("restricted, no ticket", sign(AK, NONE)),
        case("restricted, of TPM_GENERATED", restricted).after([hashed("\u{FF}TCG")]),
    ];
    let schemes: &[&[u8]] = &[
        NONE,
        RSASSA,
        RSAPSS,
        ECDSA,
        HMAC,
        OAEP,
        RSAES,
        ECDH,
        &[0, 0x1A, 0, 0x0B, 0, 0],
        &[0, 0x1B, 0, 0x0B],
        &[0, 0x1C, 0, 0x0B],
        &[0, 0x14, 0, 4],
        &[0, 0x18, 0, 0x0C],
        &[0, 5, 0, 4],
        &[0, 0x14, 0, 0x10],
        &[0, 0x18, 0, 0x12],
    ];
    for scheme in schemes {
        for key in [AK, RSA_KEY, ECC_KEY, ECDH_KEY, HMAC_KEY, RESTRICTED_HMAC, AES_KEY, SRK] {
            all.push(case(&format!("by {key:08x} with {scheme:x?}"), sign(key, scheme)));
        }
    }
    for size in [0, 1, 19, 20, 31, 33, 48, 64, 65] {
        for (key, scheme) in [(RSA_KEY, RSASSA), (ECC_KEY, ECDSA), (HMAC_KEY, HMAC)] {
            let step = cmd::<Sign>().h(key).pw("").b(vec![1; size]).p(scheme).p(no_ticket(TpmSt::HASHCHECK));
            all.push(case(&format!("digest of {size} bytes by {key:08x}"), step));
        }
    }
    all
}
