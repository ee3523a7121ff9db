//! Part 3, 22: PCRs.
mod common;

use common::{Chip, refused, refused_at, sized};
use tpm2_crypto::{HashAlg, RUST};
use tpm2_wire::{
    At, ChangePps, Clear, Command, PcrAllocate, PcrEvent, PcrExtend, PcrRead, PcrReset, PcrSetAuthPolicy,
    PcrSetAuthValue, Rc, Shutdown, TpmRh, TpmSe, TpmSu, TpmiAlgHash, TpmlDigest, TpmlDigestValues,
    TpmlPcrSelection, TpmsPcrSelection, TpmtHa, Wire, to_vec,
};

const NULL: u32 = TpmRh::NULL;

fn select(hash: TpmiAlgHash, pcrs: &[u32]) -> TpmsPcrSelection {
    let mut bits = vec![0; 3];
    pcrs.iter().for_each(|pcr| bits[*pcr as usize / 8] |= 1 << (pcr % 8));
    TpmsPcrSelection { hash, pcr_select: bits }
}
fn all(hash: TpmiAlgHash) -> TpmsPcrSelection {
    select(hash, &(0..24).collect::<Vec<_>>())
}
struct Read {
    counter: u32,
    selection: Vec<TpmsPcrSelection>,
    values: Vec<Vec<u8>>,
}
fn read(chip: &mut Chip, selection: &[TpmsPcrSelection]) -> Read {
    let selection: TpmlPcrSelection = selection.iter().cloned().collect();
    let reply = chip.send::<PcrRead>(&[], &[], &to_vec(&selection)).expect("a reading");
    let mut r = reply.reader();
    let counter = u32::read(&mut r).expect("a counter");
    let selection = TpmlPcrSelection::read(&mut r).expect("a selection").0;
    let values = TpmlDigest::read(&mut r).expect("digests").iter().map(|digest| digest.to_vec()).collect();
    r.finish().expect("nothing after it");
    Read { counter, selection, values }
}
fn sha256(chip: &mut Chip, pcr: u32) -> Vec<u8> {
    read(chip, &[select(TpmiAlgHash::Sha256, &[pcr])]).values.remove(0)
}
/// Changes since the start, which counts as one of each PCR that is not exempt.
fn counter(chip: &mut Chip) -> u32 {
    read(chip, &[]).counter - STARTED
}
const STARTED: u32 = 20;
fn digests(algs: &[TpmiAlgHash]) -> Vec<u8> {
    let digests = algs.iter().map(|alg| TpmtHa { hash_alg: *alg, digest: vec![0x11; alg.digest_size()] });
    to_vec(&digests.collect::<TpmlDigestValues>())
}
fn extend(chip: &mut Chip, pcr: u32) -> Result<(), Rc> {
    chip.send::<PcrExtend>(&[pcr], &[], &digests(&[TpmiAlgHash::Sha256])).map(drop)
}

#[test]
fn start_values() {
    let mut chip = Chip::new();
    for pcr in 0..24 {
        let expected = if (17..=22).contains(&pcr) { [0xFF; 32] } else { [0; 32] };
        assert_eq!(sha256(&mut chip, pcr), expected, "PCR {pcr}");
    }
    // PCR 0 tells the locality of start-up.
    chip.locality = 3;
    chip.restart(TpmSu::Clear).expect("start-up");
    assert_eq!(sha256(&mut chip, 0)[31], 3);
}

