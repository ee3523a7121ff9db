//! Part 3, 31: NV indices.
mod common;

use common::{Chip, public, refused, refused_at, sized};
use tpm2_crypto::{HashAlg, RUST};
use tpm2_wire::{
    Clear, Command, HierarchyControl, MAX_NV_BUFFER, NvChangeAuth, NvDefineSpace, NvExtend,
    NvGlobalWriteLock, NvIncrement, NvRead, NvReadLock, NvReadPublic, NvSetBits, NvUndefineSpace,
    NvUndefineSpaceSpecial, NvWrite, NvWriteLock, Rc, Sized2b, Tpm2bName, Tpm2bNvPublic, TpmRh, TpmSe, TpmSu,
    TpmaNv, TpmsNvPublic, Wire, to_vec,
};

const INDEX: u32 = 0x0150_0000;
const OWNER: TpmaNv = TpmaNv(TpmaNv::OWNERREAD.0 | TpmaNv::OWNERWRITE.0);
const PLATFORM: TpmaNv = TpmaNv(TpmaNv::PLATFORMCREATE.0 | TpmaNv::PPREAD.0 | TpmaNv::PPWRITE.0);
const COUNTER: TpmaNv = TpmaNv(1 << 4);
const BITS: TpmaNv = TpmaNv(2 << 4);
const EXTEND: TpmaNv = TpmaNv(4 << 4);
const PIN_FAIL: TpmaNv = TpmaNv(8 << 4);
const PIN_PASS: TpmaNv = TpmaNv(9 << 4);

fn write(chip: &mut Chip, auth: u32, password: &str, data: &[u8], offset: u16) -> Result<(), Rc> {
    let params = [sized(data), offset.to_be_bytes().to_vec()].concat();
    chip.send::<NvWrite>(&[auth, INDEX], &[password], &params).map(drop)
}
fn owner_write(chip: &mut Chip, data: &[u8], offset: u16) -> Result<(), Rc> {
    write(chip, TpmRh::OWNER, "", data, offset)
}
fn read(chip: &mut Chip, auth: u32, password: &str, size: u16, offset: u16) -> Result<Vec<u8>, Rc> {
    let params = [size.to_be_bytes(), offset.to_be_bytes()].concat();
    let reply = chip.send::<NvRead>(&[auth, INDEX], &[password], &params)?;
    Ok(reply.value::<tpm2_wire::Tpm2bMaxNvBuffer>().to_vec())
}
fn increment(chip: &mut Chip, index: u32) -> Result<u64, Rc> {
    chip.send::<NvIncrement>(&[TpmRh::OWNER, index], &[], &[])?;
    Ok(u64::from_be_bytes(chip.nv_read(index, 8, 0)?.try_into().expect("eight bytes")))
}
fn undefine(chip: &mut Chip, by: u32, index: u32) -> Result<(), Rc> {
    chip.send::<NvUndefineSpace>(&[by, index], &[], &[]).map(drop)
}
fn attributes(chip: &mut Chip) -> TpmaNv {
    let reply = chip.send::<NvReadPublic>(&[INDEX], &[], &[]).expect("the index");
    Tpm2bNvPublic::read(&mut reply.reader()).expect("a public area").0.attributes
}

#[test]
fn what_is_written_is_read() {
    let mut chip = Chip::new();
    chip.define(INDEX, OWNER, 32).expect("definition");
    refused(chip.nv_read(INDEX, 32, 0), Rc::NV_UNINITIALIZED);
    refused(chip.nv_read(INDEX, 0, 0), Rc::NV_UNINITIALIZED);
    owner_write(&mut chip, b"hello", 3).expect("write");
    assert_eq!(chip.nv_read(INDEX, 10, 0).expect("read"), b"\0\0\0hello\0\0");
    owner_write(&mut chip, b"J", 3).expect("write");
    assert_eq!(chip.nv_read(INDEX, 5, 3).expect("read"), b"Jello");
    assert!(attributes(&mut chip).has(TpmaNv::WRITTEN));
    chip.check_durable();
    // Writing what is there already touches no disk.
    let before = chip.deltas.len();
    owner_write(&mut chip, b"J", 3).expect("write");
    assert_eq!(chip.deltas.len(), before);
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    assert_eq!(chip.nv_read(INDEX, 5, 3).expect("read"), b"Jello");
    undefine(&mut chip, TpmRh::OWNER, INDEX).expect("removal");
    refused_at(chip.nv_read(INDEX, 5, 3), Rc::HANDLE, NvRead::nv_index);
    chip.check_durable();
}

