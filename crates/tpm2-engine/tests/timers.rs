//! Authenticated countdown timers (Part 1, 40; Part 3, 33).
mod common;

use common::{Chip, refused, refused_at, sized};
use tpm2_wire::{
    ActSetTimeout, At, Command, GetCapability, HierarchyChangeAuth, HierarchyControl, List, PolicySecret, Rc,
    SetPrimaryPolicy, Shutdown, Startup, StirRandom, TpmCap, TpmRh, TpmSe, TpmSu, TpmaAct, TpmsActData,
    TpmsCapabilityData, Wire, to_vec,
};

const ACT: u32 = TpmRh::ACT_0;
const SIGNALED: TpmaAct = TpmaAct::SIGNALED;
const PRESERVED: TpmaAct = TpmaAct::PRESERVE_SIGNALED;
const QUIET: TpmaAct = TpmaAct(0);

fn set(chip: &mut Chip, timer: u32, seconds: u32) -> Result<(), Rc> {
    chip.send::<ActSetTimeout>(&[timer], &[], &seconds.to_be_bytes()).map(drop)
}
/// The timers from this one on, as `TPM_CAP_ACT` has them.
fn list(chip: &mut Chip, from: u32, count: u32) -> (bool, Vec<TpmsActData>) {
    let params = [TpmCap::Act as u32, from, count].map(u32::to_be_bytes).concat();
    let reply = chip.send::<GetCapability>(&[], &[], &params).expect("timers");
    let mut r = reply.reader();
    let more = u8::read(&mut r).expect("a flag") == 1;
    match TpmsCapabilityData::read(&mut r).expect("capability data") {
        TpmsCapabilityData::ActData(List(timers)) => (more, timers),
        _ => panic!("not timers"),
    }
}
/// Seconds left, and attributes.
#[track_caller]
fn shows(chip: &mut Chip, timer: u32, seconds: u32, attributes: TpmaAct) {
    let (_, timers) = list(chip, timer, 1);
    assert_eq!(timers, [TpmsActData { handle: timer, timeout: seconds, attributes }]);
}

#[test]
fn a_timer_counts_down_and_tells_that_it_expired() {
    let mut chip = Chip::new();
    assert_eq!(chip.tpm.next_expiry(), None);
    set(&mut chip, ACT, 10).expect("a timer");
    set(&mut chip, ACT + 15, 12).expect("another");
    chip.wait(1);
    shows(&mut chip, ACT, 10, QUIET);
    chip.wait(8_999);
    shows(&mut chip, ACT, 1, QUIET);
    assert_eq!(chip.tpm.next_expiry(), Some(1000));
    chip.wait(999);
    chip.tpm.tick(&mut chip.bench);
    assert!(chip.bench.expired.is_empty());
    chip.wait(1);
    chip.tpm.tick(&mut chip.bench);
    assert_eq!(chip.bench.expired, [0], "told without a command");
    shows(&mut chip, ACT, 0, SIGNALED);
    chip.wait(5000);
    shows(&mut chip, ACT + 15, 0, SIGNALED);
    assert_eq!(chip.bench.expired, [0, 15], "told once, with the command that came after it");
    assert_eq!(chip.tpm.next_expiry(), None);
}

