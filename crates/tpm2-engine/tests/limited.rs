//! Firmware-limited and SVN-limited hierarchies and objects (Part 1, 41).
mod common;

use common::keys::{DATA, ECDSA, NULL, SIGNING, STORAGE, create_params, ecc, keyed_hash, storage};
use common::{Chip, command, parse, refused, refused_at, sized};
use tpm2_crypto::RUST;
use tpm2_engine::Profile;
use tpm2_wire::{
    At, Clear, Command, ContextLoad, ContextSave, Create, CreatePrimary, EvictControl, GetCapability, Hash,
    HierarchyChangeAuth, HierarchyControl, LoadExternal, Rc, Sign, TpmRh, TpmSu, TpmaObject, TpmiYesNo,
    TpmsCapabilityData, Wire,
};

const FIRMWARE: TpmaObject = TpmaObject::FIRMWARE_LIMITED;
const SVN: TpmaObject = TpmaObject::SVN_LIMITED;
/// The owner's hierarchies: by firmware, and by security version number.
const FW_OWNER: u32 = TpmRh::FW_OWNER;
const SVN_OWNER: u32 = TpmRh::SVN_OWNER;
/// The engine's security version number.
const NOW: u32 = 1;

fn signing(more: TpmaObject) -> Vec<u8> {
    ecc(SIGNING | more, NULL, ECDSA, &[])
}

#[test]
fn each_limited_hierarchy_has_a_seed_of_its_own() {
    let mut chip = Chip::new();
    let mut points = Vec::new();
    let bases = [TpmRh::OWNER, TpmRh::ENDORSEMENT, TpmRh::PLATFORM, TpmRh::NULL];
    let firmware = [TpmRh::FW_OWNER, TpmRh::FW_ENDORSEMENT, TpmRh::FW_PLATFORM, TpmRh::FW_NULL];
    let svn = [0x4001_0000, 0x4002_0000, 0x4003_0000, 0x4004_0000];
    let newest = svn.map(|base| base + NOW);
    for hierarchy in [bases, firmware, svn, newest].concat() {
        let key = chip.primary(hierarchy, "", &storage()).expect("a key");
        let point = chip.point(key);
        assert!(!points.contains(&point), "{hierarchy:x}");
        // And always the same key.
        let again = chip.primary(hierarchy, "", &storage()).expect("a key");
        assert_eq!(chip.point(again), point);
        points.push(point);
        chip.flush(key);
        chip.flush(again);
    }
    // After a reset those of the null hierarchies are others.
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    for (i, hierarchy) in [bases, firmware, svn, newest].concat().into_iter().enumerate() {
        let key = chip.primary(hierarchy, "", &storage()).expect("a key");
        let point = chip.point(key);
        assert_eq!(point == points[i], i % 4 != 3, "{hierarchy:x}");
        chip.flush(key);
    }
    chip.check_durable();
}

#[test]
fn a_number_that_is_not_reached_yet() {
    let mut chip = Chip::new();
    let beyond = SVN_OWNER + NOW + 1;
    refused_at(chip.primary(beyond, "", &storage()), Rc::SVN_LIMITED, CreatePrimary::primary_handle);
    let params = [&sized(b"data")[..], &[0, 0x0B], &beyond.to_be_bytes()].concat();
    refused(chip.send::<Hash>(&[], &[], &params), Rc::SVN_LIMITED);
    let area = ecc(TpmaObject::SIGN | TpmaObject::USER_WITH_AUTH, NULL, ECDSA, &[]);
    let area = [&area[..area.len() - 4], &[0, 32][..], &[1; 32], &[0, 32], &[1; 32]].concat();
    refused_at(chip.external(None, &area, beyond), Rc::HIERARCHY, LoadExternal::hierarchy);
    // What is no hierarchy at all.
    refused_at(chip.primary(0x4005_0000, "", &storage()), Rc::VALUE, CreatePrimary::primary_handle);
}

#[test]
fn attributes_follow_the_hierarchy() {
    let mut chip = Chip::new();
    let at = CreatePrimary::in_public;
    for (hierarchy, own, other) in [(FW_OWNER, FIRMWARE, SVN), (SVN_OWNER, SVN, FIRMWARE)] {
        // An object may do without the attribute, and may not have the other's.
        chip.primary(hierarchy, "", &signing(TpmaObject(0))).map(|key| chip.flush(key)).expect("a key");
        chip.primary(hierarchy, "", &signing(own)).map(|key| chip.flush(key)).expect("a key");
        refused_at(chip.primary(hierarchy, "", &signing(other)), Rc::ATTRIBUTES, at);
        refused_at(chip.primary(TpmRh::OWNER, "", &signing(own)), Rc::ATTRIBUTES, at);
        // What is not fixed to the TPM is not limited.
        let portable = common::keys::portable(SIGNING) | own;
        refused_at(chip.primary(hierarchy, "", &ecc(portable, NULL, ECDSA, &[])), Rc::ATTRIBUTES, at);

        let with =
            chip.primary(hierarchy, "", &ecc(STORAGE | own, common::keys::AES, NULL, &[])).expect("a key");
        let without = chip.primary(hierarchy, "", &storage()).expect("a key");
        chip.child(with, "", &[], &signing(own)).map(|key| chip.flush(key)).expect("a limited child");
        chip.child(with, "", &[], &signing(TpmaObject(0))).map(|key| chip.flush(key)).expect("a child");
        refused_at(chip.create(with, "", &[], &signing(other)).map(drop), Rc::ATTRIBUTES, Create::in_public);
        refused_at(chip.create(without, "", &[], &signing(own)).map(drop), Rc::ATTRIBUTES, Create::in_public);
        chip.flush(with);
        chip.flush(without);
    }
}

