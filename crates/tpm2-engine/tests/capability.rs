//! Part 3, 30.2: capabilities.
mod common;

use common::{Chip, refused, refused_at, sized};
use std::collections::BTreeMap;
use tpm2_crypto::RUST;
use tpm2_engine::Profile;
use tpm2_wire::{
    Clear, Command, ContextSave, GetCapability, HashSequenceStart, HierarchyChangeAuth, NvIncrement, NvRead,
    NvReadPublic, NvWrite, PcrAllocate, Rc, SequenceComplete, StartAuthSession, Startup, TpmAlg, TpmCap,
    TpmRh, TpmSe, TpmSu, TpmaAlgorithm, TpmaCc, TpmaNv, TpmiAlgHash, TpmlPcrSelection,
    TpmsCapabilityData as Data, TpmsPcrSelection, Wire, to_vec,
};

fn get(chip: &mut Chip, capability: TpmCap, first: u32, count: u32) -> Result<(bool, Data), Rc> {
    let params = [capability as u32, first, count].map(u32::to_be_bytes).concat();
    let reply = chip.send::<GetCapability>(&[], &[], &params)?;
    let mut r = reply.reader();
    let more = u8::read(&mut r).expect("whether there are more") == 1;
    let data = Data::read(&mut r).expect("capability data");
    r.finish().expect("nothing after it");
    Ok((more, data))
}
macro_rules! list {
    ($kind:ident, $got:expr) => {
        match $got.expect("a list") {
            (more, Data::$kind(list)) => (more, list.0),
            _ => panic!("another list"),
        }
    };
}
fn handles(chip: &mut Chip, first: u32) -> Vec<u32> {
    list!(Handles, get(chip, TpmCap::Handles, first, 1000)).1
}
fn properties(chip: &mut Chip, first: u32) -> BTreeMap<u32, u32> {
    let (more, list) = list!(TpmProperties, get(chip, TpmCap::TpmProperties, first, 1000));
    assert!(!more);
    list.into_iter().map(|tagged| (tagged.property, tagged.value)).collect()
}
fn session(chip: &mut Chip) -> u32 {
    let params = [&sized(&[7; 16])[..], &[0, 0, TpmSe::Hmac.value(), 0, 0x10, 0, 0x0B]].concat();
    let none = [TpmRh::NULL; 2];
    chip.send::<StartAuthSession>(&none, &[], &params).expect("a session").handle.expect("a handle")
}

#[test]
fn lists_come_in_pages() {
    let mut chip = Chip::new();
    let (more, all) = list!(Algorithms, get(&mut chip, TpmCap::Algs, 0, 1000));
    assert!(!more && all.len() > 20);
    let mut paged = Vec::new();
    let mut first = 0;
    loop {
        let (more, page) = list!(Algorithms, get(&mut chip, TpmCap::Algs, first, 3));
        first = u32::from(page.last().expect("something while there is more").alg) + 1;
        paged.extend(page);
        if !more {
            break;
        }
    }
    assert_eq!(paged, all);
    assert_eq!(list!(Algorithms, get(&mut chip, TpmCap::Algs, 0, 0)), (true, vec![]));
    assert_eq!(list!(Algorithms, get(&mut chip, TpmCap::Algs, 0xC0, 10)), (false, vec![]));
    // What is not there is the next that is.
    let (more, next) = list!(Algorithms, get(&mut chip, TpmCap::Algs, 2, 1));
    assert_eq!((more, next[0].alg, next[0].alg_properties), (true, TpmAlg::TDES, TpmaAlgorithm::SYMMETRIC));
    // As many as there are is not more.
    let count = all.len() as u32;
    assert!(!list!(Algorithms, get(&mut chip, TpmCap::Algs, 0, count)).0);
    assert!(list!(Algorithms, get(&mut chip, TpmCap::Algs, 0, count - 1)).0);
    assert_eq!(list!(EccCurves, get(&mut chip, TpmCap::EccCurves, 4, 1)).1[0].0, 4);
    assert_eq!(list!(EccCurves, get(&mut chip, TpmCap::EccCurves, 0, 9)).1.len(), 8);
}

