//! Part 3, 17: hash, HMAC and event sequences.
use super::world::*;
use super::*;
use crate::step::cmd;
use tpm2_wire::{
    EventSequenceComplete, HashSequenceStart, MacStart, SequenceComplete, SequenceUpdate, TpmRh,
};

/// Starts a SHA-256 sequence without an authorization value.
pub fn sequence(name: &str) -> Step {
    start(0x0B).keep(name)
}
fn start(alg: u16) -> Step {
    cmd::<HashSequenceStart>().b([]).p(alg)
}

pub fn cases() -> Vec<Case> {
    let update = |data: &[u8]| cmd::<SequenceUpdate>().h("s").pw("").b(data);
    let complete = |data: &[u8], hierarchy: u32| cmd::<SequenceComplete>().h("s").pw("").b(data).p(hierarchy);
    let event = |pcr: u32| cmd::<EventSequenceComplete>().h(pcr).h("s").pw("").pw("").b("abc");
    let hmac = |key: u32, alg: u16| cmd::<MacStart>().h(key).pw("").b([]).p(alg);
    let mut all = vec![
        varied("", start(0x0B)),
        varied("event", start(0x10)),
        varied("", hmac(HMAC_KEY, 0x0B)),
        case("restricted", hmac(RESTRICTED_HMAC, 0x10)),
        case("an ECC key", hmac(ECC_KEY, 0x0B)),
        varied("", update(b"abc")).after([start(0x0B).keep("s")]),
        case("HMAC", update(b"abc")).after([hmac(HMAC_KEY, 0x0B).keep("s")]),
        case("a key", cmd::<SequenceUpdate>().h(HMAC_KEY).pw("").b("abc")),
        varied("", complete(b"abc", OWNER)).after([start(0x0B).keep("s")]),
        case("after updates", complete(b"abc", OWNER)).after([
            start(0x0B).keep("s"),
            update(&[5; 1024]),
            update(&[6; 63]),
        ]),
        case("null hierarchy", complete(b"abc", NULL)).after([start(0x0B).keep("s")]),
        case("TPM_GENERATED: no ticket", complete(b"", OWNER))
            .after([start(0x0B).keep("s"), update(b"\xFFTCGabc")]),
        case("TPM_GENERATED, cut up: no ticket", complete(b"", OWNER)).after([
            start(0x0B).keep("s"),
            update(b"\xFFT"),
            update(b"CGabc"),
        ]),
        varied("HMAC", complete(b"abc", OWNER)).after([hmac(HMAC_KEY, 0x0B).keep("s"), update(b"x")]),
        case("an event sequence", complete(b"abc", OWNER)).after([start(0x10).keep("s")]),
        case("twice", complete(b"abc", OWNER)).after([start(0x0B).keep("s"), complete(b"", OWNER)]),
        varied("PCR 16", event(16)).after([start(0x10).keep("s"), update(b"x")]),
        case("no PCR", event(NULL)).after([start(0x10).keep("s")]),
        case("a hash sequence", event(16)).after([start(0x0B).keep("s")]),
        case("PCR 17 at locality 0", event(17)).after([start(0x10).keep("s")]),
        case("a fourth object", start(0x0B)).after([start(0x0B), start(0x0B), start(0x0B)]),
        case("authorization value", cmd::<SequenceUpdate>().h("s").pw("abc").b("x")).after([cmd::<
            HashSequenceStart,
        >()
        .b("abc")
        .p(SHA256)
        .keep("s")]),
        case("wrong authorization value", cmd::<SequenceUpdate>().h("s").pw("abd").b("x")).after([cmd::<
            HashSequenceStart,
        >(
        )
        .b("abc")
        .p(SHA256)
        .keep("s")]),
        case("authorization value with zeros at its end", cmd::<SequenceUpdate>().h("s").pw("abc").b("x"))
            .after([cmd::<HashSequenceStart>().b("abc\0\0").p(SHA256).keep("s")]),
        case(
            "by the wrong session",
            cmd::<SequenceUpdate>().h("s").auth(TpmRh::NULL, 0, crate::step::Value::Plain(vec![])).b("x"),
        )
        .after([start(0x0B).keep("s")]),
        case("by an HMAC session", cmd::<SequenceUpdate>().h("s").mac(HS, "").b("x"))
            .after([start(0x0B).keep("s")]),
    ];
    for alg in 0..0x30u16 {
        all.push(case(&format!("hash {alg:#x}"), start(alg)));
        all.push(case(&format!("hash {alg:#x}"), hmac(HMAC_KEY, alg)));
    }
    all
}