#[test]
fn extending_changes_the_banks_that_are_named() {
    let mut chip = Chip::new();
    let before = chip.deltas.len();
    let values = digests(&[TpmiAlgHash::Sha256, TpmiAlgHash::Sha1]);
    chip.send::<PcrExtend>(&[10], &[], &values).expect("extension");
    assert_eq!(chip.deltas.len(), before, "PCRs touch no disk");
    assert_eq!(sha256(&mut chip, 10), *RUST.digest(HashAlg::Sha256, &[&[0; 32], &[0x11; 32]]));
    let banks = [select(TpmiAlgHash::Sha1, &[10]), select(TpmiAlgHash::Sha384, &[10])];
    let others = read(&mut chip, &banks).values;
    assert_eq!(others[0], *RUST.digest(HashAlg::Sha1, &[&[0; 20], &[0x11; 20]]));
    assert_eq!(others[1], [0; 48]);
    assert_eq!(counter(&mut chip), 2, "once for each bank");
    // Without a PCR nothing changes; a hash that is not there is told.
    chip.send::<PcrExtend>(&[NULL], &[], &values).expect("a probe");
    assert_eq!(counter(&mut chip), 2);
    let unknown = [&1u32.to_be_bytes()[..], &[0, 0x2B], &[0; 32]].concat();
    refused_at(chip.send::<PcrExtend>(&[NULL], &[], &unknown), Rc::HASH, PcrExtend::digests);
    refused_at(chip.send::<PcrExtend>(&[24], &[], &values), Rc::VALUE, PcrExtend::pcr_handle);
}

#[test]
fn events_are_hashed_for_all_banks() {
    let mut chip = Chip::new();
    let event = |chip: &mut Chip, pcr, data: &[u8]| -> TpmlDigestValues {
        chip.send::<PcrEvent>(&[pcr], &[], &sized(data)).expect("an event").value()
    };
    let digests = event(&mut chip, 4, b"loader");
    assert_eq!(digests.len(), 4);
    for ha in &*digests {
        let alg = HashAlg::from_id(ha.hash_alg.id()).expect("a bank");
        let digest = RUST.digest(alg, &[b"loader"]);
        assert_eq!(ha.digest, *digest);
        let expected = RUST.digest(alg, &[&vec![0; alg.digest_size()], &digest]);
        assert_eq!(read(&mut chip, &[select(ha.hash_alg, &[4])]).values[0], *expected);
    }
    assert_eq!(counter(&mut chip), 4);
    assert_eq!(event(&mut chip, NULL, b"loader"), digests);
    assert_eq!(event(&mut chip, NULL, b"").len(), 4);
    assert_eq!(counter(&mut chip), 4);
    refused_at(chip.send::<PcrEvent>(&[4], &[], &sized(&[0; 1025])), Rc::SIZE, PcrEvent::event_data);
}

#[test]
fn no_more_than_eight_values_are_read_at_once() {
    let mut chip = Chip::new();
    let first = read(&mut chip, &[all(TpmiAlgHash::Sha256)]);
    assert_eq!(first.values.len(), 8);
    assert_eq!(first.selection, [select(TpmiAlgHash::Sha256, &(0..8).collect::<Vec<_>>())]);
    // The rest of a selection comes back empty, with its bank.
    let wanted = [select(TpmiAlgHash::Sha1, &[3, 23]), all(TpmiAlgHash::Sha512), all(TpmiAlgHash::Sha256)];
    let mixed = read(&mut chip, &wanted);
    assert_eq!(mixed.values.iter().map(Vec::len).collect::<Vec<_>>(), [20, 20, 64, 64, 64, 64, 64, 64]);
    let expected = [
        select(TpmiAlgHash::Sha1, &[3, 23]),
        select(TpmiAlgHash::Sha512, &[0, 1, 2, 3, 4, 5]),
        select(TpmiAlgHash::Sha256, &[]),
    ];
    assert_eq!(mixed.selection, expected);
}