#[test]
fn the_four_states_and_the_stop() {
    let mut chip = Chip::new();
    // Zero to zero: as it was.
    set(&mut chip, ACT, 0).expect("nothing");
    shows(&mut chip, ACT, 0, QUIET);
    // A timer that does not signal cannot be stopped.
    refused_at(set(&mut chip, ACT, u32::MAX), Rc::VALUE, ActSetTimeout::start_timeout);
    // Zero to non-zero, non-zero to non-zero: quiet.
    set(&mut chip, ACT, 10).expect("a time");
    set(&mut chip, ACT, 7).expect("less");
    shows(&mut chip, ACT, 7, QUIET);
    refused_at(set(&mut chip, ACT, u32::MAX), Rc::VALUE, ActSetTimeout::start_timeout);
    // Non-zero to zero: it signals.
    set(&mut chip, ACT, 0).expect("the end");
    shows(&mut chip, ACT, 0, SIGNALED);
    assert_eq!(chip.bench.expired, [0]);
    set(&mut chip, ACT, 0).expect("nothing");
    shows(&mut chip, ACT, 0, SIGNALED);
    set(&mut chip, ACT, u32::MAX).expect("a stop");
    shows(&mut chip, ACT, 0, QUIET);
    set(&mut chip, ACT, u32::MAX - 1).expect("the longest time");
    shows(&mut chip, ACT, u32::MAX - 1, QUIET);
    assert_eq!(chip.bench.expired, [0]);
}

#[test]
fn the_list() {
    let mut chip = Chip::new();
    set(&mut chip, ACT + 3, 9).expect("a timer");
    let (more, all) = list(&mut chip, 0x4000_0000, 100);
    assert_eq!((more, all.len()), (false, 16));
    assert_eq!(
        all.iter().map(|timer| timer.handle).collect::<Vec<_>>(),
        (ACT..=TpmRh::ACT_F).collect::<Vec<_>>()
    );
    assert_eq!(all.iter().map(|timer| timer.timeout).sum::<u32>(), 9);
    assert!(list(&mut chip, ACT, 15).0);
    assert_eq!(list(&mut chip, TpmRh::ACT_F + 1, 1), (false, vec![]));
}

#[test]
fn who_may_set_one() {
    let mut chip = Chip::new();
    let change = sized(b"platform");
    chip.send::<HierarchyChangeAuth>(&[TpmRh::PLATFORM], &[], &change).expect("a value");
    refused_at(set(&mut chip, ACT, 1), Rc::BAD_AUTH, At::Session(1));
    chip.send::<ActSetTimeout>(&[ACT], &["platform"], &[0, 0, 0, 1]).expect("the platform's value");
    // A policy of its own: here, that of the owner.
    let (session, digest) = chip.policy(TpmSe::Trial, ActSetTimeout::SHAPE.code);
    chip.flush(session);
    let policy = [&sized(&digest)[..], &[0, 0x0B]].concat();
    let by_policy = |chip: &mut Chip| {
        let (session, _) = chip.policy(TpmSe::Policy, ActSetTimeout::SHAPE.code);
        chip.send_policy::<ActSetTimeout>(&[ACT], &[Some(session)], &[0, 0, 0, 9]).map(drop)
    };
    refused(by_policy(&mut chip), Rc::AUTH_UNAVAILABLE);
    chip.send::<SetPrimaryPolicy>(&[ACT], &["platform"], &policy).expect("a policy");
    by_policy(&mut chip).expect("the policy");
    // It works without the platform hierarchy, whose value does not.
    let off = [&TpmRh::PLATFORM.to_be_bytes()[..], &[0]].concat();
    chip.send::<HierarchyControl>(&[TpmRh::PLATFORM], &["platform"], &off).expect("off");
    let refusal = chip.send::<ActSetTimeout>(&[ACT], &["platform"], &[0, 0, 0, 1]);
    refused(refusal, Rc::AUTH_UNAVAILABLE);
    by_policy(&mut chip).expect("the policy");
    // Others are not touched by it, and a secret of a timer is one that a policy can ask for.
    shows(&mut chip, ACT, 9, QUIET);
    shows(&mut chip, ACT + 1, 0, QUIET);
    let (trial, _) = chip.policy(TpmSe::Trial, 0x14E);
    let params = [vec![0; 6], vec![0; 4]].concat();
    refused(chip.send::<PolicySecret>(&[ACT, trial], &["platform"], &params), Rc::AUTH_UNAVAILABLE);
    refused_at(set(&mut chip, ACT - 1, 1), Rc::VALUE, ActSetTimeout::act_handle);
}

