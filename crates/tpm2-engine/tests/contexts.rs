//! Contexts and start-ups (Part 1, 12.2 and 28; Part 3, 9.3 and 28): what survives what.
mod common;

use common::keys::{DATA, NULL, keyed_hash};
use common::{Chip, refused, refused_at, sized};
use tpm2_crypto::RUST;
use tpm2_engine::Profile;
use tpm2_wire::{
    Clear, ContextLoad, ContextSave, EvictControl, FlushContext, HashSequenceStart, HierarchyChangeAuth,
    HierarchyControl, PcrExtend, PcrRead, Rc, ReadClock, SequenceComplete, SequenceUpdate, Shutdown, Startup,
    TpmPt, TpmRh, TpmSu, TpmaObject, TpmsTimeInfo, Unseal, to_vec,
};

fn save(chip: &mut Chip, handle: u32) -> Result<Vec<u8>, Rc> {
    Ok(chip.send::<ContextSave>(&[handle], &[], &[])?.params)
}
fn load(chip: &mut Chip, context: &[u8]) -> Result<u32, Rc> {
    Ok(chip.send::<ContextLoad>(&[], &[], context)?.handle.expect("a handle"))
}
fn datum(chip: &mut Chip, attributes: TpmaObject) -> u32 {
    let srk = chip.srk();
    let item = chip.child(srk, "", b"secret", &keyed_hash(attributes, NULL, &[])).expect("an object");
    chip.flush(srk);
    item
}
fn extend(chip: &mut Chip, pcr: u32) {
    let params = [&[0, 0, 0, 1, 0, 0x0B][..], &[5; 32]].concat();
    chip.send::<PcrExtend>(&[pcr], &[], &params).expect("an extension");
}
/// The SHA-256 value of a PCR.
fn pcr(chip: &mut Chip, n: usize) -> Vec<u8> {
    let mut bits = [0u8; 3];
    bits[n / 8] = 1 << (n % 8);
    let params = [&[0, 0, 0, 1, 0, 0x0B, 3][..], &bits].concat();
    let reply = chip.send::<PcrRead>(&[], &[], &params).expect("a value");
    reply.params[reply.params.len() - 32..].to_vec()
}
fn time(chip: &mut Chip) -> TpmsTimeInfo {
    chip.ask::<ReadClock, TpmsTimeInfo>(&[])
}

#[test]
fn an_object_goes_out_and_comes_back_as_often_as_wanted() {
    let mut chip = Chip::new();
    let item = datum(&mut chip, DATA);
    let context = save(&mut chip, item).expect("a context");
    assert!(!context.windows(6).any(|six| six == b"secret"));
    for _ in 0..2 {
        let again = load(&mut chip, &context).expect("the object");
        assert_eq!(chip.send::<Unseal>(&[again], &[], &[]).expect("the datum").params, sized(b"secret"));
        chip.flush(again);
    }
    // No two are alike, and none can be changed.
    assert_ne!(save(&mut chip, item).expect("a context"), context);
    for at in 0..context.len() {
        let mut changed = context.clone();
        changed[at] ^= 1;
        assert!(load(&mut chip, &changed).is_err(), "byte {at}");
    }
    let mut short = context.clone();
    short.truncate(18);
    short[16..18].copy_from_slice(&[0, 0]);
    refused(load(&mut chip, &short), Rc::INSUFFICIENT);
    short[17] = 2;
    short.extend_from_slice(&[0, 0]);
    refused_at(load(&mut chip, &short), Rc::SIZE, ContextLoad::context);
    // A sequence goes on where it was.
    let start = chip.send::<HashSequenceStart>(&[], &[], &[0, 0, 0, 0x0B]).expect("a sequence");
    let sequence = start.handle.expect("a handle");
    chip.send::<SequenceUpdate>(&[sequence], &[], &sized(b"begin")).expect("an update");
    let context = save(&mut chip, sequence).expect("a context");
    chip.flush(sequence);
    let sequence = load(&mut chip, &context).expect("the sequence");
    let params = [&sized(b"end")[..], &TpmRh::NULL.to_be_bytes()].concat();
    let reply = chip.send::<SequenceComplete>(&[sequence], &[], &params).expect("a digest");
    let expected = tpm2_crypto::RUST.digest(tpm2_crypto::HashAlg::Sha256, &[b"beginend"]);
    assert_eq!(reply.params[2..34], *expected);
}

