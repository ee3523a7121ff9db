//! Whatever the bytes: no panic, a well-formed response, a state as before when refused, bounds, and what is
//! durable or saved is what runs.
//!
//! `DONJON_FUZZ_COMMANDS` says how many commands (20,000 else), `DONJON_FUZZ_SEED` which.
#[path = "../common/mod.rs"]
mod common;
mod mutate;
mod scenario;

use common::Chip;
use mutate::{Chance, mutate};
use scenario::Scenario;
use std::collections::BTreeMap;
use tpm2_engine::Tpm;
use tpm2_wire::{
    FlushContext, GetCapability, Rc, ReadClock, Reader, Shutdown, TpmCap, TpmRh, TpmSt, TpmSu, TpmlHandle,
    Wire, to_vec,
};

/// Commands to one TPM before another takes its place.
const LIFE: usize = 2000;

fn setting(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(value) => value.parse().unwrap_or_else(|_| panic!("{name} is not a number: {value}")),
        Err(_) => otherwise,
    }
}

#[test]
fn mutated_commands() {
    let total = setting("DONJON_FUZZ_COMMANDS", 20_000) as usize;
    let seed = setting("DONJON_FUZZ_SEED", 1);
    let mut tally: BTreeMap<u32, usize> = BTreeMap::new();
    let (mut done, mut memory) = (0, None);
    while done < total {
        let life = LIFE.min(total - done);
        let mut run = Run::new(seed.wrapping_mul(1 << 32).wrapping_add(done as u64));
        for _ in 0..life {
            run.step(&mut tally);
        }
        run.check_all();
        done += life;
        // What the first lives take is the allocator's; after that nothing may be added.
        if done >= 10 * LIFE && memory.is_none() {
            memory = resident();
        }
    }
    if let (Some(first), Some(last)) = (memory, resident()) {
        println!("{first} KiB resident after {} commands, {last} KiB at the end", 10 * LIFE);
        assert!(last < first + 32 * 1024, "memory grew from {first} to {last} KiB");
    }
    // The mutations are neither all refused nor all harmless, and reach many commands' own checks.
    let succeeded = tally.get(&0).copied().unwrap_or(0);
    println!("{done} commands, {succeeded} succeeded, {} different codes", tally.len());
    assert!(succeeded > done / 20 && succeeded < done * 19 / 20, "{succeeded} of {done} succeeded");
    assert!(tally.len() > 80 || done < 10_000, "only {} different codes", tally.len());
}

/// Resident memory of this process in KiB, where the system says.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

struct Run {
    chance: Chance,
    scenario: Scenario,
    /// Handles of all that is there, and of what may be.
    handles: Vec<u32>,
    /// The permanent state after the last command, and the volatile one.
    before: Vec<u8>,
    steps: usize,
}

impl Run {
    fn new(seed: u64) -> Run {
        let scenario = scenario::build(seed);
        let before = scenario.chip.tpm.snapshot().to_vec();
        let mut run = Run { chance: Chance::new(seed), scenario, handles: Vec::new(), before, steps: 0 };
        run.look_around();
        run
    }

    fn step(&mut self, tally: &mut BTreeMap<u32, usize>) {
        self.steps += 1;
        let command = self.choose();
        let volatile = lasting(&self.scenario.chip.tpm.save_volatile());
        let chip = &mut self.scenario.chip;
        chip.locality = if self.chance.once_in(16) { self.chance.below(6) as u8 } else { 0 };
        let response = chip.raw(&command);
        chip.locality = 0;
        let rc = well_formed(&command, &response);
        *tally.entry(rc.0).or_default() += 1;
        let after = chip.tpm.snapshot().to_vec();
        if rc != Rc::SUCCESS {
            assert_ne!(rc, Rc::FAILURE, "failure mode after {command:02x?}");
            assert_same(&self.before, &after, &command);
            let same = volatile == lasting(&chip.tpm.save_volatile());
            assert!(same, "a refusal changed volatile state: {command:02x?}");
        }
        self.before = after;
        self.world();
    }

