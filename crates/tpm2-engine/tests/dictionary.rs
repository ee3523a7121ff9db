//! Part 3, 25: dictionary-attack protection.
mod common;

use common::{Chip, public, refused_at};
use tpm2_wire::{
    At, ClockSet, DictionaryAttackLockReset, DictionaryAttackParameters, HierarchyChangeAuth, NvRead, Rc,
    TpmRh, TpmSu, TpmaNv,
};

const INDEX: u32 = 0x0150_0000;
const AT: At = At::Session(1);

/// A TPM with an index under protection, whose authorization value is "right".
fn guarded() -> Chip {
    let mut chip = Chip::new();
    let attributes = TpmaNv::AUTHREAD | TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE;
    chip.define_with(public(INDEX, attributes, 0), "right").expect("an index");
    let write = [TpmRh::OWNER, INDEX];
    chip.send::<tpm2_wire::NvWrite>(&write, &[], &[0; 4]).expect("write");
    chip
}
fn try_password(chip: &mut Chip, password: &str) -> Result<(), Rc> {
    chip.send::<NvRead>(&[INDEX, INDEX], &[password], &[0; 4]).map(drop)
}
fn parameters(chip: &mut Chip, max: u32, recovery: u32, lockout: u32) -> Result<(), Rc> {
    let params = [max, recovery, lockout].map(u32::to_be_bytes).concat();
    chip.send::<DictionaryAttackParameters>(&[TpmRh::LOCKOUT], &[], &params).map(drop)
}
fn reset(chip: &mut Chip) -> Result<(), Rc> {
    chip.send::<DictionaryAttackLockReset>(&[TpmRh::LOCKOUT], &[], &[]).map(drop)
}

#[test]
fn failures_lock_and_a_reset_unlocks() {
    let mut chip = guarded();
    for _ in 0..3 {
        refused_at(try_password(&mut chip, "wrong"), Rc::AUTH_FAIL, AT);
        chip.check_durable();
    }
    refused_at(try_password(&mut chip, "right"), Rc::LOCKOUT, AT);
    // Power does not help.
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    refused_at(try_password(&mut chip, "right"), Rc::LOCKOUT, AT);
    reset(&mut chip).expect("a reset");
    chip.check_durable();
    try_password(&mut chip, "right").expect("the right one");
    let before = chip.deltas.len();
    reset(&mut chip).expect("a reset of nothing");
    assert_eq!(chip.deltas.len(), before);
}

#[test]
fn time_heals() {
    let mut chip = guarded();
    parameters(&mut chip, 2, 10, 1000).expect("parameters");
    chip.check_durable();
    refused_at(try_password(&mut chip, "wrong"), Rc::AUTH_FAIL, AT);
    refused_at(try_password(&mut chip, "wrong"), Rc::AUTH_FAIL, AT);
    chip.wait(9_999);
    refused_at(try_password(&mut chip, "right"), Rc::LOCKOUT, AT);
    chip.wait(1);
    try_password(&mut chip, "right").expect("the right one");
    chip.check_durable();
    refused_at(try_password(&mut chip, "wrong"), Rc::AUTH_FAIL, AT);
    refused_at(try_password(&mut chip, "right"), Rc::LOCKOUT, AT);
}

#[test]
fn setting_the_clock_forward_does_not() {
    let mut chip = guarded();
    parameters(&mut chip, 1, 10, 10).expect("parameters");
    let change = |chip: &mut Chip, old: &str| {
        chip.send::<HierarchyChangeAuth>(&[TpmRh::LOCKOUT], &[old], &common::sized(b"lock")).map(drop)
    };
    change(&mut chip, "").expect("a value");
    refused_at(change(&mut chip, "wrong"), Rc::AUTH_FAIL, AT);
    refused_at(try_password(&mut chip, "wrong"), Rc::AUTH_FAIL, AT);
    chip.send::<ClockSet>(&[TpmRh::OWNER], &[], &(1u64 << 40).to_be_bytes()).expect("a time");
    refused_at(try_password(&mut chip, "right"), Rc::LOCKOUT, AT);
    refused_at(change(&mut chip, "lock"), Rc::LOCKOUT, AT);
    chip.wait(10_000);
    try_password(&mut chip, "right").expect("the right one");
    change(&mut chip, "lock").expect("a value");
}

#[test]
fn the_limits_of_the_parameters() {
    let mut chip = guarded();
    // Without a recovery time there is no protection,
    parameters(&mut chip, 1, 0, 0).expect("parameters");
    for _ in 0..3 {
        refused_at(try_password(&mut chip, "wrong"), Rc::AUTH_FAIL, AT);
    }
    try_password(&mut chip, "right").expect("the right one");
    // without a try there is nothing but lockout,
    parameters(&mut chip, 0, 10, 0).expect("parameters");
    refused_at(try_password(&mut chip, "right"), Rc::LOCKOUT, AT);
    reset(&mut chip).expect("a reset");
    refused_at(try_password(&mut chip, "right"), Rc::LOCKOUT, AT);
    // and what was counted stays counted when the limit changes.
    parameters(&mut chip, 5, 10, 0).expect("parameters");
    refused_at(try_password(&mut chip, "wrong"), Rc::AUTH_FAIL, AT);
    refused_at(try_password(&mut chip, "wrong"), Rc::AUTH_FAIL, AT);
    parameters(&mut chip, 2, 10, 0).expect("parameters");
    refused_at(try_password(&mut chip, "right"), Rc::LOCKOUT, AT);
    chip.check_durable();
}