#[test]
fn what_ends_a_context() {
    let mut chip = Chip::new();
    let item = datum(&mut chip, DATA);
    let transient = datum(&mut chip, DATA | TpmaObject::ST_CLEAR);
    let (context, brief) = (save(&mut chip, item).expect("one"), save(&mut chip, transient).expect("one"));
    // A Resume ends none, a Restart those with stClear, a Reset all.
    chip.cycle(TpmSu::State, TpmSu::State);
    for context in [&context, &brief] {
        let handle = load(&mut chip, context).expect("the object");
        chip.flush(handle);
    }
    chip.cycle(TpmSu::State, TpmSu::Clear);
    let handle = load(&mut chip, &context).expect("the object");
    chip.flush(handle);
    refused_at(load(&mut chip, &brief), Rc::INTEGRITY, ContextLoad::context);
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    refused_at(load(&mut chip, &context), Rc::INTEGRITY, ContextLoad::context);
    // A hierarchy that is off takes nothing in; one that was cleared never again.
    let item = datum(&mut chip, DATA);
    let context = save(&mut chip, item).expect("a context");
    let switch = |chip: &mut Chip, on: u8| {
        let params = [&TpmRh::OWNER.to_be_bytes()[..], &[on]].concat();
        chip.send::<HierarchyControl>(&[TpmRh::PLATFORM], &[], &params).expect("a switch");
    };
    switch(&mut chip, 0);
    refused_at(load(&mut chip, &context), Rc::HIERARCHY, ContextLoad::context);
    switch(&mut chip, 1);
    let handle = load(&mut chip, &context).expect("the object");
    chip.flush(handle);
    chip.send::<Clear>(&[TpmRh::PLATFORM], &[], &[]).expect("a clear");
    refused_at(load(&mut chip, &context), Rc::INTEGRITY, ContextLoad::context);
}

#[test]
fn a_clear_does_not_bring_back_what_a_restart_ended() {
    let mut chip = Chip::new();
    let area =
        common::keys::ecc(common::keys::SIGNING | TpmaObject::ST_CLEAR, NULL, common::keys::ECDSA, &[]);
    let key = chip.primary(TpmRh::PLATFORM, "", &area).expect("a key");
    let context = save(&mut chip, key).expect("a context");
    chip.cycle(TpmSu::State, TpmSu::Clear);
    refused_at(load(&mut chip, &context), Rc::INTEGRITY, ContextLoad::context);
    chip.send::<Clear>(&[TpmRh::PLATFORM], &[], &[]).expect("a clear");
    refused_at(load(&mut chip, &context), Rc::INTEGRITY, ContextLoad::context);
}

#[test]
fn slots_run_out_and_come_back() {
    let mut chip = Chip::new();
    let item = datum(&mut chip, DATA);
    let context = save(&mut chip, item).expect("a context");
    for _ in 1..16 {
        load(&mut chip, &context).expect("a slot");
    }
    refused(load(&mut chip, &context), Rc::OBJECT_MEMORY);
    refused(chip.primary(TpmRh::OWNER, "", &common::keys::storage()), Rc::OBJECT_MEMORY);
    chip.flush(item);
    refused(chip.send::<Unseal>(&[item], &[], &[]), Rc::reference_handle(0));
    let gone = chip.send::<FlushContext>(&[], &[], &item.to_be_bytes());
    refused_at(gone, Rc::HANDLE, FlushContext::flush_handle);
    load(&mut chip, &context).expect("a slot");
}

