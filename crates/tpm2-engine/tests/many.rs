//! No global state: a thousand TPMs in one process, used in turns, and what each of them takes of the heap.
mod common;

use common::Chip;
use common::keys::{DATA, HMAC, NULL, SIGNING, ecc, keyed_hash};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use tpm2_wire::{GetRandom, PcrExtend, PcrRead, TpmaNv, Unseal};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes of the heap that are in use.
fn heap() -> usize {
    let stats = HEAP.stats();
    let grown = stats.bytes_reallocated;
    (stats.bytes_allocated as isize + grown - stats.bytes_deallocated as isize) as usize
}

const MANY: usize = 1000;
const IDLE: usize = 128 * 1024;
const WITH_KEYS: usize = 160 * 1024;

fn extend(chip: &mut Chip, value: u8) {
    let params = [&[0, 0, 0, 1, 0, 0x0B][..], &[value; 32]].concat();
    chip.send::<PcrExtend>(&[16], &[], &params).expect("an extension");
}
fn pcr(chip: &mut Chip) -> Vec<u8> {
    let reply = chip.send::<PcrRead>(&[], &[], &[0, 0, 0, 1, 0, 0x0B, 3, 0, 0, 1]).expect("a value");
    reply.params[reply.params.len() - 32..].to_vec()
}

// One test alone in its process: the heap is everybody's.
#[test]
fn a_thousand_tpms_live_side_by_side() {
    // What the first TPM of a process makes for all of them, such as tables of points, is not any one's.
    let mut first = Chip::seeded(0);
    let srk = first.srk();
    first.flush(srk);

    let before = heap();
    let mut all: Vec<Chip> = (1..=MANY as u64).map(Chip::seeded).collect();
    // The records that the store of each test holds are not the TPM's.
    let stored: usize = all.iter().flat_map(Chip::records).map(|record| record.len()).sum();
    let idle = (heap() - before - stored) / MANY;
    println!("{idle} bytes of heap for an idle TPM");
    assert!(idle <= IDLE, "{idle} bytes of heap for an idle TPM");

    // Each has seeds, registers and generator of its own, whatever is done to others in between.
    let mut random: Vec<Vec<u8>> = all
        .iter_mut()
        .map(|chip| chip.send::<GetRandom>(&[], &[], &[0, 16]).expect("random bytes").params)
        .collect();
    random.sort();
    random.dedup();
    assert_eq!(random.len(), MANY);
    for round in 0..3u8 {
        for (n, chip) in all.iter_mut().enumerate() {
            extend(chip, (n % 7) as u8 + round);
        }
    }
    let mut values: Vec<Vec<u8>> = Vec::new();
    for (n, chip) in all.iter_mut().enumerate() {
        let value = pcr(chip);
        match values.get(n % 7) {
            Some(same) => assert_eq!(*same, value, "TPM {n}"),
            None => values.push(value),
        }
    }
    values.sort();
    values.dedup();
    assert_eq!(values.len(), 7);
    let secrets: Vec<u32> = all
        .iter_mut()
        .step_by(100)
        .enumerate()
        .map(|(n, chip)| {
            chip.define(0x0150_0000, TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE, 8).expect("an index");
            let srk = chip.srk();
            let datum = chip.child(srk, "", &[n as u8; 8], &keyed_hash(DATA, NULL, &[])).expect("a datum");
            chip.flush(srk);
            datum
        })
        .collect();
    for (n, chip) in all.iter_mut().step_by(100).enumerate() {
        let datum = chip.send::<Unseal>(&[secrets[n]], &[], &[]).expect("a datum").params;
        assert_eq!(datum[2..], [n as u8; 8]);
    }
    drop(all);

    // Three keys loaded: a storage key, a signing key, an HMAC key.
    let before = heap();
    let mut some: Vec<Chip> = (1..=10).map(Chip::seeded).collect();
    for chip in &mut some {
        let srk = chip.srk();
        chip.child(srk, "", &[], &ecc(SIGNING, NULL, NULL, &[])).expect("a key");
        chip.child(srk, "", &[], &keyed_hash(SIGNING, HMAC, &[])).expect("a key");
    }
    let stored: usize = some.iter().flat_map(Chip::records).map(|record| record.len()).sum();
    let with_keys = (heap() - before - stored) / some.len();
    println!("{with_keys} bytes of heap with three keys");
    assert!(with_keys <= WITH_KEYS, "{with_keys} bytes of heap with three keys");
}
