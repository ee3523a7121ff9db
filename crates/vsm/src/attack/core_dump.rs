//! The avenue that kills: has the kernel itself write a core dump of the victim, and reads it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Avenue, Needle, Search, tracing};
use crate::sys;

const NAME: &str = "kernel core dump";
const PATTERN: &str = "/proc/sys/kernel/core_pattern";
/// For the victim to die of a signal, and for the dump's helper to start after it has.
const GRACE: Duration = Duration::from_millis(200);
/// For the victim to die of a fault that cannot be ignored.
const DEATH: Duration = Duration::from_secs(10);

/// Kills the process `pid` such that the kernel dumps it, if it dumps it at all, and searches the dump.
///
/// Root only: it raises the victim's limit, if it may, and for the time of the dump replaces the machine's
/// `kernel.core_pattern` by a pipe to `dd`. One at a time on a machine.
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
    let fifo = Fifo::new().map_err(|e| ("making a pipe for the dump", e))?;
    let pattern = Pattern::replace(&fifo.path).map_err(|e| ("writing kernel.core_pattern", e))?;

    // The first process of a namespace ignores signals that it has no handler for, so a fault must do.
    // SAFETY: integers only.
    unsafe { libc::kill(pid, libc::SIGABRT) };
    let mut reader = Reader { fifo, search, avenue: Avenue { reads_memory: true, ..Avenue::new(NAME) }, rest: vec![] };
    if !reader.read_until_dead(pidfd.as_fd(), GRACE) {
        fault(pid).map_err(|e| ("making the process fault", e))?;
        if !reader.read_until_dead(pidfd.as_fd(), DEATH) {
            return Err(("waiting for the process to die", io::ErrorKind::TimedOut.into()));
        }
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

/// Sends the first thread to address 0: a fault, which even the first process of a namespace dies of.
fn fault(pid: i32) -> io::Result<()> {
    let stopped = tracing::Stopped::new(pid)?;
    let Some(&tid) = stopped.threads().first() else { return Err(io::ErrorKind::NotFound.into()) };
    super::inject::jump_to(tid, 0)
}

/// A named pipe in a directory of its own, removed when dropped.
struct Fifo {
    directory: PathBuf,
    path: PathBuf,
    file: File,
}

impl Fifo {
    fn new() -> io::Result<Self> {
        let directory = std::env::temp_dir().join(format!("vsm-core-{}", std::process::id()));
        fs::create_dir_all(&directory)?;
        let path = directory.join("core");
        let _ = fs::remove_file(&path);
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
        let _ = fs::remove_dir(&self.directory);
    }
}

/// The machine's core pattern, put back when dropped.
struct Pattern(String);

impl Pattern {
    fn replace(fifo: &Path) -> io::Result<Self> {
        let old = fs::read_to_string(PATTERN)?;
        let dd = ["/bin/dd", "/usr/bin/dd"].into_iter().find(|path| Path::new(path).exists());
        let dd = dd.ok_or(io::Error::new(io::ErrorKind::NotFound, "no dd on this machine"))?;
        fs::write(PATTERN, format!("|{dd} bs=64k of={}", fifo.display()))?;
        Ok(Pattern(old))
    }
}

impl Drop for Pattern {
    fn drop(&mut self) {
        if let Err(e) = fs::write(PATTERN, self.0.trim_end()) {
            eprintln!("kernel.core_pattern could not be put back to {:?}: {e}", self.0.trim_end());
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