#[test]
fn reads_and_writes_stay_within_the_index() {
    let mut chip = Chip::new();
    chip.define(INDEX, OWNER, 2000).expect("definition");
    owner_write(&mut chip, &[7; MAX_NV_BUFFER], 0).expect("write");
    refused_at(chip.nv_read(INDEX, MAX_NV_BUFFER as u16 + 1, 0), Rc::VALUE, NvRead::size);
    refused_at(chip.nv_read(INDEX, 0, 2001), Rc::VALUE, NvRead::offset);
    refused(chip.nv_read(INDEX, 2, 1999), Rc::NV_RANGE);
    assert_eq!(chip.nv_read(INDEX, 0, 2000).expect("read"), b"");
    refused_at(owner_write(&mut chip, b"", 2001), Rc::VALUE, NvWrite::offset);
    refused(owner_write(&mut chip, b"xy", 1999), Rc::NV_RANGE);
    refused_at(owner_write(&mut chip, &[7; MAX_NV_BUFFER + 1], 0), Rc::SIZE, NvWrite::data);
    owner_write(&mut chip, b"xy", 1998).expect("write");
    assert_eq!(chip.nv_read(INDEX, 3, 1997).expect("read"), b"\0xy");
}

#[test]
fn write_all_means_all() {
    let mut chip = Chip::new();
    chip.define(INDEX, OWNER | TpmaNv::WRITEALL, 4).expect("definition");
    refused(owner_write(&mut chip, b"abc", 0), Rc::NV_RANGE);
    refused(owner_write(&mut chip, b"abc", 1), Rc::NV_RANGE);
    owner_write(&mut chip, b"abcd", 0).expect("write");
}

#[test]
fn who_may() {
    let mut chip = Chip::new();
    let auth = TpmaNv::AUTHREAD | TpmaNv::AUTHWRITE | TpmaNv::NO_DA;
    chip.define_with(public(INDEX, auth, 4), "secret").expect("definition");
    chip.define(INDEX + 1, OWNER | auth, 4).expect("definition");
    refused(owner_write(&mut chip, b"abcd", 0), Rc::NV_AUTHORIZATION);
    refused(write(&mut chip, TpmRh::PLATFORM, "", b"abcd", 0), Rc::NV_AUTHORIZATION);
    // The authorization of another index is not that of this one.
    refused(write(&mut chip, INDEX + 1, "", b"abcd", 0), Rc::NV_AUTHORIZATION);
    refused_at(write(&mut chip, INDEX, "wrong", b"abcd", 0), Rc::BAD_AUTH, tpm2_wire::At::Session(1));
    write(&mut chip, INDEX, "secret", b"abcd", 0).expect("write");
    assert_eq!(read(&mut chip, INDEX, "secret", 4, 0).expect("read"), b"abcd");
    refused(read(&mut chip, TpmRh::OWNER, "", 4, 0), Rc::NV_AUTHORIZATION);
    refused(read(&mut chip, INDEX + 1, "", 4, 0), Rc::NV_AUTHORIZATION);
    // The platform's is for the platform.
    chip.define(INDEX + 2, PLATFORM, 4).expect("definition");
    refused(undefine(&mut chip, TpmRh::OWNER, INDEX + 2), Rc::NV_AUTHORIZATION);
    undefine(&mut chip, TpmRh::PLATFORM, INDEX + 2).expect("removal");
    undefine(&mut chip, TpmRh::PLATFORM, INDEX).expect("removal of the owner's by the platform");
}

