//! Part 3, 12, 13 and 24.1: objects, duplication, primary objects.
use super::world::*;
use super::*;
use crate::step::{Part, Value, cmd, of, sized};
use tpm2_wire::{
    ActivateCredential, CreateLoaded, Duplicate, Import, Load, LoadExternal, MakeCredential,
    ObjectChangeAuth, PolicyCommandCode, ReadPublic, Rewrap, TpmRh, TpmaObject, Unseal,
};

/// Creates below the storage key, then loads.
fn child(name: &str, auth: &str, data: &[u8], public: &[u8]) -> [Step; 2] {
    [create(SRK, auth, data, public).keep(name), load(name).keep(&format!("{name}.h"))]
}
fn load(name: &str) -> Step {
    cmd::<Load>().h(SRK).pw("").p(of(name, "out_private")).p(of(name, "out_public"))
}

/// A type of object: its name, attributes that suit it, its public area, data that it needs.
type Kind = (&'static str, u32, fn(u32) -> Vec<u8>, &'static [u8]);

pub fn cases() -> Vec<Case> {
    let hmac = keyed_hash(OWN | NO_DA | SIGN, HMAC);
    let sign = ecc(OWN | NO_DA | SIGN, NONE, ECDSA, P256);
    let data = keyed_hash(DATA, NONE);
    let mut all = vec![
        varied("P-256", primary(OWNER, "pw", &[], &storage())),
        varied("signs", primary(ENDORSEMENT, "", &[], &sign)),
        varied("HMAC", primary(PLATFORM, "", &[], &hmac)),
        varied("data", primary(OWNER, "", b"secret", &data)),
        case("null hierarchy", primary(NULL, "", &[], &sign)),
        case("RSA-2048", primary(ENDORSEMENT, "", &[], &rsa(STORAGE, AES, NONE, 2048))),
        case("RSA-1024", primary(OWNER, "", &[], &rsa(OWN | SIGN, NONE, NONE, 1024))),
        varied("P-256", create(SRK, "pw", &[], &sign)),
        varied("HMAC", create(SRK, "", &[], &hmac)),
        varied("HMAC of the caller's", create(SRK, "", &[1; 32], &keyed_hash(DATA | SIGN, HMAC))),
        varied("data", create(SRK, "", b"secret", &data)),
        varied("AES", create(SRK, "", &[], &cipher(OWN | DECRYPT, AES))),
        varied("storage", create(SRK, "", &[], &storage())),
        varied("", cmd::<ReadPublic>().h(SRK)),
        case("of a sequence", cmd::<ReadPublic>().h("seq")).after([super::hash::sequence("seq")]),
        varied("", load("made")).after([create(SRK, "", b"secret", &data).keep("made")]),
        varied("a key", load("made")).after([create(SRK, "", &[], &sign).keep("made")]),
        varied("", cmd::<Unseal>().h(SEALED).pw(SECRET)),
        case("wrong value", cmd::<Unseal>().h(SEALED).pw("wrong")),
        case("a key", cmd::<Unseal>().h(RSA_KEY).pw("")),
        case("not data", cmd::<Unseal>().h(HMAC_KEY).pw("")),
    ];
    // Every attribute of an object, set or cleared, for each type; and pairs of them.
    let types: &[Kind] = &[
        ("storage", STORAGE, |a| ecc(a, AES, NONE, P256), &[]),
        ("ECDSA", OWN | SIGN, |a| ecc(a, NONE, ECDSA, P256), &[]),
        ("any ECC", OWN | SIGN, |a| ecc(a, NONE, NONE, P256), &[]),
        ("HMAC", OWN | SIGN, |a| keyed_hash(a, HMAC), &[]),
        ("any HMAC", OWN | SIGN, |a| keyed_hash(a, NONE), &[]),
        ("data", DATA, |a| keyed_hash(a, NONE), b"x"),
        ("AES", OWN | DECRYPT, |a| cipher(a, AES), &[]),
        ("derivation parent", STORAGE, |a| keyed_hash(a, &[0, 0x0A, 0, 0x0B, 0, 0x22]), &[]),
    ];
    for (name, attributes, public, data) in types {
        for a in 0..32 {
            for b in a..32 {
                let attributes = attributes ^ (1 << a) ^ if a == b { 0 } else { 1 << b };
                all.push(case(
                    &format!("{name} with {attributes:08x}"),
                    create(SRK, "", data, &public(attributes)),
                ));
            }
        }
        for parent in [RSA_KEY, ECC_KEY, HMAC_KEY, AES_KEY, SEALED, AK, PLATFORM_SRK, 0x8100_00FF] {
            all.push(case(
                &format!("{name} below {parent:08x}"),
                create(parent, "", data, &public(*attributes)),
            ));
        }
        all.push(case(
            &format!("{name} with too long a value"),
            create(SRK, &"x".repeat(33), data, &public(*attributes)),
        ));
        all.push(case(&format!("{name} with data"), create(SRK, "", &[1; 16], &public(*attributes))));
        all.push(case(
            &format!("{name} of PCRs"),
            create(SRK, "", data, &public(*attributes))
                .p([])
                .change(crate::step::Change::Cut(4))
                .change(crate::step::Change::Add(pcrs([1, 0, 1]))),
        ));
    }
    for (symmetric, scheme) in
        [(NONE, NONE), (AES, ECDSA), (NONE, ECDSA), (AES, NONE), (NONE, RSASSA), (NONE, ECDH)]
    {
        for attributes in [
            SIGN,
            DECRYPT,
            SIGN | DECRYPT,
            SIGN | RESTRICTED,
            DECRYPT | RESTRICTED,
            SIGN | DECRYPT | RESTRICTED,
            0,
        ] {
            let what = format!("{symmetric:x?} {scheme:x?} {attributes:x}");
            all.push(case(
                &format!("ECC {what}"),
                create(SRK, "", &[], &ecc(OWN | attributes, symmetric, scheme, P256)),
            ));
            all.push(case(
                &format!("HMAC {what}"),
                create(SRK, "", &[], &keyed_hash(OWN | attributes, scheme)),
            ));
            all.push(case(
                &format!("AES {what}"),
                create(SRK, "", &[], &cipher(OWN | attributes, symmetric)),
            ));
        }
    }
    all.extend(external());
    all.extend(credentials());
    all.extend(duplication());
    all
}

