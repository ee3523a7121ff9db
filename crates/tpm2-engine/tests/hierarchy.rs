//! Part 3, 24.2 to 24.8: hierarchies.
mod common;

use common::{Chip, public, refused, refused_at, sized};
use tpm2_wire::{
    At, ChangeEps, ChangePps, Clear, ClearControl, ClockSet, ContextLoad, ContextSave, CreatePrimary,
    DictionaryAttackParameters, EvictControl, GetCapability, HierarchyChangeAuth, HierarchyControl, List,
    NvReadPublic, Rc, ReadClock, ReadPublic, SetPrimaryPolicy, Sized2b, Tpm2bName, Tpm2bPublic, TpmCap,
    TpmRh, TpmSu, TpmaNv, TpmaObject, TpmiAlgHash, TpmlPcrSelection, TpmsCapabilityData, TpmsSensitiveCreate,
    TpmsTaggedPolicy, TpmsTimeInfo, TpmtPublic, TpmtPublicParms, TpmuPublicId, Wire, to_vec,
};

const AT: At = At::Session(1);
const HIERARCHIES: [u32; 3] = [TpmRh::OWNER, TpmRh::ENDORSEMENT, TpmRh::PLATFORM];

/// Seals something directly below a hierarchy: its handle and Name. The Name follows from the seed.
fn seal(chip: &mut Chip, hierarchy: u32) -> Result<(u32, Vec<u8>), Rc> {
    let template = TpmtPublic {
        name_alg: Some(TpmiAlgHash::Sha256),
        object_attributes: TpmaObject::FIXED_TPM | TpmaObject::FIXED_PARENT | TpmaObject::USER_WITH_AUTH,
        auth_policy: Default::default(),
        parameters: TpmtPublicParms::Keyedhash(None),
        unique: TpmuPublicId::Keyedhash(Default::default()),
    };
    let sensitive = TpmsSensitiveCreate { user_auth: Default::default(), data: b"treasure"[..].into() };
    let params = [
        to_vec(&Sized2b(sensitive)),
        to_vec(&Sized2b(template)),
        sized(b""),
        to_vec(&TpmlPcrSelection::default()),
    ];
    let handle = chip.send::<CreatePrimary>(&[hierarchy], &[], &params.concat())?.handle.expect("a handle");
    let reply = chip.send::<ReadPublic>(&[handle], &[], &[]).expect("the public area");
    let mut r = reply.reader();
    Tpm2bPublic::read(&mut r).expect("a public area");
    Ok((handle, Tpm2bName::read(&mut r).expect("a Name").to_vec()))
}
fn persist(chip: &mut Chip, by: u32, object: u32, persistent: u32) {
    let handle = persistent.to_be_bytes();
    chip.send::<EvictControl>(&[by, object], &[], &handle).expect("a persistent object");
}
/// A saved context of an object.
fn save(chip: &mut Chip, object: u32) -> Vec<u8> {
    chip.send::<ContextSave>(&[object], &[], &[]).expect("a context").params
}
fn load(chip: &mut Chip, context: &[u8]) -> Result<(), Rc> {
    chip.send::<ContextLoad>(&[], &[], context).map(drop)
}
fn exists(chip: &mut Chip, object: u32) -> bool {
    chip.send::<ReadPublic>(&[object], &[], &[]).is_ok()
}
fn change_auth(chip: &mut Chip, hierarchy: u32, old: &str, new: &str) -> Result<(), Rc> {
    chip.send::<HierarchyChangeAuth>(&[hierarchy], &[old], &sized(new.as_bytes())).map(drop)
}
fn control(chip: &mut Chip, by: u32, which: u32, enable: bool) -> Result<(), Rc> {
    let params = [&which.to_be_bytes()[..], &[u8::from(enable)]].concat();
    chip.send::<HierarchyControl>(&[by], &[], &params).map(drop)
}
fn time(chip: &mut Chip) -> TpmsTimeInfo {
    chip.ask::<ReadClock, _>(&[])
}
fn policies(chip: &mut Chip) -> Vec<TpmsTaggedPolicy> {
    let params = [TpmCap::AuthPolicies as u32, TpmRh::OWNER, 10].map(u32::to_be_bytes).concat();
    let reply = chip.send::<GetCapability>(&[], &[], &params).expect("a capability");
    let mut r = reply.reader();
    u8::read(&mut r).expect("whether there are more");
    match TpmsCapabilityData::read(&mut r).expect("a list") {
        TpmsCapabilityData::AuthPolicies(List(policies)) => policies,
        _ => panic!("another list"),
    }
}