#[test]
fn a_wrong_value_for_what_was_never_written_costs_no_try() {
    let mut chip = Chip::new();
    chip.define_with(public(INDEX, OWNER | TpmaNv::AUTHREAD, 4), "secret").expect("definition");
    for _ in 0..9 {
        refused(read(&mut chip, INDEX, "wrong", 4, 0), Rc::NV_UNINITIALIZED);
    }
    owner_write(&mut chip, b"abcd", 0).expect("write");
    refused_at(read(&mut chip, INDEX, "wrong", 4, 0), Rc::AUTH_FAIL, tpm2_wire::At::Session(1));
    assert_eq!(read(&mut chip, INDEX, "secret", 4, 0).expect("read"), b"abcd");
}

#[test]
fn name_and_public_area() {
    let mut chip = Chip::new();
    chip.define(INDEX, OWNER, 4).expect("definition");
    let mut expected = public(INDEX, OWNER, 4);
    for written in [false, true] {
        expected.attributes = expected.attributes.with(TpmaNv::WRITTEN, written);
        let reply = chip.send::<NvReadPublic>(&[INDEX], &[], &[]).expect("the index");
        let mut r = reply.reader();
        let Sized2b(public) = Tpm2bNvPublic::read(&mut r).expect("a public area");
        assert_eq!(public, expected);
        let digest = RUST.digest(HashAlg::Sha256, &[&to_vec(&expected)]);
        let name = Tpm2bName::read(&mut r).expect("a Name");
        assert_eq!(name[..2], [0x00, 0x0B]);
        assert_eq!(name[2..], *digest);
        owner_write(&mut chip, b"abcd", 0).expect("write");
    }
    refused_at(chip.send::<NvReadPublic>(&[INDEX + 1], &[], &[]), Rc::HANDLE, NvReadPublic::nv_index);
}

#[test]
fn what_cannot_be_defined() {
    use tpm2_wire::TpmaNv as A;
    let mut chip = Chip::new();
    let mut try_public = |public: TpmsNvPublic, rc: Rc, at: tpm2_wire::At| {
        refused_at(chip.define_with(public, ""), rc, at);
    };
    let info = NvDefineSpace::public_info;
    for (attributes, size, rc) in [
        (A(OWNER.0 | 3 << 4), 8, Rc::ATTRIBUTES), // no such type
        (OWNER | A::WRITTEN, 8, Rc::ATTRIBUTES),
        (OWNER | A::WRITELOCKED, 8, Rc::ATTRIBUTES),
        (OWNER | A::READLOCKED, 8, Rc::ATTRIBUTES),
        (A::OWNERREAD, 8, Rc::ATTRIBUTES),  // never written
        (A::OWNERWRITE, 8, Rc::ATTRIBUTES), // never read
        (OWNER | A::CLEAR_STCLEAR | A::WRITEDEFINE, 8, Rc::ATTRIBUTES),
        (OWNER | A::POLICY_DELETE, 8, Rc::ATTRIBUTES), // the owner's goes with the owner
        (A(OWNER.0 | 1 << 8), 8, Rc::RESERVED_BITS),
        (OWNER, 16 * 1024 + 1, Rc::SIZE),
        (OWNER | A::WRITEALL, 1025, Rc::SIZE),
        (OWNER | COUNTER, 7, Rc::SIZE),
        (OWNER | BITS, 9, Rc::SIZE),
        (OWNER | EXTEND, 20, Rc::SIZE),
        (OWNER | PIN_PASS, 4, Rc::SIZE),
        (OWNER | PIN_FAIL | A::NO_DA, 4, Rc::SIZE),
        (OWNER | COUNTER | A::CLEAR_STCLEAR, 8, Rc::ATTRIBUTES),
        (OWNER | PIN_FAIL, 8, Rc::ATTRIBUTES), // counted twice
        (OWNER | PIN_FAIL | A::NO_DA | A::AUTHWRITE, 8, Rc::ATTRIBUTES),
        (OWNER | PIN_PASS | A::AUTHWRITE, 8, Rc::ATTRIBUTES),
        (OWNER | PIN_PASS | A::GLOBALLOCK, 8, Rc::ATTRIBUTES),
        (OWNER | PIN_PASS | A::WRITEDEFINE, 8, Rc::ATTRIBUTES),
    ] {
        try_public(public(INDEX, attributes, size), rc, info);
    }
    let mut odd_policy = public(INDEX, OWNER, 8);
    odd_policy.auth_policy = tpm2_wire::Buffer(vec![1; 20]);
    try_public(odd_policy, Rc::SIZE, info);

    // The attribute says who creates; the authorization must agree.
    let as_platform = [sized(b""), sized(&to_vec(&public(INDEX, OWNER, 8)))].concat();
    let wrong = chip.send::<NvDefineSpace>(&[TpmRh::PLATFORM], &[], &as_platform);
    refused_at(wrong, Rc::ATTRIBUTES, NvDefineSpace::auth_handle);
    let long = "0123456789abcdef0123456789abcdefX";
    refused_at(chip.define_with(public(INDEX, OWNER, 8), long), Rc::SIZE, NvDefineSpace::auth);
    // Trailing zeros do not count.
    chip.define_with(public(INDEX, OWNER, 8), "0123456789abcdef0123456789abcdef\0\0").expect("definition");
    refused(chip.define(INDEX, OWNER, 8), Rc::NV_DEFINED);
    // The size of an empty area is a size.
    chip.define(INDEX + 1, OWNER, 0).expect("definition");
    chip.check_durable();
}