#[test]
fn what_start_up_makes_of_them() {
    let mut chip = Chip::new();
    let three = |chip: &mut Chip| {
        set(chip, ACT, 100).expect("a timer");
        set(chip, ACT + 1, 1).expect("another");
        chip.wait(1000);
        chip.tpm.tick(&mut chip.bench);
    };
    // A resume keeps what was set since start-up, what signaled, and the policy.
    three(&mut chip);
    let policy = [&sized(&[3; 32])[..], &[0, 0x0B]].concat();
    chip.send::<SetPrimaryPolicy>(&[ACT + 2], &[], &policy).expect("a policy");
    chip.cycle(TpmSu::State, TpmSu::State);
    shows(&mut chip, ACT, 99, QUIET);
    shows(&mut chip, ACT + 1, 0, SIGNALED | PRESERVED);
    assert_eq!(chip.bench.expired, [1], "a signal that is taken up again is not new");
    let policies = [TpmCap::AuthPolicies as u32, ACT + 2, 1].map(u32::to_be_bytes).concat();
    let reply = chip.send::<GetCapability>(&[], &[], &policies).expect("policies");
    assert!(reply.params.ends_with(&[&[0, 0x0B][..], &[3; 32]].concat()));
    // What was not set since is kept with half of its time, and so on.
    for left in [49, 24, 12, 6, 3, 1, 1] {
        chip.cycle(TpmSu::State, TpmSu::State);
        shows(&mut chip, ACT, left, QUIET);
    }
    // Setting the one that signaled ends both signals.
    set(&mut chip, ACT + 1, 5).expect("a time");
    shows(&mut chip, ACT + 1, 5, QUIET);
    // A timer set after the shutdown makes it none.
    chip.send::<Shutdown>(&[], &[], &to_vec(&TpmSu::State)).expect("shutdown");
    set(&mut chip, ACT, 9).expect("a time");
    refused_at(chip.restart(TpmSu::State), Rc::VALUE, Startup::startup_type);
    // Reset and Restart begin anew, and tell nobody.
    for shutdown in [TpmSu::State, TpmSu::Clear] {
        chip.restart(TpmSu::Clear).expect("start-up");
        three(&mut chip);
        chip.bench.expired.clear();
        chip.cycle(shutdown, TpmSu::Clear);
        assert!(
            list(&mut chip, ACT, 16).1.iter().all(|timer| timer.timeout == 0 && timer.attributes == QUIET)
        );
        assert!(chip.bench.expired.is_empty());
    }
    let reply = chip.send::<GetCapability>(&[], &[], &policies).expect("policies");
    assert!(reply.params.ends_with(&[0, 0x10]), "the policy is gone");
}

#[test]
fn counting_is_no_change_of_permanent_state_and_goes_on_in_another_process() {
    let mut chip = Chip::new();
    chip.wait(1);
    let before = chip.deltas.len();
    set(&mut chip, ACT, 60).expect("a timer");
    chip.wait(10_000);
    assert!(chip.tpm.tick(&mut chip.bench).is_none());
    shows(&mut chip, ACT, 50, QUIET);
    assert_eq!(chip.deltas.len(), before);
    let volatile = chip.tpm.save_volatile();
    let mut other = chip.load();
    other.load_volatile(&mut chip.bench, &volatile).expect("volatile state");
    chip.tpm = other;
    shows(&mut chip, ACT, 50, QUIET);
}

#[test]
fn failure_mode_counts_on() {
    let mut chip = Chip::new();
    set(&mut chip, ACT, 5).expect("a timer");
    chip.bench.dry = true;
    refused(chip.send::<StirRandom>(&[], &[], &sized(b"x")), Rc::FAILURE);
    refused(set(&mut chip, ACT, 500), Rc::FAILURE);
    chip.wait(5000);
    chip.tpm.tick(&mut chip.bench);
    assert_eq!(chip.bench.expired, [0]);
}