    /// A command to send: valid, or mutated.
    fn choose(&mut self) -> Vec<u8> {
        let commands = &self.scenario.commands;
        let (chosen, once_in) = self.chance.pick(commands);
        let mut command = chosen.clone();
        if *once_in > 1 && !self.chance.once_in(*once_in as usize) {
            command = self.chance.pick(commands).0.clone();
        }
        if self.chance.once_in(4) {
            return command;
        }
        let other = self.chance.pick(commands).0.clone();
        mutate(&mut self.chance, &mut command, &other, &self.handles);
        command
    }

    /// What happens beside commands.
    fn world(&mut self) {
        if self.steps.is_multiple_of(64) {
            self.look_around();
        }
        if self.steps.is_multiple_of(256) {
            self.check_all();
        }
        let chip = &mut self.scenario.chip;
        match self.chance.below(4000) {
            0..40 => {
                chip.wait(1 << self.chance.below(24));
                chip.send::<ReadClock>(&[], &[], &[]).expect("the time");
            }
            40..44 => {
                let data: Vec<u8> = (0..self.chance.below(300)).map(|i| i as u8).collect();
                chip.tpm.hash_start(&mut chip.bench);
                chip.tpm.hash_data(&data);
                let delta = chip.tpm.hash_end(&mut chip.bench);
                chip.deltas.extend(delta);
            }
            44..48 => {
                let kind = if self.chance.once_in(2) { TpmSu::State } else { TpmSu::Clear };
                let shut = chip.send::<Shutdown>(&[], &[], &to_vec(&kind)).is_ok();
                let how =
                    if shut && kind == TpmSu::State && self.chance.once_in(2) { kind } else { TpmSu::Clear };
                chip.restart(how).expect("start-up");
            }
            48..50 => chip.reload(),
            _ => return,
        }
        self.before = self.scenario.chip.tpm.snapshot().to_vec();
    }

    /// Learns what handles there are, and makes room.
    fn look_around(&mut self) {
        self.handles = vec![
            TpmRh::OWNER,
            TpmRh::NULL,
            TpmRh::PW,
            TpmRh::LOCKOUT,
            TpmRh::ENDORSEMENT,
            TpmRh::PLATFORM,
            0,
            16,
            23,
            0x80FF_FFFF,
        ];
        for (first, most) in [
            (0x8000_0000, 16),
            (0x8100_0000, 64),
            (0x0100_0000, usize::MAX),
            (0x0200_0000, 16),
            (0x0300_0000, 64),
        ] {
            let chip = &mut self.scenario.chip;
            let mut all = handles(chip, first);
            assert!(all.len() <= most, "{} handles from {first:#x}", all.len());
            let limit = if most == 16 { 11 } else { 20 };
            while most < usize::MAX && first != 0x8100_0000 && all.len() > limit {
                let one = all.swap_remove(self.chance.below(all.len()));
                chip.send::<FlushContext>(&[], &[], &one.to_be_bytes()).expect("something to flush");
            }
            self.handles.extend(all);
        }
        self.before = self.scenario.chip.tpm.snapshot().to_vec();
    }

    /// What is durable makes this TPM, what is saved makes it go on, and neither grows without bound.
    fn check_all(&mut self) {
        let chip = &mut self.scenario.chip;
        chip.check_durable();
        let mut twin: Tpm = chip.load();
        let saved = chip.tpm.save_volatile();
        assert!(saved.len() < 256 * 1024, "{} bytes of volatile state", saved.len());
        assert!(chip.tpm.snapshot().len() < 2 << 20);
        twin.power_on(&mut chip.bench);
        twin.load_volatile(&mut chip.bench, &saved).expect("state that was just saved");
        assert!(*twin.save_volatile() == *saved, "volatile state that was loaded is another");
        chip.compact();
        // The twin goes on: were something not saved, what follows would tell.
        chip.tpm = twin;
    }
}

/// The handles that the TPM lists from `first`.
fn handles(chip: &mut Chip, first: u32) -> Vec<u32> {
    let params = [TpmCap::Handles as u32, first, 254].map(u32::to_be_bytes).concat();
    let reply = chip.send::<GetCapability>(&[], &[], &params).expect("handles");
    let mut r = reply.reader();
    u8::read(&mut r).expect("more");
    u32::read(&mut r).expect("a capability");
    TpmlHandle::read(&mut r).expect("a list").0
}

