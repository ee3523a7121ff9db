//! Part 3, 23: policies.
use super::world::*;
use super::*;
use crate::step::{cmd, of, sized};
use tpm2_wire::{
    NvWrite, PolicyAuthValue, PolicyAuthorize, PolicyAuthorizeNv, PolicyCommandCode, PolicyCounterTimer,
    PolicyCpHash, PolicyDuplicationSelect, PolicyGetDigest, PolicyLocality, PolicyNameHash, PolicyNv,
    PolicyNvWritten, PolicyOr, PolicyPassword, PolicyPcr, PolicyPhysicalPresence, PolicySecret, PolicySigned,
    PolicyTemplate, PolicyTicket, ReadPublic, TpmSe, TpmSt, Unseal, VerifySignature,
};

pub fn cases() -> Vec<Case> {
    let digests = |all: &[&[u8]]| {
        let mut bytes = (all.len() as u32).to_be_bytes().to_vec();
        all.iter().for_each(|digest| crate::run::put_sized(digest, &mut bytes));
        bytes
    };
    let or = |all: &[&[u8]]| cmd::<PolicyOr>().h(PS).p(digests(all));
    let secret = |entity: u32, auth: &str, expiration: i32| {
        let step = cmd::<PolicySecret>().h(entity).h(PS).pw(auth).b([]).b([]).b("ref");
        step.p((expiration as u32).to_be_bytes())
    };
    let nv = |index: u32, operand: &[u8], offset: u16, operation: u16| {
        cmd::<PolicyNv>().h(OWNER).h(index).h(PS).pw("").b(operand).p(offset).p(operation)
    };
    let timer = |operand: &[u8], offset: u16, operation: u16| {
        cmd::<PolicyCounterTimer>().h(PS).b(operand).p(offset).p(operation)
    };
    let code = |code: u32| cmd::<PolicyCommandCode>().h(PS).p(code);
    let digest = || cmd::<PolicyGetDigest>().h(PS);
    let trial = || session("t", TpmSe::Trial, NONE);
    // A time limit counts from the start of the session, which swtpm forgets when its state is restored.
    let fresh = |what: &str, expiration: i32| {
        let step = cmd::<PolicySecret>().h(OWNER).h("q").pw("").b([]).b([]).b("ref");
        case(what, step.p((expiration as u32).to_be_bytes())).after([session("q", TpmSe::Policy, NONE)])
    };
    let mut all = vec![
        varied("", or(&[&[0; 32], &[1; 32]])),
        case("one branch", or(&[&[0; 32]])),
        case("no branch", or(&[])),
        case("eight branches", or(&[&[0; 32][..]; 8])),
        case("nine branches", or(&[&[0; 32][..]; 9])),
        case("none is met", or(&[&[1; 32], &[2; 32]])),
        case("trial, none is met", cmd::<PolicyOr>().h("t").p(digests(&[&[1; 32], &[2; 32]])))
            .after([trial()]),
        varied("", cmd::<PolicyPcr>().h(PS).b([]).p(pcrs([1, 0, 0]))),
        case("wrong digest", cmd::<PolicyPcr>().h(PS).b([1; 32]).p(pcrs([1, 0, 0]))),
        case("digest of another size", cmd::<PolicyPcr>().h(PS).b([1; 20]).p(pcrs([1, 0, 0]))),
        case("trial with any digest", cmd::<PolicyPcr>().h("t").b([1; 32]).p(pcrs([1, 0, 0])))
            .after([trial()]),
        case("trial without a digest", cmd::<PolicyPcr>().h("t").b([]).p(pcrs([1, 0, 0]))).after([trial()]),
        varied("", cmd::<PolicyLocality>().h(PS).p(1u8)),
        case("none", cmd::<PolicyLocality>().h(PS).p(0u8)),
        case("two that exclude each other", cmd::<PolicyLocality>().h(PS).p(2u8)).after([cmd::<
            PolicyLocality,
        >()
        .h(PS)
        .p(1u8)]),
        case("extended after a set", cmd::<PolicyLocality>().h(PS).p(33u8))
            .after([cmd::<PolicyLocality>().h(PS).p(1u8)]),
        case("extended twice", cmd::<PolicyLocality>().h(PS).p(33u8))
            .after([cmd::<PolicyLocality>().h(PS).p(33u8)]),
        case("another extended one", cmd::<PolicyLocality>().h(PS).p(34u8))
            .after([cmd::<PolicyLocality>().h(PS).p(33u8)]),
        varied("", nv(NV_ORDINARY, &[7; 4], 0, 0)),
        case("not equal", nv(NV_ORDINARY, &[8; 4], 0, 0)),
        case("unwritten", nv(NV_UNWRITTEN, &[7; 4], 0, 0)),
        case(
            "trial, unwritten",
            cmd::<PolicyNv>().h(OWNER).h(NV_UNWRITTEN).h("t").pw("").b([1]).p(0u16).p(0u16),
        )
        .after([trial()]),
        case("beyond its end", nv(NV_ORDINARY, &[7; 4], 29, 0)),
        case(
            "by its own value",
            cmd::<PolicyNv>().h(NV_ORDINARY).h(NV_ORDINARY).h(PS).pw("").b([7]).p(0u16).p(0u16),
        ),
        case(
            "authorized by another index",
            cmd::<PolicyNv>().h(NV_COUNTER).h(NV_ORDINARY).h(PS).pw("").b([7]).p(0u16).p(0u16),
        ),
        varied("", timer(&[0xFF; 4], 16, 9)),
        varied("", code(0x15E)),
        case("no command", code(0x999)),
        case("twice the same", code(0x15E)).after([code(0x15E)]),
        case("another", code(0x15F)).after([code(0x15E)]),
        varied("", cmd::<PolicyPhysicalPresence>().h(PS)),
        varied("", cmd::<PolicyCpHash>().h(PS).b([1; 32])),
        case("of another size", cmd::<PolicyCpHash>().h(PS).b([1; 20])),
        case("empty", cmd::<PolicyCpHash>().h(PS).b([])),
        case("another", cmd::<PolicyCpHash>().h(PS).b([2; 32]))
            .after([cmd::<PolicyCpHash>().h(PS).b([1; 32])]),
        case("the same", cmd::<PolicyCpHash>().h(PS).b([1; 32]))
            .after([cmd::<PolicyCpHash>().h(PS).b([1; 32])]),
        case("after a nameHash", cmd::<PolicyCpHash>().h(PS).b([1; 32]))
            .after([cmd::<PolicyNameHash>().h(PS).b([1; 32])]),
        varied("", cmd::<PolicyNameHash>().h(PS).b([1; 32])),
        case("of another size", cmd::<PolicyNameHash>().h(PS).b([1; 20])),
        case("twice the same", cmd::<PolicyNameHash>().h(PS).b([1; 32]))
            .after([cmd::<PolicyNameHash>().h(PS).b([1; 32])]),
        case("after a cpHash", cmd::<PolicyNameHash>().h(PS).b([1; 32]))
            .after([cmd::<PolicyCpHash>().h(PS).b([1; 32])]),
        varied("", cmd::<PolicyTemplate>().h(PS).b([1; 32])),
        case("of another size", cmd::<PolicyTemplate>().h(PS).b([1; 20])),
        case("twice the same", cmd::<PolicyTemplate>().h(PS).b([1; 32]))
            .after([cmd::<PolicyTemplate>().h(PS).b([1; 32])]),
        case("another", cmd::<PolicyTemplate>().h(PS).b([2; 32]))
            .after([cmd::<PolicyTemplate>().h(PS).b([1; 32])]),
        case("after a cpHash", cmd::<PolicyTemplate>().h(PS).b([1; 32]))
            .after([cmd::<PolicyCpHash>().h(PS).b([1; 32])]),
        varied("", cmd::<PolicyDuplicationSelect>().h(PS).b([1; 34]).b([2; 34]).p(1u8)),
        case("without the object", cmd::<PolicyDuplicationSelect>().h(PS).b([1; 34]).b([2; 34]).p(0u8)),
        case("after a command code", cmd::<PolicyDuplicationSelect>().h(PS).b([1; 34]).b([2; 34]).p(0u8))
            .after([code(0x14B)]),
        varied("", cmd::<PolicyAuthorize>().h(PS).b([]).b("ref").b([1; 34]).p(no_ticket(TpmSt::VERIFIED))),
        varied("", cmd::<PolicyAuthValue>().h(PS)),
        varied("", cmd::<PolicyPassword>().h(PS)),
        varied("", digest()),
        varied("", cmd::<PolicyNvWritten>().h(PS).p(1u8)),
        case("the contrary", cmd::<PolicyNvWritten>().h(PS).p(0u8))
            .after([cmd::<PolicyNvWritten>().h(PS).p(1u8)]),
        case("twice the same", cmd::<PolicyNvWritten>().h(PS).p(1u8))
            .after([cmd::<PolicyNvWritten>().h(PS).p(1u8)]),
        varied("", secret(OWNER, "", 0)),
        fresh("with a ticket", -i32::MAX),
        fresh("expires", i32::MAX),
        case("wrong value", secret(SEALED, "wrong", 0)),
        case("by an object", secret(SEALED, SECRET, 0)),
        case("by an index", secret(NV_PIN_PASS, SECRET, 0)),
        case("by a PCR", secret(16, "", 0)),
        case("wrong nonce", cmd::<PolicySecret>().h(OWNER).h(PS).pw("").b([1; 16]).b([]).b([]).p(0u32)),
        case(
            "with the nonce",
            cmd::<PolicySecret>()
                .h(OWNER)
                .h(PS)
                .pw("")
                .p(of(PS, "nonce"))
                .b([])
                .b([])
                .p([0xFF, 0xFF, 0xFF, 0xF0]),
        ),
        case("with a cpHash", cmd::<PolicySecret>().h(OWNER).h(PS).pw("").b([]).b([1; 32]).b([]).p(0u32)),
        case(
            "cpHash of another size",
            cmd::<PolicySecret>().h(OWNER).h(PS).pw("").b([]).b([1; 20]).b([]).p(0u32),
        ),
        varied("", cmd::<PolicyAuthorizeNv>().h(OWNER).h(NV_ORDINARY).h(PS).pw("")),
        case("unwritten", cmd::<PolicyAuthorizeNv>().h(OWNER).h(NV_UNWRITTEN).h(PS).pw("")),
    ];
    for (index, operand) in [
        (NV_ORDINARY, &[7; 8][..]),
        (NV_COUNTER, &[0, 0, 0, 0, 0, 0, 0, 1]),
        (NV_BITS, &[0, 0, 0, 0, 0, 0, 0, 4]),
    ] {
        for operation in 0..0xE {
            for flip in [0, 1, 0x80, 0xFF] {
                let mut operand = operand.to_vec();
                operand[0] ^= flip;
                let what = format!("{index:08x} {operation:#x} {operand:x?}");
                all.push(case(&what, nv(index, &operand, 0, operation)));
                all.push(case(&format!("{operation:#x} {operand:x?}"), timer(&operand[..4], 16, operation)));
            }
        }
    }
    for (size, offset) in
        [(0, 0), (1, 25), (1, 24), (2, 24), (8, 8), (8, 18), (25, 0), (26, 0), (25, 1), (64, 0), (65, 0)]
    {
        all.push(case(&format!("{size} bytes at {offset}"), timer(&vec![0; size], offset, 9)));
        all.push(case(&format!("{size} bytes at {offset}"), nv(NV_ORDINARY, &vec![0; size], offset, 9)));
    }
    all.extend(signed());
    all.extend(used());
    // What each assertion does to the digest, one after another.
    let assertions = [
        or(&[&[0; 32], &[1; 32]]),
        cmd::<PolicyPcr>().h(PS).b([]).p(pcrs([1, 0, 0])),
        cmd::<PolicyLocality>().h(PS).p(1u8),
        nv(NV_ORDINARY, &[7; 4], 0, 0),
        timer(&[0, 0, 0, 0], 16, 0),
        code(0x15E),
        cmd::<PolicyPhysicalPresence>().h(PS),
        cmd::<PolicyCpHash>().h(PS).b([1; 32]),
        cmd::<PolicyNameHash>().h(PS).b([1; 32]),
        cmd::<PolicyTemplate>().h(PS).b([1; 32]),
        cmd::<PolicyDuplicationSelect>().h(PS).b([1; 34]).b([2; 34]).p(1u8),
        cmd::<PolicyAuthValue>().h(PS),
        cmd::<PolicyPassword>().h(PS),
        cmd::<PolicyNvWritten>().h(PS).p(1u8),
        secret(OWNER, "", 0),
    ];
    for first in &assertions {
        for second in &assertions {
            let what = format!("after {} and {}", first.name(), second.name());
            all.push(case(&what, digest()).after([first.clone(), second.clone()]));
        }
    }
    all
}

