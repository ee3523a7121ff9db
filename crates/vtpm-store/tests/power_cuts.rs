//! Thousands of power cuts, kills, I/O errors and full disks: what was answered is there, the journal always
//! opens, and nothing is there that was never appended.

use vtpm_store::StateId;
use vtpm_store::faults::{Random, SimDisk};
use vtpm_store::journal::{AppendError, Header, Journal, OpenError};

/// Each run is four crashes or more, most of them power cuts.
const RUNS: u64 = 1_200;

/// What may be in the journal after a crash.
struct Model {
    /// What was answered.
    answered: Vec<Vec<u8>>,
    /// What an operation without an answer would have made of it.
    other: Option<Vec<Vec<u8>>>,
    protectors: Vec<Vec<u8>>,
    random: Random,
    serial: u32,
    appended: u64,
    cuts: u64,
}

impl Model {
    fn record(&mut self) -> Vec<u8> {
        self.serial += 1;
        let len = match self.random.below(8) {
            0 => 0,
            1..=5 => self.random.below(400),
            6 => self.random.below(3_000),
            _ => self.random.below(20_000),
        };
        // Zeros too: a record that ends in zeros is easily taken for padding.
        let fill = if self.random.below(3) == 0 { 0 } else { self.serial as u8 };
        let mut record = self.serial.to_le_bytes().to_vec();
        record.resize(4 + len as usize, fill);
        record
    }

    /// One operation. False when the journal has no future.
    fn step(&mut self, journal: &mut Journal) -> bool {
        let (result, next) = match self.random.below(10) {
            0 => {
                let snapshot = self.record();
                (journal.compact(&snapshot), vec![snapshot])
            }
            1 => {
                let protector = self.record().into_iter().take(3_000).collect::<Vec<_>>();
                self.protectors.push(protector.clone());
                (journal.set_protector(protector), self.answered.clone())
            }
            _ => {
                let record = self.record();
                let next = self.answered.iter().chain([&record]).cloned().collect();
                (journal.append(&record), next)
            }
        };
        match result {
            Ok(()) => {
                self.answered = next;
                self.appended += 1;
                true
            }
            Err(AppendError::Refused { .. }) => true,
            Err(AppendError::Unknown { .. }) => {
                self.other = Some(next);
                let again = journal.append(b"after an unknown outcome");
                assert!(matches!(again, Err(AppendError::Poisoned { .. })), "{again:?}");
                false
            }
            Err(other) => panic!("{other}"),
        }
    }

    fn compare(&mut self, found: Vec<Vec<u8>>, protector: &Vec<u8>) -> Result<(), String> {
        if found != self.answered && Some(&found) != self.other.as_ref() {
            return Err(format!(
                "{} records where {} were answered (or {:?})",
                found.len(),
                self.answered.len(),
                self.other.as_ref().map(Vec::len)
            ));
        }
        if !self.protectors.contains(protector) {
            return Err("a key protector that was never set".into());
        }
        (self.answered, self.other) = (found, None);
        Ok(())
    }
}

fn run(seed: u64, lying: bool) -> Result<(u64, u64), String> {
    let disk = SimDisk::new(seed);
    let mut random = Random(!seed);
    if lying {
        disk.lie_about_syncs();
    }
    let header = Header { state: StateId([7; 16]), label: "a VM".into(), protector: b"protector".to_vec() };
    let mut model = Model {
        answered: Vec::new(),
        other: None,
        protectors: vec![header.protector.clone()],
        random: Random(seed ^ 0x5555),
        serial: 0,
        appended: 0,
        cuts: 0,
    };
    let first = model.record();
    if random.below(4) == 0 {
        disk.die_after(random.below(6));
    }
    let mut journal = match disk.create_journal(&header, Some(&first)) {
        Ok(journal) => journal,
        Err(_) => {
            disk.power_cut();
            return match disk.open_journal() {
                Err(OpenError::Missing { .. }) => Ok((0, 1)),
                Ok((_, opened)) if opened.records == [first] => Ok((0, 1)),
                Ok(_) => Err("other records than the first".into()),
                Err(error) => Err(error.to_string()),
            };
        }
    };
    model.answered = vec![first];
    for _ in 0..4 {
        disk.fail_one_in(*[0, 0, 10, 40].get(random.below(4) as usize).unwrap());
        if random.below(3) == 0 {
            disk.set_capacity(disk.journal_bytes().len() as u64 + random.below(40_000));
        }
        disk.die_after(random.below(80));
        for _ in 0..40 {
            if !model.step(&mut journal) {
                break;
            }
        }
        drop(journal);
        disk.fail_one_in(0);
        disk.set_capacity(u64::MAX);
        journal = loop {
            match random.below(4) {
                0 => disk.restart(),
                _ => {
                    disk.power_cut();
                    model.cuts += 1;
                }
            }
            // Opening may meet the same fate, a few times.
            if random.below(3) == 0 {
                disk.die_after(random.below(5));
            } else if random.below(4) == 0 {
                disk.fail_one_in(3);
            }
            let opened = disk.open_journal();
            disk.fail_one_in(0);
            match opened {
                Ok((journal, opened)) => {
                    model.compare(opened.records, &opened.header.protector)?;
                    break journal;
                }
                Err(OpenError::Io { .. }) => {}
                Err(error) => return Err(error.to_string()),
            }
        };
    }
    Ok((model.appended, model.cuts))
}

#[test]
fn nothing_answered_is_lost() {
    let (mut answered, mut cuts) = (0, 0);
    for seed in 0..RUNS {
        let ran = run(seed, false).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        (answered, cuts) = (answered + ran.0, cuts + ran.1);
    }
    println!("{answered} answers, {cuts} power cuts");
    // The test is worth something only if much was answered before the cuts.
    assert!(answered > 10 * RUNS && cuts > 2_000, "{answered} answers, {cuts} power cuts");
}

#[test]
fn a_disk_that_lies_is_found_out_by_this_test() {
    let lost = (0..200).filter(|&seed| run(seed, true).is_err()).count();
    assert!(lost > 50, "{lost}");
}
