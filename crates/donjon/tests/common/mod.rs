//! An installation of its own for each test: a home, a firmware, a policy, and a QEMU that is played by the test.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod fake_qemu;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use vsm::fault::Denied;

/// The longest that anything here may take on however busy a machine; nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Installation {
    dir: tempfile::TempDir,
    /// How the played QEMU behaves; [`fake_qemu`] has the names.
    pub(crate) qemu_plays: &'static str,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    fn of(output: Output) -> Said {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    /// It worked, and complained of nothing.
    #[track_caller]
    pub(crate) fn fine(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// It failed with `code`, and said so in exactly one line, which is returned.
    #[track_caller]
    pub(crate) fn one_line(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(self.err.lines().count(), 1, "{self:?}");
        assert!(self.err.starts_with("donjon: "), "{self:?}");
        self.err.trim_end().trim_start_matches("donjon: ").to_string()
    }
}

impl Installation {
    pub(crate) fn new() -> Installation {
        // Short, for the sockets in it.
        let dir = tempfile::Builder::new().prefix("dj").tempdir_in("/tmp").expect("a directory");
        let this = Installation { dir, qemu_plays: "powers-off" };
        for name in ["OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd", "OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.ms.fd"] {
            this.write(&format!("firmware/{name}"), name);
        }
        this.policy("");
        fake_qemu::install(&this.path("qemu"), &this.path("qemu-was-started"));
        this
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `path` as text, for messages.
    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(&path, content).expect("written");
        path
    }

    pub(crate) fn policy(&self, text: &str) {
        self.write("policy.toml", text);
    }

    /// A policy that this host can satisfy: the level that it proves, and none where it proves none. What is tested
    /// then is not the level.
    pub(crate) fn policy_of_this_host(&self) -> &Self {
        let status: Value = serde_json::from_str(&self.run(&["status", "--json"]).fine()).expect("JSON");
        let level = status["isolation"]["running"].as_str().unwrap_or("L0").to_string();
        self.policy(&format!("[isolation]\nminimum = \"{level}\"\n"));
        self
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_donjon"));
        command
            .args(args)
            .env("DONJON_HOME", self.path("home"))
            .env("DONJON_POLICY", self.path("policy.toml"))
            .env("DONJON_FIRMWARE", self.path("firmware"))
            .env("DONJON_QEMU", self.path("qemu"))
            .env(fake_qemu::PLAYS, self.qemu_plays)
            .env_remove("DONJON_GUARDIAN_KEY")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Said {
        Said::of(self.command(args).output().expect("donjon runs"))
    }

    /// Runs it as on a kernel that lacks something.
    pub(crate) fn run_without(&self, lacking: Denied, args: &[&str]) -> Said {
        let mut command = self.command(args);
        Said::of(vsm::fault::deny(&mut command, &[lacking]).output().expect("donjon runs"))
    }

    /// Runs it with this on its standard input.
    pub(crate) fn run_with_input(&self, args: &[&str], input: &[u8]) -> Said {
        use std::io::Write;
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("donjon runs");
        child.stdin.take().expect("piped").write_all(input).expect("taken");
        Said::of(child.wait_with_output().expect("ended"))
    }

    /// A VM with a vTPM and one disk.
    pub(crate) fn create(&self, name: &str) {
        self.run(&["vm", "create", name, "--memory", "256M", "--disk", "size=1M"]).fine();
    }

    /// A VM without a vTPM.
    pub(crate) fn create_without_tpm(&self, name: &str) {
        self.run(&["vm", "create", name, "--memory", "256M", "--tpm", "none"]).fine();
    }

    pub(crate) fn show(&self, name: &str) -> Value {
        serde_json::from_str(&self.run(&["vm", "show", name, "--json"]).fine()).expect("JSON")
    }

    pub(crate) fn state(&self, name: &str) -> String {
        self.show(name)["state"].as_str().expect("a state").to_string()
    }

    pub(crate) fn last_end(&self, name: &str) -> String {
        self.show(name)["last_end"].as_str().expect("a text").to_string()
    }

    /// The process that plays `role` ("supervisor", "qemu", "vtpm") for a running VM.
    pub(crate) fn process(&self, name: &str, role: &str) -> u32 {
        let pid = self.show(name)["run"][role].as_u64();
        u32::try_from(pid.unwrap_or_else(|| panic!("{name} has no {role}"))).expect("a pid")
    }

    pub(crate) fn stopped(&self, name: &str) {
        eventually(&format!("{name} is stopped"), || self.state(name) == "stopped");
    }

    pub(crate) fn qemu_was_started(&self) -> bool {
        self.path("qemu-was-started").exists()
    }

    /// Everything in the directory of the VMs, hidden files too.
    pub(crate) fn in_vms(&self) -> Vec<String> {
        names(&self.path("home/vms"))
    }
}

impl Drop for Installation {
    /// A test that failed leaves no VM behind.
    fn drop(&mut self) {
        for name in names(&self.path("home/run")) {
            let _ = self.command(&["vm", "stop", &name, "--force"]).output();
        }
    }
}

pub(crate) fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .map(|d| d.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    names.sort();
    names
}

#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a process runs; one that has ended and was not fetched yet does not.
pub(crate) fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// A process and all that it started, and these started, that runs now.
pub(crate) fn family(pid: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = names(Path::new("/proc"))
        .iter()
        .filter_map(|name| {
            let pid = name.parse().ok()?;
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // "PID (NAME) STATE PARENT ...", and the name may hold anything.
            let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
            Some((pid, parent))
        })
        .collect();
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(&elder) = family.get(next) {
        family.extend(parents.iter().filter(|(_, parent)| *parent == elder).map(|(child, _)| *child));
        next += 1;
    }
    family
}

#[track_caller]
pub(crate) fn gone(pid: u32) {
    eventually(&format!("process {pid} is gone"), || !runs(pid));
}

pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a pid");
    kill_process(pid, signal).expect("signalled");
}

/// Its exit code, and its end awaited.
pub(crate) fn end_of(mut child: Child) -> Option<i32> {
    let mut code = None;
    eventually("the command ends", || {
        code = child.try_wait().expect("waited").map(|s| s.code());
        code.is_some()
    });
    code.flatten()
}

pub(crate) fn executable(path: &Path, script: &str) {
    std::fs::write(path, script).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("executable");
}
