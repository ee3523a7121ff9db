//! Physical presence, the algorithm set, settable capabilities and Read-Only mode (Part 3, 24.9, 26 and 30.4).
mod common;

use common::keys::{NULL, SIGNING, ecc, storage};
use common::{Chip, assemble, auth, parse, refused, refused_at, sized};
use tpm2_wire::{
    At, ChangeEps, Clear, ClockSet, Command, DictionaryAttackLockReset, EvictControl, GetCapability,
    GetRandom, HierarchyChangeAuth, List, NvChangeAuth, NvExtend, NvIncrement, NvRead, NvReadLock, NvSetBits,
    NvWrite, NvWriteLock, PcrExtend, PolicySecret, PpCommands, Rc, ReadOnlyControl, SHAPES, SetAlgorithmSet,
    SetCapability, Shape, TpmCap, TpmPt, TpmRh, TpmSe, TpmSu, TpmaNv, TpmaStartupClear, TpmsCapabilityData,
    Wire, to_vec,
};

const PLATFORM: u32 = TpmRh::PLATFORM;

fn codes(list: &[u32]) -> Vec<u8> {
    to_vec(&List::<u32, 256>(list.to_vec()))
}
fn presence(chip: &mut Chip, set: &[u32], clear: &[u32]) -> Result<(), Rc> {
    chip.send::<PpCommands>(&[PLATFORM], &[], &[codes(set), codes(clear)].concat()).map(drop)
}
fn listed(chip: &mut Chip) -> Vec<u32> {
    let params = [TpmCap::PpCommands as u32, 0, 100].map(u32::to_be_bytes).concat();
    let reply = chip.send::<GetCapability>(&[], &[], &params).expect("commands");
    match TpmsCapabilityData::read(&mut {
        let mut r = reply.reader();
        u8::read(&mut r).expect("a flag");
        r
    }) {
        Ok(TpmsCapabilityData::PpCommands(List(codes))) => codes,
        _ => panic!("not commands"),
    }
}
fn property(chip: &mut Chip, id: u32) -> u32 {
    let params = [TpmCap::TpmProperties as u32, id, 1].map(u32::to_be_bytes).concat();
    let reply = chip.send::<GetCapability>(&[], &[], &params).expect("a property");
    match TpmsCapabilityData::read(&mut {
        let mut r = reply.reader();
        u8::read(&mut r).expect("a flag");
        r
    }) {
        Ok(TpmsCapabilityData::TpmProperties(List(all))) if all[0].property == id => all[0].value,
        _ => panic!("no such property"),
    }
}

#[test]
fn presence_confirms_the_platform() {
    let mut chip = Chip::new();
    let (own, clear, eps) = (PpCommands::SHAPE.code, Clear::SHAPE.code, ChangeEps::SHAPE.code);
    // The list itself cannot be changed without.
    refused_at(presence(&mut chip, &[clear], &[]), Rc::PP, At::Session(1));
    chip.bench.presence = true;
    // What presence is never asked for, and what is no command, is passed over; clearing comes last.
    let random = GetRandom::SHAPE.code;
    let (set, algorithms) = (ClockSet::SHAPE.code, SetAlgorithmSet::SHAPE.code);
    presence(&mut chip, &[clear, random, 0x12345, eps, set, algorithms], &[set, own]).expect("a list");
    assert_eq!(listed(&mut chip), [eps, clear, own]);
    chip.check_durable();
    let before = chip.deltas.len();
    presence(&mut chip, &[clear], &[]).expect("what is so already");
    assert_eq!(chip.deltas.len(), before);
    chip.bench.presence = false;
    // Presence is asked for before the value is looked at, and of the platform alone.
    let wrong = chip.send::<Clear>(&[PLATFORM], &["wrong"], &[]);
    refused_at(wrong, Rc::PP, At::Session(1));
    chip.send::<Clear>(&[TpmRh::LOCKOUT], &[], &[]).expect("a clear by lockout");
    chip.send::<ClockSet>(&[PLATFORM], &[], &[0; 8]).expect("what was taken off the list");
    chip.bench.presence = true;
    chip.send::<Clear>(&[PLATFORM], &[], &[]).expect("a clear");
    // The list outlives power, and TPM2_Clear.
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    chip.reload();
    assert_eq!(listed(&mut chip), [eps, clear, own]);
    chip.bench.presence = false;
    refused_at(chip.send::<ChangeEps>(&[PLATFORM], &[], &[]), Rc::PP, At::Session(1));
    chip.bench.presence = true;
    presence(&mut chip, &[], &[eps, clear, own]).expect("an empty list");
    assert_eq!(listed(&mut chip), [own]);
}

