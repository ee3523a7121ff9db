//! State on disk: it survives the process, and what is wrong with it is told in one line that names the
//! thing and the way out, with nothing changed.

mod common;

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::{LONG, harness, nv};

const INDEX: u32 = 0x0150_0001;
const STATE: &str = "tpm2.donjon";
/// `TPM2_Shutdown(STATE)`, `TPM2_Startup(STATE)`.
const SHUTDOWN_STATE: &str = "80010000000c000001450001";

/// A running `swtpm socket` with its state in `dir` and its sockets in a directory of its own.
struct Tpm {
    child: Child,
    sockets: tempfile::TempDir,
}

impl Tpm {
    fn on(dir: &Path) -> Tpm {
        Tpm::with(dir, "", &["--flags", "startup-clear"])
    }

    /// `how`: behind the directory in `--tpmstate`.
    fn with(dir: &Path, how: &str, more: &[&str]) -> Tpm {
        Tpm::run(harness(dir), dir, how, more)
    }

    fn run(mut command: Command, dir: &Path, how: &str, more: &[&str]) -> Tpm {
        let sockets = tempfile::tempdir().unwrap();
        let path = |name: &str| sockets.path().join(name).display().to_string();
        command.args(["swtpm", "socket", "--tpm2"]).args(more);
        command.arg("--tpmstate").arg(format!("dir={}{how}", dir.display()));
        command.arg("--ctrl").arg(format!("type=unixio,path={}", path("ctrl")));
        command.arg("--server").arg(format!("type=unixio,path={}", path("data")));
        command.arg("--log").arg(format!("file={}", path("log")));
        let child = command.stderr(Stdio::null()).spawn().unwrap();
        Tpm { child, sockets }
    }

