//! The avenue that kills: has the kernel itself write a core dump of the victim, and reads it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Avenue, Needle, Search, tracing};
use crate::sys;

const NAME: &str = "kernel core dump";
const PATTERN: &str = "/proc/sys/kernel/core_pattern";
/// What the kernel begins with.
const DEFAULT_PATTERN: &str = "core";
/// Begins the name of our directory, so that a pattern is known for one of ours.
const DIRECTORY: &str = "vsm-core-";
/// For the dump's helper, which may only have begun when the victim is dead, to write something more.
const GRACE: Duration = Duration::from_millis(200);
/// For the victim to be dumped and die, on however busy a machine.
const DEATH: Duration = Duration::from_secs(30);

/// Kills the process `pid` such that the kernel dumps it, if it dumps it at all, and searches the dump.
///
/// Root only: it raises the victim's limit, if it may, and for the time of the dump replaces the machine's
/// `kernel.core_pattern` by a pipe to `dd`, which drops what other processes dump meanwhile. Waits for its turn
/// when another process does the same.
pub fn core_dump(pid: i32, needles: &[Needle]) -> Avenue {
    match dump(pid, &Search::new(needles)) {
        Ok(avenue) => avenue,
        Err((doing, e)) => Avenue::not_tried(NAME, format!("{doing}: {e}")),
    }
}

type Failed = (&'static str, io::Error);

fn dump(pid: i32, search: &Search<'_>) -> Result<Avenue, Failed> {
    let pidfd = sys::pidfd_open(pid).map_err(|e| ("pidfd_open", e))?;
    // For a dump into a pipe the kernel does not ask the limit, so not being allowed to raise it stops nobody.
    let _ = raise_limit(pid);
    let fifo = Fifo::new(pid).map_err(|e| ("making a pipe for the dump", e))?;
    let pattern = Pattern::replace(&fifo.directory).map_err(|e| ("writing kernel.core_pattern", e))?;
    end(pid).map_err(|e| ("making the process abort", e))?;
    let mut reader =
        Reader { fifo, search, avenue: Avenue { reads_memory: true, ..Avenue::new(NAME) }, rest: vec![] };
    if !reader.read_until_dead(pidfd.as_fd(), DEATH) {
        return Err(("waiting for the process to die", io::ErrorKind::TimedOut.into()));
    }
    reader.read_to_end();
    drop(pattern);
    if reader.avenue.read == 0 {
        // Not an error number of a call: the kernel does not dump what is not dumpable.
        reader.avenue.errno = Some(libc::EPERM);
    }
    Ok(reader.avenue)
}

fn raise_limit(pid: i32) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the new limit lives across the call; the old one is not asked for.
    sys::check_int(unsafe { libc::prlimit(pid, libc::RLIMIT_CORE, &limit, std::ptr::null_mut()) }).map(drop)
}

/// Has the process die in a way that dumps.
fn end(pid: i32) -> io::Result<()> {
    if is_first_of_namespace(pid)? {
        // It ignores every signal that it has no handler for, but not a fault: its first thread goes to address 0.
        let stopped = tracing::Stopped::new(pid)?;
        let Some(&tid) = stopped.threads().first() else { return Err(io::ErrorKind::NotFound.into()) };
        return super::inject::jump_to(tid, 0);
    }
    // SAFETY: integers only.
    sys::check_int(unsafe { libc::kill(pid, libc::SIGABRT) }).map(drop)
}

fn is_first_of_namespace(pid: i32) -> io::Result<bool> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap_or_default();
    Ok(numbers.split_whitespace().last() == Some("1"))
}

/// A named pipe `DIRECTORY/PID/core`, removed when dropped.
struct Fifo {
    directory: PathBuf,
    path: PathBuf,
    file: File,
}

impl Fifo {
    fn new(pid: i32) -> io::Result<Self> {
        let directory = std::env::temp_dir().join(format!("{DIRECTORY}{}", std::process::id()));
        let own = directory.join(pid.to_string());
        fs::create_dir_all(&own)?;
        let path = own.join("core");
        let name = std::ffi::CString::new(path.as_os_str().as_bytes())?;
        // SAFETY: a NUL-terminated path.
        sys::check_int(unsafe { libc::mkfifo(name.as_ptr(), 0o600) })?;
        let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&path)?;
        Ok(Fifo { directory, path, file })
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        let _ = self.path.parent().map(fs::remove_dir);
        let _ = fs::remove_dir(&self.directory);
    }
}

/// The machine's core pattern, put back when dropped.
struct Pattern {
    old: String,
    /// The lock of the file goes with it: one at a time on a machine.
    file: File,
}

impl Pattern {
    /// `%P` is the number of the process that is dumped: the dump of any other has no directory to go to.
    fn replace(directory: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).write(true).open(PATTERN)?;
        file.lock()?;
        let mut old = String::new();
        file.read_to_string(&mut old)?;
        if old.contains(DIRECTORY) {
            // Whoever replaced it was killed and could not put it back; what was there before is lost.
            old = DEFAULT_PATTERN.to_owned();
        }
        let dd = ["/bin/dd", "/usr/bin/dd"].into_iter().find(|path| Path::new(path).exists());
        let dd = dd.ok_or(io::Error::new(io::ErrorKind::NotFound, "no dd on this machine"))?;
        // The kernel runs the helper where the machine's root is, which in a container is not ours.
        let root = format!("/proc/{}/root", std::process::id());
        let ours = format!("|{dd} bs=64k of={root}{}/%P/core", directory.display());
        file.write_all_at(ours.as_bytes(), 0)?;
        Ok(Pattern { old: old.trim_end().to_owned(), file })
    }
}

impl Drop for Pattern {
    fn drop(&mut self) {
        if let Err(e) = self.file.write_all_at(self.old.as_bytes(), 0) {
            eprintln!("kernel.core_pattern could not be put back to {:?}: {e}", self.old);
        }
    }
}

struct Reader<'a> {
    fifo: Fifo,
    search: &'a Search<'a>,
    avenue: Avenue,
    /// The end of what was searched, so that no run is cut at the edge.
    rest: Vec<u8>,
}

impl Reader<'_> {
    /// Takes what comes until the process is dead (true) or `patience` is over.
    fn read_until_dead(&mut self, pidfd: std::os::fd::BorrowedFd<'_>, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            let dead = matches!(sys::wait_readable(pidfd, Some(Duration::from_millis(1))), Ok(true));
            if self.take() {
                continue;
            }
            if dead || Instant::now() > deadline {
                return dead;
            }
        }
    }

    /// After the death: until the helper has written all, which it may only just have begun.
    fn read_to_end(&mut self) {
        let mut deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            if self.take() {
                deadline = Instant::now() + GRACE;
            } else {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// True when something was there.
    fn take(&mut self) -> bool {
        let mut buffer = vec![0_u8; 64 << 10];
        let Ok(n @ 1..) = self.fifo.file.read(&mut buffer) else { return false };
        let base = self.avenue.read - self.rest.len() as u64;
        self.rest.extend_from_slice(buffer.get(..n).unwrap_or_default());
        self.avenue.hits.extend(self.search.find(&self.rest, base));
        self.avenue.read += n as u64;
        let keep = self.rest.len().saturating_sub(super::RUN - 1);
        self.rest.drain(..keep);
        true
    }
}
