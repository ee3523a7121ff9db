//! Kill -9 at random instants, while a TPM starts and while its NV memory is written: every write
//! that was answered is there, one that was not is there whole or not at all, and the state always
//! opens.
//!
//! `DONJON_KILLS` says how many (1000 without); `DONJON_SEED` repeats a run's random choices.

mod common;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use common::{children, harness, nv};
use rustix::process::{Pid, Signal, kill_process};

/// Longest time between a process's start, or its first answered write, and its end, in microseconds.
const WITHIN: u64 = 40_000;

#[test]
fn every_answered_write_survives_every_kill() {
    let kills = number("DONJON_KILLS").unwrap_or(1000);
    let seed = number("DONJON_SEED").unwrap_or_else(|| u64::from(std::process::id()) << 20 | 1);
    println!("DONJON_SEED={seed}");
    let mut random = Random(seed);
    let dir = tempfile::tempdir().unwrap();
    let mut memory = Memory::define(dir.path());
    let mut score = Score::default();
    for round in 0..kills {
        let victim = if random.below(8) == 0 { Victim::Trustlet } else { Victim::Keeper };
        let after = Duration::from_micros(random.below(WITHIN));
        let from = if random.below(2) == 0 { From::Start } else { From::Write };
        let run = Run::start(dir.path(), &format!("round {round}, seed {seed}"));
        run.until_killed(&mut memory, victim, from, after, &mut score);
    }
    println!("{kills} kills: {score:?}, {} writes answered", memory.writes_answered);
    // The last words: all is there, and the journal is whole.
    let run = Run::start(dir.path(), "at the end");
    memory.compare(&mut run.connect().expect("it starts"), "at the end");
    drop(run);
    let report = check(dir.path());
    assert!(report["damage"].is_null(), "{report}");
    assert!(score.in_flight >= kills / 4, "the kills have to hit writes: {score:?}");
    assert!(kills < 200 || (score.dead_on_start > 0 && score.compactions > 0), "{score:?}");
}

/// What the kills hit.
#[derive(Debug, Default)]
struct Score {
    /// Kills before anything could be asked.
    dead_on_start: u64,
    /// Kills with a write under way.
    in_flight: u64,
    /// Of these, writes found done afterwards.
    done_unanswered: u64,
    /// Starts that found fewer records than the start before.
    compactions: u64,
    records: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Victim {
    Keeper,
    /// The TPM's trustlet, or the keeper when there is none yet.
    Trustlet,
}

enum From {
    Start,
    Write,
}

/// One keeper on the state.
struct Run {
    child: Child,
    dir: PathBuf,
    name: String,
}

impl Run {
    fn start(dir: &Path, name: &str) -> Run {
        // The socket of a killed keeper keeps its name; nobody must take it for the new one's.
        let _ = std::fs::remove_file(dir.join("data"));
        let log = dir.join("log");
        let _ = std::fs::remove_file(&log);
        let mut command = harness(dir);
        let (state, data) = (dir.display(), dir.join("data"));
        command.args(["swtpm", "socket", "--tpm2", "--flags", "startup-clear"]);
        command.arg("--tpmstate").arg(format!("dir={state}"));
        command.arg("--server").arg(format!("type=unixio,path={}", data.display()));
        command.arg("--log").arg(format!("file={}", log.display()));
        let child = command.stderr(Stdio::null()).spawn().unwrap();
        Run { child, dir: dir.to_owned(), name: name.to_owned() }
    }

