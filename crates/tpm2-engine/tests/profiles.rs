//! Profiles: what a TPM can do is what its profile says, and stays so for as long as its state lives.
mod common;

use common::{Bench, Chip, plant, refused, refused_at, sized};
use tpm2_crypto::{HashAlg, RUST};
use tpm2_engine::{Config, Content, Profile, ProfileError, Tpm};
use tpm2_wire::{
    At, Command, GetCapability, GetRandom, GetTime, Hash, HashSequenceStart, List, NvWrite,
    PolicyCommandCode, Rc, Reader, StartAuthSession, TestParms, Tpm2bAttest, TpmAlg, TpmCap, TpmPt, TpmRh,
    TpmSu, TpmaCc, TpmsAlgProperty, TpmsAttest, TpmuAttest, Wire,
};

fn content(name: &str) -> Content {
    Profile::by_name(name).expect("a built-in profile").content().clone()
}
fn chip(content: Content) -> Chip {
    let profile = Profile::new(content).expect("a profile");
    let mut chip = Chip::with_profile(&RUST, 1, &profile);
    chip.restart(TpmSu::Clear).expect("start-up");
    chip
}
fn capability<T: Wire>(chip: &mut Chip, capability: TpmCap, from: u32) -> T {
    let params = [capability as u32, from, 256].map(u32::to_be_bytes).concat();
    let reply = chip.send::<GetCapability>(&[], &[], &params).expect("a capability");
    T::read(&mut Reader::new(&reply.params[5..], &tpm2_wire::Accept::ALL)).expect("a list")
}
fn commands(chip: &mut Chip) -> Vec<u32> {
    let all: List<TpmaCc, 256> = capability(chip, TpmCap::Commands, 0);
    all.iter().map(|TpmaCc(attributes)| attributes & 0xFFFF).collect()
}
fn code<C: Command>() -> u32 {
    C::SHAPE.code
}

#[test]
fn every_built_in_profile_can_be_run_and_tells_what_it_has() {
    for name in Profile::names() {
        let content = content(name);
        assert_eq!(content.name, *name);
        let mut chip = chip(content.clone());
        assert_eq!(commands(&mut chip), content.commands, "{name}");
        let algorithms: List<TpmsAlgProperty, 128> = capability(&mut chip, TpmCap::Algs, 0);
        let told: Vec<u16> = algorithms.iter().map(|alg| alg.alg).collect();
        assert_eq!(told, content.algorithms, "{name}");
        assert_eq!(Content::from_bytes(&content.to_bytes()), Ok(content), "{name}");
    }
    assert!(Profile::by_name("no such").is_none());
    assert_eq!(Profile::default().content().name, "default");
}

#[test]
fn a_command_that_is_left_out_is_not_there() {
    let mut without = content("default");
    without.commands.retain(|code| *code != self::code::<GetRandom>());
    let mut chip = chip(without);
    refused(chip.send::<GetRandom>(&[], &[], &[0, 8]), Rc::COMMAND_CODE);
    assert!(!commands(&mut chip).contains(&code::<GetRandom>()));
    // A policy cannot name it either.
    let params = [&sized(&[7; 16])[..], &[0, 0, 1, 0, 0x10, 0, 0x0B]].concat();
    let session = chip.send::<StartAuthSession>(&[TpmRh::NULL; 2], &[], &params).expect("a session");
    let session = session.handle.expect("a handle");
    let policy = chip.send::<PolicyCommandCode>(&[session], &[], &code::<GetRandom>().to_be_bytes());
    refused_at(policy, Rc::POLICY_CC, At::Param(1));
    // The count of commands tells.
    let total = [TpmCap::TpmProperties as u32, TpmPt::FIXED + 41, 1].map(u32::to_be_bytes).concat();
    let reply = chip.send::<GetCapability>(&[], &[], &total).expect("a property");
    let all = content("default").commands.len() as u32;
    assert!(reply.params.ends_with(&(all - 1).to_be_bytes()));
}

#[test]
fn an_algorithm_that_is_left_out_is_unknown() {
    let mut without = content("default");
    without.algorithms.retain(|alg| *alg != TpmAlg::SHA384);
    without.banks.retain(|bank| bank.id() != TpmAlg::SHA384);
    without.curves.retain(|curve| *curve != 4);
    without.key_sizes.retain(|size| *size != (TpmAlg::RSA, 3072));
    let mut chip = chip(without);
    refused_at(chip.send::<HashSequenceStart>(&[], &[], &[0, 0, 0, 0x0C]), Rc::HASH, At::Param(2));
    let p384 = [0, 0x23, 0, 0x10, 0, 0x10, 0, 4, 0, 0x10];
    refused_at(chip.send::<TestParms>(&[], &[], &p384), Rc::CURVE, At::Param(1));
    let rsa_3072 = [0, 1, 0, 0x10, 0, 0x10, 0x0C, 0, 0, 0, 0, 0];
    refused_at(chip.send::<TestParms>(&[], &[], &rsa_3072), Rc::VALUE, At::Param(1));
    // What is there is still there.
    chip.send::<HashSequenceStart>(&[], &[], &[0, 0, 0, 0x0B]).expect("SHA-256");
    chip.send::<TestParms>(&[], &[], &[0, 0x23, 0, 0x10, 0, 0x10, 0, 3, 0, 0x10]).expect("P-256");
}

