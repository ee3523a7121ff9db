//! NV indices that are kept in memory, PIN indices, and areas of the second kind (Part 1, 34.2; Part 3, 31).
mod common;

use common::{Chip, public, refused, refused_at, sized};
use tpm2_wire::{
    At, Clear, Command, NvChangeAuth, NvDefineSpace2, NvExtend, NvIncrement, NvRead, NvReadLock,
    NvReadPublic, NvReadPublic2, NvSetBits, NvUndefineSpace, NvWrite, NvWriteLock, Rc, Shutdown, TpmHt,
    TpmRh, TpmSe, TpmSu, TpmaNv, TpmsNvPublic, Wire, to_vec,
};

const INDEX: u32 = 0x0150_0000;
const OWNER: TpmaNv = TpmaNv(TpmaNv::OWNERWRITE.0 | TpmaNv::OWNERREAD.0);
const ORDERLY: TpmaNv = TpmaNv(OWNER.0 | TpmaNv::ORDERLY.0);
const COUNTER: TpmaNv = TpmaNv(1 << 4);
const BITS: TpmaNv = TpmaNv(2 << 4);
const EXTEND: TpmaNv = TpmaNv(4 << 4);
const PIN_FAIL: TpmaNv = TpmaNv(8 << 4);
const PIN_PASS: TpmaNv = TpmaNv(9 << 4);

fn write(chip: &mut Chip, index: u32, data: &[u8]) -> Result<(), Rc> {
    let params = [sized(data), vec![0; 2]].concat();
    chip.send::<NvWrite>(&[TpmRh::OWNER, index], &[], &params).map(drop)
}
fn increment(chip: &mut Chip, index: u32) -> u64 {
    chip.send::<NvIncrement>(&[TpmRh::OWNER, index], &[], &[]).expect("an increment");
    count(chip, index)
}
fn count(chip: &mut Chip, index: u32) -> u64 {
    u64::from_be_bytes(chip.nv_read(index, 8, 0).expect("a count").try_into().expect("eight bytes"))
}
fn attributes(chip: &mut Chip, index: u32) -> TpmaNv {
    let reply = chip.send::<NvReadPublic>(&[index], &[], &[]).expect("an index");
    let mut r = reply.reader();
    u16::read(&mut r).expect("a size");
    TpmsNvPublic::read(&mut r).expect("a public area").attributes
}
/// Runs `change`, and sees that nothing had to be made durable for it.
fn in_memory(chip: &mut Chip, change: impl FnOnce(&mut Chip)) {
    let before = chip.deltas.len();
    change(chip);
    assert_eq!(chip.deltas.len(), before, "made durable");
}

#[test]
fn updates_are_made_in_memory_and_kept_by_a_shutdown() {
    let mut chip = Chip::new();
    chip.define(INDEX, ORDERLY, 8).expect("an index");
    chip.define(INDEX + 1, ORDERLY | BITS, 8).expect("an index");
    chip.define(INDEX + 2, ORDERLY | EXTEND, 32).expect("an index");
    in_memory(&mut chip, |chip| {
        write(chip, INDEX, &[7; 4]).expect("a write");
        chip.send::<NvSetBits>(&[TpmRh::OWNER, INDEX + 1], &[], &[0, 0, 0, 0, 0, 0, 0, 5]).expect("bits");
        chip.send::<NvExtend>(&[TpmRh::OWNER, INDEX + 2], &[], &sized(b"event")).expect("an extension");
    });
    let read = |chip: &mut Chip| [(0, 8), (1, 8), (2, 32)].map(|(n, size)| chip.nv_read(INDEX + n, size, 0));
    let data = read(&mut chip).map(|read| read.expect("the data"));
    assert_eq!(data[0], [7, 7, 7, 7, 0, 0, 0, 0]);
    assert!(attributes(&mut chip, INDEX).has(TpmaNv::WRITTEN));
    // A Resume and a Restart have the data.
    for startup in [TpmSu::State, TpmSu::Clear] {
        chip.cycle(TpmSu::State, startup);
        assert_eq!(read(&mut chip).map(|read| read.expect("the data")), data);
    }
    // So has another process that takes up what was saved, and one that takes over a running TPM.
    write(&mut chip, INDEX, &[8; 4]).expect("a write");
    let volatile = chip.tpm.save_volatile();
    let mut other = chip.load();
    other.load_volatile(&mut chip.bench, &volatile).expect("volatile state");
    chip.tpm = other;
    assert_eq!(chip.nv_read(INDEX, 4, 0).expect("the data"), [8; 4]);
    chip.send::<Shutdown>(&[], &[], &to_vec(&TpmSu::State)).expect("shutdown");
    chip.reload();
    assert_eq!(chip.nv_read(INDEX, 4, 0).expect("the data"), [8; 4]);
    // A Reset leaves it unwritten: after TPM2_Shutdown(CLEAR), and without a shutdown.
    for orderly in [true, false] {
        write(&mut chip, INDEX, &[9; 4]).expect("a write");
        if orderly {
            chip.cycle(TpmSu::Clear, TpmSu::Clear);
        } else {
            chip.reload();
        }
        for refusal in read(&mut chip) {
            refused(refusal, Rc::NV_UNINITIALIZED);
        }
        assert!(!attributes(&mut chip, INDEX).has(TpmaNv::WRITTEN));
        // What it held is gone, also in part.
        write(&mut chip, INDEX, &[1]).expect("a write");
        assert_eq!(chip.nv_read(INDEX, 8, 0).expect("the data"), [1, 0, 0, 0, 0, 0, 0, 0]);
    }
}