fn external() -> Vec<Case> {
    let external = |private: &[u8], public: &[u8], hierarchy: u32| {
        cmd::<LoadExternal>().b(private).b(public).p(hierarchy)
    };
    let open = TpmaObject::USER_WITH_AUTH.0;
    let point = [
        &[0, 32][..],
        &[
            0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC, 0xE6, 0xE5, 0x63, 0xA4, 0x40, 0xF2,
            0x77, 0x03, 0x7D, 0x81, 0x2D, 0xEB, 0x33, 0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96,
        ],
        &[0, 32],
        &[
            0x4F, 0xE3, 0x42, 0xE2, 0xFE, 0x1A, 0x7F, 0x9B, 0x8E, 0xE7, 0xEB, 0x4A, 0x7C, 0x0F, 0x9E, 0x16,
            0x2B, 0xCE, 0x33, 0x57, 0x6B, 0x31, 0x5E, 0xCE, 0xCB, 0xB6, 0x40, 0x68, 0x37, 0xBF, 0x51, 0xF5,
        ],
    ]
    .concat();
    // The generator of P-256, whose private key is 1.
    let public = |attributes: u32| {
        let area = ecc(attributes, NONE, ECDSA, P256);
        [&area[..area.len() - 4], &point].concat()
    };
    let one = [&[0, 0x23, 0, 0, 0, 0, 0, 32][..], &[0; 31], &[1]].concat();
    let two = [&[0, 0x23, 0, 0, 0, 0, 0, 32][..], &[0; 31], &[2]].concat();
    vec![
        varied("a public key", external(&[], &public(open | SIGN), OWNER)),
        varied("a key", external(&one, &public(open | SIGN), NULL)),
        case("the parts do not belong together", external(&two, &public(open | SIGN), NULL)),
        case("a key in a hierarchy", external(&one, &public(open | SIGN), OWNER)),
        case("a fixed key", external(&one, &public(open | SIGN | TpmaObject::FIXED_TPM.0), NULL)),
        case("a restricted key", external(&one, &public(open | SIGN | RESTRICTED), NULL)),
        case(
            "a public storage key",
            external(
                &[],
                &{
                    let area = ecc(STORAGE, AES, NONE, P256);
                    [&area[..area.len() - 4], &point].concat()
                },
                ENDORSEMENT,
            ),
        ),
        case("then read", cmd::<ReadPublic>().h("x"))
            .after([external(&one, &public(open | SIGN), NULL).keep("x")]),
        case("then sign", super::signing::sign_by("x", ECDSA)).after([external(
            &one,
            &public(open | SIGN),
            NULL,
        )
        .keep("x")]),
        case("public key cannot sign", super::signing::sign_by("x", ECDSA)).after([external(
            &[],
            &public(open | SIGN),
            NULL,
        )
        .keep("x")]),
    ]
}

fn credentials() -> Vec<Case> {
    let name = || of("srk", "name");
    let read = cmd::<ReadPublic>().h(AK).keep("srk");
    let made = cmd::<MakeCredential>().h(SRK).b("credential").p(name()).keep("c");
    let activate = |key: u32| {
        cmd::<ActivateCredential>()
            .h(key)
            .h(SRK)
            .pw("")
            .pw("")
            .p(of("c", "credential_blob"))
            .p(of("c", "secret"))
    };
    vec![
        varied("", cmd::<MakeCredential>().h(SRK).b("credential").p(name())).after([read.clone()]),
        case("not a storage key", cmd::<MakeCredential>().h(AK).b("credential").p(name()))
            .after([read.clone()]),
        case("too long", cmd::<MakeCredential>().h(SRK).b([1; 33]).p(name())).after([read.clone()]),
        varied("", activate(AK)).after([read.clone(), made.clone()]),
        case("another object", activate(RSA_KEY)).after([read, made]),
    ]
}