#[test]
fn localities() {
    let mut chip = Chip::new();
    // PC Client: localities that may extend and reset each PCR. From locality 4 the dynamic launch resets, not a
    // command.
    for (pcr, may_extend, may_reset) in [
        (0, &[0, 1, 2, 3, 4][..], &[][..]),
        (16, &[0, 1, 2, 3, 4], &[0, 1, 2, 3]),
        (17, &[2, 3, 4], &[]),
        (18, &[2, 3, 4], &[]),
        (19, &[2, 3], &[]),
        (20, &[1, 2, 3], &[2]),
        (22, &[2], &[2]),
        (23, &[0, 1, 2, 3, 4], &[0, 1, 2, 3]),
    ] {
        for locality in 0..5 {
            chip.locality = locality;
            let extended = extend(&mut chip, pcr);
            let event = chip.send::<PcrEvent>(&[pcr], &[], &sized(b"x")).map(drop);
            let reset = chip.send::<PcrReset>(&[pcr], &[], &[]).map(drop);
            let expect =
                |allowed: &[u8]| if allowed.contains(&locality) { Ok(()) } else { Err(Rc::LOCALITY) };
            assert_eq!(extended, expect(may_extend), "PCR {pcr}, locality {locality}");
            assert_eq!(event, expect(may_extend), "PCR {pcr}, locality {locality}");
            assert_eq!(reset, expect(may_reset), "PCR {pcr}, locality {locality}");
        }
    }
}

#[test]
fn some_changes_do_not_count() {
    let mut chip = Chip::new();
    extend(&mut chip, 16).expect("extension");
    chip.send::<PcrReset>(&[16], &[], &[]).expect("reset");
    assert_eq!(counter(&mut chip), 0);
    chip.locality = 2;
    chip.send::<PcrReset>(&[20], &[], &[]).expect("reset");
    assert_eq!(counter(&mut chip), 1, "once for all banks");
    assert_eq!(sha256(&mut chip, 20), [0; 32], "to zero, not to ones");
    chip.send::<Clear>(&[TpmRh::PLATFORM], &[], &[]).expect("clear");
    assert_eq!(counter(&mut chip), 2);
}

struct Allocated {
    success: u8,
    max_pcr: u32,
    needed: u32,
    available: u32,
}
fn allocate(chip: &mut Chip, banks: &[TpmsPcrSelection]) -> Result<Allocated, Rc> {
    let banks: TpmlPcrSelection = banks.iter().cloned().collect();
    let reply = chip.send::<PcrAllocate>(&[TpmRh::PLATFORM], &[], &to_vec(&banks))?;
    let mut r = reply.reader();
    let success = u8::read(&mut r).expect("an outcome");
    let mut next = || u32::read(&mut r).expect("a number");
    Ok(Allocated { success, max_pcr: next(), needed: next(), available: next() })
}

#[test]
fn banks_change_at_the_next_init() {
    let mut chip = Chip::new();
    let allocated = allocate(&mut chip, &[select(TpmiAlgHash::Sha1, &[]), select(TpmiAlgHash::Sha512, &[])]);
    let allocated = allocated.expect("an allocation");
    assert_eq!((allocated.success, allocated.max_pcr), (1, 24));
    assert_eq!(allocated.needed, 24 * (32 + 48));
    assert_eq!(allocated.available, HashAlg::ALL.iter().map(|alg| 24 * alg.digest_size() as u32).sum());
    // Not yet, and only one that starts anew.
    assert_eq!(read(&mut chip, &[select(TpmiAlgHash::Sha1, &[0])]).values.len(), 1);
    let state = chip.send::<Shutdown>(&[], &[], &to_vec(&TpmSu::State));
    refused_at(state, Rc::TYPE, Shutdown::shutdown_type);
    chip.check_durable();
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    assert_eq!(read(&mut chip, &[select(TpmiAlgHash::Sha1, &[0])]).values.len(), 0);
    assert_eq!(read(&mut chip, &[select(TpmiAlgHash::Sha256, &[0])]).values.len(), 1);
    let event: TpmlDigestValues = chip.send::<PcrEvent>(&[0], &[], &sized(b"x")).expect("an event").value();
    assert_eq!(
        event.iter().map(|ha| ha.hash_alg).collect::<Vec<_>>(),
        [TpmiAlgHash::Sha256, TpmiAlgHash::Sha384]
    );
    // A digest for a bank without the PCR is not used.
    chip.send::<PcrExtend>(&[0], &[], &digests(&[TpmiAlgHash::Sha1])).expect("no bank, no harm");
    // An empty bank can come back.
    allocate(&mut chip, &[all(TpmiAlgHash::Sha1)]).expect("an allocation");
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    assert_eq!(read(&mut chip, &[select(TpmiAlgHash::Sha1, &[0])]).values.len(), 1);
}