#[test]
fn with_clear_stclear_a_restart_begins_anew_too() {
    let mut chip = Chip::new();
    for (n, more) in [TpmaNv(0), TpmaNv::ORDERLY].into_iter().enumerate() {
        chip.define(INDEX + n as u32, OWNER | more | TpmaNv::CLEAR_STCLEAR, 8).expect("an index");
        write(&mut chip, INDEX + n as u32, &[7; 8]).expect("a write");
    }
    chip.cycle(TpmSu::State, TpmSu::State);
    for index in [INDEX, INDEX + 1] {
        assert_eq!(chip.nv_read(index, 8, 0).expect("the data"), [7; 8]);
    }
    chip.cycle(TpmSu::State, TpmSu::Clear);
    for index in [INDEX, INDEX + 1] {
        refused(chip.nv_read(index, 8, 0), Rc::NV_UNINITIALIZED);
    }
}

#[test]
fn a_counter_in_memory_never_goes_back() {
    let mut chip = Chip::new();
    chip.define(INDEX, ORDERLY | COUNTER, 8).expect("an index");
    // The first count is durable, and so is each that rolls the low bits over.
    let before = chip.deltas.len();
    assert_eq!(increment(&mut chip, INDEX), 1);
    assert_eq!(chip.deltas.len(), before + 1);
    in_memory(&mut chip, |chip| (2..=255).for_each(|n| assert_eq!(increment(chip, INDEX), n)));
    let before = chip.deltas.len();
    assert_eq!(increment(&mut chip, INDEX), 256);
    assert_eq!(chip.deltas.len(), before + 1);
    in_memory(&mut chip, |chip| assert_eq!(increment(chip, INDEX), 257));
    // Any shutdown keeps it.
    for (shutdown, startup) in
        [(TpmSu::Clear, TpmSu::Clear), (TpmSu::State, TpmSu::State), (TpmSu::State, TpmSu::Clear)]
    {
        let last = count(&mut chip, INDEX);
        chip.cycle(shutdown, startup);
        assert_eq!(count(&mut chip, INDEX), last);
        assert_eq!(increment(&mut chip, INDEX), last + 1);
    }
    // Without one it is the highest that it can have been; that itself needs no disk, and does not add up.
    for _ in 0..2 {
        chip.reload();
        in_memory(&mut chip, |chip| assert_eq!(count(chip, INDEX), 511));
    }
    assert_eq!(increment(&mut chip, INDEX), 512);
    chip.reload();
    assert_eq!(count(&mut chip, INDEX), 767);
    // Others begin above it, and so does it itself, made anew.
    chip.define(INDEX + 1, OWNER | COUNTER, 8).expect("an index");
    assert_eq!(increment(&mut chip, INDEX + 1), 768);
    increment(&mut chip, INDEX);
    chip.send::<NvUndefineSpace>(&[TpmRh::OWNER, INDEX], &[], &[]).expect("gone");
    chip.reload();
    chip.define(INDEX, ORDERLY | COUNTER, 8).expect("an index");
    assert_eq!(increment(&mut chip, INDEX), 769);
    chip.send::<Clear>(&[TpmRh::LOCKOUT], &[], &[]).expect("a clear");
    refused_at(chip.send::<NvReadPublic>(&[INDEX], &[], &[]), Rc::HANDLE, NvReadPublic::nv_index);
    chip.check_durable();
}