#[test]
fn limits_are_the_profiles() {
    let mut small = content("default");
    (small.transient_objects, small.loaded_sessions, small.nv_index_size) = (3, 3, 2048);
    (small.nv_total, small.dictionary_attack) = (8192, (9, 10, 11));
    let mut chip = chip(small);
    for _ in 0..3 {
        chip.send::<HashSequenceStart>(&[], &[], &[0, 0, 0, 0x0B]).expect("a slot");
    }
    refused(chip.send::<HashSequenceStart>(&[], &[], &[0, 0, 0, 0x0B]), Rc::OBJECT_MEMORY);
    let params = [&sized(&[7; 16])[..], &[0, 0, 0, 0, 0x10, 0, 0x0B]].concat();
    for _ in 0..3 {
        chip.send::<StartAuthSession>(&[TpmRh::NULL; 2], &[], &params).expect("a session");
    }
    refused(chip.send::<StartAuthSession>(&[TpmRh::NULL; 2], &[], &params), Rc::SESSION_MEMORY);
    let attributes = tpm2_wire::TpmaNv::OWNERWRITE | tpm2_wire::TpmaNv::OWNERREAD;
    refused_at(chip.define(0x0150_0000, attributes, 2049), Rc::SIZE, At::Param(2));
    for index in 0..3 {
        chip.define(0x0150_0000 + index, attributes, 2048).expect("an index");
    }
    refused(chip.define(0x0150_0003, attributes, 2048), Rc::NV_SPACE);
    for (n, value) in [(15, 9), (16, 10), (17, 11)] {
        let params = [TpmCap::TpmProperties as u32, TpmPt::VAR + n, 1].map(u32::to_be_bytes).concat();
        let reply = chip.send::<GetCapability>(&[], &[], &params).expect("a property");
        assert!(reply.params.ends_with(&u32::to_be_bytes(value)));
    }
    // The largest index of the default profile, written to its end.
    let mut large = self::chip(content("default"));
    large.define(0x0150_0000, attributes, 16 * 1024).expect("an index");
    let params = [&sized(&[1; 1024])[..], &(15 * 1024u16).to_be_bytes()].concat();
    large.send::<NvWrite>(&[TpmRh::OWNER, 0x0150_0000], &[], &params).expect("written");
}

#[test]
fn the_profile_is_stored_as_a_whole() {
    let mut custom = content("pc-client");
    custom.name = "ours".into();
    custom.description = "Für uns".into();
    custom.commands.retain(|code| *code != self::code::<GetRandom>());
    let mut chip = chip(custom.clone());
    assert_eq!(chip.tpm.profile().content(), &custom);
    chip.reload();
    assert_eq!(chip.tpm.profile().content(), &custom);
    refused(chip.send::<GetRandom>(&[], &[], &[0, 8]), Rc::COMMAND_CODE);
    chip.compact();
    chip.reload();
    assert_eq!(chip.tpm.profile().content(), &custom);
}

/// A TPM of the first format goes on being what it was, though `default` has become more.
#[test]
fn a_state_from_before_profiles_were_stored_keeps_what_it_had() {
    let text = include_str!("golden/states/1.txt");
    let unhex = |digits: &str| -> Vec<u8> {
        (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap()).collect()
    };
    let record = text.lines().find_map(|line| line.strip_prefix("record ")).expect("a snapshot");
    let mut chip = Chip::of_snapshot(unhex(record));
    assert_eq!(commands(&mut chip).len(), 92);
    let algorithms: List<TpmsAlgProperty, 128> = capability(&mut chip, TpmCap::Algs, 0);
    assert_eq!(algorithms.len(), 25);
    assert_eq!(chip.tpm.profile().content().name, "default");
}