#[test]
fn authorization_values_change() {
    let mut chip = Chip::new();
    for hierarchy in HIERARCHIES {
        change_auth(&mut chip, hierarchy, "", "first\0\0").expect("a value");
        refused_at(change_auth(&mut chip, hierarchy, "", "second"), Rc::BAD_AUTH, AT);
        change_auth(&mut chip, hierarchy, "first", "second").expect("a value");
        refused_at(seal(&mut chip, hierarchy), Rc::BAD_AUTH, AT);
        chip.check_durable();
    }
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    // The platform's lasts until the next reset, the others' until TPM2_Clear.
    change_auth(&mut chip, TpmRh::PLATFORM, "", "").expect("a value");
    change_auth(&mut chip, TpmRh::OWNER, "second", "").expect("a value");
    change_auth(&mut chip, TpmRh::ENDORSEMENT, "second", "").expect("a value");
    // Lockout authorization is tried once.
    change_auth(&mut chip, TpmRh::LOCKOUT, "", "lock").expect("a value");
    refused_at(change_auth(&mut chip, TpmRh::LOCKOUT, "", ""), Rc::AUTH_FAIL, AT);
    refused_at(change_auth(&mut chip, TpmRh::LOCKOUT, "lock", ""), Rc::LOCKOUT, AT);
    let long = "x".repeat(65);
    refused_at(change_auth(&mut chip, TpmRh::OWNER, "", &long), Rc::SIZE, HierarchyChangeAuth::new_auth);
}

#[test]
fn policies_are_set() {
    let mut chip = Chip::new();
    let set = |chip: &mut Chip, hierarchy: u32, digest: &[u8], alg: u16| {
        let params = [sized(digest), alg.to_be_bytes().to_vec()].concat();
        chip.send::<SetPrimaryPolicy>(&[hierarchy], &[], &params).map(drop)
    };
    let sha256 = TpmiAlgHash::Sha256.id();
    for hierarchy in [TpmRh::OWNER, TpmRh::LOCKOUT, TpmRh::ENDORSEMENT, TpmRh::PLATFORM] {
        let at = SetPrimaryPolicy::auth_policy;
        refused_at(set(&mut chip, hierarchy, &[1; 20], sha256), Rc::SIZE, at);
        refused_at(set(&mut chip, hierarchy, &[], sha256), Rc::SIZE, at);
        refused_at(set(&mut chip, hierarchy, &[1; 32], 0x0010), Rc::SIZE, at);
        set(&mut chip, hierarchy, &[hierarchy as u8; 32], sha256).expect("a policy");
    }
    chip.check_durable();
    for policy in policies(&mut chip).into_iter().take(4) {
        let hash = policy.policy_hash.expect("a policy");
        assert_eq!((hash.hash_alg, hash.digest), (TpmiAlgHash::Sha256, vec![policy.handle as u8; 32]));
    }
    set(&mut chip, TpmRh::OWNER, &[], 0x0010).expect("no policy");
    assert_eq!(policies(&mut chip)[0].policy_hash, None);
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    let with: Vec<u32> =
        policies(&mut chip).iter().filter(|p| p.policy_hash.is_some()).map(|p| p.handle).collect();
    assert_eq!(with, [TpmRh::LOCKOUT, TpmRh::ENDORSEMENT], "the platform's is gone");
}

#[test]
fn who_may_switch_what() {
    use TpmRh as Rh;
    for (by, which, off, on) in [
        (Rh::PLATFORM, Rh::OWNER, Ok(()), Ok(())),
        (Rh::PLATFORM, Rh::ENDORSEMENT, Ok(()), Ok(())),
        (Rh::PLATFORM, Rh::PLATFORM_NV, Ok(()), Ok(())),
        // What is off cannot authorize.
        (Rh::PLATFORM, Rh::PLATFORM, Ok(()), Err(Rc::HIERARCHY.at(HierarchyControl::auth_handle))),
        (Rh::OWNER, Rh::OWNER, Ok(()), Err(Rc::HIERARCHY.at(HierarchyControl::auth_handle))),
        (Rh::ENDORSEMENT, Rh::ENDORSEMENT, Ok(()), Err(Rc::HIERARCHY.at(HierarchyControl::auth_handle))),
        (Rh::OWNER, Rh::ENDORSEMENT, Err(Rc::AUTH_TYPE), Err(Rc::AUTH_TYPE)),
        (Rh::ENDORSEMENT, Rh::OWNER, Err(Rc::AUTH_TYPE), Err(Rc::AUTH_TYPE)),
        (Rh::OWNER, Rh::PLATFORM, Err(Rc::AUTH_TYPE), Err(Rc::AUTH_TYPE)),
        (Rh::OWNER, Rh::PLATFORM_NV, Err(Rc::AUTH_TYPE), Err(Rc::AUTH_TYPE)),
    ] {
        let mut chip = Chip::new();
        control(&mut chip, Rh::PLATFORM, Rh::OWNER, true).expect("on is on");
        assert_eq!(control(&mut chip, by, which, false), off, "{by:x} {which:x} off");
        assert_eq!(control(&mut chip, by, which, true), on, "{by:x} {which:x} on");
        chip.cycle(TpmSu::Clear, TpmSu::Clear);
        assert!(seal(&mut chip, Rh::OWNER).is_ok() && seal(&mut chip, Rh::PLATFORM).is_ok());
    }
}