#[test]
fn the_last_request_counts() {
    let mut chip = Chip::new();
    allocate(&mut chip, &[select(TpmiAlgHash::Sha1, &[])]).expect("an allocation");
    // The second replaces the first: what it does not name stays as it is now, not as the first wanted it.
    let twice = [select(TpmiAlgHash::Sha512, &[]), select(TpmiAlgHash::Sha512, &[3])];
    let allocated = allocate(&mut chip, &twice).expect("an allocation");
    assert_eq!(allocated.needed, 24 * (20 + 32 + 48) + 64);
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    assert_eq!(read(&mut chip, &[all(TpmiAlgHash::Sha512)]).selection, [select(TpmiAlgHash::Sha512, &[3])]);
    assert_eq!(read(&mut chip, &[select(TpmiAlgHash::Sha1, &[0])]).values.len(), 1);
}

#[test]
fn some_pcrs_must_be() {
    let mut chip = Chip::new();
    let algs = [TpmiAlgHash::Sha1, TpmiAlgHash::Sha256, TpmiAlgHash::Sha384, TpmiAlgHash::Sha512];
    let mut banks: Vec<_> = algs.iter().map(|alg| select(*alg, &[])).collect();
    refused(allocate(&mut chip, &banks).map(drop), Rc::PCR);
    banks[1] = select(TpmiAlgHash::Sha256, &[0, 1, 2]);
    refused(allocate(&mut chip, &banks).map(drop), Rc::PCR);
    banks[3] = select(TpmiAlgHash::Sha512, &[17]);
    assert_eq!(allocate(&mut chip, &banks).expect("an allocation").needed, 3 * 32 + 64);
    chip.send::<Shutdown>(&[], &[], &to_vec(&TpmSu::Clear)).expect("shutdown");
}

#[test]
fn a_resume_brings_back_what_is_saved() {
    let mut chip = Chip::new();
    extend(&mut chip, 7).expect("extension");
    extend(&mut chip, 16).expect("extension");
    let (static_pcr, count) = (sha256(&mut chip, 7), counter(&mut chip));
    chip.cycle(TpmSu::State, TpmSu::State);
    assert_eq!(sha256(&mut chip, 7), static_pcr);
    assert_eq!(sha256(&mut chip, 16), [0; 32]);
    assert_eq!(counter(&mut chip), count + 4, "17 to 20 were set anew");
    chip.cycle(TpmSu::State, TpmSu::Clear);
    assert_eq!(sha256(&mut chip, 7), [0; 32]);
}

/// PCR 20 is extended from locality 1 on, 21 and 22 from 2 alone.
fn extend_by(chip: &mut Chip, pcr: u32, value: &str) -> Result<(), Rc> {
    chip.locality = 2;
    let result = chip.send::<PcrExtend>(&[pcr], &[value], &digests(&[TpmiAlgHash::Sha256])).map(drop);
    chip.locality = 0;
    result
}
fn set_value(chip: &mut Chip, pcr: u32, old: &str, new: &str) -> Result<(), Rc> {
    chip.send::<PcrSetAuthValue>(&[pcr], &[old], &sized(new.as_bytes())).map(drop)
}

