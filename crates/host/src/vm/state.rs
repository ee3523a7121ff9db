//! Who runs a VM now, how its last run ended, and the lock that keeps two commands apart.
use super::home::Paths;
use super::name::Name;
use crate::Error;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

/// A process, told from a later one with the same number by its start time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// Field 22 of /proc/PID/stat, in clock ticks since the host's start.
    started: u64,
}

impl Process {
    /// The process with this number, if there is one.
    pub(super) fn now(pid: u32) -> Option<Process> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name, in parentheses, may hold anything: fields are counted from behind it.
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_whitespace();
        let zombie = fields.next() == Some("Z");
        let started = fields.nth(18)?.parse().ok()?;
        (!zombie).then_some(Process { pid, started })
    }

    /// Whether this very process still runs.
    pub(super) fn runs(&self) -> bool {
        Process::now(self.pid) == Some(*self)
    }
}

/// What a supervisor has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Phase {
    Starting,
    Running,
    Stopping,
}

/// What a supervisor writes down about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Running {
    pub(super) supervisor: Process,
    pub(super) phase: Phase,
    pub(super) since: String,
    pub(super) accelerator: String,
    pub(super) accelerator_why: String,
    /// The isolation level that the gate granted; absent without a vTPM.
    pub(super) isolation: Option<String>,
    pub(super) qemu: Option<Process>,
    pub(super) vtpm: Option<Process>,
}

/// What the run directory tells.
pub(super) enum Found {
    /// Nobody runs the VM.
    Stopped,
    /// A supervisor runs it.
    Runs(Running),
    /// A supervisor ran it and was killed.
    Stale(Running),
}

impl Found {
    pub(super) fn read(paths: &Paths) -> Found {
        let text = std::fs::read(paths.state()).unwrap_or_default();
        match serde_json::from_slice::<Running>(&text) {
            Ok(running) if running.supervisor.runs() => Found::Runs(running),
            Ok(running) => Found::Stale(running),
            Err(_) => Found::Stopped,
        }
    }
}

/// The running VM's supervisor, or the error that it does not run.
pub(super) fn running(paths: &Paths, name: &Name) -> Result<Running, Error> {
    match Found::read(paths) {
        Found::Runs(running) => Ok(running),
        Found::Stopped | Found::Stale(_) => Err(Error::NotRunning { name: name.to_string() }),
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastRun {
    pub(super) started: String,
    pub(super) ended: String,
    /// Whether it ended as somebody wished: the guest, or a command.
    pub(super) clean: bool,
    pub(super) reason: String,
}

impl LastRun {
    pub(super) fn read(paths: &Paths) -> Option<LastRun> {
        serde_json::from_slice(&std::fs::read(paths.last_run()).ok()?).ok()
    }
}

/// Writes a small JSON file so that readers see the old or the new one, never a part.
pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), Error> {
    let text = serde_json::to_vec_pretty(value).unwrap_or_default();
    replace(path, &text)
}

/// Replaces a file as a whole.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), Error> {
    let next = path.with_extension("new");
    let write = || {
        std::fs::write(&next, content)?;
        File::open(&next)?.sync_all()?;
        std::fs::rename(&next, path)
    };
    write().map_err(|e| {
        let _ = std::fs::remove_file(&next);
        Error::io("writing", path)(e)
    })
}

/// Held while a VM runs or is changed. It is gone when its holder ends, however that ends.
pub(super) struct Lock {
    _file: File,
}

/// Takes the lock, or says who has it.
pub(super) fn lock(paths: &Paths, name: &Name) -> Result<Lock, Error> {
    let path = paths.lock();
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(Error::io("opening the lock", &path))?;
    // A command that only looks may hold it for a moment: do not give up at once.
    for attempt in 0..20 {
        match file.try_lock() {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(TryLockError::Error(e)) => return Err(Error::io("locking", &path)(e)),
            Err(TryLockError::WouldBlock) => {}
        }
        match Found::read(paths) {
            Found::Runs(r) if r.phase != Phase::Stopping => {
                return Err(Error::Running { name: name.to_string(), pid: Some(r.supervisor.pid) });
            }
            _ if attempt < 19 => std::thread::sleep(Duration::from_millis(50)),
            _ => {}
        }
    }
    Err(match Found::read(paths) {
        Found::Runs(r) => Error::Running { name: name.to_string(), pid: Some(r.supervisor.pid) },
        _ => Error::Busy {
            what: format!("VM \"{name}\""),
            by: Some("another donjon command".into()),
            cure: "try again when it has ended".into(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_runs_and_one_with_another_start_time_does_not() {
        let me = Process::now(std::process::id()).expect("this process runs");
        assert!(me.runs());
        assert!(!Process { started: me.started + 1, ..me }.runs());
        assert_eq!(Process::now(u32::MAX), None);
    }

    #[test]
    fn a_lock_keeps_the_second_out_until_the_first_is_gone() {
        let dir = tempfile::tempdir().expect("a directory");
        let paths = Paths { dir: dir.path().into(), run: dir.path().join("run") };
        let name = Name::parse("web").expect("a name");
        let first = lock(&paths, &name).expect("free");
        let said = lock(&paths, &name).err().expect("held").to_string();
        assert!(said.contains("VM \"web\" is in use by another donjon command"), "{said}");
        drop(first);
        assert!(lock(&paths, &name).is_ok());
    }

    #[test]
    fn a_state_file_that_is_no_state_is_as_none() {
        let dir = tempfile::tempdir().expect("a directory");
        let paths = Paths { dir: dir.path().into(), run: dir.path().into() };
        std::fs::write(paths.state(), b"{\"supervisor\":").expect("written");
        assert!(matches!(Found::read(&paths), Found::Stopped));
    }
}