#[test]
fn a_hierarchy_that_is_off_is_out_of_sight() {
    let mut chip = Chip::new();
    let (transient, _) = seal(&mut chip, TpmRh::OWNER).expect("an object");
    let (other, _) = seal(&mut chip, TpmRh::ENDORSEMENT).expect("an object");
    persist(&mut chip, TpmRh::OWNER, transient, 0x8100_0000);
    chip.define(0x0150_0000, TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE, 8).expect("an index");
    control(&mut chip, TpmRh::OWNER, TpmRh::OWNER, false).expect("off");
    assert!(exists(&mut chip, other));
    assert!(!exists(&mut chip, transient) && !exists(&mut chip, 0x8100_0000));
    refused_at(chip.send::<NvReadPublic>(&[0x0150_0000], &[], &[]), Rc::HANDLE, NvReadPublic::nv_index);
    refused_at(seal(&mut chip, TpmRh::OWNER), Rc::HIERARCHY, CreatePrimary::primary_handle);
    control(&mut chip, TpmRh::PLATFORM, TpmRh::OWNER, true).expect("on");
    assert!(exists(&mut chip, 0x8100_0000), "what is persistent comes back");
    assert!(!exists(&mut chip, transient), "what was loaded does not");
    assert!(chip.send::<NvReadPublic>(&[0x0150_0000], &[], &[]).is_ok());
    // A resume brings the state of the switches back, a restart sets them.
    control(&mut chip, TpmRh::PLATFORM, TpmRh::ENDORSEMENT, false).expect("off");
    chip.cycle(TpmSu::State, TpmSu::State);
    refused_at(seal(&mut chip, TpmRh::ENDORSEMENT), Rc::HIERARCHY, CreatePrimary::primary_handle);
    chip.cycle(TpmSu::State, TpmSu::Clear);
    assert!(seal(&mut chip, TpmRh::ENDORSEMENT).is_ok());
}

#[test]
fn clear_takes_the_owners_things() {
    let mut chip = Chip::new();
    let names = HIERARCHIES.map(|hierarchy| seal(&mut chip, hierarchy).expect("an object"));
    let [(owner, _), (endorsement, _), (platform, _)] = names;
    let contexts = [owner, endorsement, platform].map(|object| save(&mut chip, object));
    persist(&mut chip, TpmRh::OWNER, owner, 0x8100_0000);
    persist(&mut chip, TpmRh::OWNER, endorsement, 0x8101_0000);
    persist(&mut chip, TpmRh::PLATFORM, platform, 0x8180_0000);
    let own = TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE;
    chip.define_with(public(0x0150_0000, own, 8), "").expect("an index");
    chip.define(0x0150_0001, own | TpmaNv::PLATFORMCREATE, 8).expect("an index");
    change_auth(&mut chip, TpmRh::OWNER, "", "owner").expect("a value");
    change_auth(&mut chip, TpmRh::ENDORSEMENT, "", "endorsement").expect("a value");
    change_auth(&mut chip, TpmRh::LOCKOUT, "", "lockout").expect("a value");
    change_auth(&mut chip, TpmRh::PLATFORM, "", "platform").expect("a value");
    let params = [99u32, 98, 97].map(u32::to_be_bytes).concat();
    chip.send::<DictionaryAttackParameters>(&[TpmRh::LOCKOUT], &["lockout"], &params).expect("parameters");
    chip.send::<ClockSet>(&[TpmRh::OWNER], &["owner"], &1_000_000u64.to_be_bytes()).expect("a time");
    chip.send::<HierarchyControl>(
        &[TpmRh::PLATFORM],
        &["platform"],
        &[&TpmRh::ENDORSEMENT.to_be_bytes()[..], &[0]].concat(),
    )
    .expect("off");

    chip.send::<Clear>(&[TpmRh::LOCKOUT], &["lockout"], &[]).expect("clear");
    chip.check_durable();
    for gone in [owner, endorsement, 0x8100_0000, 0x8101_0000] {
        assert!(!exists(&mut chip, gone), "{gone:x}");
    }
    // Nor can they come back: the proofs are others.
    refused_at(load(&mut chip, &contexts[0]), Rc::INTEGRITY, ContextLoad::context);
    refused_at(load(&mut chip, &contexts[1]), Rc::INTEGRITY, ContextLoad::context);
    load(&mut chip, &contexts[2]).expect("the platform's");
    assert!(exists(&mut chip, platform) && exists(&mut chip, 0x8180_0000));
    assert!(chip.send::<NvReadPublic>(&[0x0150_0000], &[], &[]).is_err());
    assert!(chip.send::<NvReadPublic>(&[0x0150_0001], &[], &[]).is_ok());
    let now = time(&mut chip).clock_info;
    assert_eq!((now.clock, now.reset_count, now.restart_count, now.safe.yes()), (0, 0, 0, true));
    let values = names.iter().zip(HIERARCHIES).map(|((_, name), hierarchy)| {
        let password = if hierarchy == TpmRh::PLATFORM { "platform" } else { "" };
        change_auth(&mut chip, hierarchy, password, "").expect("the value");
        seal(&mut chip, hierarchy).expect("an object").1 == *name
    });
    // The storage seed is another; an endorsement key has the same template and, from other proofs, another
    // seed.
    assert_eq!(values.collect::<Vec<_>>(), [false, false, true]);
    change_auth(&mut chip, TpmRh::LOCKOUT, "", "").expect("the value");
    let wait = chip.send::<DictionaryAttackParameters>(&[TpmRh::LOCKOUT], &[], &params);
    assert!(wait.is_ok());
}