#[test]
fn memory_ends() {
    let mut chip = Chip::new();
    let mut defined = 0;
    let end = loop {
        match chip.define(INDEX + defined, OWNER, 16 * 1024) {
            Ok(_) => defined += 1,
            Err(rc) => break rc,
        }
    };
    assert_eq!(end, Rc::NV_SPACE);
    assert_eq!(defined, 31, "512 KiB, with an overhead for each");
    undefine(&mut chip, TpmRh::OWNER, INDEX).expect("removal");
    chip.define(INDEX, OWNER, 16 * 1024).expect("room again");
}

#[test]
fn the_platform_switches_its_indices_off() {
    let mut chip = Chip::new();
    chip.define(INDEX, PLATFORM, 8).expect("definition");
    let off = [&TpmRh::PLATFORM_NV.to_be_bytes()[..], &[0]].concat();
    chip.send::<HierarchyControl>(&[TpmRh::PLATFORM], &[], &off).expect("control");
    refused_at(chip.send::<NvReadPublic>(&[INDEX], &[], &[]), Rc::HANDLE, NvReadPublic::nv_index);
    refused_at(chip.define(INDEX + 1, PLATFORM, 8), Rc::HIERARCHY, NvDefineSpace::auth_handle);
    chip.define(INDEX + 2, OWNER, 8).expect("the owner's are not concerned");
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    assert!(chip.send::<NvReadPublic>(&[INDEX], &[], &[]).is_ok());
}

#[test]
fn counters_only_go_up() {
    let mut chip = Chip::new();
    chip.define(INDEX, OWNER | COUNTER, 8).expect("definition");
    refused(owner_write(&mut chip, &[0; 8], 0), Rc::ATTRIBUTES);
    assert_eq!(increment(&mut chip, INDEX).expect("increment"), 1);
    assert_eq!(increment(&mut chip, INDEX).expect("increment"), 2);
    assert_eq!(increment(&mut chip, INDEX).expect("increment"), 3);
    // One that comes later begins above all that there are,
    chip.define(INDEX + 1, OWNER | COUNTER, 8).expect("definition");
    assert_eq!(increment(&mut chip, INDEX + 1).expect("increment"), 4);
    // and above all that there were, however they went.
    undefine(&mut chip, TpmRh::OWNER, INDEX + 1).expect("removal");
    chip.define(INDEX + 1, OWNER | COUNTER, 8).expect("definition");
    assert_eq!(increment(&mut chip, INDEX + 1).expect("increment"), 5);
    chip.send::<Clear>(&[TpmRh::LOCKOUT], &[], &[]).expect("clear");
    chip.check_durable();
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    chip.define(INDEX, OWNER | COUNTER | TpmaNv::ORDERLY, 8).expect("definition");
    assert_eq!(increment(&mut chip, INDEX).expect("increment"), 6);
    // Power goes without a warning: the count is the highest that it can have been.
    chip.restart(TpmSu::Clear).expect("start-up");
    assert_eq!(increment(&mut chip, INDEX).expect("increment"), 256);
    refused(chip.nv_read(INDEX, 8, 1), Rc::NV_RANGE);
    chip.check_durable();
}

