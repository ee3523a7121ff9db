//! Part 3, 31: NV indices.
use super::world::*;
use super::*;
use crate::step::{Value, cmd};
use tpm2_wire::{
    NvChangeAuth, NvDefineSpace, NvExtend, NvGlobalWriteLock, NvIncrement, NvRead, NvReadLock, NvReadPublic,
    NvSetBits, NvUndefineSpace, NvUndefineSpaceSpecial, NvWrite, NvWriteLock, PolicyCommandCode, TpmNt,
    TpmaNv,
};

const INDICES: &[u32] = &[
    NV_ORDINARY,
    NV_COUNTER,
    NV_BITS,
    NV_EXTEND,
    NV_PIN_FAIL,
    NV_PIN_PASS,
    NV_UNWRITTEN,
    NV_PLATFORM,
    NV_LOCKABLE,
    NV_POLICY,
    0x0150_00FF,
];
const NEW: u32 = 0x0150_0100;

pub fn cases() -> Vec<Case> {
    let write = |by: u32, index: u32, auth: &str, data: &[u8], offset: u16| {
        cmd::<NvWrite>().h(by).h(index).pw(auth).b(data).p(offset)
    };
    let read = |by: u32, index: u32, auth: &str, size: u16, offset: u16| {
        cmd::<NvRead>().h(by).h(index).pw(auth).p(size).p(offset)
    };
    let mut all = vec![
        varied("ordinary", define(OWNER, "auth", NEW, NV_ALL, 32)),
        varied("counter", define(OWNER, "", NEW, NV_ALL | kind(TpmNt::Counter), 8)),
        varied("the platform's", define(PLATFORM, "", NEW, NV_ALL | TpmaNv::PLATFORMCREATE.0, 32)),
        case("the platform's by the owner", define(OWNER, "", NEW, NV_ALL | TpmaNv::PLATFORMCREATE.0, 32)),
        case("the owner's by the platform", define(PLATFORM, "", NEW, NV_ALL, 32)),
        case("defined already", define(OWNER, "", NV_ORDINARY, NV_ALL, 32)),
        case("without room", define(OWNER, "", NEW, NV_ALL, 0xFFFF)),
        case("2048 bytes", define(OWNER, "", NEW, NV_ALL, 2048)),
        case("2049 bytes", define(OWNER, "", NEW, NV_ALL, 2049)),
        case("empty", define(OWNER, "", NEW, NV_ALL, 0)),
        case(
            "too long a value",
            cmd::<NvDefineSpace>().h(OWNER).pw("").b([1; 33]).b(nv_public(NEW, NV_ALL, &[], 8)),
        ),
        case(
            "policy of another size",
            cmd::<NvDefineSpace>().h(OWNER).pw("").b([]).b(nv_public(NEW, NV_ALL, &[1; 20], 8)),
        ),
        case(
            "with a policy",
            cmd::<NvDefineSpace>().h(OWNER).pw("").b([]).b(nv_public(NEW, NV_ALL, &[1; 32], 8)),
        ),
        varied("", cmd::<NvUndefineSpace>().h(OWNER).h(NV_ORDINARY).pw("")),
        case("the platform's by the owner", cmd::<NvUndefineSpace>().h(OWNER).h(NV_PLATFORM).pw("")),
        case("deleted by policy", cmd::<NvUndefineSpace>().h(PLATFORM).h(NV_PLATFORM).pw("")),
        case("the owner's by the platform", cmd::<NvUndefineSpace>().h(PLATFORM).h(NV_ORDINARY).pw("")),
        varied(
            "",
            cmd::<NvUndefineSpaceSpecial>()
                .h(NV_PLATFORM)
                .h(PLATFORM)
                .auth(PS, 1, Value::Plain(vec![]))
                .pw(""),
        )
        .after([cmd::<PolicyCommandCode>().h(PS).p(0x11Fu32)]),
        case("by password", cmd::<NvUndefineSpaceSpecial>().h(NV_PLATFORM).h(PLATFORM).pw("").pw("")),
        case(
            "of another index",
            cmd::<NvUndefineSpaceSpecial>()
                .h(NV_ORDINARY)
                .h(PLATFORM)
                .auth(PS, 1, Value::Plain(vec![]))
                .pw(""),
        ),
        varied("", cmd::<NvReadPublic>().h(NV_ORDINARY)),
        varied("by the owner", write(OWNER, NV_ORDINARY, "", b"abc", 3)),
        varied("by its own value", write(NV_UNWRITTEN, NV_UNWRITTEN, SECRET, b"abc", 0)),
        case("wrong value", write(NV_UNWRITTEN, NV_UNWRITTEN, "wrong", b"abc", 0)),
        case("authorized by another index", write(NV_COUNTER, NV_ORDINARY, "", b"abc", 0)),
        case("to its end", write(OWNER, NV_ORDINARY, "", &[1; 32], 0)),
        case("beyond its end", write(OWNER, NV_ORDINARY, "", &[1; 32], 1)),
        case("far beyond its end", write(OWNER, NV_ORDINARY, "", &[1; 1], 0xFFFF)),
        case("nothing", write(OWNER, NV_ORDINARY, "", &[], 32)),
        case("part of a PIN", write(OWNER, NV_PIN_FAIL, "", &[1; 4], 0)),
        varied("", cmd::<NvIncrement>().h(OWNER).h(NV_COUNTER).pw("")),
        varied("", cmd::<NvSetBits>().h(OWNER).h(NV_BITS).pw("").p(0x80u64)),
        varied("", cmd::<NvExtend>().h(OWNER).h(NV_EXTEND).pw("").b("abc")),
        varied("", cmd::<NvWriteLock>().h(OWNER).h(NV_LOCKABLE).pw("")),
        varied("", cmd::<NvReadLock>().h(OWNER).h(NV_LOCKABLE).pw("")),
        varied("", cmd::<NvGlobalWriteLock>().h(OWNER).pw("")),
        case("locked", write(OWNER, NV_LOCKABLE, "", b"x", 0))
            .after([cmd::<NvWriteLock>().h(OWNER).h(NV_LOCKABLE).pw("")]),
        case("locked twice", cmd::<NvWriteLock>().h(OWNER).h(NV_LOCKABLE).pw(""))
            .after([cmd::<NvWriteLock>().h(OWNER).h(NV_LOCKABLE).pw("")]),
        case("locked", read(OWNER, NV_LOCKABLE, "", 1, 0))
            .after([cmd::<NvReadLock>().h(OWNER).h(NV_LOCKABLE).pw("")]),
        case("locked globally", write(OWNER, NV_LOCKABLE, "", b"x", 0))
            .after([cmd::<NvGlobalWriteLock>().h(OWNER).pw("")]),
        case("unlocked by a reset", read(OWNER, NV_LOCKABLE, "", 1, 0)).after([
            cmd::<NvReadLock>().h(OWNER).h(NV_LOCKABLE).pw("").into(),
            Event::Power,
            startup(tpm2_wire::TpmSu::Clear).into(),
        ]),
        varied("by the owner", read(OWNER, NV_ORDINARY, "", 8, 4)),
        case("beyond its end", read(OWNER, NV_ORDINARY, "", 8, 25)),
        case("nothing at its end", read(OWNER, NV_ORDINARY, "", 0, 32)),
        case("too much at once", read(OWNER, NV_ORDINARY, "", 0xFFFF, 0)),
        case("1025 bytes", read(OWNER, NV_ORDINARY, "", 1025, 0)),
        case("authorized by another index", read(NV_COUNTER, NV_ORDINARY, "", 1, 0)),
        varied("", cmd::<NvChangeAuth>().h(NV_POLICY).auth(PS, 1, Value::Plain(vec![])).b("new"))
            .after([cmd::<PolicyCommandCode>().h(PS).p(0x13Bu32)]),
        case("by password", cmd::<NvChangeAuth>().h(NV_ORDINARY).pw("").b("new")),
        case("PIN pass counts", read(NV_PIN_PASS, NV_PIN_PASS, SECRET, 8, 0)).after([read(
            NV_PIN_PASS,
            NV_PIN_PASS,
            SECRET,
            8,
            0,
        )]),
        case("PIN pass is used up", read(NV_PIN_PASS, NV_PIN_PASS, SECRET, 8, 0)).after(vec![
            read(
                NV_PIN_PASS,
                NV_PIN_PASS,
                SECRET,
                8,
                0
            );
            5
        ]),
        case("PIN fail counts", read(OWNER, NV_PIN_FAIL, "", 8, 0)).after([read(
            NV_PIN_FAIL,
            NV_PIN_FAIL,
            "wrong",
            8,
            0,
        )]),
        case("PIN fail locks", read(NV_PIN_FAIL, NV_PIN_FAIL, SECRET, 8, 0)).after(vec![
            read(
                NV_PIN_FAIL,
                NV_PIN_FAIL,
                "wrong",
                8,
                0
            );
            5
        ]),
        case("PIN fail starts anew", read(OWNER, NV_PIN_FAIL, "", 8, 0)).after([
            read(NV_PIN_FAIL, NV_PIN_FAIL, "wrong", 8, 0),
            read(NV_PIN_FAIL, NV_PIN_FAIL, SECRET, 8, 0),
        ]),
        case("a counter defined again goes on", read(OWNER, NV_COUNTER, "", 8, 0)).after([
            cmd::<NvUndefineSpace>().h(OWNER).h(NV_COUNTER).pw(""),
            define(OWNER, "", NV_COUNTER, NV_ALL | kind(TpmNt::Counter), 8),
            cmd::<NvIncrement>().h(OWNER).h(NV_COUNTER).pw(""),
        ]),
    ];
    // Every command on every index, authorized by each of the three.
    for index in INDICES {
        for by in [OWNER, PLATFORM, *index] {
            for auth in ["", SECRET] {
                let at = format!("{index:08x} by {by:08x} with {auth:?}");
                all.extend([
                    case(&at, write(by, *index, auth, &[0, 0, 0, 0, 0, 0, 0, 3], 0)),
                    case(&at, read(by, *index, auth, 8, 0)),
                    case(&at, cmd::<NvIncrement>().h(by).h(*index).pw(auth)),
                    case(&at, cmd::<NvSetBits>().h(by).h(*index).pw(auth).p(9u64)),
                    case(&at, cmd::<NvExtend>().h(by).h(*index).pw(auth).b("abc")),
                    case(&at, cmd::<NvWriteLock>().h(by).h(*index).pw(auth)),
                    case(&at, cmd::<NvReadLock>().h(by).h(*index).pw(auth)),
                ]);
            }
        }
        all.push(case(&format!("{index:08x}"), cmd::<NvReadPublic>().h(*index)));
        all.push(case(
            &format!("{index:08x} by the owner"),
            cmd::<NvUndefineSpace>().h(OWNER).h(*index).pw(""),
        ));
        all.push(case(
            &format!("{index:08x} by the platform"),
            cmd::<NvUndefineSpace>().h(PLATFORM).h(*index).pw(""),
        ));
    }
    // Every attribute alone and with what makes it sensible, for every type and both who define.
    for nt in 0..16u32 {
        for size in [0, 8, 9, 32, 64] {
            all.push(case(
                &format!("type {nt} of {size} bytes"),
                define(OWNER, "", NEW, NV_ALL | nt << 4, size),
            ));
        }
        for bit in 0..32 {
            for (by, base) in [(OWNER, NV_ALL), (PLATFORM, NV_ALL | TpmaNv::PLATFORMCREATE.0), (OWNER, 0)] {
                let attributes = (base | nt << 4) ^ 1 << bit;
                let what = format!("attributes {attributes:08x} by {by:08x}");
                all.push(case(&what, define(by, "", NEW, attributes, if nt == 4 { 32 } else { 8 })));
            }
        }
    }
    for alg in 0..0x30u16 {
        let mut public = nv_public(NEW, NV_ALL, &[], 8);
        public[4..6].copy_from_slice(&alg.to_be_bytes());
        all.push(case(&format!("hash {alg:#x}"), cmd::<NvDefineSpace>().h(OWNER).pw("").b([]).b(public)));
    }
    all
}