    /// A data connection; none, when the process ended before.
    fn connect(&self) -> Option<UnixStream> {
        let deadline = Instant::now() + common::LONG;
        loop {
            if let Ok(stream) = UnixStream::connect(self.dir.join("data")) {
                stream.set_read_timeout(Some(common::LONG)).unwrap();
                return Some(stream);
            }
            if is_over(self.child.id()) {
                return None;
            }
            assert!(Instant::now() < deadline, "{}: no connection, and no end", self.name);
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// Compares what is there with what was answered, then writes, and is killed meanwhile.
    fn until_killed(
        mut self,
        memory: &mut Memory,
        victim: Victim,
        from: From,
        after: Duration,
        score: &mut Score,
    ) {
        let (begin, began) = mpsc::channel();
        let pid = self.child.id();
        let killer = std::thread::spawn(move || {
            began.recv().unwrap();
            std::thread::sleep(after);
            kill(pid, victim);
        });
        if let From::Start = from {
            begin.send(()).unwrap();
        }
        let mut started = false;
        if let Some(mut tpm) = self.connect() {
            started = memory.compare_if_it_answers(&mut tpm, &self.name, score);
            if let (true, From::Write) = (started, &from) {
                begin.send(()).unwrap();
            }
            while started && memory.write_next(&mut tpm, &self.name) {}
        }
        if let (false, From::Write) = (started, &from) {
            let status = self.child.wait().unwrap();
            panic!("{}: it ended before it was killed: {status}: {}", self.name, self.log());
        }
        killer.join().unwrap();
        self.ended(victim);
        score.dead_on_start += u64::from(!started);
        score.in_flight += u64::from(started && memory.under_way.is_some());
    }

    /// It ended by our hand and no other.
    fn ended(&mut self, victim: Victim) {
        let status: ExitStatus = self.child.wait().unwrap();
        let log = self.log();
        let by_hand = match victim {
            Victim::Keeper => status.signal() == Some(9),
            Victim::Trustlet => {
                // Killed early enough, it "did not get ready".
                status.signal() == Some(9) || (status.code() == Some(1) && log.contains("trustlet \"tpm\""))
            }
        };
        assert!(by_hand, "{}: {status}: {log}", self.name);
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn kill(keeper: u32, victim: Victim) {
    let by_number = |pid: i32| kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
    if victim == Victim::Trustlet
        && let Some(pid) = children(keeper).into_iter().find(|pid| is_tpm(*pid))
        && by_number(pid).is_ok()
    {
        // It may have been a process on its way to making the trustlet, and no more needed.
        let deadline = Instant::now() + Duration::from_secs(2);
        while Instant::now() < deadline {
            if is_over(keeper) {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    by_number(keeper.cast_signed()).unwrap();
}

fn is_tpm(pid: i32) -> bool {
    let name = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    name.starts_with(b"donjon-trustlet\0tpm\0")
}

/// Whether a child of ours has ended. It is still to be waited for.
fn is_over(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_none_or(|rest| rest.starts_with('Z'))
}

/// What the TPM was told, and what it answered.
struct Memory {
    indices: Vec<Index>,
    /// The index and value of a command that was sent and not answered.
    under_way: Option<(usize, u64)>,
    /// The value written last.
    last: u64,
    writes_answered: u64,
    dir: PathBuf,
}

struct Index {
    handle: u32,
    /// Bytes; 0 for a counter.
    size: usize,
    answered: u64,
}

impl Memory {
    /// Makes the TPM and its indices: small and large ones, so that the journal grows by leaps and is
    /// compacted often, and a counter.
    fn define(dir: &Path) -> Memory {
        let run = Run::start(dir, "at the start");
        let mut tpm = run.connect().expect("it starts");
        let mut indices = Vec::new();
        for (handle, size) in [(0x0150_0001, 8), (0x0150_0002, 700), (0x0150_0003, 1000), (0x0150_0004, 0)] {
            let (attributes, space) = if size == 0 { (nv::COUNTER, 8) } else { (nv::ORDINARY, size) };
            let response = ask(&mut tpm, &nv::define(handle, attributes, space)).expect("an answer");
            assert_eq!(nv::code(&response), 0, "defining {handle:x}");
            indices.push(Index { handle, size, answered: 0 });
        }
        let mut memory =
            Memory { indices, under_way: None, last: 0, writes_answered: 0, dir: dir.to_owned() };
        for _ in 0..memory.indices.len() {
            assert!(memory.write_next(&mut tpm, "at the start"), "the first writes are answered");
        }
        memory
    }

    /// Writes to the next index. False, when no answer came.
    #[track_caller]
    fn write_next(&mut self, tpm: &mut UnixStream, name: &str) -> bool {
        self.last += 1;
        let at = usize::try_from(self.last).unwrap() % self.indices.len();
        let index = &mut self.indices[at];
        let (value, command) = match index.size {
            0 => (index.answered + 1, nv::increment(index.handle)),
            size => (self.last, nv::write(index.handle, &content(self.last, size))),
        };
        self.under_way = Some((at, value));
        let Some(response) = ask(tpm, &command) else { return false };
        assert_eq!(nv::code(&response), 0, "{name}: writing index {at}");
        if index.size == 0 && index.answered == 0 {
            // A new counter begins where the TPM says.
            let response = ask(tpm, &nv::read(index.handle, 8)).expect("an answer");
            index.answered = u64::from_be_bytes(nv::data(&response).try_into().unwrap());
        } else {
            index.answered = value;
        }
        self.under_way = None;
        self.writes_answered += 1;
        true
    }

    /// As [`Memory::compare`], if the TPM lives long enough.
    #[track_caller]
    fn compare_if_it_answers(&mut self, tpm: &mut UnixStream, name: &str, score: &mut Score) -> bool {
        let under_way = self.under_way;
        let mut found = Vec::new();
        for index in &self.indices {
            let size = if index.size == 0 { 8 } else { index.size };
            let Some(response) = ask(tpm, &nv::read(index.handle, size)) else { return false };
            found.push(nv::data(&response).to_vec());
        }
        for (at, (index, found)) in self.indices.iter_mut().zip(found).enumerate() {
            let value = u64::from_be_bytes(found[..8].try_into().unwrap());
            assert!(index.size == 0 || found == content(value, index.size), "{name}: index {at} is torn");
            if value != index.answered {
                let (answered, under_way) = (index.answered, under_way);
                assert_eq!(
                    Some((at, value)),
                    under_way,
                    "{name}: index {at} was {answered} when answered last"
                );
                index.answered = value;
                score.done_unanswered += 1;
            }
        }
        self.under_way = None;
        let records = check(&self.dir)["records"].as_array().unwrap().len();
        score.compactions += u64::from(records < score.records);
        score.records = records;
        true
    }

    #[track_caller]
    fn compare(&mut self, tpm: &mut UnixStream, name: &str) {
        assert!(self.compare_if_it_answers(tpm, name, &mut Score::default()), "{name}: no answer");
    }
}

/// What is written: the value, again and again.
fn content(value: u64, size: usize) -> Vec<u8> {
    value.to_be_bytes().into_iter().cycle().take(size).collect()
}

/// A command and its response; none, when the TPM is gone.
fn ask(tpm: &mut UnixStream, command: &[u8]) -> Option<Vec<u8>> {
    tpm.write_all(command).ok()?;
    let mut response = vec![0; 10];
    tpm.read_exact(&mut response).ok()?;
    let size = u32::from_be_bytes(response[2..6].try_into().unwrap());
    response.resize(usize::try_from(size).unwrap(), 0);
    tpm.read_exact(&mut response[10..]).ok()?;
    Some(response)
}

/// `check --json` of a state directory.
fn check(dir: &Path) -> serde_json::Value {
    let mut command: Command = harness(dir);
    let out = command.args(["check", "--json"]).arg(dir).output().unwrap();
    serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{e}: {out:?}"))
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

/// xorshift64: random enough to spread kills.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