#[test]
fn a_counter_cannot_be_cleared_at_start_up() {
    let mut chip = Chip::new();
    let refusal = chip.define(INDEX, ORDERLY | COUNTER | TpmaNv::CLEAR_STCLEAR, 8);
    refused_at(refusal, Rc::ATTRIBUTES, tpm2_wire::NvDefineSpace::public_info);
}

#[test]
fn locks_and_authorization_values_of_what_is_in_memory() {
    let mut chip = Chip::new();
    let locks = TpmaNv::WRITE_STCLEAR | TpmaNv::READ_STCLEAR;
    chip.define(INDEX, ORDERLY | locks, 8).expect("an index");
    chip.define(INDEX + 1, ORDERLY | COUNTER | TpmaNv::WRITEDEFINE, 8).expect("an index");
    write(&mut chip, INDEX, &[1; 8]).expect("a write");
    increment(&mut chip, INDEX + 1);
    // A lock that ends with the next start-up is in memory,
    in_memory(&mut chip, |chip| {
        chip.send::<NvWriteLock>(&[TpmRh::OWNER, INDEX], &[], &[]).expect("a lock");
        chip.send::<NvReadLock>(&[TpmRh::OWNER, INDEX], &[], &[]).expect("a lock");
    });
    refused(write(&mut chip, INDEX, &[2; 8]), Rc::NV_LOCKED);
    refused(chip.nv_read(INDEX, 8, 0), Rc::NV_LOCKED);
    // one for good is not: power that goes does not lift it.
    chip.send::<NvWriteLock>(&[TpmRh::OWNER, INDEX + 1], &[], &[]).expect("a lock");
    chip.cycle(TpmSu::State, TpmSu::State);
    refused(chip.nv_read(INDEX, 8, 0), Rc::NV_LOCKED);
    chip.reload();
    let locked = chip.send::<NvIncrement>(&[TpmRh::OWNER, INDEX + 1], &[], &[]);
    refused(locked, Rc::NV_LOCKED);
    write(&mut chip, INDEX, &[2; 8]).expect("a write");
    // Nor is an authorization value, which takes the data with it.
    let (trial, digest) = chip.policy(TpmSe::Trial, NvChangeAuth::SHAPE.code);
    chip.flush(trial);
    let mut area = public(INDEX + 2, ORDERLY | COUNTER | TpmaNv::AUTHREAD, 8);
    area.auth_policy = digest;
    chip.define_with(area, "old").expect("an index");
    increment(&mut chip, INDEX + 2);
    let (session, _) = chip.policy(TpmSe::Policy, NvChangeAuth::SHAPE.code);
    chip.send_policy::<NvChangeAuth>(&[INDEX + 2], &[Some(session)], &sized(b"new")).expect("a change");
    chip.reload();
    let read = |chip: &mut Chip, value: &str| {
        chip.send::<NvRead>(&[INDEX + 2, INDEX + 2], &[value], &[0, 8, 0, 0]).map(drop)
    };
    refused_at(read(&mut chip, "old"), Rc::AUTH_FAIL, At::Session(1));
    read(&mut chip, "new").expect("the new value");
}

#[test]
fn pins() {
    let mut chip = Chip::new();
    for (index, kind) in [(INDEX, PIN_FAIL), (INDEX + 1, PIN_PASS), (INDEX + 2, PIN_FAIL | TpmaNv::ORDERLY)] {
        let attributes = OWNER | TpmaNv::AUTHREAD | TpmaNv::NO_DA | kind;
        chip.define_with(public(index, attributes, 8), "pin").expect("an index");
        // Without a limit there is no use.
        let unwritten = chip.send::<NvRead>(&[index, index], &["pin"], &[0, 8, 0, 0]);
        refused_at(unwritten, Rc::AUTH_UNAVAILABLE, At::Session(1));
        write(&mut chip, index, &[0, 0, 0, 0, 0, 0, 0, 2]).expect("a limit");
    }
    let by_pin = |chip: &mut Chip, index: u32, pin: &str| {
        chip.send::<NvRead>(&[index, index], &[pin], &[0, 8, 0, 0]).map(drop)
    };
    let used = |chip: &mut Chip, index: u32| count(chip, index) >> 32;
    // One counts failures, and a success forgives;
    for index in [INDEX, INDEX + 2] {
        refused_at(by_pin(&mut chip, index, "no"), Rc::BAD_AUTH, At::Session(1));
        assert_eq!(used(&mut chip, index), 1);
        by_pin(&mut chip, index, "pin").expect("the pin");
        assert_eq!(used(&mut chip, index), 0);
        refused_at(by_pin(&mut chip, index, "no"), Rc::BAD_AUTH, At::Session(1));
        refused_at(by_pin(&mut chip, index, "no"), Rc::BAD_AUTH, At::Session(1));
        refused_at(by_pin(&mut chip, index, "pin"), Rc::AUTH_UNAVAILABLE, At::Session(1));
    }
    // the other counts successes. Failures are not the TPM's dictionary-attack protection's.
    refused_at(by_pin(&mut chip, INDEX + 1, "no"), Rc::BAD_AUTH, At::Session(1));
    assert_eq!(used(&mut chip, INDEX + 1), 0);
    by_pin(&mut chip, INDEX + 1, "pin").expect("the pin");
    by_pin(&mut chip, INDEX + 1, "pin").expect("the pin");
    refused_at(by_pin(&mut chip, INDEX + 1, "pin"), Rc::AUTH_UNAVAILABLE, At::Session(1));
    // Counts of what is durable outlive power; what is in memory then has no limit and cannot be used.
    chip.check_durable_but_for_memory();
    chip.reload();
    assert_eq!([used(&mut chip, INDEX), used(&mut chip, INDEX + 1)], [2, 2]);
    refused_at(by_pin(&mut chip, INDEX + 2, "pin"), Rc::AUTH_UNAVAILABLE, At::Session(1));
    // The owner sets the count back.
    write(&mut chip, INDEX, &[0, 0, 0, 0, 0, 0, 0, 2]).expect("a limit");
    by_pin(&mut chip, INDEX, "pin").expect("the pin");
}