#[test]
fn only_what_part_3_marks_can_ask_for_presence() {
    let mut chip = Chip::new();
    chip.bench.presence = true;
    let all: Vec<u32> = SHAPES.iter().map(|shape| shape.code).collect();
    presence(&mut chip, &all, &[]).expect("a list");
    let gated = listed(&mut chip);
    // Each is authorized by a handle that can be the platform's.
    for shape in SHAPES.iter().filter(|shape| gated.contains(&shape.code)) {
        assert!(shape.authorized() > 0, "{}", shape.name);
        assert!(
            shape.handles.iter().any(|name| name.contains("auth")
                || ["primary_handle", "parent_handle", "platform"].contains(name)),
            "{}",
            shape.name
        );
    }
    assert!(gated.len() >= 20, "{}", gated.len());
}

#[test]
fn the_algorithm_set_is_kept_and_reported() {
    let mut chip = Chip::new();
    let id = TpmPt::VAR + 12;
    assert_eq!(property(&mut chip, id), 0);
    chip.send::<SetAlgorithmSet>(&[PLATFORM], &[], &7u32.to_be_bytes()).expect("a set");
    assert_eq!(property(&mut chip, id), 7);
    chip.check_durable();
    chip.reload();
    assert_eq!(property(&mut chip, id), 7);
    let before = chip.deltas.len();
    chip.send::<SetAlgorithmSet>(&[PLATFORM], &[], &7u32.to_be_bytes()).expect("the same");
    assert_eq!(chip.deltas.len(), before);
    let by_owner = chip.send::<SetAlgorithmSet>(&[TpmRh::OWNER], &[], &[0; 4]);
    refused_at(by_owner, Rc::VALUE, SetAlgorithmSet::auth_handle);
}

#[test]
fn no_capability_can_be_set() {
    let mut chip = Chip::new();
    let at = SetCapability::set_capability_data;
    let set = |chip: &mut Chip, by: u32, data: &[u8]| {
        chip.send::<SetCapability>(&[by], &[], &sized(data)).map(drop)
    };
    refused_at(set(&mut chip, TpmRh::NULL, &[]), Rc::SIZE, at);
    refused_at(set(&mut chip, TpmRh::NULL, &[0x80, 0, 0]), Rc::INSUFFICIENT, at);
    for capability in [0u32, 6, 0x8000_0000, 0x8100_0000, 0x8500_0001] {
        for by in [TpmRh::NULL, TpmRh::OWNER, PLATFORM, TpmRh::ENDORSEMENT, TpmRh::LOCKOUT] {
            refused_at(set(&mut chip, by, &capability.to_be_bytes()), Rc::VALUE, at);
        }
    }
    let by_index = set(&mut chip, 0x0100_0000, &[0; 4]);
    refused_at(by_index, Rc::VALUE, SetCapability::auth_handle);
}

fn read_only(chip: &mut Chip, on: bool) {
    chip.send::<ReadOnlyControl>(&[PLATFORM], &[], &[u8::from(on)]).expect("a mode");
}
fn is_read_only(chip: &mut Chip) -> bool {
    TpmaStartupClear(property(chip, TpmPt::VAR + 1)).has(TpmaStartupClear::READ_ONLY)
}

