//! States of TPMs that earlier versions of this engine wrote: each of them opens, and is the TPM that it was.
//!
//! A file of `states/` is never changed. A version that writes anything new adds one:
//! `DONJON_GOLDEN=NAME cargo test -p tpm2-engine --test golden -- --ignored`.
//!
//! A file is lines of a word and, for most, hexadecimal digits:
//!
//! | Word | |
//! |---|---|
//! | `record` | one more record of permanent state: the first is a snapshot, the others are deltas |
//! | `on` | the TPM is loaded from the records so far and powered |
//! | `off` | the records that follow are of another time |
//! | `volatile` | its volatile state is this |
//! | `ask` | a command ... |
//! | `answer` | ... and its whole response |
//! | `accepted` | ... which succeeds with what differs each time (a nonce, a signature) |
#[path = "../common/mod.rs"]
mod common;
mod writer;

use common::Bench;
use std::path::{Path, PathBuf};
use tpm2_crypto::RUST;
use tpm2_engine::{Platform, Tpm};
use tpm2_wire::{Command, PcrRead};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/states")
}

#[test]
fn every_state_ever_written_opens() {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder()).expect("the folder").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a file");
        let name = file.display();
        let asked = play(&text).unwrap_or_else(|what| panic!("{name}: {what}"));
        assert!(asked > 20, "{name} asks {asked} questions");
    }
}

/// What of a response is the state's: not how often `TPM2_Startup` counts PCRs as changed, which versions do differently.
fn told(code: &[u8], response: &[u8]) -> Vec<u8> {
    let mut told = response.to_vec();
    if *code == PcrRead::SHAPE.code.to_be_bytes()
        && let Some(counter) = told.get_mut(10..14)
    {
        counter.fill(0);
    }
    told
}

/// Does what the file says; the number of its questions.
fn play(text: &str) -> Result<usize, String> {
    let mut bench = Bench::new(99);
    bench.now = 5000;
    let mut records: Vec<Vec<u8>> = Vec::new();
    let (mut tpm, mut response, mut asked, mut code) = (None::<Tpm>, Vec::new(), 0, Vec::new());
    for (n, line) in (1..).zip(text.lines()) {
        let fail = |what: String| format!("line {n}: {what}");
        let (word, digits) = line.split_once(' ').unwrap_or((line, ""));
        let bytes = unhex(digits);
        match (word, &mut tpm) {
            ("record", _) => records.push(bytes),
            ("off", _) => records.clear(),
            ("on", _) => tpm = Some(on(&records, &mut bench).map_err(fail)?),
            ("volatile", Some(tpm)) => {
                tpm.load_volatile(&mut bench, &bytes).map_err(|e| fail(e.to_string()))?;
            }
            ("ask", Some(tpm)) => {
                response = tpm.execute(&mut bench, 0, &bytes).response;
                code = bytes.get(6..10).unwrap_or_default().to_vec();
                asked += 1;
            }
            ("answer", Some(_)) if told(&code, &response) != told(&code, &bytes) => {
                return Err(fail(format!("the answer is {}", hex(&response))));
            }
            ("accepted", Some(_)) if response.get(6..10) != Some(&[0; 4]) => {
                return Err(fail(format!("the answer is {}", hex(&response))));
            }
            ("answer" | "accepted", Some(_)) => {}
            _ => return Err(fail(format!("'{word}' is not understood here"))),
        }
    }
    Ok(asked)
}

fn on(records: &[Vec<u8>], platform: &mut dyn Platform) -> Result<Tpm, String> {
    let records: Vec<&[u8]> = records.iter().map(|record| &record[..]).collect();
    let mut tpm = Tpm::load(&RUST, &records, platform).map_err(|e| e.to_string())?;
    tpm.power_on(platform);
    Ok(tpm)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
fn unhex(digits: &str) -> Vec<u8> {
    let digit = |i: usize| u8::from_str_radix(&digits[i..i + 2], 16).expect("hexadecimal digits");
    (0..digits.len()).step_by(2).map(digit).collect()
}

/// The test can fail: a state with one byte changed, or another answer, is noticed.
#[test]
fn a_changed_state_is_noticed() {
    let text = std::fs::read_to_string(folder().join("1.txt")).expect("the first state");
    let line = text.lines().rfind(|line| line.starts_with("answer ")).expect("an answer");
    let last = if line.ends_with('0') { '1' } else { '0' };
    let changed = text.replace(line, &format!("{}{last}", &line[..line.len() - 1]));
    assert!(play(&changed).expect_err("another answer").contains("the answer is"));
    let record = text.lines().find(|line| line.starts_with("record ")).expect("a record");
    let changed = text.replace(record, &record[..record.len() - 2]);
    assert!(play(&changed).is_err(), "a record that is cut short");
}