#[test]
fn areas_of_the_second_kind() {
    let mut chip = Chip::new();
    let define = |chip: &mut Chip, kind: u8, area: &[u8]| {
        let params = [sized(b""), sized(&[&[kind], area].concat())].concat();
        chip.send::<NvDefineSpace2>(&[TpmRh::OWNER], &[], &params).map(drop)
    };
    let area = to_vec(&public(INDEX, OWNER, 8));
    define(&mut chip, TpmHt::NV_INDEX, &area).expect("an index");
    refused(define(&mut chip, TpmHt::NV_INDEX, &area), Rc::NV_DEFINED);
    // The public area and Name are those of the first kind.
    let one = chip.send::<NvReadPublic>(&[INDEX], &[], &[]).expect("an index").params;
    let two = chip.send::<NvReadPublic2>(&[INDEX], &[], &[]).expect("an index").params;
    assert_eq!(two[2..3], [TpmHt::NV_INDEX]);
    assert_eq!(two[3..], one[2..]);
    assert_eq!(two[..2], (u16::from_be_bytes([one[0], one[1]]) + 1).to_be_bytes());
    // What other refusals there are is told of this command's parameters.
    let at = NvDefineSpace2::public_info;
    let with = |attributes: TpmaNv, size: u16| to_vec(&public(INDEX + 1, attributes, size));
    refused_at(define(&mut chip, TpmHt::NV_INDEX, &with(OWNER | COUNTER, 7)), Rc::SIZE, at);
    refused_at(define(&mut chip, TpmHt::NV_INDEX, &with(TpmaNv::OWNERREAD, 8)), Rc::ATTRIBUTES, at);
    let platform = with(OWNER | TpmaNv::PLATFORMCREATE, 8);
    refused_at(define(&mut chip, TpmHt::NV_INDEX, &platform), Rc::ATTRIBUTES, NvDefineSpace2::auth_handle);
    // There is no external device, and nobody defines what a platform specification has to.
    let external = |attributes: u64| {
        let handle = [&0x1100_0000u32.to_be_bytes()[..], &[0, 0x0B]].concat();
        [&handle[..], &attributes.to_be_bytes(), &[0, 0, 0, 8]].concat()
    };
    refused_at(define(&mut chip, TpmHt::EXTERNAL_NV, &external(u64::from(OWNER.0))), Rc::HANDLE, at);
    refused_at(define(&mut chip, TpmHt::EXTERNAL_NV, &external(1 << 35)), Rc::RESERVED_BITS, at);
    refused_at(define(&mut chip, TpmHt::PERMANENT_NV, &area), Rc::VALUE, at);
    for (unknown, rc) in
        [(INDEX + 9, Rc::HANDLE), (0x1100_0000, Rc::HANDLE), (0x1200_0000, Rc::HANDLE), (0, Rc::VALUE)]
    {
        refused_at(chip.send::<NvReadPublic2>(&[unknown], &[], &[]), rc, NvReadPublic2::nv_index);
    }
    refused_at(chip.send::<NvReadPublic>(&[0x0200_0000], &[], &[]), Rc::VALUE, NvReadPublic::nv_index);
}