#[test]
fn persistent_objects() {
    let mut chip = Chip::new();
    let item = datum(&mut chip, DATA);
    let evict = |chip: &mut Chip, by: u32, object: u32, at: u32| {
        chip.send::<EvictControl>(&[by, object], &[], &at.to_be_bytes()).map(drop)
    };
    let (owner, platform) = (0x8100_0001, 0x8180_0001);
    refused_at(evict(&mut chip, TpmRh::OWNER, item, platform), Rc::RANGE, EvictControl::persistent_handle);
    refused_at(evict(&mut chip, TpmRh::PLATFORM, item, platform), Rc::HIERARCHY, EvictControl::object_handle);
    evict(&mut chip, TpmRh::OWNER, item, owner).expect("room");
    chip.check_durable();
    refused(evict(&mut chip, TpmRh::OWNER, item, owner), Rc::NV_DEFINED);
    chip.reload();
    assert_eq!(chip.send::<Unseal>(&[owner], &[], &[]).expect("the datum").params, sized(b"secret"));
    refused_at(evict(&mut chip, TpmRh::OWNER, owner, owner + 1), Rc::HANDLE, EvictControl::object_handle);
    // The platform removes what is the owner's.
    evict(&mut chip, TpmRh::PLATFORM, owner, owner).expect("a removal");
    chip.check_durable();
    refused_at(chip.send::<Unseal>(&[owner], &[], &[]), Rc::HANDLE, Unseal::item_handle);
    // What is temporary stays so.
    let temporary = chip.primary(TpmRh::NULL, "", &common::keys::storage()).expect("a key");
    refused_at(evict(&mut chip, TpmRh::OWNER, temporary, owner), Rc::ATTRIBUTES, EvictControl::object_handle);
    let brief = datum(&mut chip, DATA | TpmaObject::ST_CLEAR);
    refused_at(evict(&mut chip, TpmRh::OWNER, brief, owner), Rc::ATTRIBUTES, EvictControl::object_handle);
}

#[test]
fn start_ups() {
    let mut chip = Chip::new();
    let zero = vec![0; 32];
    extend(&mut chip, 7);
    extend(&mut chip, 16);
    let measured = pcr(&mut chip, 7);
    assert_ne!(measured, zero);
    let item = datum(&mut chip, DATA);
    chip.send::<HierarchyChangeAuth>(&[TpmRh::PLATFORM], &[], &sized(b"platform")).expect("a value");
    // Resume: PCRs and the platform's authorization as they were, objects gone, PCR 16 anew.
    chip.cycle(TpmSu::State, TpmSu::State);
    assert_eq!((pcr(&mut chip, 7), pcr(&mut chip, 16)), (measured.clone(), zero.clone()));
    refused(chip.send::<Unseal>(&[item], &[], &[]), Rc::reference_handle(0));
    let change = |chip: &mut Chip, old: &str, new: &str| {
        chip.send::<HierarchyChangeAuth>(&[TpmRh::PLATFORM], &[old], &sized(new.as_bytes())).map(drop)
    };
    assert!(change(&mut chip, "", "x").is_err());
    change(&mut chip, "platform", "again").expect("the value that was kept");
    assert_eq!((time(&mut chip).clock_info.reset_count, time(&mut chip).clock_info.restart_count), (1, 1));
    // Restart: both anew, counted as a restart.
    chip.cycle(TpmSu::State, TpmSu::Clear);
    assert_eq!(pcr(&mut chip, 7), zero);
    change(&mut chip, "", "").expect("no value");
    assert_eq!((time(&mut chip).clock_info.reset_count, time(&mut chip).clock_info.restart_count), (1, 2));
    // Reset.
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    assert_eq!((time(&mut chip).clock_info.reset_count, time(&mut chip).clock_info.restart_count), (2, 0));
    assert_eq!(pcr(&mut chip, 7), zero);
}

/// CVE-2018-6622: a Resume of what was not kept would start with PCRs that anyone can extend to any value.
#[test]
fn nothing_is_resumed_that_was_not_kept() {
    let mut chip = Chip::new();
    let state = to_vec(&TpmSu::State);
    for shutdown in [None, Some(TpmSu::Clear)] {
        if let Some(kind) = shutdown {
            chip.send::<Shutdown>(&[], &[], &to_vec(&kind)).expect("a shutdown");
        }
        refused_at(chip.restart(TpmSu::State), Rc::VALUE, Startup::startup_type);
        refused(chip.send::<ReadClock>(&[], &[], &[]), Rc::INITIALIZE);
        chip.send::<Startup>(&[], &[], &to_vec(&TpmSu::Clear)).expect("start-up");
        refused(chip.send::<Startup>(&[], &[], &state), Rc::INITIALIZE);
    }
    // What changed after the shutdown is not what was kept.
    chip.send::<Shutdown>(&[], &[], &state).expect("a shutdown");
    extend(&mut chip, 7);
    refused_at(chip.restart(TpmSu::State), Rc::VALUE, Startup::startup_type);
    chip.send::<Startup>(&[], &[], &to_vec(&TpmSu::Clear)).expect("start-up");
    chip.check_durable();
    // Kept once is resumed once.
    chip.cycle(TpmSu::State, TpmSu::State);
    refused_at(chip.restart(TpmSu::State), Rc::VALUE, Startup::startup_type);
}

