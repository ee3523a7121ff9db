//! Part 3, 28 and 29: contexts, persistent objects, the clock.
use super::world::*;
use super::*;
use crate::step::{cmd, handle_of, of};
use tpm2_wire::{
    ClockRateAdjust, ClockSet, ContextLoad, ContextSave, EvictControl, FlushContext, ReadClock, ReadPublic,
    TpmSu,
};

pub fn cases() -> Vec<Case> {
    let key = || primary(OWNER, "", &[], &keyed_hash(OWN | NO_DA | SIGN, HMAC)).keep("k");
    let save = |name: &str| cmd::<ContextSave>().h(name).keep("c");
    let load = || cmd::<ContextLoad>().p(of("c", "context")).keep("l");
    let flush_number = |handle: u32| cmd::<FlushContext>().p(handle);
    let evict = |by: u32, object: u32, handle: u32| cmd::<EvictControl>().h(by).h(object).pw("").p(handle);
    let adjust = |rate: u8| cmd::<ClockRateAdjust>().h(OWNER).pw("").p(rate);
    let power = |kind: TpmSu| {
        let shutdown: Event = cmd::<tpm2_wire::Shutdown>().p(TpmSu::State.value()).into();
        vec![shutdown, Event::Power, startup(kind).into()]
    };
    let with = |first: Vec<Step>, rest: Vec<Event>| -> Vec<Event> {
        first.into_iter().map(Event::from).chain(rest).collect()
    };
    let mut all = vec![
        varied("a key", save("k")).after([key()]),
        varied("a session", save(HS)),
        case("a session that is saved", save(HS)).after([save(HS)]),
        case("a policy session", save(PS)),
        varied("a key", load()).after([key(), save("k")]),
        case("a key twice", load()).after([key(), save("k"), load()]),
        case("a key that was flushed", load()).after([key(), save("k"), flush("k")]),
        varied("a session", load()).after([save(HS)]),
        case("a session twice", load()).after([save(HS), load()]),
        case("a session that was flushed", load()).after([save(HS), flush(HS)]),
        case("a sequence", load()).after([super::hash::sequence("k"), save("k")]),
        case("a key after a resume", load()).after(with(vec![key(), save("k")], power(TpmSu::State))),
        case("a key after a restart", load()).after(with(vec![key(), save("k")], power(TpmSu::Clear))),
        case("a key after a reset", load())
            .after(with(vec![key(), save("k")], vec![Event::Power, startup(TpmSu::Clear).into()])),
        case("a session after a resume", load()).after(with(vec![save(HS)], power(TpmSu::State))),
        case("a session after a reset", load())
            .after(with(vec![save(HS)], vec![Event::Power, startup(TpmSu::Clear).into()])),
        case("a session that was not saved, after a resume", save(HS)).after(power(TpmSu::State)),
        case("a key in a disabled hierarchy", load()).after([
            key(),
            save("k"),
            cmd::<tpm2_wire::HierarchyControl>().h(PLATFORM).pw("").p(OWNER).p(0u8),
        ]),
        case("a key after a Clear", load()).after([
            key(),
            save("k"),
            cmd::<tpm2_wire::Clear>().h(PLATFORM).pw(""),
        ]),
        varied("a key", flush("k")).after([key()]),
        varied("a session", flush(HS)),
        case("twice", flush(HS)).after([flush(HS)]),
        case("a saved session", flush(HS)).after([save(HS)]),
        varied("made persistent", cmd::<EvictControl>().h(OWNER).h("k").pw("").p(0x8100_0042u32))
            .after([key()]),
        varied("removed", evict(OWNER, SRK, SRK)),
        case("removed under another handle", evict(OWNER, SRK, RSA_KEY)),
        case(
            "the owner in the platform's range",
            cmd::<EvictControl>().h(OWNER).h("k").pw("").p(0x8180_0042u32),
        )
        .after([key()]),
        case(
            "the platform in the owner's range",
            cmd::<EvictControl>().h(PLATFORM).h("k").pw("").p(0x8100_0042u32),
        )
        .after([key()]),
        case("the platform removes the owner's", evict(PLATFORM, SRK, SRK)),
        case("the owner removes the platform's", evict(OWNER, PLATFORM_SRK, PLATFORM_SRK)),
        case("the handle is taken", cmd::<EvictControl>().h(OWNER).h("k").pw("").p(SRK)).after([key()]),
        case("of the null hierarchy", cmd::<EvictControl>().h(OWNER).h("n").pw("").p(0x8100_0042u32))
            .after([primary(NULL, "", &[], &storage()).keep("n")]),
        case("a sequence", cmd::<EvictControl>().h(OWNER).h("s").pw("").p(0x8100_0042u32))
            .after([super::hash::sequence("s")]),
        case("reads it", cmd::<ReadPublic>().h(0x8100_0042u32))
            .after([key(), persist(OWNER, "k", 0x8100_0042)]),
        varied("", cmd::<ReadClock>()),
        varied("", cmd::<ClockSet>().h(OWNER).pw("").p(0x0000_00FF_0000_0000u64)),
        case("back", cmd::<ClockSet>().h(OWNER).pw("").p(0u64)),
        case("too far", cmd::<ClockSet>().h(OWNER).pw("").p(0xFFFF_0000_0000_0000u64)),
        varied("", adjust(0)),
        case(
            "a handle of the wrong session",
            cmd::<FlushContext>().p(handle_of(HS)).change(crate::step::Change::Set(0, 3)),
        ),
    ];
    for rate in [1, 2, 3, 4, 0xFC, 0xFD, 0xFE, 0xFF] {
        all.push(case(&format!("by {rate:#x}"), adjust(rate)));
    }
    for handle in crate::table::HANDLES {
        all.push(case(&format!("{handle:08x}"), flush_number(*handle)));
        all.push(case(&format!("{handle:08x}"), cmd::<ContextSave>().h(*handle)));
    }
    all
}
