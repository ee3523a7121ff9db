//! Part 3, 11: sessions; Part 1, 19 and 21: authorization and parameter encryption.
use super::world::*;
use super::*;
use crate::step::{Value, cmd, of};
use tpm2_wire::{
    GetRandom, HierarchyChangeAuth, NvRead, NvWrite, PolicyCommandCode, PolicyRestart, RsaEncrypt,
    StartAuthSession, StirRandom, TpmSe, Unseal,
};

/// `TPM2_StartAuthSession` with all that can be chosen.
fn start(kind: u8, nonce: usize, symmetric: &[u8], hash: u16) -> Step {
    cmd::<StartAuthSession>().h(NULL).h(NULL).b(vec![1; nonce]).b([]).p(kind).p(symmetric).p(hash)
}

pub fn cases() -> Vec<Case> {
    let mut all = vec![
        varied("HMAC", start(0, 16, AES, 0x0B)),
        varied("policy", start(1, 32, NONE, 0x0B)),
        varied("trial", start(3, 16, NONE, 4)),
        varied("XOR", start(0, 16, &[0, 0x0A, 0, 0x0B], 0x0B)),
        varied("bound", start(0, 16, NONE, 0x0B)),
        case("policy, with a mode that is not CFB", start(1, 16, &[0, 6, 0, 128, 0, 0x42], 0x0B)),
        case("mode null", start(0, 16, &[0, 6, 0, 128, 0, 0x10], 0x0B)),
        varied("", cmd::<PolicyRestart>().h(PS)),
        case("an HMAC session", cmd::<PolicyRestart>().h(HS)),
        varied("", cmd::<GetRandom>().p(16u16)),
        varied("", cmd::<StirRandom>().b([1; 32])),
        case("encrypted response", cmd::<GetRandom>().auth(HS, 0x41, Value::Mac(vec![])).p(16u16)),
        case("encrypted command", cmd::<StirRandom>().auth(HS, 0x21, Value::Mac(vec![])).b([1; 32])),
        case("ends its session", cmd::<GetRandom>().auth(HS, 0x40, Value::Mac(vec![])).p(16u16)),
        varied("by an HMAC session", cmd::<NvWrite>().h(OWNER).h(NV_ORDINARY).mac(HS, "").b("abc").p(0u16)),
        varied(
            "encrypted by an HMAC session",
            cmd::<NvRead>().h(OWNER).h(NV_ORDINARY).auth(HS, 0x41, Value::Mac(vec![])).p(8u16).p(0u16),
        ),
    ];
    for nonce in [0, 15, 16, 20, 32, 33, 64, 65] {
        all.push(case(&format!("nonce of {nonce} bytes"), start(0, nonce, NONE, 0x0B)));
    }
    for hash in [0, 1, 4, 5, 0x0B, 0x0C, 0x0D, 0x10, 0x12, 0x27] {
        all.push(case(&format!("hash {hash:#x}"), start(0, 32, NONE, hash)));
    }
    for cipher in [0u16, 1, 3, 5, 6, 0x0A, 0x13, 0x26] {
        for bits in [0u16, 64, 128, 192, 256, 512] {
            for mode in [0u16, 0x10, 0x40, 0x42, 0x43, 0x44] {
                let symmetric = [cipher, bits, mode].map(u16::to_be_bytes).concat();
                all.push(case(
                    &format!("cipher {cipher:#x} of {bits} in mode {mode:#x}"),
                    start(0, 16, &symmetric, 0x0B),
                ));
            }
        }
    }
    for handle in
        [SRK, RSA_KEY, ECC_KEY, HMAC_KEY, AES_KEY, SEALED, AK, PLATFORM_SRK, 0x8100_00FF, 0x8000_0000, OWNER]
    {
        for salt in [0, 1, 32, 256] {
            let step = cmd::<StartAuthSession>()
                .h(handle)
                .h(NULL)
                .b([1; 16])
                .b(vec![2; salt])
                .p(0u8)
                .p(NONE)
                .p(SHA256);
            all.push(case(&format!("key {handle:08x}, salt of {salt} bytes"), step));
        }
        let step = cmd::<StartAuthSession>().h(NULL).h(handle).b([1; 16]).b([]).p(0u8).p(NONE).p(SHA256);
        all.push(case(&format!("bound to {handle:08x}"), step));
    }
    for bind in [
        NV_ORDINARY,
        NV_UNWRITTEN,
        NV_PIN_FAIL,
        NV_PIN_PASS,
        NV_POLICY,
        LOCKOUT,
        PLATFORM,
        0,
        16,
        0x0150_00FF,
    ] {
        let step = cmd::<StartAuthSession>().h(NULL).h(bind).b([1; 16]).b([]).p(0u8).p(NONE).p(SHA256);
        all.push(case(&format!("bound to {bind:08x}"), step));
    }
    // A salted session authorizes, as does one that is bound: to its entity, to another, after a change of the value.
    let salt = [3u8; 32];
    let encrypt = cmd::<RsaEncrypt>().h(RSA_KEY).b(salt).p(OAEP).b(b"SECRET\0").keep("salt");
    let salted = cmd::<StartAuthSession>()
        .h(RSA_KEY)
        .h(NULL)
        .b([1; 16])
        .p(of("salt", "out_data"))
        .p(0u8)
        .p(AES)
        .p(SHA256);
    let salted = salted.secret(&salt).keep("salted");
    let bound = cmd::<StartAuthSession>().h(NULL).h(SEALED).b([1; 16]).b([]).p(0u8).p(AES).p(SHA256);
    let bound = bound.secret(SECRET.as_bytes()).keep("bound");
    let unseal = |session: &str, attributes: u8, value: Value| {
        cmd::<Unseal>().h(SEALED).auth(session, attributes, value)
    };
    all.extend([
        case("by a salted session", unseal("salted", 1, Value::Mac(SECRET.into())))
            .after([encrypt.clone(), salted.clone()]),
        case("by a salted session, encrypted", unseal("salted", 0x41, Value::Mac(SECRET.into())))
            .after([encrypt.clone(), salted.clone()]),
        case("by a salted session, wrong value", unseal("salted", 0x41, Value::Mac(b"no".into())))
            .after([encrypt, salted]),
        case("by a bound session", unseal("bound", 1, Value::Bound(SECRET.into()))).after([bound.clone()]),
        case("by a bound session, encrypted", unseal("bound", 0x41, Value::Bound(SECRET.into())))
            .after([bound.clone()]),
        case("by a bound session, with the value", unseal("bound", 1, Value::Mac(SECRET.into())))
            .after([bound.clone()]),
        case(
            "by a bound session for another entity",
            cmd::<NvWrite>().h(OWNER).h(NV_ORDINARY).mac("bound", "").b("x").p(0u16),
        )
        .after([bound.clone()]),
        case("wrong key of a bound session", unseal("bound", 1, Value::Bound(SECRET.into())))
            .after([bound.secret(b"no")]),
        case("response with the new value", cmd::<HierarchyChangeAuth>().h(OWNER).mac(HS, "").b("new")),
        case("by a policy", unseal(PS, 1, Value::Mac(vec![])))
            .after([cmd::<PolicyCommandCode>().h(PS).p(0x15Eu32)]),
        case("by a trial session", unseal("trial", 1, Value::Mac(vec![]))).after([session(
            "trial",
            TpmSe::Trial,
            NONE,
        )]),
    ]);
    // All attributes, on a command that can encrypt neither, one, or the other.
    for attributes in 0..=255u8 {
        let with = |step: Step| step.auth(HS, attributes, Value::Mac(vec![]));
        all.push(case(&format!("session attributes {attributes:02x}"), with(cmd::<GetRandom>()).p(8u16)));
        all.push(case(&format!("session attributes {attributes:02x}"), with(cmd::<StirRandom>()).b([1; 8])));
        all.push(case(
            &format!("session attributes {attributes:02x}"),
            with(cmd::<NvWrite>().h(OWNER).h(NV_ORDINARY)).b("abc").p(0u16),
        ));
        let policy = cmd::<GetRandom>().auth(PS, attributes, Value::Mac(vec![])).p(8u16);
        all.push(case(&format!("policy session attributes {attributes:02x}"), policy));
        let password = cmd::<NvRead>().h(OWNER).h(NV_ORDINARY).auth(
            tpm2_wire::TpmRh::PW,
            attributes,
            Value::Plain(vec![]),
        );
        all.push(case(&format!("password attributes {attributes:02x}"), password.p(8u16).p(0u16)));
    }
    all
}