/// Part 3, Table 207: not permitted in Read-Only mode.
const REFUSED: &str = "Create ObjectChangeAuth CreateLoaded SetCommandCodeAuditStatus PcrAllocate PcrSetAuthPolicy \
    PcrSetAuthValue CreatePrimary HierarchyControl SetPrimaryPolicy ChangePps ChangeEps Clear ClearControl \
    HierarchyChangeAuth DictionaryAttackParameters PpCommands SetAlgorithmSet EvictControl ClockSet \
    ClockRateAdjust SetCapability NvDefineSpace NvUndefineSpace NvUndefineSpaceSpecial NvIncrement \
    NvGlobalWriteLock NvChangeAuth NvDefineSpace2";

#[test]
fn read_only_mode_refuses_before_all_else() {
    let mut chip = Chip::new();
    assert!(!is_read_only(&mut chip));
    let bare =
        |chip: &mut Chip, shape: &Shape| parse(shape, &chip.raw(&assemble(shape, &[], &[], &[]))).err();
    let refused_now: Vec<&str> = SHAPES
        .iter()
        .filter(|shape| bare(&mut chip, shape) != Some(Rc::COMMAND_CODE))
        .map(|shape| shape.name)
        .collect();
    read_only(&mut chip, true);
    assert!(is_read_only(&mut chip));
    // Not even the handles are looked at.
    for shape in SHAPES.iter().filter(|shape| refused_now.contains(&shape.name)) {
        let refuses = bare(&mut chip, shape) == Some(Rc::READ_ONLY);
        assert_eq!(refuses, REFUSED.split_whitespace().any(|name| name == shape.name), "{}", shape.name);
    }
    read_only(&mut chip, false);
    let change = chip.send::<HierarchyChangeAuth>(&[TpmRh::OWNER], &[], &sized(b"owner"));
    change.expect("a change");
    let by_owner = chip.send::<ReadOnlyControl>(&[TpmRh::OWNER], &["owner"], &[1]);
    refused_at(by_owner, Rc::VALUE, ReadOnlyControl::auth_handle);
    refused_at(chip.send::<ReadOnlyControl>(&[PLATFORM], &[], &[2]), Rc::VALUE, ReadOnlyControl::state);
}

#[test]
fn read_only_mode_ends_with_a_reset_and_not_with_a_resume() {
    let mut chip = Chip::new();
    for (shutdown, startup, stays) in [
        (TpmSu::State, TpmSu::State, true),
        (TpmSu::State, TpmSu::Clear, false),
        (TpmSu::Clear, TpmSu::Clear, false),
    ] {
        read_only(&mut chip, true);
        chip.cycle(shutdown, startup);
        assert_eq!(is_read_only(&mut chip), stays);
    }
}