#[test]
fn handles_by_type() {
    let mut chip = Chip::new();
    assert_eq!(handles(&mut chip, 0), (0..24).collect::<Vec<_>>());
    assert_eq!(handles(&mut chip, 20), [20, 21, 22, 23]);
    let permanent = handles(&mut chip, 0x4000_0000);
    let timers = TpmRh::ACT_0..=TpmRh::ACT_F;
    assert_eq!(permanent[..7], [1, 7, 9, 10, 11, 12, 13].map(|n| 0x4000_0000 | n));
    // Of the SVN-limited hierarchies, the first of each.
    let limited =
        [0x140, 0x141, 0x142, 0x143, 0x1_0000, 0x2_0000, 0x3_0000, 0x4_0000].map(|n| 0x4000_0000 | n);
    assert_eq!(permanent[7..], timers.chain(limited).collect::<Vec<_>>());
    assert_eq!(handles(&mut chip, 0x4000_000C)[..3], [TpmRh::PLATFORM, TpmRh::PLATFORM_NV, TpmRh::ACT_0]);
    for nothing in [0x0100_0000, 0x0200_0000, 0x0300_0000, 0x8000_0000, 0x8100_0000, 0x4100_0000 - 1] {
        assert_eq!(handles(&mut chip, nothing), [], "{nothing:x}");
    }
    for unknown in [0x0400_0000, 0x1100_0000, 0x4100_0000, 0x8200_0000, 0x9000_0000, 0xFF00_0000] {
        refused_at(get(&mut chip, TpmCap::Handles, unknown, 1), Rc::HANDLE, GetCapability::property);
    }
}

#[test]
fn nv_handles() {
    let mut chip = Chip::new();
    for index in [0x01C0_0002, 0x0150_0000, 0x0180_0000] {
        chip.define(index, TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE, 8).expect("an index");
    }
    assert_eq!(handles(&mut chip, 0x0100_0000), [0x0150_0000, 0x0180_0000, 0x01C0_0002]);
    let one = list!(Handles, get(&mut chip, TpmCap::Handles, 0x0150_0001, 1));
    assert_eq!(one, (true, vec![0x0180_0000]));
    assert_eq!(handles(&mut chip, 0x01C0_0003), []);
}

#[test]
fn session_handles() {
    let mut chip = Chip::new();
    let (policy, _) = chip.policy(TpmSe::Policy, NvRead::SHAPE.code);
    let (hmac, saved) = (session(&mut chip), session(&mut chip));
    assert_eq!((policy, hmac, saved), (0x0300_0000, 0x0200_0001, 0x0200_0002));
    chip.send::<ContextSave>(&[saved], &[], &[]).expect("a context");
    assert_eq!(handles(&mut chip, 0x0200_0000), [policy, hmac]);
    assert_eq!(handles(&mut chip, 0x0200_0001), [hmac]);
    assert_eq!(handles(&mut chip, 0x0300_0000), [saved], "the type of a saved session is not told");
    assert_eq!(handles(&mut chip, 0x0300_0003), []);
    let variable = properties(&mut chip, 0x200);
    assert_eq!([0x203, 0x204, 0x205, 0x206].map(|id| variable[&id]), [2, 14, 3, 61]);
}

#[test]
fn contexts_are_not_larger_than_announced() {
    let mut chip = Chip::new();
    // Events have a hash state for each bank.
    let params = [&sized(&[1; 64])[..], &TpmAlg::NULL.to_be_bytes()].concat();
    let sequence =
        chip.send::<HashSequenceStart>(&[], &[], &params).expect("a sequence").handle.expect("a handle");
    let (policy, _) = chip.policy(TpmSe::Policy, NvRead::SHAPE.code);
    let fixed = properties(&mut chip, 0x100);
    for (handle, property) in [(sequence, 0x121), (policy, 0x122)] {
        let context = chip.send::<ContextSave>(&[handle], &[], &[]).expect("a context").params;
        assert!(context.len() as u32 <= fixed[&property], "{} bytes", context.len());
    }
}

#[test]
fn transient_handles() {
    let mut chip = Chip::new();
    let params = [&sized(b"")[..], &TpmAlg::SHA256.to_be_bytes()].concat();
    for expected in [0x8000_0000, 0x8000_0001] {
        assert_eq!(
            chip.send::<HashSequenceStart>(&[], &[], &params).expect("a sequence").handle,
            Some(expected)
        );
    }
    assert_eq!(handles(&mut chip, 0x8000_0000), [0x8000_0000, 0x8000_0001]);
    assert_eq!(properties(&mut chip, 0x200)[&0x207], 14);
}