/// Checks the frame of a response; its code.
fn well_formed(command: &[u8], response: &[u8]) -> Rc {
    let mut r = Reader::new(response, &tpm2_wire::Accept::ALL);
    let tag = u16::read(&mut r).expect("a tag");
    let size = u32::read(&mut r).expect("a size") as usize;
    let rc = Rc(u32::read(&mut r).expect("a code"));
    assert!(size == response.len() && size <= 4096, "{command:02x?} answers {response:02x?}");
    if rc == Rc::SUCCESS {
        assert_eq!(tag.to_be_bytes(), command[..2], "{command:02x?} answers {response:02x?}");
        if tag == TpmSt::SESSIONS {
            let code = u32::from_be_bytes([command[6], command[7], command[8], command[9]]);
            let shape = tpm2_wire::SHAPES.iter().find(|shape| shape.code == code).expect("a command");
            let at = if shape.reply_handle { 14 } else { 10 };
            let mut r = Reader::new(&response[at..], &tpm2_wire::Accept::ALL);
            let params = u32::read(&mut r).expect("a size");
            r.take(params as usize).expect("parameters");
            assert!(!r.rest().is_empty(), "no session answers {command:02x?}");
        }
    } else {
        assert_eq!((tag, size), (TpmSt::NO_SESSIONS, 10), "{command:02x?} answers {response:02x?}");
    }
    rc
}

/// A refusal leaves permanent state as it was, but for what a failed authorization costs: the tries that are
/// counted, their time, and those that a PIN index counts.
fn assert_same(before: &[u8], after: &[u8], command: &[u8]) {
    if before == after {
        return;
    }
    let (before, after) = (items(before), items(after));
    assert!(before.keys().eq(after.keys()), "a refusal added or removed something: {command:02x?}");
    for (key, value) in &before {
        let counts = matches!(key, (4 | 8, _)) || key.0 == 16 && is_pin(value);
        assert!(counts || after.get(key) == Some(value), "a refusal changed {key:x?}: {command:02x?}");
    }
}
/// The items of a record (`docs/FORMAT.md`), by key and handle.
fn items(record: &[u8]) -> BTreeMap<(u8, u32), &[u8]> {
    let mut r = Reader::new(&record[1..], &tpm2_wire::Accept::ALL);
    let mut all = BTreeMap::new();
    while !r.rest().is_empty() {
        let key = (u8::read(&mut r).expect("a key"), u32::read(&mut r).expect("a handle"));
        assert_eq!(u8::read(&mut r), Ok(1), "a snapshot has what is there");
        let len = u32::read(&mut r).expect("a length");
        all.insert(key, r.take(len as usize).expect("a value"));
    }
    all
}
/// Is this NV index one that counts uses of its PIN?
fn is_pin(value: &[u8]) -> bool {
    // Field 1: number, length; then index, nameAlg and attributes.
    value.get(14).is_some_and(|kind| matches!(kind >> 4, 8 | 9))
}

/// Volatile state without the clock and its timers, which a refusal may set.
fn lasting(saved: &[u8]) -> BTreeMap<u8, Vec<u8>> {
    let mut r = Reader::new(&saved[1..], &tpm2_wire::Accept::ALL);
    let mut all = BTreeMap::new();
    while !r.rest().is_empty() {
        let number = u8::read(&mut r).expect("a number");
        let len = u32::read(&mut r).expect("a length");
        all.insert(number, r.take(len as usize).expect("a field").to_vec());
    }
    all.remove(&2);
    all
}

#[test]
fn the_scenario_is_the_same_each_time() {
    let (a, b) = (scenario::build(5), scenario::build(5));
    assert!(a.commands == b.commands && *a.chip.tpm.snapshot() == *b.chip.tpm.snapshot());
    let c = scenario::build(6);
    assert!(*a.chip.tpm.snapshot() != *c.chip.tpm.snapshot());
}