#[test]
fn some_pcrs_share_an_authorization_value() {
    let mut chip = Chip::new();
    set_value(&mut chip, 21, "", "pcr").expect("a value");
    for pcr in 20..=22 {
        refused_at(extend_by(&mut chip, pcr, ""), Rc::BAD_AUTH, At::Session(1));
        extend_by(&mut chip, pcr, "pcr").expect("the value");
    }
    extend_by(&mut chip, 17, "").expect("another PCR");
    refused_at(set_value(&mut chip, 20, "", "x"), Rc::BAD_AUTH, At::Session(1));
    // It is kept by a Resume, and goes with a Restart, a Reset and TPM2_Clear.
    chip.cycle(TpmSu::State, TpmSu::State);
    extend_by(&mut chip, 22, "pcr").expect("the value");
    chip.cycle(TpmSu::State, TpmSu::Clear);
    extend_by(&mut chip, 22, "").expect("no value");
    set_value(&mut chip, 20, "", "pcr\0\0").expect("a value");
    extend_by(&mut chip, 22, "pcr").expect("the value");
    chip.send::<Clear>(&[TpmRh::LOCKOUT], &[], &[]).expect("a clear");
    extend_by(&mut chip, 22, "").expect("no value");
    for other in [0, 16, 19, 23] {
        refused(set_value(&mut chip, other, "", "x"), Rc::VALUE);
    }
    refused_at(set_value(&mut chip, 24, "", "x"), Rc::VALUE, PcrSetAuthValue::pcr_handle);
}

#[test]
fn some_pcrs_share_a_policy() {
    let mut chip = Chip::new();
    let set = |chip: &mut Chip, digest: &[u8], alg: u16, pcr: u32| {
        let params = [&sized(digest)[..], &alg.to_be_bytes(), &pcr.to_be_bytes()].concat();
        chip.send::<PcrSetAuthPolicy>(&[TpmRh::PLATFORM], &[], &params).map(drop)
    };
    let by_policy = |chip: &mut Chip, pcr: u32| {
        let (session, _) = chip.policy(TpmSe::Policy, PcrExtend::SHAPE.code);
        chip.locality = 2;
        let params = digests(&[TpmiAlgHash::Sha256]);
        let result = chip.send_policy::<PcrExtend>(&[pcr], &[Some(session)], &params).map(drop);
        chip.locality = 0;
        chip.send::<tpm2_wire::FlushContext>(&[], &[], &session.to_be_bytes()).expect("flushed");
        result
    };
    let (trial, digest) = chip.policy(TpmSe::Trial, PcrExtend::SHAPE.code);
    chip.send::<tpm2_wire::FlushContext>(&[], &[], &trial.to_be_bytes()).expect("flushed");
    // A set whose policy is not set has none that could be met; what is in no set has no policy at all.
    refused_at(by_policy(&mut chip, 21), Rc::POLICY_FAIL, At::Session(1));
    refused(by_policy(&mut chip, 17), Rc::AUTH_UNAVAILABLE);
    let at = PcrSetAuthPolicy::auth_policy;
    refused_at(set(&mut chip, &digest[1..], 0x000B, 20), Rc::SIZE, at);
    refused_at(set(&mut chip, &digest, 0x0010, 20), Rc::SIZE, at);
    refused_at(set(&mut chip, &digest, 0x000B, 16), Rc::VALUE, PcrSetAuthPolicy::pcr_num);
    refused_at(set(&mut chip, &digest, 0x000B, 24), Rc::VALUE, PcrSetAuthPolicy::pcr_num);
    refused_at(set(&mut chip, &digest, 0x0099, 20), Rc::HASH, PcrSetAuthPolicy::hash_alg);
    set(&mut chip, &digest, 0x000B, 22).expect("a policy");
    chip.check_durable();
    // From here on the policy, and nothing else, authorizes; power does not change that.
    for again in [false, true] {
        if again {
            chip.reload();
        }
        for pcr in 20..=22 {
            refused(extend_by(&mut chip, pcr, ""), Rc::AUTH_TYPE);
            by_policy(&mut chip, pcr).expect("the policy");
        }
        extend_by(&mut chip, 17, "").expect("another PCR");
    }
    chip.send::<ChangePps>(&[TpmRh::PLATFORM], &[], &[]).expect("a change");
    extend_by(&mut chip, 22, "").expect("no policy");
    set(&mut chip, &digest, 0x000B, 20).expect("a policy");
    set(&mut chip, &[], 0x0010, 21).expect("none");
    extend_by(&mut chip, 22, "").expect("no policy");
}