#[test]
fn commands_and_their_attributes() {
    let mut chip = Chip::new();
    let (more, all) = list!(Command, get(&mut chip, TpmCap::Commands, 0, 1000));
    assert!(!more);
    assert!(all.windows(2).all(|pair| pair[0].0 & 0xFFFF < pair[1].0 & 0xFFFF), "in order");
    let of = |code: u32| all.iter().copied().find(|cc| cc.0 & 0xFFFF == code);
    let handles = |n: u32| TpmaCc(n << 25);
    assert_eq!(of(Startup::SHAPE.code), Some(TpmaCc(0x144) | TpmaCc::NV));
    assert_eq!(of(Clear::SHAPE.code), Some(TpmaCc(0x126) | handles(1) | TpmaCc::NV | TpmaCc::EXTENSIVE));
    assert_eq!(of(NvRead::SHAPE.code), Some(TpmaCc(0x14E) | handles(2)));
    assert_eq!(of(StartAuthSession::SHAPE.code), Some(TpmaCc(0x176) | handles(2) | TpmaCc::R_HANDLE));
    assert_eq!(of(SequenceComplete::SHAPE.code), Some(TpmaCc(0x13E) | handles(1) | TpmaCc::FLUSHED));
    // What is announced is there, and what is not announced is not.
    for shape in tpm2_wire::SHAPES {
        let response = chip.raw(&common::assemble(shape, &[], &[], &[]));
        let unknown = response[6..] == Rc::COMMAND_CODE.0.to_be_bytes();
        assert_eq!(unknown, of(shape.code).is_none(), "{}", shape.name);
    }
    let fixed = properties(&mut chip, 0x100);
    assert_eq!([0x129, 0x12A, 0x12B].map(|id| fixed[&id]), [all.len() as u32, all.len() as u32, 0]);
    let (more, first) = list!(Command, get(&mut chip, TpmCap::Commands, NvReadPublic::SHAPE.code, 1));
    assert_eq!((more, first[0].0 & 0xFFFF), (true, NvReadPublic::SHAPE.code));
    let presence = list!(PpCommands, get(&mut chip, TpmCap::PpCommands, 0, 10));
    assert_eq!(presence, (false, vec![tpm2_wire::PpCommands::SHAPE.code]));
    let (_, audited) = list!(AuditCommands, get(&mut chip, TpmCap::AuditCommands, 0, 10));
    assert!(audited.iter().all(|code| of(*code & 0xFFFF).is_some()));
}

#[test]
fn fixed_properties() {
    let mut chip = Chip::new();
    let fixed = properties(&mut chip, 0);
    assert_eq!(*fixed.keys().next().expect("the first"), 0x100);
    let text = |id: u32| fixed[&id].to_be_bytes();
    assert_eq!(text(0x100), *b"2.0\0");
    assert_eq!([0x101, 0x102, 0x103, 0x104].map(|id| fixed[&id]), [0, 185, 1, 0]);
    assert_eq!(text(0x105), *b"DNJN");
    assert_eq!([0x106, 0x107, 0x108, 0x109].map(text).concat(), b"Donjon vTPM\0\0\0\0\0");
    let version = env!("CARGO_PKG_VERSION").split('.').map(|part| part.parse().expect("a number"));
    let [major, minor, patch]: [u32; 3] = version.collect::<Vec<_>>().try_into().expect("three parts");
    assert_eq!([fixed[&0x10B], fixed[&0x10C]], [major << 16 | minor, patch << 16]);
    // The gap is reserved; all others are there.
    let missing: Vec<u32> = (0x100..=0x131).filter(|id| !fixed.contains_key(id)).collect();
    assert_eq!(missing, [0x115]);
    assert_eq!(fixed[&0x119], 1 << 22);
    assert_eq!(fixed[&0x112], 24);
    assert_eq!(fixed[&0x123], 1);
    assert_eq!([fixed[&0x11A], fixed[&0x11B], fixed[&0x11C]], [0x000D, 0x0006, 256]);
    // All parameter sets of ML-KEM and ML-DSA, and signatures of representatives.
    assert_eq!(fixed[&0x131], 0x7F);
}

