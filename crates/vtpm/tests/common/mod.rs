//! Live keepers, and clients that speak to them byte by byte.
#![allow(dead_code, unreachable_pub, reason = "each test file uses some of it")]

pub mod nv;

use std::io::{BufRead, BufReader, IoSlice, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

/// The longest that anything here waits for what must come.
pub const LONG: Duration = Duration::from_secs(30);
/// How long is waited for what must not come.
pub const SHORT: Duration = Duration::from_millis(300);

/// A running keeper, killed when dropped.
pub struct Keeper {
    pub child: Child,
    pub dir: tempfile::TempDir,
}

/// Commands of the program under test, with a guardian key of this test alone.
pub fn harness(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vtpm-harness"));
    command.env("DONJON_GUARDIAN_KEY", dir.join("guardian.key")).env_remove("NOTIFY_SOCKET");
    command
}

impl Keeper {
    /// `serve` with these arguments, `{dir}` replaced, ready.
    pub fn serve(arguments: &str) -> (Keeper, String) {
        let dir = tempfile::tempdir().unwrap();
        let arguments = arguments.replace("{dir}", dir.path().to_str().unwrap());
        let mut command = harness(dir.path());
        command.arg("serve").args(arguments.split_whitespace()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("ready: "), "{line}");
        (Keeper { child, dir }, line)
    }

    /// A TPM in memory with a control channel at `ctrl`, powered by INIT.
    pub fn with_control() -> Keeper {
        Keeper::serve("--ctrl type=unixio,path={dir}/ctrl").0
    }

    /// `swtpm socket --tpm2` with these arguments, `{dir}` replaced, in `dir`; listening.
    pub fn swtpm_in(dir: tempfile::TempDir, arguments: &str) -> Keeper {
        let arguments = arguments.replace("{dir}", dir.path().to_str().unwrap());
        let mut command = harness(dir.path());
        command.args(["swtpm", "socket", "--tpm2"]).args(arguments.split_whitespace());
        let child = command.spawn().unwrap();
        let keeper = Keeper { child, dir };
        keeper.await_path("ctrl");
        keeper
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn await_path(&self, name: &str) {
        let path = self.path(name);
        until(|| path.exists().then_some(()));
    }

    /// A new control connection.
    pub fn control(&self) -> Client {
        let path = self.path("ctrl");
        Client(until(|| UnixStream::connect(&path).ok()))
    }

    /// The end of the process: its exit code.
    pub fn end(&mut self) -> Option<i32> {
        until(|| self.child.try_wait().unwrap()).code()
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// The trustlet's process number.
    pub fn trustlet(&self) -> i32 {
        until(|| {
            children(self.child.id()).into_iter().find(|pid| {
                let name = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                name.starts_with(b"donjon-trustlet\0tpm\0")
            })
        })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process numbers of the children of `pid`.
pub fn children(pid: u32) -> Vec<i32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(candidate) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
        let stat = std::fs::read_to_string(format!("/proc/{candidate}/stat")).unwrap_or_default();
        let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse::<u32>().ok());
        if parent == Some(pid) {
            found.push(candidate);
        }
    }
    found
}

/// Waits until every thread of a process that was sent SIGSTOP has stopped.
#[track_caller]
pub fn until_stopped(pid: i32) {
    let stopped = |task: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
    };
    let all = || std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten().all(stopped);
    until(|| all().then_some(()));
}

/// Tries until it works.
#[track_caller]
pub fn until<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LONG;
    loop {
        if let Some(value) = attempt() {
            return value;
        }
        assert!(Instant::now() < deadline, "it did not come in time");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// One connection.
pub struct Client(pub UnixStream);

impl Client {
    pub fn send(&mut self, hex: &str) {
        self.0.write_all(&unhex(hex)).unwrap();
    }

    /// Sends bytes with a descriptor beside them.
    pub fn send_with_fd(&mut self, hex: &str, fd: BorrowedFd<'_>) {
        let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let fds = [fd];
        assert!(control.push(SendAncillaryMessage::ScmRights(&fds)));
        let bytes = unhex(hex);
        let sent = sendmsg(&self.0, &[IoSlice::new(&bytes)], &mut control, SendFlags::empty()).unwrap();
        assert_eq!(sent, bytes.len());
    }

    /// What one read brings: a whole reply, since replies are one write. Empty: closed.
    pub fn receive(&mut self) -> String {
        self.0.set_read_timeout(Some(LONG)).unwrap();
        let mut bytes = vec![0; 1 << 20];
        let n = self.0.read(&mut bytes).expect("a reply in time");
        hex(&bytes[..n])
    }

    /// Nothing comes.
    #[track_caller]
    pub fn silence(&mut self) {
        self.0.set_read_timeout(Some(SHORT)).unwrap();
        let mut byte = [0];
        match self.0.read(&mut byte) {
            Err(e) => assert_eq!(e.kind(), std::io::ErrorKind::WouldBlock),
            Ok(n) => panic!("{n} bytes came, {byte:?}"),
        }
    }

    /// A message and its reply.
    pub fn ask(&mut self, message: &str) -> String {
        self.send(message);
        self.receive()
    }

    #[track_caller]
    pub fn expect(&mut self, name: &str, message: &str, reply: &str) {
        assert_eq!(self.ask(message), reply, "{name}");
    }

    /// Hands over a data channel; the other end.
    pub fn set_data_fd(&mut self) -> Client {
        let (ours, theirs) = UnixStream::pair().unwrap();
        self.send_with_fd("00000010", theirs.as_fd());
        assert_eq!(self.receive(), "00000000");
        Client(ours)
    }

    pub fn into_fd(self) -> OwnedFd {
        self.0.into()
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

pub const STARTUP: &str = "80010000000c000001440000";
pub const GET_RANDOM: &str = "80010000000c0000017b0008";
pub const READ_CLOCK: &str = "80010000000a00000181";
pub const OK: &str = "80010000000a00000000";
pub const INITIALIZE: &str = "80010000000a00000100";
pub const FAILURE: &str = "80010000000a00000101";
pub const COMMAND_SIZE: &str = "80010000000a00000142";

/// Eight random bytes came.
#[track_caller]
pub fn assert_random(response: &str) {
    assert!(response.len() == 40 && response.starts_with("800100000014000000000008"), "{response}");
}