#[test]
fn time_begins_anew_and_the_clock_does_not() {
    let mut chip = Chip::new();
    chip.wait(5000);
    assert_eq!((time(&mut chip).time, time(&mut chip).clock_info.clock), (5000, 5000));
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    assert_eq!((time(&mut chip).time, time(&mut chip).clock_info.clock), (0, 5000));
}

/// A session; its handle.
fn begin(chip: &mut Chip) -> Result<u32, Rc> {
    let params = [&sized(&[7; 16])[..], &[0, 0, 0, 0, 0x10, 0, 0x0B]].concat();
    let reply = chip.send::<tpm2_wire::StartAuthSession>(&[TpmRh::NULL; 2], &[], &params)?;
    Ok(reply.handle.expect("a handle"))
}

#[test]
fn the_oldest_session_context_must_not_fall_too_far_behind() {
    // The gap of a real TPM takes too long to fill: this one's is 15.
    let mut content = Profile::by_name("everything").expect("a profile").content().clone();
    content.properties.push((TpmPt::FIXED + 20, 15));
    content.loaded_sessions = 3;
    let profile = Profile::new(content).expect("a profile");
    let mut chip = Chip::with_profile(&RUST, 1, &profile);
    chip.restart(TpmSu::Clear).expect("start-up");
    let (oldest, other) = (begin(&mut chip).expect("a session"), begin(&mut chip).expect("a session"));
    let saved = save(&mut chip, oldest).expect("a context");
    let mut context = save(&mut chip, other).expect("a context");
    for _ in 0..14 {
        load(&mut chip, &context).expect("the session");
        context = save(&mut chip, other).expect("a context");
    }
    load(&mut chip, &context).expect("the session");
    refused(save(&mut chip, other), Rc::CONTEXT_GAP);
    // The last slot is kept for the oldest, and nothing else takes it.
    let third = begin(&mut chip).expect("a session");
    refused(begin(&mut chip).map(drop), Rc::CONTEXT_GAP);
    load(&mut chip, &saved).expect("the oldest");
    refused(begin(&mut chip).map(drop), Rc::SESSION_MEMORY);
    // Once it is saved anew, or flushed, all goes on.
    let saved = save(&mut chip, oldest).expect("a context");
    let context = save(&mut chip, other).expect("a context");
    chip.flush(third);
    load(&mut chip, &context).expect("the session");
    load(&mut chip, &saved).expect("the session");
    assert_ne!(saved, context);
}

#[test]
fn a_resume_needs_the_root_of_trust_of_before() {
    let mut chip = Chip::new();
    let resume_from = |chip: &mut Chip, locality: u8, measured: bool| {
        chip.tpm.power_on(&mut chip.bench);
        if measured {
            chip.tpm.hash_start(&mut chip.bench);
            chip.tpm.hash_data(b"firmware");
            chip.tpm.hash_end(&mut chip.bench);
        }
        chip.locality = locality;
        let result = chip.send::<Startup>(&[], &[], &to_vec(&TpmSu::State)).map(drop);
        chip.locality = 0;
        result
    };
    let shut = |chip: &mut Chip| {
        chip.send::<Shutdown>(&[], &[], &to_vec(&TpmSu::State)).expect("shutdown");
    };
    shut(&mut chip);
    refused(resume_from(&mut chip, 3, false), Rc::LOCALITY);
    refused(resume_from(&mut chip, 0, true), Rc::LOCALITY);
    resume_from(&mut chip, 0, false).expect("start-up");
    // With an H-CRTM it is the one that counts.
    chip.tpm.power_on(&mut chip.bench);
    chip.tpm.hash_start(&mut chip.bench);
    chip.tpm.hash_end(&mut chip.bench);
    chip.send::<Startup>(&[], &[], &to_vec(&TpmSu::Clear)).expect("start-up");
    shut(&mut chip);
    refused(resume_from(&mut chip, 0, false), Rc::LOCALITY);
    resume_from(&mut chip, 3, true).expect("start-up");
}
