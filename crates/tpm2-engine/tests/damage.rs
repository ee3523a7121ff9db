//! A state that was cut, or had bits flipped, is refused with what was wrong, or is another whole state: it is never a panic,
//! nor memory without bound. `DONJON_FUZZ_STATES` says how many are tried (2,000 else).
#[path = "mutations/mutate.rs"]
#[allow(dead_code)]
mod mutate;

mod common;

use common::{Bench, Chip};
use mutate::Chance;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tpm2_crypto::RUST;
use tpm2_engine::Tpm;
use tpm2_wire::TpmaNv;

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One test at a time: the heap is everybody's.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A TPM with something of everything, from the first state that was ever written.
fn records() -> (Vec<Vec<u8>>, Vec<u8>) {
    let text = include_str!("golden/states/1.txt");
    let unhex = |digits: &str| -> Vec<u8> {
        (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap()).collect()
    };
    let (records, rest) = text.split_once("\non\n").expect("records, then power");
    let records =
        records.lines().map(|line| unhex(line.strip_prefix("record ").expect("a record"))).collect();
    let volatile =
        rest.lines().next().and_then(|line| line.strip_prefix("volatile ")).expect("volatile state");
    (records, unhex(volatile))
}

fn load(records: &[Vec<u8>], bench: &mut Bench) -> Result<Tpm, String> {
    let records: Vec<&[u8]> = records.iter().map(|record| &record[..]).collect();
    Tpm::load(&RUST, &records, bench).map_err(|why| why.to_string())
}
fn load_volatile(tpm: &mut Tpm, bytes: &[u8], bench: &mut Bench) -> Result<(), String> {
    tpm.power_on(bench);
    tpm.load_volatile(bench, bytes).map_err(|why| why.to_string())
}
/// A TPM that was loaded answers, whatever it answers.
fn live(tpm: &mut Tpm, bench: &mut Bench) {
    for command in [
        &[0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0][..],
        &[0x80, 1, 0, 0, 0, 22, 0, 0, 1, 0x7A, 0, 0, 0, 6, 0, 0, 2, 0, 0, 0, 0, 64],
        &[0x80, 1, 0, 0, 0, 20, 0, 0, 1, 0x7E, 0, 0, 0, 1, 0, 0x0B, 3, 0xFF, 0xFF, 0xFF],
        &[0x80, 1, 0, 0, 0, 14, 0, 0, 1, 0x73, 0x81, 0, 0, 1],
        &[0x80, 1, 0, 0, 0, 14, 0, 0, 1, 0x69, 1, 0x50, 0, 0],
        &[0x80, 1, 0, 0, 0, 14, 0, 0, 1, 0x65, 0x80, 0, 0, 0],
    ] {
        assert!(tpm.execute(bench, 0, command).response.len() >= 10);
    }
    let again = tpm.snapshot();
    assert!(Tpm::load(&RUST, &[&again], bench).is_ok(), "what was loaded can be saved and loaded");
}

#[test]
fn a_damaged_state_is_an_error_or_another_state() {
    let _alone = alone();
    let tries = std::env::var("DONJON_FUZZ_STATES").map_or(2000, |n| n.parse().expect("a number"));
    let (records, volatile) = records();
    let mut bench = Bench::new(3);
    let mut chance = Chance::new(7);
    let (mut refused, mut taken) = (0, 0);
    for n in 0..tries {
        let mut changed = records.clone();
        let mut changed_volatile = volatile.clone();
        let which = chance.below(changed.len() + 1);
        let bytes = changed.get_mut(which).unwrap_or(&mut changed_volatile);
        damage(&mut chance, bytes);
        let before = HEAP.stats().bytes_allocated;
        let loaded = load(&changed, &mut bench)
            .and_then(|mut tpm| load_volatile(&mut tpm, &changed_volatile, &mut bench).map(|()| tpm));
        let taken_up = HEAP.stats().bytes_allocated - before;
        assert!(taken_up < 4 << 20, "{taken_up} bytes allocated for case {n}");
        match loaded {
            Ok(mut tpm) => {
                live(&mut tpm, &mut bench);
                taken += 1;
            }
            Err(why) => {
                assert!(why.starts_with("the TPM state cannot be loaded: "), "{why}");
                refused += 1;
            }
        }
    }
    println!("{refused} refused, {taken} taken");
    assert!(refused > tries / 4 && taken > tries / 20, "{refused} refused, {taken} taken");
}

fn damage(chance: &mut Chance, bytes: &mut Vec<u8>) {
    let at = chance.below(bytes.len());
    match chance.below(5) {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= 1 << chance.below(8),
        // Something long is claimed.
        2 => {
            let end = (at + 4).min(bytes.len());
            bytes[at..end].fill(0xFF);
        }
        3 => {
            bytes.drain(at..(at + 1 + chance.below(8)).min(bytes.len()));
        }
        _ => {
            let byte = chance.next() as u8;
            bytes.insert(at, byte);
        }
    }
}

#[test]
fn every_cut_is_noticed() {
    let _alone = alone();
    let (records, volatile) = records();
    let mut bench = Bench::new(3);
    for length in 0..records[0].len() {
        let mut cut = records.clone();
        cut[0].truncate(length);
        // A cut between two items leaves a whole record; what is missing then is one of those that must be there, or is
        // an index or an object, whose deltas still apply.
        let _ = load(&cut, &mut bench);
    }
    let mut tpm = load(&records, &mut bench).expect("a state");
    for length in 0..volatile.len() {
        let why = load_volatile(&mut tpm, &volatile[..length], &mut bench).expect_err("a cut");
        assert!(why.len() > "the TPM state cannot be loaded: ".len());
    }
    load_volatile(&mut tpm, &volatile, &mut bench).expect("the whole");
    let longer = [&volatile[..], &[0]].concat();
    assert!(load_volatile(&mut tpm, &longer, &mut bench).is_err());
}

/// A TPM's volatile state is not taken by another, nor at another time.
#[test]
fn volatile_state_belongs_to_one_run_of_one_tpm() {
    let _alone = alone();
    let mut chip = Chip::new();
    let saved = chip.tpm.save_volatile();
    chip.define(0x0150_0000, TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE, 8).expect("an index");
    chip.tpm.power_on(&mut chip.bench);
    chip.tpm.load_volatile(&mut chip.bench, &saved).expect("the same run");
    assert!(*chip.tpm.save_volatile() == *saved);
    chip.restart(tpm2_wire::TpmSu::Clear).expect("start-up");
    assert!(chip.tpm.load_volatile(&mut chip.bench, &saved).is_err(), "another run");
}