#[test]
fn the_buffer_is_as_large_as_the_transports() {
    let mut chip = Chip::new();
    for (set, told) in [(3968, 3968), (4096, 4096), (1 << 20, 8192)] {
        chip.tpm.set_buffer_size(set);
        let fixed = properties(&mut chip, 0x11E);
        assert_eq!([fixed[&0x11E], fixed[&0x11F]], [told, told]);
        // Power has nothing to do with it.
        chip.restart(tpm2_wire::TpmSu::Clear).expect("start-up");
        assert_eq!(properties(&mut chip, 0x11E)[&0x11E], told);
    }
}

#[test]
fn properties_stay_in_their_group() {
    let mut chip = Chip::new();
    let (more, page) = list!(TpmProperties, get(&mut chip, TpmCap::TpmProperties, 0x130, 10));
    assert_eq!((more, page.len()), (false, 2));
    let (more, page) = list!(TpmProperties, get(&mut chip, TpmCap::TpmProperties, 0x115, 1));
    assert_eq!((more, page[0].property), (true, 0x116));
    for beyond in [0x132, 0x1FF, 0x215, 0x300, u32::MAX] {
        assert_eq!(list!(TpmProperties, get(&mut chip, TpmCap::TpmProperties, beyond, 10)), (false, vec![]));
    }
}

#[test]
fn variable_properties() {
    let mut chip = Chip::new();
    let before = properties(&mut chip, 0x200);
    assert_eq!(before.keys().copied().collect::<Vec<_>>(), (0x200..=0x214).collect::<Vec<_>>());
    assert_eq!(before[&0x200], 1 << 10, "nothing but: the endorsement seed is of the TPM's own making");
    assert_eq!(
        before[&0x201],
        1 << 31 | 0b1111,
        "all hierarchies are on; nothing was lost before the first start-up"
    );
    assert_eq!([0x20E, 0x20F, 0x210, 0x211].map(|id| before[&id]), [0, 3, 1000, 1000]);

    let own = TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE;
    chip.define(0x0150_0000, TpmaNv(own.0 | 1 << 4), 8).expect("an index");
    chip.send::<NvIncrement>(&[TpmRh::OWNER, 0x0150_0000], &[], &[]).expect("increment");
    chip.define(0x0150_0001, own | TpmaNv::AUTHREAD, 8).expect("an index");
    chip.send::<NvWrite>(&[TpmRh::OWNER, 0x0150_0001], &[], &[0; 4]).expect("write");
    for hierarchy in [TpmRh::OWNER, TpmRh::ENDORSEMENT, TpmRh::LOCKOUT] {
        chip.send::<HierarchyChangeAuth>(&[hierarchy], &[], &sized(b"x")).expect("a value");
    }
    for _ in 0..3 {
        let wrong = chip.send::<NvRead>(&[0x0150_0001, 0x0150_0001], &["wrong"], &[0; 4]);
        refused_at(wrong, Rc::AUTH_FAIL, tpm2_wire::At::Session(1));
    }
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    let after = properties(&mut chip, 0x200);
    assert_eq!(after[&0x200], 1 << 10 | 1 << 9 | 0b111);
    assert_eq!(after[&0x201], 1 << 31 | 0b1111, "an orderly start");
    assert_eq!([0x202, 0x20A, 0x20E].map(|id| after[&id]), [2, 1, 3]);
    assert!(after[&0x20B] < before[&0x20B]);
}