#[test]
fn bits_only_get_set() {
    let mut chip = Chip::new();
    chip.define(INDEX, OWNER | BITS, 8).expect("definition");
    refused(owner_write(&mut chip, &[0; 8], 0), Rc::ATTRIBUTES);
    let mut set = |bits: u64| {
        chip.send::<NvSetBits>(&[TpmRh::OWNER, INDEX], &[], &bits.to_be_bytes()).expect("bits");
        chip.nv_read(INDEX, 8, 0).expect("read")
    };
    assert_eq!(set(0), [0; 8], "written although no bit is set");
    assert_eq!(set(0x8000_0000_0000_0001), [0x80, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(set(0x10), [0x80, 0, 0, 0, 0, 0, 0, 0x11]);
    chip.check_durable();
}

#[test]
fn extension_hashes() {
    let mut chip = Chip::new();
    chip.define(INDEX, OWNER | EXTEND, 32).expect("definition");
    refused(owner_write(&mut chip, &[0; 32], 0), Rc::ATTRIBUTES);
    let mut expected = vec![0; 32];
    for data in [&b"one"[..], b"", b"a third"] {
        chip.send::<NvExtend>(&[TpmRh::OWNER, INDEX], &[], &sized(data)).expect("extension");
        expected = RUST.digest(HashAlg::Sha256, &[&expected, data]).to_vec();
        assert_eq!(chip.nv_read(INDEX, 32, 0).expect("read"), expected);
    }
    chip.check_durable();
}

#[test]
fn each_type_has_its_command() {
    let mut chip = Chip::new();
    chip.define(INDEX, OWNER, 8).expect("definition");
    let handles = [TpmRh::OWNER, INDEX];
    refused_at(chip.send::<NvIncrement>(&handles, &[], &[]), Rc::ATTRIBUTES, NvIncrement::nv_index);
    refused_at(chip.send::<NvSetBits>(&handles, &[], &[0; 8]), Rc::ATTRIBUTES, NvSetBits::nv_index);
    refused_at(chip.send::<NvExtend>(&handles, &[], &sized(b"x")), Rc::ATTRIBUTES, NvExtend::nv_index);
}

#[test]
fn write_locks() {
    let mut chip = Chip::new();
    let lock = |chip: &mut Chip| chip.send::<NvWriteLock>(&[TpmRh::OWNER, INDEX], &[], &[]).map(drop);
    // Until the next reset,
    chip.define(INDEX, OWNER | TpmaNv::WRITE_STCLEAR, 4).expect("definition");
    owner_write(&mut chip, b"abcd", 0).expect("write");
    lock(&mut chip).expect("lock");
    lock(&mut chip).expect("what is locked can be locked");
    refused(owner_write(&mut chip, b"ABCD", 0), Rc::NV_LOCKED);
    assert_eq!(chip.nv_read(INDEX, 4, 0).expect("read"), b"abcd");
    chip.cycle(TpmSu::State, TpmSu::State);
    refused(owner_write(&mut chip, b"ABCD", 0), Rc::NV_LOCKED);
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    owner_write(&mut chip, b"ABCD", 0).expect("write");
    undefine(&mut chip, TpmRh::OWNER, INDEX).expect("removal");
    // for good,
    chip.define(INDEX, OWNER | TpmaNv::WRITEDEFINE, 4).expect("definition");
    lock(&mut chip).expect("lock");
    refused(owner_write(&mut chip, b"abcd", 0), Rc::NV_LOCKED);
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    owner_write(&mut chip, b"abcd", 0).expect("what was not written when it was locked");
    lock(&mut chip).expect("lock");
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    refused(owner_write(&mut chip, b"ABCD", 0), Rc::NV_LOCKED);
    chip.check_durable();
    undefine(&mut chip, TpmRh::OWNER, INDEX).expect("removal");
    // or not at all.
    chip.define(INDEX, OWNER, 4).expect("definition");
    refused_at(lock(&mut chip), Rc::ATTRIBUTES, NvWriteLock::nv_index);
    let by_platform = chip.send::<NvWriteLock>(&[TpmRh::PLATFORM, INDEX], &[], &[]);
    refused(by_platform, Rc::NV_AUTHORIZATION);
}

#[test]
fn the_global_lock() {
    let mut chip = Chip::new();
    chip.define(INDEX, OWNER | TpmaNv::GLOBALLOCK, 4).expect("definition");
    chip.define(INDEX + 1, OWNER, 4).expect("definition");
    chip.define(INDEX + 2, PLATFORM | TpmaNv::OWNERWRITE | TpmaNv::GLOBALLOCK, 4).expect("definition");
    chip.send::<NvGlobalWriteLock>(&[TpmRh::OWNER], &[], &[]).expect("lock");
    let params = [sized(b"abcd"), vec![0, 0]].concat();
    let mut write = |index| chip.send::<NvWrite>(&[TpmRh::OWNER, index], &[], &params);
    refused(write(INDEX), Rc::NV_LOCKED);
    assert!(write(INDEX + 1).is_ok());
    refused(write(INDEX + 2), Rc::NV_LOCKED);
    chip.check_durable();
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    assert!(chip.send::<NvWrite>(&[TpmRh::OWNER, INDEX], &[], &params).is_ok());
}

#[test]
fn read_locks() {
    let mut chip = Chip::new();
    let lock = |chip: &mut Chip, by| chip.send::<NvReadLock>(&[by, INDEX], &[], &[]).map(drop);
    chip.define(INDEX, OWNER | TpmaNv::READ_STCLEAR, 4).expect("definition");
    refused(lock(&mut chip, TpmRh::PLATFORM), Rc::NV_AUTHORIZATION);
    lock(&mut chip, TpmRh::OWNER).expect("what was not written can be locked");
    owner_write(&mut chip, b"abcd", 0).expect("write");
    refused(chip.nv_read(INDEX, 4, 0), Rc::NV_LOCKED);
    lock(&mut chip, TpmRh::OWNER).expect("what is locked can be locked");
    chip.check_durable();
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    assert_eq!(chip.nv_read(INDEX, 4, 0).expect("read"), b"abcd");
    undefine(&mut chip, TpmRh::OWNER, INDEX).expect("removal");
    chip.define(INDEX, OWNER, 4).expect("definition");
    refused_at(lock(&mut chip, TpmRh::OWNER), Rc::ATTRIBUTES, NvReadLock::nv_index);
}

#[test]
fn what_is_cleared_at_start_up_is_gone() {
    let mut chip = Chip::new();
    chip.define(INDEX, OWNER | TpmaNv::CLEAR_STCLEAR, 4).expect("definition");
    owner_write(&mut chip, b"abcd", 0).expect("write");
    chip.cycle(TpmSu::State, TpmSu::State);
    assert_eq!(chip.nv_read(INDEX, 4, 0).expect("read"), b"abcd");
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    refused(chip.nv_read(INDEX, 4, 0), Rc::NV_UNINITIALIZED);
    owner_write(&mut chip, b"x", 0).expect("write");
    assert_eq!(chip.nv_read(INDEX, 4, 0).expect("read"), b"x\0\0\0", "nothing of before shines through");
}

#[test]
fn a_pin_that_counts_failures() {
    let mut chip = Chip::new();
    let attributes = OWNER | PIN_FAIL | TpmaNv::NO_DA | TpmaNv::AUTHREAD;
    chip.define_with(public(INDEX, attributes, 8), "1234").expect("definition");
    let at = tpm2_wire::At::Session(1);
    refused_at(read(&mut chip, INDEX, "1234", 8, 0), Rc::AUTH_UNAVAILABLE, at);
    owner_write(&mut chip, &[0, 0, 0, 0, 0, 0, 0, 2], 0).expect("limit");
    let count = |chip: &mut Chip| chip.nv_read(INDEX, 4, 0).expect("read")[3];
    refused_at(read(&mut chip, INDEX, "0000", 8, 0), Rc::BAD_AUTH, at);
    assert_eq!(count(&mut chip), 1);
    read(&mut chip, INDEX, "1234", 8, 0).expect("the right PIN");
    assert_eq!(count(&mut chip), 0);
    refused_at(read(&mut chip, INDEX, "0000", 8, 0), Rc::BAD_AUTH, at);
    refused_at(read(&mut chip, INDEX, "0000", 8, 0), Rc::BAD_AUTH, at);
    refused_at(read(&mut chip, INDEX, "1234", 8, 0), Rc::AUTH_UNAVAILABLE, at);
    chip.check_durable();
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    refused_at(read(&mut chip, INDEX, "1234", 8, 0), Rc::AUTH_UNAVAILABLE, at);
    owner_write(&mut chip, &[0; 4], 0).expect("reset");
    read(&mut chip, INDEX, "1234", 8, 0).expect("the right PIN");
}

#[test]
fn a_pin_that_counts_uses() {
    let mut chip = Chip::new();
    chip.define_with(public(INDEX, OWNER | PIN_PASS | TpmaNv::AUTHREAD, 8), "1234").expect("definition");
    owner_write(&mut chip, &[0, 0, 0, 0, 0, 0, 0, 2], 0).expect("limit");
    read(&mut chip, INDEX, "1234", 8, 0).expect("first use");
    read(&mut chip, INDEX, "1234", 8, 0).expect("second use");
    let third = read(&mut chip, INDEX, "1234", 8, 0);
    refused_at(third, Rc::AUTH_UNAVAILABLE, tpm2_wire::At::Session(1));
    chip.check_durable();
}

#[test]
fn the_authorization_of_an_index_is_changed_by_its_policy() {
    let mut chip = Chip::new();
    let code = NvChangeAuth::SHAPE.code;
    let attributes = TpmaNv::AUTHREAD | TpmaNv::AUTHWRITE | TpmaNv::NO_DA;
    let mut area = public(INDEX, attributes, 4);
    area.auth_policy = chip.policy(TpmSe::Trial, code).1;
    chip.define_with(area, "old").expect("definition");
    // A password has not the role that it takes.
    let at = tpm2_wire::At::Session(1);
    refused_at(chip.send::<NvChangeAuth>(&[INDEX], &["old"], &sized(b"new")), Rc::AUTH_TYPE, at);
    let (session, _) = chip.policy(TpmSe::Policy, code);
    let long = sized(&[b'x'; 33]);
    refused_at(
        chip.send_policy::<NvChangeAuth>(&[INDEX], &[Some(session)], &long),
        Rc::SIZE,
        NvChangeAuth::new_auth,
    );
    chip.send_policy::<NvChangeAuth>(&[INDEX], &[Some(session)], &sized(b"new\0")).expect("a new value");
    refused_at(write(&mut chip, INDEX, "old", b"abcd", 0), Rc::BAD_AUTH, at);
    write(&mut chip, INDEX, "new", b"abcd", 0).expect("write");
    chip.check_durable();
}

#[test]
fn some_indices_are_removed_only_by_their_policy() {
    let mut chip = Chip::new();
    let code = NvUndefineSpaceSpecial::SHAPE.code;
    let handles = [INDEX, TpmRh::PLATFORM];
    let (_, policy) = chip.policy(TpmSe::Trial, code);
    let (session, _) = chip.policy(TpmSe::Policy, code);
    let mut area = public(INDEX, PLATFORM, 4);
    area.auth_policy = policy;
    chip.define_with(area.clone(), "").expect("definition");
    let special = chip.send_policy::<NvUndefineSpaceSpecial>(&handles, &[Some(session), None], &[]);
    refused_at(special, Rc::ATTRIBUTES, NvUndefineSpaceSpecial::nv_index);
    undefine(&mut chip, TpmRh::PLATFORM, INDEX).expect("removal");

    area.attributes = area.attributes | TpmaNv::POLICY_DELETE;
    chip.define_with(area, "").expect("definition");
    refused_at(undefine(&mut chip, TpmRh::PLATFORM, INDEX), Rc::ATTRIBUTES, NvUndefineSpace::nv_index);
    chip.send::<Clear>(&[TpmRh::PLATFORM], &[], &[]).expect("clear, which leaves it");
    chip.send_policy::<NvUndefineSpaceSpecial>(&handles, &[Some(session), None], &[]).expect("removal");
    refused_at(chip.send::<NvReadPublic>(&[INDEX], &[], &[]), Rc::HANDLE, NvReadPublic::nv_index);
    chip.check_durable();
}