#[test]
fn what_an_allocation_needs() {
    let mut chip = Chip::new();
    let (sha1, sha256) = (TpmiAlgHash::Sha1, TpmiAlgHash::Sha256);
    let all_banks = allocate(&mut chip, &[]).expect("what there is");
    let three = allocate(&mut chip, &[select(sha1, &[])]).expect("three banks");
    assert_eq!(all_banks.needed - three.needed, 24 * 20);
    assert_eq!(three.available, all_banks.available);
    assert!(all_banks.success == 1 && all_banks.max_pcr == 24 && all_banks.needed <= all_banks.available);
    let some = allocate(&mut chip, &[select(sha1, &[0, 1, 2]), all(sha256)]).expect("some of SHA-1");
    assert_eq!(some.needed - three.needed, 3 * 20);
    // After a request, even for what there is, the state cannot be kept.
    let state = chip.send::<Shutdown>(&[], &[], &to_vec(&TpmSu::State));
    refused_at(state, Rc::TYPE, Shutdown::shutdown_type);
}

/// A bank can be of any hash that the profile has.
#[test]
fn banks_of_every_hash() {
    let mut chip = Chip::new();
    let wanted: TpmlPcrSelection = HashAlg::ALL
        .into_iter()
        .map(|alg| TpmsPcrSelection {
            hash: TpmiAlgHash::from_id(alg.id()).expect("a hash of the wire"),
            pcr_select: vec![0xFF; 3],
        })
        .collect();
    let reply = chip.send::<PcrAllocate>(&[TpmRh::PLATFORM], &[], &to_vec(&wanted)).expect("an allocation");
    let needed: u32 = HashAlg::ALL.iter().map(|alg| 24 * alg.digest_size() as u32).sum();
    assert_eq!(
        reply.params,
        [&[1][..], &[0, 0, 0, 24], &needed.to_be_bytes(), &needed.to_be_bytes()].concat()
    );
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    let digests: TpmlDigestValues =
        chip.send::<PcrEvent>(&[3], &[], &sized(b"event")).expect("digests").value();
    assert_eq!(digests.len(), HashAlg::ALL.len());
    for (digest, alg) in digests.iter().zip(HashAlg::ALL) {
        let expected = RUST.digest(alg, &[b"event"]);
        assert_eq!((digest.hash_alg.id(), &digest.digest[..]), (alg.id(), &expected[..]), "{alg:?}");
        let extended = RUST.digest(alg, &[&vec![0; alg.digest_size()], &expected]);
        let selection = [0, 0, 0, 1, 0, alg.id() as u8, 3, 8, 0, 0];
        let reply = chip.send::<PcrRead>(&[], &[], &selection).expect("a value");
        assert!(reply.params.ends_with(&sized(&extended)), "{alg:?}");
    }
    // They stay over a restart of the process, and over a resume.
    chip.cycle(TpmSu::State, TpmSu::State);
    chip.check_durable();
    let reply = chip.send::<PcrRead>(&[], &[], &[0, 0, 0, 1, 0, 0x12, 3, 8, 0, 0]).expect("a value");
    let sm3 = RUST.digest(HashAlg::Sm3, &[&[0; 32], &RUST.digest(HashAlg::Sm3, &[b"event"])]);
    assert!(reply.params.ends_with(&sized(&sm3)));
}

#[test]
fn a_start_counts_each_pcr_that_it_sets() {
    let mut chip = Chip::new();
    // 16 and 21 to 23 are exempt (`TPM_PT_PCR_NO_INCREMENT`), and a resume brings 0 to 15 back as they were.
    assert_eq!(counter(&mut chip), 0);
    chip.cycle(TpmSu::State, TpmSu::State);
    assert_eq!(counter(&mut chip), 4);
    chip.cycle(TpmSu::State, TpmSu::Clear);
    assert_eq!(counter(&mut chip), 4 + STARTED, "a restart goes on counting");
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    assert_eq!(counter(&mut chip), 0, "a reset begins anew");
}
