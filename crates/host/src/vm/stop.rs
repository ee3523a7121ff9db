//! Stopping and resetting a VM.
use super::home::{Home, Paths};
use super::name::Name;
use super::progress::Progress;
use super::qmp::Qmp;
use super::state::{self, Found, Running};
use super::{child, supervisor};
use crate::Error;
use rustix::process::{Signal, pidfd_send_signal};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// How long QEMU may take to answer a command.
const QMP: Duration = Duration::from_secs(10);
/// How long the supervisor may take to end the unit: its own three ways to stop each of two processes, and some.
const SUPERVISOR: Duration = Duration::from_secs(35);

/// How a VM came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The guest powered off when asked.
    ByGuest,
    /// QEMU was ended.
    ByForce {
        /// Whether the guest had been given its time before.
        after_asking: bool,
    },
}

/// Asks the guest to power off, waits for `patience`, then ends it; with `force`, ends it at once.
pub fn stop(home: &Home, name: &Name, force: bool, patience: Duration) -> Result<Stopped, Error> {
    let paths = home.existing(name)?;
    let (running, pidfd) = supervisor_of(&paths, name)?;
    let mut progress = Progress::new();
    let asked =
        !force && Qmp::connect(&paths.qmp(), QMP).and_then(|mut q| q.execute("system_powerdown")).is_ok();
    if asked
        && wait(&pidfd, patience, &mut progress, &format!("VM {name}: waiting for the guest to power off"))
    {
        return Ok(Stopped::ByGuest);
    }
    let _ = pidfd_send_signal(&pidfd, Signal::TERM);
    if !wait(&pidfd, SUPERVISOR, &mut progress, &format!("VM {name}: ending QEMU")) {
        // The kernel ends QEMU and the vTPM with it.
        let _ = pidfd_send_signal(&pidfd, Signal::KILL);
        if !wait(&pidfd, SUPERVISOR, &mut progress, &format!("VM {name}: killing its supervisor")) {
            return Err(Error::Run(format!(
                "VM \"{name}\": its supervisor (pid {}) cannot be killed; look for a hung disk or file system",
                running.supervisor.pid
            )));
        }
    }
    let _lock = state::lock(&paths, name)?;
    supervisor::clear_stale(&paths)?;
    Ok(Stopped::ByForce { after_asking: asked })
}

/// Resets the VM as its reset button would.
pub fn reset(home: &Home, name: &Name) -> Result<(), Error> {
    let paths = home.existing(name)?;
    state::running(&paths, name)?;
    Qmp::connect(&paths.qmp(), QMP)?.execute("system_reset").map(drop)
}

/// The supervisor that runs the VM, held so that no later process can be taken for it.
fn supervisor_of(paths: &Paths, name: &Name) -> Result<(Running, OwnedFd), Error> {
    let not_running = || Error::NotRunning { name: name.to_string() };
    let running = state::running(paths, name)?;
    let pidfd = child::open(running.supervisor.pid).map_err(|_| not_running())?;
    // Opened by number: make sure that it is still the same process.
    match Found::read(paths) {
        Found::Runs(still) if still.supervisor == running.supervisor => Ok((running, pidfd)),
        _ => Err(not_running()),
    }
}

fn wait(pidfd: &OwnedFd, patience: Duration, progress: &mut Progress, what: &str) -> bool {
    let deadline = Instant::now() + patience;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if child::wait(pidfd, Some(left.min(Duration::from_millis(200)))) {
            progress.done();
            return true;
        }
        if left.is_zero() {
            return false;
        }
        progress.tell(what);
    }
}
