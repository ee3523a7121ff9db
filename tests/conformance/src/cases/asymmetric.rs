//! Part 3, 14 and 19: asymmetric primitives.
use super::world::*;
use super::*;
use crate::step::{Part, cmd, of};
use tpm2_wire::{
    Commit, EcEphemeral, EccParameters, EcdhKeyGen, EcdhZGen, RsaDecrypt, RsaEncrypt, ZGen2Phase,
};

pub fn cases() -> Vec<Case> {
    let encrypt = |key: u32, message: &[u8], scheme: &[u8], label: &[u8]| {
        cmd::<RsaEncrypt>().h(key).b(message).p(scheme).b(label)
    };
    let decrypt = |cipher: Part, scheme: &[u8], label: &[u8]| {
        cmd::<RsaDecrypt>().h(RSA_KEY).pw("").p(cipher).p(scheme).b(label)
    };
    let encrypted = || of("e", "out_data");
    let raw = [&[0; 128][..], &[7; 128]].concat();
    let mut all = vec![
        varied("OAEP", encrypt(RSA_KEY, b"message", OAEP, b"")),
        varied("OAEP with a label", encrypt(RSA_KEY, b"message", OAEP, b"label\0")),
        case("label without an end", encrypt(RSA_KEY, b"message", OAEP, b"label")),
        varied("RSAES", encrypt(RSA_KEY, b"message", RSAES, b"")),
        varied("raw", encrypt(RSA_KEY, &raw, NONE, b"")),
        case("raw, short", encrypt(RSA_KEY, b"m", NONE, b"")),
        case("raw, empty", encrypt(RSA_KEY, b"", NONE, b"")),
        case("raw, not below the modulus", encrypt(RSA_KEY, &[0xFF; 256], NONE, b"")),
        case("raw, longer than the modulus", encrypt(RSA_KEY, &[0; 257], NONE, b"")),
        case("a signing key", encrypt(AK, b"m", OAEP, b"")),
        case("an ECC key", encrypt(ECC_KEY, b"m", OAEP, b"")),
        varied("OAEP", decrypt(encrypted(), OAEP, b"")).after([encrypt(RSA_KEY, b"m", OAEP, b"").keep("e")]),
        case("OAEP, another label", decrypt(encrypted(), OAEP, b"x\0"))
            .after([encrypt(RSA_KEY, b"m", OAEP, b"").keep("e")]),
        varied("RSAES", decrypt(encrypted(), RSAES, b""))
            .after([encrypt(RSA_KEY, b"m", RSAES, b"").keep("e")]),
        case("RSAES as OAEP", decrypt(encrypted(), OAEP, b""))
            .after([encrypt(RSA_KEY, b"m", RSAES, b"").keep("e")]),
        varied("raw", decrypt(encrypted(), NONE, b"")).after([encrypt(RSA_KEY, &raw, NONE, b"").keep("e")]),
        case("short", decrypt(crate::step::sized(&[1; 255]), NONE, b"")),
        case("empty", decrypt(crate::step::sized(&[]), OAEP, b"")),
        case("not below the modulus", decrypt(crate::step::sized(&[0xFF; 256]), NONE, b"")),
        varied("", cmd::<EcdhKeyGen>().h(ECDH_KEY)),
        case("a signing key", cmd::<EcdhKeyGen>().h(ECC_KEY)),
        case("an RSA key", cmd::<EcdhKeyGen>().h(RSA_KEY)),
        varied("", cmd::<EcdhZGen>().h(ECDH_KEY).pw("").p(of("k", "pub_point")))
            .after([cmd::<EcdhKeyGen>().h(ECDH_KEY).keep("k")]),
        case("not on the curve", cmd::<EcdhZGen>().h(ECDH_KEY).pw("").b([&[0, 1, 5, 0, 1, 5][..]].concat())),
        case("infinity", cmd::<EcdhZGen>().h(ECDH_KEY).pw("").b([0; 4])),
        varied(
            "",
            cmd::<ZGen2Phase>()
                .h(ECDH_KEY)
                .pw("")
                .p(of("k", "pub_point"))
                .p(of("k", "pub_point"))
                .p([0, 0x19])
                .p(0u16),
        )
        .after([cmd::<EcdhKeyGen>().h(ECDH_KEY).keep("k")]),
        varied("", cmd::<Commit>().h(ECC_KEY).pw("").b([]).b([]).b([])),
        varied("", cmd::<EcEphemeral>().p(P256)),
    ];
    for scheme in [NONE, RSAES, OAEP, RSASSA, ECDSA] {
        for key in [RSA_KEY, AK, SRK, ECC_KEY, ECDH_KEY, HMAC_KEY] {
            all.push(case(&format!("{key:08x} with {scheme:x?}"), encrypt(key, &[1; 16], scheme, b"")));
            let step = cmd::<RsaDecrypt>().h(key).pw("").b([1; 256]).p(scheme).b([]);
            all.push(case(&format!("{key:08x} with {scheme:x?}"), step));
        }
    }
    for size in [0, 1, 100, 189, 190, 191, 214, 245, 246, 256] {
        all.push(case(&format!("OAEP of {size} bytes"), encrypt(RSA_KEY, &vec![1; size], OAEP, b"")));
        all.push(case(&format!("RSAES of {size} bytes"), encrypt(RSA_KEY, &vec![1; size], RSAES, b"")));
    }
    for curve in 0..0x42u16 {
        all.push(varied(&format!("curve {curve:#x}"), cmd::<EccParameters>().p(curve)));
    }
    all
}