#[test]
fn clear_can_be_forbidden() {
    let mut chip = Chip::new();
    let forbid = |chip: &mut Chip, by, yes: u8| chip.send::<ClearControl>(&[by], &[], &[yes]).map(drop);
    forbid(&mut chip, TpmRh::LOCKOUT, 1).expect("by lockout");
    refused(chip.send::<Clear>(&[TpmRh::LOCKOUT], &[], &[]), Rc::DISABLED);
    refused(chip.send::<Clear>(&[TpmRh::PLATFORM], &[], &[]), Rc::DISABLED);
    refused(forbid(&mut chip, TpmRh::LOCKOUT, 0), Rc::AUTH_FAIL);
    refused_at(forbid(&mut chip, TpmRh::PLATFORM, 2), Rc::VALUE, ClearControl::disable);
    chip.check_durable();
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    refused(chip.send::<Clear>(&[TpmRh::PLATFORM], &[], &[]), Rc::DISABLED);
    forbid(&mut chip, TpmRh::PLATFORM, 0).expect("by the platform");
    chip.send::<Clear>(&[TpmRh::PLATFORM], &[], &[]).expect("clear");
    let by_owner =
        chip.raw(&common::command(&<Clear as tpm2_wire::Command>::SHAPE, &[TpmRh::OWNER], &[], &[]));
    assert_eq!(by_owner[6..], Rc::VALUE.at(Clear::auth_handle).0.to_be_bytes());
}

#[test]
fn seeds_are_replaced() {
    let mut chip = Chip::new();
    let before = HIERARCHIES.map(|hierarchy| seal(&mut chip, hierarchy).expect("an object"));
    let [_, (endorsement, _), (platform, _)] = before;
    let contexts = [platform, endorsement].map(|object| save(&mut chip, object));
    persist(&mut chip, TpmRh::PLATFORM, platform, 0x8180_0000);
    chip.define(0x0150_0001, TpmaNv::PPREAD | TpmaNv::PPWRITE | TpmaNv::PLATFORMCREATE, 8).expect("an index");
    change_auth(&mut chip, TpmRh::PLATFORM, "", "platform").expect("a value");
    change_auth(&mut chip, TpmRh::ENDORSEMENT, "", "endorsement").expect("a value");

    chip.send::<ChangePps>(&[TpmRh::PLATFORM], &["platform"], &[]).expect("another seed");
    chip.check_durable();
    assert!(!exists(&mut chip, platform) && !exists(&mut chip, 0x8180_0000));
    assert!(exists(&mut chip, endorsement));
    assert!(chip.send::<NvReadPublic>(&[0x0150_0001], &[], &[]).is_ok(), "configuration stays");
    change_auth(&mut chip, TpmRh::PLATFORM, "platform", "").expect("the value stays");
    refused_at(load(&mut chip, &contexts[0]), Rc::INTEGRITY, ContextLoad::context);
    load(&mut chip, &contexts[1]).expect("another hierarchy's");

    chip.send::<ChangeEps>(&[TpmRh::PLATFORM], &[], &[]).expect("another seed");
    chip.check_durable();
    assert!(!exists(&mut chip, endorsement));
    refused_at(load(&mut chip, &contexts[1]), Rc::INTEGRITY, ContextLoad::context);
    let same = before.iter().zip(HIERARCHIES).map(|((_, name), hierarchy)| {
        // The endorsement authorization is empty again.
        seal(&mut chip, hierarchy).expect("an object").1 == *name
    });
    assert_eq!(same.collect::<Vec<_>>(), [true, false, false]);
}