/// Policies of signatures and tickets.
fn signed() -> Vec<Case> {
    // aHash of an authorization without limit and with the reference "ref" (Part 3, 23.3).
    let digest = tpm2_crypto::RUST.digest(tpm2_crypto::HashAlg::Sha256, &[&[0; 4], b"ref"]).to_vec();
    let sign = |digest: &[u8]| {
        cmd::<tpm2_wire::Sign>().h(HMAC_KEY).pw("").b(digest).p(HMAC).p(no_ticket(TpmSt::HASHCHECK)).keep("s")
    };
    let signed =
        |key: u32| cmd::<PolicySigned>().h(key).h(PS).b([]).b([]).b("ref").p(0u32).p(of("s", "signature"));
    let ticket = |reference: &str| {
        let ask = cmd::<PolicySecret>()
            .h(OWNER)
            .h(PS)
            .pw("")
            .p(of(PS, "nonce"))
            .b([])
            .b("ref")
            .p([0xFF, 0xFF, 0, 0])
            .keep("t");
        let use_it = cmd::<PolicyTicket>()
            .h("q")
            .p(of("t", "timeout"))
            .b([])
            .b(reference)
            .b(OWNER.to_be_bytes())
            .p(of("t", "policy_ticket"));
        case(reference, use_it).after([ask, session("q", TpmSe::Policy, NONE)])
    };
    let name = cmd::<ReadPublic>().h(HMAC_KEY).keep("n");
    let verified =
        |digest: &[u8]| cmd::<VerifySignature>().h(HMAC_KEY).b(digest).p(of("s", "signature")).keep("v");
    let zero = tpm2_crypto::RUST.digest(tpm2_crypto::HashAlg::Sha256, &[&[0; 32], b"ref"]).to_vec();
    let authorize =
        cmd::<PolicyAuthorize>().h(PS).b([0; 32]).b("ref").p(of("n", "name")).p(of("v", "validation"));
    vec![
        varied("HMAC", signed(HMAC_KEY)).after([sign(&digest)]),
        case("another digest", signed(HMAC_KEY)).after([sign(&[1; 32])]),
        case("another key", signed(RSA_KEY)).after([sign(&digest)]),
        ticket("ref"),
        ticket("other"),
        Case { varied: true, ..ticket("ref") },
        varied("with a ticket", authorize.clone()).after([sign(&zero), verified(&zero), name.clone()]),
        case("ticket of another policy", authorize).after([sign(&digest), verified(&digest), name]),
    ]
}