#[test]
fn limited_objects_do_not_persist() {
    let mut chip = Chip::new();
    for hierarchy in [FW_OWNER, SVN_OWNER, SVN_OWNER + NOW] {
        let key = chip.primary(hierarchy, "", &storage()).expect("a key");
        let child = chip.child(key, "", b"data", &keyed_hash(DATA, NULL, &[])).expect("a datum");
        for object in [key, child] {
            let evict =
                chip.send::<EvictControl>(&[TpmRh::OWNER, object], &[], &0x8100_0000u32.to_be_bytes());
            refused_at(evict, Rc::ATTRIBUTES, EvictControl::object_handle);
            chip.flush(object);
        }
    }
}

/// Authorization, enable and end are those of the base hierarchy.
#[test]
fn the_base_hierarchy_rules() {
    let mut chip = Chip::new();
    let key = chip.primary(FW_OWNER, "", &signing(FIRMWARE)).expect("a key");
    let point = chip.point(key);
    chip.send::<HierarchyChangeAuth>(&[TpmRh::OWNER], &[], &sized(b"owner")).expect("a value");
    let create = |chip: &mut Chip, password: &str| {
        let params = create_params("", &[], &signing(FIRMWARE));
        chip.send::<CreatePrimary>(&[FW_OWNER], &[password], &params)
    };
    refused_at(create(&mut chip, ""), Rc::BAD_AUTH, At::Session(1));
    let again = create(&mut chip, "owner").expect("a key").handle.expect("a handle");
    assert_eq!(chip.point(again), point);
    // A context that was saved comes back, under a proof of its own.
    let context = chip.send::<ContextSave>(&[again], &[], &[]).expect("a context");
    let back = chip.send::<ContextLoad>(&[], &[], &context.params).expect("the object");
    chip.flush(back.handle.expect("a handle"));

    // The owner's enable takes its objects along.
    let control = |chip: &mut Chip, state: TpmiYesNo| {
        let params = [&TpmRh::OWNER.to_be_bytes()[..], &[state.value()]].concat();
        chip.send::<HierarchyControl>(&[TpmRh::PLATFORM], &[], &params).expect("control")
    };
    control(&mut chip, TpmiYesNo::No);
    refused_at(create(&mut chip, "owner"), Rc::HIERARCHY, CreatePrimary::primary_handle);
    let digest = [&sized(&[1; 32])[..], NULL, &[0x80, 0x24, 0x40, 0, 0, 7, 0, 0]].concat();
    refused(chip.send::<Sign>(&[key], &[], &digest), Rc::reference_handle(0));
    refused_at(chip.send::<ContextLoad>(&[], &[], &context.params), Rc::HIERARCHY, ContextLoad::context);
    control(&mut chip, TpmiYesNo::Yes);
    chip.send::<ContextLoad>(&[], &[], &context.params).expect("the object");
    // TPM2_Clear ends the base's seed and proof, and with them all that derives from them.
    chip.send::<Clear>(&[TpmRh::LOCKOUT], &[], &[]).expect("a clear");
    refused_at(chip.send::<ContextLoad>(&[], &[], &context.params), Rc::INTEGRITY, ContextLoad::context);
    let other = create(&mut chip, "").expect("a key").handle.expect("a handle");
    assert_ne!(chip.point(other), point);
}

#[test]
fn security_version_numbers_are_told() {
    let mut chip = Chip::new();
    let params = [6u32, 0x100 + 47, 2].map(u32::to_be_bytes).concat();
    let reply = chip.send::<GetCapability>(&[], &[], &params).expect("properties");
    let mut r = reply.reader();
    TpmiYesNo::read(&mut r).expect("more");
    let TpmsCapabilityData::TpmProperties(list) = Wire::read(&mut r).expect("properties") else { panic!() };
    assert_eq!(list.iter().map(|tagged| tagged.value).collect::<Vec<_>>(), [NOW, 0xFFFF]);
}

/// A TPM that takes the place of one of before version 1.84 knows no such handles.
#[test]
fn a_profile_without_them() {
    let profile = Profile::by_name("libtpms-0.9").expect("a profile");
    let mut chip = Chip::with_profile(&RUST, 1, &profile);
    chip.restart(TpmSu::Clear).expect("start-up");
    for hierarchy in [FW_OWNER, SVN_OWNER] {
        refused_at(chip.primary(hierarchy, "", &storage()), Rc::VALUE, CreatePrimary::primary_handle);
    }
    let area = sized(&signing(FIRMWARE));
    let params = [&sized(&[0; 4])[..], &area, &[0; 6]].concat();
    let response = chip.raw(&command(&CreatePrimary::SHAPE, &[TpmRh::OWNER], &[], &params));
    refused_at(parse(&CreatePrimary::SHAPE, &response), Rc::ATTRIBUTES, CreatePrimary::in_public);
}