fn duplication() -> Vec<Case> {
    // What allows TPM2_Duplicate is a policy: that of TPM2_PolicyCommandCode(TPM_CC_Duplicate).
    let policy: [u8; 32] = [
        0xBE, 0xF5, 0x6B, 0x8C, 0x1C, 0xC8, 0x4E, 0x11, 0xED, 0xD7, 0x17, 0x52, 0x8D, 0x2C, 0xD9, 0x93, 0x56,
        0xBD, 0x2B, 0xBF, 0x8F, 0x01, 0x52, 0x09, 0xC3, 0xF8, 0x4A, 0xEE, 0xAB, 0xA8, 0xE8, 0xA2,
    ];
    let public = with_policy(DATA & !FIXED, NONE, &policy);
    let setup = || {
        let [create, load] = child("d", "", b"secret", &public);
        let code = cmd::<PolicyCommandCode>().h(PS).p(0x14Bu32);
        [create, load, code]
    };
    let duplicate = |parent: u32, key: &[u8], symmetric: &[u8]| {
        cmd::<Duplicate>().h("d.h").h(parent).auth(PS, 1, Value::Plain(vec![])).b(key).p(symmetric)
    };
    let import = |key: Part, symmetric: &[u8]| {
        let step = cmd::<Import>().h(SRK).pw("").p(key).p(of("d", "out_public"));
        step.p(of("dup", "duplicate")).p(of("dup", "out_sym_seed")).p(symmetric)
    };
    let again = |mut setup: Vec<Step>, last: Step| {
        setup.push(last.keep("dup"));
        setup
    };
    let rewrap = cmd::<Rewrap>()
        .h(SRK)
        .h(PLATFORM_SRK)
        .pw("")
        .p(of("dup", "duplicate"))
        .p(of("d.h", "name"))
        .p(of("dup", "out_sym_seed"));
    vec![
        varied("to a storage key", duplicate(SRK, &[], NONE)).after(setup()),
        varied("in the clear", duplicate(NULL, &[], NONE)).after(setup()),
        varied("with an inner wrapper", duplicate(SRK, &[5; 16], AES)).after(setup()),
        case("inner wrapper with a key of its own", duplicate(SRK, &[], AES)).after(setup()),
        case("key of the wrong size", duplicate(SRK, &[5; 15], AES)).after(setup()),
        case("not a storage key", duplicate(AK, &[], NONE)).after(setup()),
        case("by password", cmd::<Duplicate>().h("d.h").h(SRK).pw("").b([]).p(NONE)).after(setup()),
        case(
            "a fixed object",
            cmd::<Duplicate>().h(SEALED).h(SRK).auth(PS, 1, Value::Plain(vec![])).b([]).p(NONE),
        ),
        varied("", import(sized(&[]), NONE)).after(again(setup().into(), duplicate(SRK, &[], NONE))),
        varied("from the clear", import(sized(&[]), NONE))
            .after(again(setup().into(), duplicate(NULL, &[], NONE))),
        varied("with an inner wrapper", import(sized(&[5; 16]), AES))
            .after(again(setup().into(), duplicate(SRK, &[5; 16], AES))),
        case("key of the wrong size", import(sized(&[5; 15]), AES))
            .after(again(setup().into(), duplicate(SRK, &[5; 16], AES))),
        varied("", rewrap).after(again(setup().into(), duplicate(SRK, &[], NONE))),
        varied("", cmd::<ObjectChangeAuth>().h("made.h").h(SRK).pw("").b("new")).after(child(
            "made",
            "",
            b"data",
            &keyed_hash(DATA, NONE),
        )),
        case("of a primary", cmd::<ObjectChangeAuth>().h(SEALED).h(SRK).pw(SECRET).b("new")),
        case("too long", cmd::<ObjectChangeAuth>().h("made.h").h(SRK).pw("").b([1; 33])).after(child(
            "made",
            "",
            b"data",
            &keyed_hash(DATA, NONE),
        )),
        varied(
            "below a storage key",
            cmd::<CreateLoaded>().h(SRK).pw("").p(Part::Sized(vec![sized(&[]), sized(&[])])).b(ecc(
                OWN | NO_DA | SIGN,
                NONE,
                ECDSA,
                P256,
            )),
        ),
        varied(
            "a primary",
            cmd::<CreateLoaded>().h(OWNER).pw("").p(Part::Sized(vec![sized(&[]), sized(&[])])).b(ecc(
                OWN | NO_DA | SIGN,
                NONE,
                ECDSA,
                P256,
            )),
        ),
        case(
            "by a session that is none",
            cmd::<CreateLoaded>()
                .h(OWNER)
                .auth(TpmRh::OWNER, 0, Value::Plain(vec![]))
                .p(Part::Sized(vec![sized(&[]), sized(&[])]))
                .b(storage()),
        ),
    ]
}