/// An assertion on the session of this name, and what it asserts.
type Assertion = (&'static str, fn(&str) -> Step);

/// Policies at work: data whose policy is one assertion, unsealed.
fn used() -> Vec<Case> {
    let digest = || cmd::<PolicyGetDigest>().h("t").keep("digest");
    let mut all = Vec::new();
    let assertions: &[Assertion] = &[
        ("PCR", |s| cmd::<PolicyPcr>().h(s).b([]).p(pcrs([0, 0, 1]))),
        ("locality 0", |s| cmd::<PolicyLocality>().h(s).p(1u8)),
        ("locality 3", |s| cmd::<PolicyLocality>().h(s).p(8u8)),
        ("command code", |s| cmd::<PolicyCommandCode>().h(s).p(0x15Eu32)),
        ("another command code", |s| cmd::<PolicyCommandCode>().h(s).p(0x15Du32)),
        ("password", |s| cmd::<PolicyPassword>().h(s)),
        ("authorization value", |s| cmd::<PolicyAuthValue>().h(s)),
        ("physical presence", |s| cmd::<PolicyPhysicalPresence>().h(s)),
        ("written", |s| cmd::<PolicyNvWritten>().h(s).p(1u8)),
        ("cpHash", |s| cmd::<PolicyCpHash>().h(s).b([1; 32])),
        ("nameHash", |s| cmd::<PolicyNameHash>().h(s).b([1; 32])),
        ("NV", |s| cmd::<PolicyNv>().h(OWNER).h(NV_ORDINARY).h(s).pw("").b([7; 4]).p(0u16).p(0u16)),
        ("secret", |s| cmd::<PolicySecret>().h(OWNER).h(s).pw("").b([]).b([]).b([]).p(0u32)),
    ];
    for (what, assertion) in assertions {
        // The policy's digest comes from a trial session; the data is created with it, loaded and unsealed.
        let public = crate::step::Part::Sized(vec![
            [0, 8, 0, 0x0B].into(),
            (DATA & !tpm2_wire::TpmaObject::USER_WITH_AUTH.0).into(),
            of("digest", "policy_digest"),
            NONE.into(),
            [0, 0].into(),
        ]);
        let sensitive = crate::step::Part::Sized(vec![sized(b"pw"), sized(b"secret")]);
        let create = cmd::<tpm2_wire::Create>().h(SRK).pw("").p(sensitive).p(public).b([]).p(0u32).keep("d");
        let load = cmd::<tpm2_wire::Load>()
            .h(SRK)
            .pw("")
            .p(of("d", "out_private"))
            .p(of("d", "out_public"))
            .keep("d.h");
        let setup = [session("t", TpmSe::Trial, NONE), assertion("t"), digest(), flush("t"), create, load];
        let met = [&setup[..], &[assertion(PS)]].concat();
        let unseal = |value: crate::step::Value| cmd::<Unseal>().h("d.h").auth(PS, 1, value);
        let mac = || crate::step::Value::Mac(b"pw".to_vec());
        let plain = |bytes: &[u8]| crate::step::Value::Plain(bytes.to_vec());
        all.push(case(&format!("{what}, with its value"), unseal(plain(b"pw"))).after(met.clone()));
        all.push(case(&format!("{what}, by HMAC"), unseal(mac())).after(met.clone()));
        all.push(case(&format!("{what}, without a value"), unseal(plain(b""))).after(met.clone()));
        all.push(case(&format!("{what}, not met"), unseal(plain(b""))).after(setup.clone()));
        all.push(case(&format!("{what}, by password alone"), cmd::<Unseal>().h("d.h").pw("pw")).after(setup));
        let pcr = cmd::<tpm2_wire::PcrExtend>().h(16u32).pw("").p([0, 0, 0, 1, 0, 0x0B]).p([1; 32]);
        all.push(
            case(&format!("{what}, after a PCR changed"), unseal(plain(b"pw")))
                .after([&met[..], &[pcr]].concat()),
        );
        let write = cmd::<NvWrite>().h(OWNER).h(NV_ORDINARY).pw("").b([8; 4]).p(0u16);
        all.push(
            case(&format!("{what}, after an index changed"), unseal(plain(b"")))
                .after([&met[..], &[write]].concat()),
        );
    }
    all
}