#[test]
fn pcr_banks_and_properties() {
    let mut chip = Chip::new();
    let params: TpmlPcrSelection =
        [TpmsPcrSelection { hash: TpmiAlgHash::Sha384, pcr_select: vec![0; 3] }].into_iter().collect();
    chip.send::<PcrAllocate>(&[TpmRh::PLATFORM], &[], &to_vec(&params)).expect("an allocation");
    let banks = |chip: &mut Chip| -> Vec<(TpmiAlgHash, Vec<u8>)> {
        let (more, banks) = list!(AssignedPcr, get(chip, TpmCap::Pcrs, 0, 1));
        assert!(!more, "all at once");
        banks.into_iter().map(|bank| (bank.hash, bank.pcr_select)).collect()
    };
    let full = vec![0xFF; 3];
    let now = banks(&mut chip);
    assert!(now[..4].iter().all(|(_, pcrs)| *pcrs == full), "until the next init");
    assert!(now[4..].iter().all(|(_, pcrs)| *pcrs == [0; 3]) && now.len() == 5);
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    // A bank that is empty could be had.
    assert_eq!(banks(&mut chip)[2], (TpmiAlgHash::Sha384, vec![0; 3]));
    refused_at(get(&mut chip, TpmCap::Pcrs, 1, 1), Rc::VALUE, GetCapability::property);
    assert_eq!(list!(AssignedPcr, get(&mut chip, TpmCap::Pcrs, 0, 0)), (true, vec![]));

    let (more, all) = list!(PcrProperties, get(&mut chip, TpmCap::PcrProperties, 0, 100));
    assert!(!more);
    let of = |tag: u32| all.iter().find(|p| p.tag == tag).expect("a property").pcr_select.0;
    assert_eq!(of(0x00), [0xFF, 0xFF, 0x00], "saved");
    assert_eq!(of(0x01), [0xFF, 0xFF, 0x81], "extended from locality 0");
    assert_eq!(of(0x02), [0x00, 0x00, 0x81], "reset from locality 0");
    assert_eq!(of(0x0A), [0x00, 0x00, 0x7E], "reset from locality 4");
    assert_eq!(of(0x12), [0x00, 0x00, 0x7E], "reset by a dynamic launch");
    assert_eq!([of(0x13), of(0x14)], [[0, 0, 0x70]; 2], "with a policy or an authorization value");
    let (more, next) = list!(PcrProperties, get(&mut chip, TpmCap::PcrProperties, 0x0B, 1));
    assert_eq!((more, next[0].tag), (true, 0x11));
}

#[test]
fn what_there_is_not() {
    let mut chip = Chip::new();
    let property = GetCapability::property;
    refused_at(get(&mut chip, TpmCap::AuthPolicies, 0, 1), Rc::VALUE, property);
    refused_at(get(&mut chip, TpmCap::Act, 0, 1), Rc::VALUE, property);
    refused_at(get(&mut chip, TpmCap::PubKeys, 0, 1), Rc::VALUE, property);
    refused_at(get(&mut chip, TpmCap::VendorProperty, 0, 1), Rc::VALUE, GetCapability::capability);
    assert_eq!(list!(SpdmSessionInfo, get(&mut chip, TpmCap::SpdmSessionInfo, 0, 1)), (false, vec![]));
    let unknown = [0xFFu32, 0, 1].map(u32::to_be_bytes).concat();
    refused_at(chip.send::<GetCapability>(&[], &[], &unknown), Rc::VALUE, GetCapability::capability);
    chip.tpm.power_on(&mut chip.bench);
    refused(get(&mut chip, TpmCap::Algs, 0, 1), Rc::INITIALIZE);
}

/// EDK II holds a TPM for broken that tells of more than five banks, and then logs nothing but SHA-1.
#[test]
fn firmware_is_told_of_no_more_banks_than_it_has_room_for() {
    for name in Profile::names() {
        let mut chip = Chip::with_profile(&RUST, 1, &Profile::by_name(name).expect("a profile"));
        chip.restart(TpmSu::Clear).expect("start-up");
        let params = [5u32.to_be_bytes(), [0; 4], 64u32.to_be_bytes()].concat();
        let reply = chip.send::<GetCapability>(&[], &[], &params).expect("banks").params;
        let count = u32::from_be_bytes(reply[5..9].try_into().expect("four bytes"));
        assert!((1..=5).contains(&count), "{name}: {count}");
    }
}

/// How firmware finds out which age a TPM is of (Part 3, 5.2 and 6.1): it asks for the ticks of a TPM 1.2.
#[test]
fn a_command_of_tpm_1_2_is_answered_by_a_tpm_that_is_none() {
    let ticks = [0x00, 0xC1, 0, 0, 0, 10, 0, 0, 0, 0xF1];
    let refusal = [0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0x1E];
    let mut chip = Chip::manufactured(&RUST);
    assert_eq!(chip.raw(&ticks), refusal, "before start-up, which is when it asks");
    chip.restart(TpmSu::Clear).expect("start-up");
    assert_eq!(chip.raw(&ticks), refusal);
}
