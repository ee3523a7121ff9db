//! Part 3, 18 and 21: attestation and audit.
use super::world::*;
use super::*;
use crate::step::{Value, cmd, of};
use tpm2_wire::{
    Certify, CertifyCreation, GetCommandAuditDigest, GetRandom, GetSessionAuditDigest, GetTime, NvCertify,
    Quote, ReadPublic, SetCommandCodeAuditStatus,
};

pub fn cases() -> Vec<Case> {
    let certify = |object: u32, key: u32, scheme: &[u8]| {
        cmd::<Certify>().h(object).h(key).pw("").pw("").b("data").p(scheme)
    };
    let quote =
        |key: u32, scheme: &[u8], select: Vec<u8>| cmd::<Quote>().h(key).pw("").b("data").p(scheme).p(select);
    let time =
        |key: u32, scheme: &[u8]| cmd::<GetTime>().h(ENDORSEMENT).h(key).pw("").pw("").b("data").p(scheme);
    let nv = |key: u32, index: u32, scheme: &[u8], size: u16, offset: u16| {
        cmd::<NvCertify>().h(key).h(OWNER).h(index).pw("").pw("").b("data").p(scheme).p(size).p(offset)
    };
    let audit =
        |key: u32| cmd::<GetCommandAuditDigest>().h(ENDORSEMENT).h(key).pw("").pw("").b("data").p(NONE);
    let session =
        |key: u32| cmd::<GetSessionAuditDigest>().h(ENDORSEMENT).h(key).h(HS).pw("").pw("").b("data").p(NONE);
    let audited = cmd::<ReadPublic>().h(SRK).auth(HS, 0x81, Value::Mac(vec![]));
    let made = primary(OWNER, "", &[], &ecc(OWN | SIGN, NONE, ECDSA, P256)).keep("p");
    let creation = |key: u32, hash: crate::step::Part| {
        let step = cmd::<CertifyCreation>().h(key).h("p").pw("").b("data").p(hash).p(NONE);
        step.p(of("p", "creation_ticket"))
    };
    let status = |alg: u16, set: &[u8], clear: &[u8]| {
        cmd::<SetCommandCodeAuditStatus>().h(OWNER).pw("").p(alg).p(set).p(clear)
    };
    let none: &[u8] = &[0; 4];
    let mut all = vec![
        varied("", certify(SRK, AK, NONE)),
        case("of a sequence", cmd::<Certify>().h("s").h(AK).pw("").pw("").b("data").p(NONE))
            .after([super::hash::sequence("s")]),
        varied("", quote(AK, NONE, pcrs([0xFF, 0, 0]))),
        case("of no PCR", quote(AK, NONE, none.to_vec())),
        case("of no bank that is there", quote(AK, NONE, [&[0, 0, 0, 1, 0, 0x12, 3, 1, 0, 0][..]].concat())),
        case(
            "of two selections of a bank",
            quote(AK, NONE, [&[0, 0, 0, 2, 0, 0x0B, 3, 1, 0, 0, 0, 0x0B, 3, 2, 0, 0][..]].concat()),
        ),
        varied("", time(AK, NONE)),
        varied("", nv(AK, NV_ORDINARY, NONE, 8, 4)),
        case("whole", nv(AK, NV_ORDINARY, NONE, 32, 0)),
        case("beyond its end", nv(AK, NV_ORDINARY, NONE, 32, 1)),
        case("its digest", nv(AK, NV_ORDINARY, NONE, 0, 0)),
        case("unwritten", nv(AK, NV_UNWRITTEN, NONE, 1, 0)),
        varied("", audit(AK)),
        varied("", session(AK)).after([audited.clone()]),
        case("of a session that does not audit", session(AK)),
        case("twice", session(AK)).after([audited.clone(), audited.clone()]),
        case("not exclusive any more", session(AK)).after([audited, cmd::<GetRandom>().p(1u16)]),
        varied("", creation(AK, of("p", "creation_hash"))).after([made.clone()]),
        case("another hash", creation(AK, crate::step::sized(&[1; 32]))).after([made.clone()]),
        case("hash of another size", creation(AK, crate::step::sized(&[1; 20]))).after([made]),
        varied("", status(0x0B, none, none)),
        varied("two commands", status(0x10, &[0, 0, 0, 2, 0, 0, 1, 0x7B, 0, 0, 1, 0x7A], none)),
        case("both lists", status(0x10, &[0, 0, 0, 1, 0, 0, 1, 0x7B], &[0, 0, 0, 1, 0, 0, 1, 0x7B])),
        case("change of hash and a list", status(4, &[0, 0, 0, 1, 0, 0, 1, 0x7B], none)),
        case("another hash", status(4, none, none)),
        case("no command", status(0x10, &[0, 0, 0, 1, 0, 0, 9, 9], none)),
        case("audit of what it audits", audit(AK))
            .after([status(0x10, &[0, 0, 0, 1, 0, 0, 1, 0x73], none), cmd::<ReadPublic>().h(SRK)]),
        case("the status of its own cannot be cleared", status(0x10, none, &[0, 0, 0, 1, 0, 0, 1, 0x40])),
        case("Shutdown cannot be audited", status(0x10, &[0, 0, 0, 1, 0, 0, 1, 0x45], none)),
    ];
    let schemes: &[&[u8]] =
        &[NONE, RSASSA, RSAPSS, ECDSA, HMAC, OAEP, &[0, 0x1A, 0, 0x0B, 0, 0], &[0, 0x14, 0, 4]];
    for scheme in schemes {
        for key in [NULL, AK, RSA_KEY, ECC_KEY, ECDH_KEY, HMAC_KEY, RESTRICTED_HMAC, AES_KEY, SRK, SEALED] {
            let what = format!("by {key:08x} with {scheme:x?}");
            all.push(case(&what, certify(SRK, key, scheme)));
            all.push(case(&what, quote(key, scheme, pcrs([1, 0, 0]))));
            all.push(case(&what, time(key, scheme)));
            all.push(case(&what, nv(key, NV_ORDINARY, scheme, 8, 0)));
        }
    }
    all
}