#[test]
fn content_that_no_tpm_can_be_is_refused() {
    type Change = fn(&mut Content);
    let cases: [(Change, ProfileError); 9] = [
        (|c| c.commands.push(0x1FF), ProfileError::Command(0x1FF)),
        (|c| c.algorithms.push(0x77), ProfileError::Algorithm(0x77)),
        (|c| c.curves.push(9), ProfileError::Curve(9)),
        (|c| c.key_sizes.push((1, 512)), ProfileError::KeySize(1, 512)),
        (|c| c.commands.retain(|code| *code != 0x144), ProfileError::NeedsCommand("Startup")),
        (|c| c.algorithms.retain(|alg| *alg != 0x0B), ProfileError::NeedsAlgorithm(0x0B)),
        (|c| c.algorithms.retain(|alg| *alg != 0x04), ProfileError::Bank(4)),
        (|c| c.buffer_size = 100, ProfileError::Limit("the size of a command", 4096, 16 * 1024)),
        (|c| c.clock_update = 0, ProfileError::Limit("the clock's interval", 1, 1 << 22)),
    ];
    for (change, error) in cases {
        let mut changed = content("default");
        change(&mut changed);
        assert_eq!(Profile::new(changed).err(), Some(error));
    }
    let bytes = content("default").to_bytes();
    // One that ends before the last field is of the time before that field.
    let old = bytes.len() - 6;
    assert!(!Content::from_bytes(&bytes[..old]).expect("old content").limited_hierarchies);
    for length in (0..bytes.len()).filter(|length| *length != old) {
        assert!(Content::from_bytes(&bytes[..length]).is_err(), "{length} bytes");
    }
    // A state with content that cannot be run does not load.
    let mut bench = Bench::new(1);
    let tpm = Tpm::manufacture(&RUST, &Config::default(), &mut bench).expect("entropy");
    let mut snapshot = tpm.snapshot().to_vec();
    let startup = snapshot.windows(4).position(|four| four == [0, 0, 1, 0x44]).expect("TPM2_Startup");
    snapshot[startup + 3] = 0x23;
    let error = Tpm::load(&RUST, &[&snapshot], &mut bench).err().expect("a refusal");
    assert_eq!(error.what, "the profile has what this version lacks");
}

/// The fips profile has no SHA-1, and no key that is weak.
#[test]
fn fips_has_approved_algorithms_alone() {
    let fips = content("fips");
    let chip = &mut chip(fips);
    refused_at(chip.send::<HashSequenceStart>(&[], &[], &[0, 0, 0, 4]), Rc::HASH, At::Param(2));
    assert!(chip.primary(TpmRh::OWNER, "", &common::keys::storage()).is_ok());
}

/// A TPM of libtpms 0.9 that becomes one of ours answers as before. `vectors/libtpms-0.9.txt` has what the original says.
#[test]
fn libtpms_0_9_answers_as_the_original() {
    let mut chip = chip(content("libtpms-0.9"));
    let unhex = |digits: &str| -> Vec<u8> {
        (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap()).collect()
    };
    let mut differences = String::new();
    for line in include_str!("vectors/libtpms-0.9.txt").lines().skip(1) {
        let (command, response) = line.split_once(' ').expect("two values");
        let (command, response) = (unhex(command), unhex(response));
        let ours = chip.raw(&command);
        if ours != response {
            differences += &format!("{command:02x?}\n theirs {response:02x?}\n ours   {ours:02x?}\n");
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn attestations_tell_what_the_profile_tells() {
    // With the proof of zeros, the values by which an unsigned attestation is shifted (Part 1, 33.7) are the same for
    // all who know it: KDFa(SHA-512, proof, "OBFUSCATE", TPM_RH_NULL, 128 bits), little endian.
    let zeros = plant(&chip(content("libtpms-0.9")).tpm.snapshot(), 5, &[0; 64]);
    let mut chip = Chip::of_snapshot(zeros);
    let reply = chip
        .send::<GetTime>(&[TpmRh::ENDORSEMENT, TpmRh::NULL], &[], &[0, 0, 0, 0x10])
        .expect("the time without a signature");
    let bytes: Tpm2bAttest = Wire::read(&mut reply.reader()).expect("an attestation");
    let attest = TpmsAttest::read(&mut Reader::new(&bytes, &tpm2_wire::Accept::ALL)).expect("an attestation");
    let hidden = RUST.kdfa(HashAlg::Sha512, &[0; 64], b"OBFUSCATE", &TpmRh::NULL.to_be_bytes(), &[], 128);
    let hidden = u128::from_le_bytes(hidden[..].try_into().expect("16 bytes"));
    let version = 0x2019_1023_0016_3636u64;
    assert_eq!(attest.firmware_version, version.wrapping_add(hidden as u64));
    assert_eq!(attest.clock_info.restart_count, (hidden >> 64) as u32);
    let TpmuAttest::Time(info) = attest.attested else { panic!("not a time") };
    assert_eq!(info.firmware_version, version);
    assert_eq!(
        attest.clock_info.reset_count,
        info.time.clock_info.reset_count.wrapping_add((hidden >> 96) as u32)
    );
}

#[test]
fn a_profile_without_timers_has_no_handles_of_timers() {
    let params = [&sized(&[7; 16])[..], &[0, 0, 0, 0, 0x10, 0, 0x0B]].concat();
    let bind = |name| {
        chip(content(name)).send::<StartAuthSession>(&[TpmRh::NULL, TpmRh::ACT_0], &[], &params).map(drop)
    };
    refused_at(bind("libtpms-0.9"), Rc::VALUE, At::Handle(2));
    bind("everything").expect("a session");
}

#[test]
fn a_profile_without_limited_hierarchies_says_which_parameter_names_one() {
    let params = [&sized(b"data")[..], &[0, 0x0B], &TpmRh::SVN_OWNER.to_be_bytes()].concat();
    let hash = |name| chip(content(name)).send::<Hash>(&[], &[], &params).map(drop);
    refused_at(hash("libtpms-0.9"), Rc::VALUE, Hash::hierarchy);
    hash("everything").expect("a digest");
}
