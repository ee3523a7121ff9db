//! Our engine, in process: virtual time, a millisecond a command, and entropy from a seed.
use super::{Secrets, Snapshot, Target};
use std::io;
use tpm2_crypto::RUST;
use tpm2_engine::{Config, Delta, EntropyError, Platform, Profile, Tpm};

/// Where a seed or proof of 64 bytes begins in a field: behind its number, length and own size.
const VALUE_AT: usize = 7;

/// The one that is as the installed swtpm is.
const PROFILE: &str = "libtpms-0.9";

struct Bench {
    seed: u64,
    /// Milliseconds.
    now: u64,
}
impl Platform for Bench {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        for byte in out {
            // Knuth's MMIX generator: enough to tell one seed from another.
            self.seed =
                self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.seed >> 56) as u8;
        }
        Ok(())
    }
    fn now_ms(&mut self) -> u64 {
        self.now += 1;
        self.now
    }
}

/// Our engine.
pub struct Ours {
    tpm: Tpm,
    bench: Bench,
    locality: u8,
    /// What a store would hold.
    records: Vec<Delta>,
}

impl Ours {
    /// A new TPM with these seeds and proofs, powered.
    pub fn with(secrets: &Secrets) -> Ours {
        let mut bench = Bench { seed: 1, now: 0 };
        let profile = Profile::by_name(PROFILE).expect("a built-in profile");
        let tpm =
            Tpm::manufacture(&RUST, &Config { profile, ..Config::default() }, &mut bench).expect("entropy");
        let mut snapshot = tpm.snapshot();
        plant(&mut snapshot, secrets);
        let tpm = Tpm::load(&RUST, &[&snapshot], &mut bench).expect("a snapshot of this engine");
        let mut ours = Ours { tpm, bench, locality: 0, records: vec![snapshot] };
        ours.tpm.power_on(&mut ours.bench);
        ours
    }
}

impl Target for Ours {
    fn execute(&mut self, command: &[u8]) -> io::Result<Vec<u8>> {
        let executed = self.tpm.execute(&mut self.bench, self.locality, command);
        self.records.extend(executed.delta);
        Ok(executed.response)
    }
    fn power_cycle(&mut self) -> io::Result<()> {
        // Through the store, so that what is not durable is lost.
        let records: Vec<&[u8]> = self.records.iter().map(|record| &***record).collect();
        self.tpm = Tpm::load(&RUST, &records, &mut self.bench).map_err(io::Error::other)?;
        self.records = vec![self.tpm.snapshot()];
        self.tpm.power_on(&mut self.bench);
        Ok(())
    }
    fn set_locality(&mut self, locality: u8) -> io::Result<()> {
        self.locality = locality;
        Ok(())
    }
    fn hash(&mut self, data: &[u8]) -> io::Result<()> {
        self.tpm.hash_start(&mut self.bench);
        self.tpm.hash_data(data);
        self.records.extend(self.tpm.hash_end(&mut self.bench));
        Ok(())
    }
    fn save(&mut self) -> io::Result<Snapshot> {
        Ok(Snapshot { permanent: self.tpm.snapshot().to_vec(), volatile: self.tpm.save_volatile().to_vec() })
    }
    fn restore(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        self.tpm = Tpm::load(&RUST, &[&snapshot.permanent], &mut self.bench).map_err(io::Error::other)?;
        self.tpm.power_on(&mut self.bench);
        self.tpm.load_volatile(&mut self.bench, &snapshot.volatile).map_err(io::Error::other)?;
        self.records = vec![Delta::new(snapshot.permanent.clone())];
        self.locality = 0;
        Ok(())
    }
}

/// Writes seeds and proofs into a snapshot (`docs/FORMAT.md`): item 2, fields 1 to 6.
fn plant(snapshot: &mut [u8], secrets: &Secrets) {
    let length =
        |bytes: &[u8], at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("4 bytes")) as usize;
    let mut at = 1;
    while snapshot[at] != 2 {
        at += 10 + length(snapshot, at + 6);
    }
    at += 10;
    for (number, value) in (1u8..).zip(secrets.seeds.iter().chain(&secrets.proofs)) {
        assert_eq!(snapshot[at], number, "the fields of the seeds, in order");
        let size = length(snapshot, at + 1);
        assert_eq!(size, value.len() + 2, "a secret of the same size");
        snapshot[at + VALUE_AT..at + VALUE_AT + value.len()].copy_from_slice(value);
        at += 5 + size;
    }
}