    fn connect(&self, name: &str) -> UnixStream {
        let stream = common::until(|| UnixStream::connect(self.sockets.path().join(name)).ok());
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.sockets.path().join("log")).unwrap_or_default()
    }

    /// SIGTERM, and the exit code.
    fn end(&mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Tpm {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[track_caller]
fn ask(stream: &mut UnixStream, message: &[u8]) -> Vec<u8> {
    stream.write_all(message).unwrap();
    let mut bytes = vec![0; 1 << 16];
    let n = stream.read(&mut bytes).expect("a reply in time");
    bytes.truncate(n);
    bytes
}

fn ask_hex(stream: &mut UnixStream, message: &str) -> String {
    common::hex(&ask(stream, &common::unhex(message)))
}

/// A directory with the state of a TPM that has "precious" in an NV index.
fn with_precious_state() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut tpm = Tpm::on(dir.path());
    let mut data = tpm.connect("data");
    assert_eq!(nv::code(&ask(&mut data, &nv::define(INDEX, nv::ORDINARY, 8))), 0);
    assert_eq!(nv::code(&ask(&mut data, &nv::write(INDEX, b"precious"))), 0);
    drop(data);
    assert_eq!(tpm.end(), Some(0));
    dir
}

#[track_caller]
fn assert_precious(dir: &Path) {
    let tpm = Tpm::on(dir);
    let mut data = tpm.connect("data");
    data.write_all(&nv::read(INDEX, 8)).unwrap();
    let mut response = vec![0; 1 << 16];
    let n = data.read(&mut response).unwrap_or_else(|e| panic!("{e}: {}", tpm.log()));
    assert_eq!(nv::data(&response[..n]), b"precious");
}

/// A start that is refused: code 1, one line that has all `parts`, and a state that is as it was.
#[track_caller]
fn refused(dir: &Path, parts: &[&str]) {
    let before = std::fs::read(dir.join(STATE)).ok();
    let mut command = harness(dir);
    command.args(["swtpm", "socket", "--tpm2", "--flags", "not-need-init"]);
    command.arg("--tpmstate").arg(format!("dir={}", dir.display()));
    command.arg("--server").arg(format!("type=unixio,path={}/data", dir.display()));
    let out = command.output().unwrap();
    let text = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(1), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
    assert_eq!(std::fs::read(dir.join(STATE)).ok(), before, "the state has changed");
    assert!(!dir.join("data").exists(), "the socket is still there");
}

fn flip(path: PathBuf, at: impl FnOnce(usize) -> usize) {
    let mut bytes = std::fs::read(&path).unwrap();
    let at = at(bytes.len());
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

/// What `check --json` says, and its exit code.
fn check(dir: &Path) -> (serde_json::Value, Option<i32>) {
    let out = harness(dir).args(["check", "--json"]).arg(dir).output().unwrap();
    (serde_json::from_slice(&out.stdout).unwrap(), out.status.code())
}

#[test]
fn it_survives_an_orderly_end_and_a_kill() {
    let dir = with_precious_state();
    assert_precious(dir.path());
    // The end of `assert_precious` was a kill.
    assert_precious(dir.path());
    let mode = |name: &str| std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(STATE), 0o640, "as swtpm's");
    assert_eq!(mode("guardian.key"), 0o600);
    let (report, code) = check(dir.path());
    assert_eq!((code, report["damage"].is_null()), (Some(0), true), "{report}");
    assert!(report["label"].as_str().unwrap().ends_with(dir.path().file_name().unwrap().to_str().unwrap()));
}

#[test]
fn nothing_of_it_can_be_read_in_the_file() {
    let dir = with_precious_state();
    let bytes = std::fs::read(dir.path().join(STATE)).unwrap();
    assert!(!bytes.windows(8).any(|window| window == b"precious"));
    // The same search finds what is there in the clear.
    let label = dir.path().file_name().unwrap().as_encoded_bytes().to_owned();
    assert!(bytes.windows(label.len()).any(|window| window == label));
}

#[test]
fn the_mode_of_the_state_is_as_asked() {
    let dir = tempfile::tempdir().unwrap();
    let tpm = Tpm::with(dir.path(), ",mode=0604", &["--flags", "startup-clear"]);
    assert_eq!(nv::code(&ask(&mut tpm.connect("data"), &nv::define(INDEX, nv::ORDINARY, 8))), 0);
    let meta = std::fs::metadata(dir.path().join(STATE)).unwrap();
    assert_eq!(meta.permissions().mode() & 0o777, 0o604);
}

#[test]
fn in_use_is_told_and_harms_nobody() {
    let dir = with_precious_state();
    let first = Tpm::on(dir.path());
    let mut data = first.connect("data");
    assert_eq!(nv::data(&ask(&mut data, &nv::read(INDEX, 8))), b"precious");
    let pid = first.child.id().to_string();
    refused(dir.path(), &["in use", &pid, "stop that process"]);
    // On the control channel it is INIT that fails.
    let second = Tpm::with(dir.path(), "", &[]);
    let mut control = second.connect("ctrl");
    assert_eq!(ask_hex(&mut control, "0000000200000000"), "00000009");
    assert!(second.log().contains("in use"), "{}", second.log());
    assert_eq!(nv::data(&ask(&mut data, &nv::read(INDEX, 8))), b"precious");
    drop((data, first));
    // The lock is gone with its holder.
    assert_eq!(ask_hex(&mut control, "0000000200000000"), "00000000");
}

#[test]
fn a_state_cut_short_is_refused() {
    let dir = with_precious_state();
    let path = dir.path().join(STATE);
    let whole = std::fs::read(&path).unwrap();
    for length in [0, 7, 4000, 13_000, 17_000] {
        std::fs::write(&path, &whole[..length]).unwrap();
        refused(dir.path(), &[STATE, "restore this file from a backup"]);
        let mut command = harness(dir.path());
        assert_eq!(command.arg("check").arg(dir.path()).output().unwrap().status.code(), Some(1), "{length}");
    }
    std::fs::write(&path, &whole).unwrap();
    assert_precious(dir.path());
}

#[test]
fn a_flipped_bit_is_refused_wherever_it_is() {
    let dir = with_precious_state();
    let path = dir.path().join(STATE);
    let whole = std::fs::read(&path).unwrap();
    let (report, _) = check(dir.path());
    for record in report["records"].as_array().unwrap() {
        let offset = usize::try_from(record["offset"].as_u64().unwrap()).unwrap();
        flip(path.clone(), |_| offset + 100);
        refused(dir.path(), &[STATE, "restore this file from a backup"]);
        std::fs::write(&path, &whole).unwrap();
    }
    flip(path.clone(), |_| 3);
    refused(dir.path(), &[STATE, "no TPM state"]);
    std::fs::write(&path, &whole).unwrap();
    assert_precious(dir.path());
}

/// Whoever can write the file can make its checksums fit. The trustlet still refuses it.
#[test]
fn a_record_altered_with_care_is_refused_by_the_trustlet() {
    let dir = with_precious_state();
    let path = dir.path().join(STATE);
    let whole = std::fs::read(&path).unwrap();
    let (report, _) = check(dir.path());
    for record in report["records"].as_array().unwrap() {
        let field = |name: &str| usize::try_from(record[name].as_u64().unwrap()).unwrap();
        let (start, length) = (field("offset"), field("bytes"));
        let mut bytes = whole.clone();
        bytes[start + length - 1] ^= 1;
        // The frame (docs/FORMAT.md): length, CRC of length, number and record, number, record.
        let frame = start - 16;
        let covered = [&bytes[frame..frame + 4], &bytes[frame + 8..start + length]].concat();
        bytes[frame + 4..frame + 8].copy_from_slice(&crc32fast::hash(&covered).to_le_bytes());
        std::fs::write(&path, &bytes).unwrap();
        assert!(check(dir.path()).0["damage"].is_null(), "it looks whole from outside");
        refused(dir.path(), &["was altered after it was sealed", "restore a backup"]);
    }
    std::fs::write(&path, &whole).unwrap();
    assert_precious(dir.path());
}

#[test]
fn a_state_of_another_guardian_is_refused() {
    let (dir, other) = (with_precious_state(), with_precious_state());
    std::fs::copy(other.path().join(STATE), dir.path().join(STATE)).unwrap();
    refused(dir.path(), &["is protected by guardian", "use the guardian key of"]);
}

#[test]
fn without_its_guardian_key_a_state_stays_shut() {
    let dir = with_precious_state();
    let key = dir.path().join("guardian.key");
    let away = dir.path().join("away");
    std::fs::rename(&key, &away).unwrap();
    refused(dir.path(), &["guardian.key", "restore it from a backup"]);
    assert!(!key.exists(), "no new key was made");
    std::fs::rename(&away, &key).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    refused(dir.path(), &["guardian.key", "0644", "chmod 600"]);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let whole = std::fs::read(&key).unwrap();
    std::fs::write(&key, &whole[..20]).unwrap();
    refused(dir.path(), &["guardian.key", "malformed"]);
    std::fs::write(&key, &whole).unwrap();
    assert_precious(dir.path());
}

#[test]
fn stored_volatile_state_goes_on_in_another_process() {
    let dir = with_precious_state();
    let mut first = Tpm::with(dir.path(), "", &[]);
    let mut control = first.connect("ctrl");
    let mut data = first.connect("data");
    assert_eq!(ask_hex(&mut control, "0000000200000000"), "00000000", "INIT");
    assert_eq!(ask_hex(&mut data, common::STARTUP), common::OK);
    assert_eq!(ask_hex(&mut control, "0000000a"), "00000000", "STORE_VOLATILE");
    let states = |dir: &Path| {
        let state = format!("dir={}", dir.display());
        let mut command = harness(dir);
        let out =
            command.args(["swtpm", "socket", "--print-states", "--tpm2", "--tpmstate", &state]).output();
        String::from_utf8(out.unwrap().stdout).unwrap()
    };
    assert!(states(dir.path()).contains("\"volatilestate\""), "{}", states(dir.path()));
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    // INIT with flag 1: taken up, and forgotten. No Startup is needed, or possible.
    let second = Tpm::with(dir.path(), "", &[]);
    let mut control = second.connect("ctrl");
    let mut data = second.connect("data");
    assert_eq!(ask_hex(&mut control, "0000000200000001"), "00000000", "INIT");
    assert_eq!(ask_hex(&mut data, common::STARTUP), common::INITIALIZE);
    assert_eq!(nv::data(&ask(&mut data, &nv::read(INDEX, 8))), b"precious");
    let states = states(dir.path());
    assert!(states.contains("\"permall\"") && !states.contains("\"volatilestate\""), "{states}");
    assert_eq!(ask_hex(&mut data, SHUTDOWN_STATE), common::OK);
}

/// The disk is full: here, the keeper's files may become no larger than a new journal.
#[test]
fn a_full_disk_is_told_and_loses_nothing_that_was_answered() {
    const FIRST_SIZE: u64 = 128 * 1024;
    let dir = tempfile::tempdir().unwrap();
    let limited = harness(dir.path());
    let mut command = Command::new("sh");
    // Ignored, the signal that comes with the limit lets the write fail.
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(limited.get_program());
    command.envs(limited.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let tpm = Tpm::run(command, dir.path(), "", &["--flags", "startup-clear"]);
    let limit = |bytes: Option<u64>| {
        let pid = rustix::process::Pid::from_child(&tpm.child);
        let limits = rustix::process::Rlimit { current: bytes, maximum: None };
        rustix::process::prlimit(Some(pid), rustix::process::Resource::Fsize, limits).unwrap();
    };
    let mut data = tpm.connect("data");
    assert_eq!(nv::code(&ask(&mut data, &nv::define(INDEX, nv::ORDINARY, 1000))), 0);
    limit(Some(FIRST_SIZE));
    let mut written = 0;
    let refused = loop {
        let response = ask(&mut data, &nv::write(INDEX, &[written + 1; 1000]));
        match nv::code(&response) {
            0 => written += 1,
            code => break code,
        }
        assert!(written < 200, "the limit does not limit");
    };
    assert_eq!(std::fs::metadata(dir.path().join(STATE)).unwrap().len(), FIRST_SIZE);
    assert!(written > 10, "{written}");
    assert_eq!(refused, 0x923, "TPM_RC_NV_UNAVAILABLE");
    assert!(tpm.log().contains("nothing was stored: make room"), "{}", tpm.log());
    // The engine is ahead of the disk: nothing it says is passed on.
    assert_eq!(nv::code(&ask(&mut data, &nv::read(INDEX, 1000))), 0x101);
    // INIT opens what the disk has. There is room again: starting up takes a record.
    limit(None);
    let mut control = tpm.connect("ctrl");
    assert_eq!(ask_hex(&mut control, "0000000200000000"), "00000000");
    assert_eq!(ask_hex(&mut data, common::STARTUP), common::OK);
    assert_eq!(nv::data(&ask(&mut data, &nv::read(INDEX, 1000))), [written; 1000]);
    for n in 0..100 {
        assert_eq!(nv::code(&ask(&mut data, &nv::write(INDEX, &[n; 1000]))), 0);
    }
    assert!(std::fs::metadata(dir.path().join(STATE)).unwrap().len() > FIRST_SIZE);
}