#[test]
fn lockout_authorization_comes_back_with_a_reboot() {
    let mut chip = guarded();
    parameters(&mut chip, 3, 1000, 0).expect("parameters");
    let wrong = chip.send::<DictionaryAttackLockReset>(&[TpmRh::LOCKOUT], &["wrong"], &[]);
    refused_at(wrong, Rc::AUTH_FAIL, AT);
    chip.wait(1 << 40);
    refused_at(reset(&mut chip), Rc::LOCKOUT, AT);
    chip.check_durable();
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    reset(&mut chip).expect("a reset");
}

/// The count of failures, as `TPM_PT_LOCKOUT_COUNTER` tells it.
fn failures(chip: &mut Chip) -> u32 {
    let params = [6u32, 0x20E, 1].map(u32::to_be_bytes).concat();
    let reply = chip.send::<tpm2_wire::GetCapability>(&[], &[], &params).expect("a property");
    u32::from_be_bytes(reply.params[reply.params.len() - 4..].try_into().expect("four bytes"))
}

#[test]
fn a_run_that_is_cut_off_counts_as_a_failure_if_it_used_a_protected_value() {
    let mut chip = guarded();
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    // Not without a use,
    chip.reload();
    assert_eq!(failures(&mut chip), 0);
    // not after a shutdown,
    try_password(&mut chip, "right").expect("the right one");
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    assert_eq!(failures(&mut chip), 0);
    // but after a use, though it succeeded, and once.
    try_password(&mut chip, "right").expect("the right one");
    chip.check_durable();
    chip.reload();
    assert_eq!(failures(&mut chip), 1);
    chip.check_durable();
    chip.reload();
    assert_eq!(failures(&mut chip), 1);
    // A failure counts for itself, and the run for its end; never beyond the limit.
    refused_at(try_password(&mut chip, "wrong"), Rc::AUTH_FAIL, AT);
    chip.reload();
    assert_eq!(failures(&mut chip), 3);
    refused_at(try_password(&mut chip, "right"), Rc::LOCKOUT, AT);
    chip.reload();
    assert_eq!(failures(&mut chip), 3);
    // What it counted heals like the rest.
    chip.wait(1000 * 1000);
    assert_eq!(failures(&mut chip), 2);
}

#[test]
fn a_use_after_the_shutdown_makes_it_none() {
    let mut chip = guarded();
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    chip.send::<tpm2_wire::Shutdown>(&[], &[], &tpm2_wire::to_vec(&TpmSu::State)).expect("shutdown");
    try_password(&mut chip, "right").expect("the right one");
    // A resume is not to be had, and the use is not forgotten.
    let resume = chip.restart(TpmSu::State);
    refused_at(resume, Rc::VALUE, tpm2_wire::Startup::startup_type);
    chip.restart(TpmSu::Clear).expect("start-up");
    assert_eq!(failures(&mut chip), 1);
}

#[test]
fn without_a_recovery_time_what_was_counted_is_forgotten() {
    let mut chip = guarded();
    for _ in 0..3 {
        refused_at(try_password(&mut chip, "wrong"), Rc::AUTH_FAIL, AT);
    }
    parameters(&mut chip, 3, 0, 1000).expect("parameters");
    try_password(&mut chip, "right").expect("the right one");
    assert_eq!(failures(&mut chip), 0);
    chip.reload();
    assert_eq!(failures(&mut chip), 0, "there is no protection to charge");
}

#[test]
fn lockout_authorization_comes_back_with_any_start_up_or_with_time() {
    let wrong =
        |chip: &mut Chip| chip.send::<DictionaryAttackLockReset>(&[TpmRh::LOCKOUT], &["no"], &[]).map(drop);
    let mut chip = guarded();
    parameters(&mut chip, 3, 1000, 0).expect("parameters");
    refused_at(wrong(&mut chip), Rc::AUTH_FAIL, AT);
    chip.cycle(TpmSu::State, TpmSu::State);
    reset(&mut chip).expect("a reset");
    parameters(&mut chip, 3, 1000, 5).expect("parameters");
    refused_at(wrong(&mut chip), Rc::AUTH_FAIL, AT);
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    chip.wait(4999);
    refused_at(reset(&mut chip), Rc::LOCKOUT, AT);
    chip.wait(1);
    reset(&mut chip).expect("a reset");
}