#[test]
fn read_only_mode_lets_what_begins_anew_be_written() {
    let mut chip = Chip::new();
    let common = TpmaNv::OWNERWRITE | TpmaNv::OWNERREAD | TpmaNv::WRITE_STCLEAR | TpmaNv::READ_STCLEAR;
    let kind = |kind: u32| TpmaNv(kind << 4);
    let lasting = [0x0150_0000, 0x0150_0001, 0x0150_0002];
    for (base, more) in
        [(0, TpmaNv(0)), (0x10, TpmaNv::ORDERLY | TpmaNv::CLEAR_STCLEAR), (0x20, TpmaNv::ORDERLY)]
    {
        for (n, (kind, size)) in [(kind(0), 8), (kind(2), 8), (kind(4), 32)].into_iter().enumerate() {
            chip.define(lasting[n] + base, common | more | kind, size).expect("an index");
        }
    }
    let owner = |index: u32| [TpmRh::OWNER, index];
    chip.send::<NvWrite>(&owner(lasting[0]), &[], &[sized(&[1; 8]), vec![0; 2]].concat()).expect("a write");
    read_only(&mut chip, true);
    let try_all = |chip: &mut Chip, base: u32| -> Vec<Option<Rc>> {
        let data = sized(&[2; 8]);
        vec![
            chip.send::<NvWrite>(&owner(lasting[0] + base), &[], &[&data[..], &[0, 0]].concat()).err(),
            chip.send::<NvSetBits>(&owner(lasting[1] + base), &[], &[0, 0, 0, 0, 0, 0, 0, 1]).err(),
            chip.send::<NvExtend>(&owner(lasting[2] + base), &[], &data).err(),
            chip.send::<NvReadLock>(&owner(lasting[2] + base), &[], &[]).err(),
            chip.send::<NvWriteLock>(&owner(lasting[2] + base), &[], &[]).err(),
        ]
    };
    assert_eq!(try_all(&mut chip, 0x10), vec![None; 5]);
    for base in [0, 0x20] {
        assert_eq!(try_all(&mut chip, base), vec![Some(Rc::READ_ONLY); 5]);
    }
    // Reading goes on, and so do PCRs, sessions and dictionary-attack protection.
    assert_eq!(chip.nv_read(lasting[0], 8, 0).expect("the data"), [1; 8]);
    let extend = [&[0, 0, 0, 1, 0, 0x0B][..], &[5; 32]].concat();
    chip.send::<PcrExtend>(&[0], &[], &extend).expect("an extension");
    chip.send::<DictionaryAttackLockReset>(&[TpmRh::LOCKOUT], &[], &[]).expect("a reset");
    refused(chip.send::<NvIncrement>(&owner(lasting[0]), &[], &[]), Rc::READ_ONLY);
    let change = chip.raw(&assemble(&NvChangeAuth::SHAPE, &[lasting[0]], &auth(TpmRh::PW, b""), &[0, 0]));
    refused(parse(&NvChangeAuth::SHAPE, &change), Rc::READ_ONLY);
    refused(chip.define(0x0150_0009, common, 8), Rc::READ_ONLY);
    read_only(&mut chip, false);
    chip.define(0x0150_0009, common, 8).expect("an index");
}

#[test]
fn read_only_mode_lets_no_pin_be_counted() {
    let mut chip = Chip::new();
    let pin = |index: u32, kind: u32| {
        common::public(index, TpmaNv::OWNERWRITE | TpmaNv::OWNERREAD | TpmaNv::NO_DA | TpmaNv(kind << 4), 8)
    };
    let pins = [(0x0150_0000, 8), (0x0150_0001, 9)];
    for (index, kind) in pins {
        chip.define_with(pin(index, kind), "pin").expect("an index");
        let limit = [sized(&[0, 0, 0, 0, 0, 0, 0, 5]), vec![0; 2]].concat();
        chip.send::<NvWrite>(&[TpmRh::OWNER, index], &[], &limit).expect("a limit");
    }
    let (session, _) = chip.policy(TpmSe::Policy, NvRead::SHAPE.code);
    let secret = |chip: &mut Chip, entity: u32, value: &str| {
        let params = vec![0; 10];
        chip.send::<PolicySecret>(&[entity, session], &[value], &params).map(drop)
    };
    read_only(&mut chip, true);
    for (index, _) in pins {
        refused(secret(&mut chip, index, "pin"), Rc::READ_ONLY);
    }
    secret(&mut chip, TpmRh::OWNER, "").expect("a secret that nobody counts");
    read_only(&mut chip, false);
    for (index, _) in pins {
        secret(&mut chip, index, "pin").expect("a secret");
    }
}

#[test]
fn read_only_mode_makes_no_object_and_uses_those_that_are() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let made = chip.create(srk, "", &[], &ecc(SIGNING, NULL, NULL, &[])).expect("a key");
    let persist = [srk.to_be_bytes(), 0x8100_0001u32.to_be_bytes()];
    read_only(&mut chip, true);
    chip.load_made(srk, &made).expect("a key that was there");
    refused(chip.primary(TpmRh::OWNER, "", &storage()), Rc::READ_ONLY);
    let evict = chip.send::<EvictControl>(&[TpmRh::OWNER, srk], &[], &persist[1]);
    refused(evict, Rc::READ_ONLY);
}
