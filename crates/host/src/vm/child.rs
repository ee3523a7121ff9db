//! Child processes of the supervisor: they die with it, and are signalled by descriptor, never by number.
use super::state::Process;
use crate::Error;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// A running child.
pub(super) struct Child {
    pub(super) process: Option<Process>,
    pidfd: OwnedFd,
}

impl Child {
    /// Starts `command`; when it has ended, `ended` makes the message that `to` gets. To be called from a thread that
    /// lives as long as the child should: the kernel kills the child with it.
    pub(super) fn start<M: Send + 'static>(
        command: &mut Command,
        to: Sender<M>,
        ended: fn(ExitStatus) -> M,
    ) -> Result<Child, Error> {
        let program = command.get_program().to_os_string();
        let mut child = vsm::process::with_parent_death_signal(command)
            .spawn()
            .map_err(Error::io("starting", &program))?;
        let opened = open(child.id());
        let process = Process::now(child.id());
        if opened.is_err() {
            let _ = child.kill();
        }
        std::thread::spawn(move || {
            if let Ok(status) = child.wait() {
                let _ = to.send(ended(status));
            }
        });
        Ok(Child { process, pidfd: opened.map_err(Error::io("watching", &program))? })
    }

    /// Signals it; a child that has ended already is no error.
    pub(super) fn signal(&self, signal: Signal) {
        let _ = pidfd_send_signal(&self.pidfd, signal);
    }
}

/// A descriptor of a process: readable once it has ended.
pub(super) fn open(pid: u32) -> std::io::Result<OwnedFd> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(std::io::ErrorKind::NotFound)?;
    Ok(pidfd_open(pid, PidfdFlags::empty())?)
}

/// How a process ended, for people.
pub(super) fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (_, Some(9)) => "killed (SIGKILL)".into(),
        (_, Some(signal)) => format!("ended by signal {signal}"),
        _ => "ended".into(),
    }
}

/// Waits until the process of a descriptor has ended; false when `patience` ran out before.
pub(super) fn wait(pidfd: &OwnedFd, patience: Option<Duration>) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let deadline = patience.map(|p| Instant::now() + p);
    loop {
        let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
        let timeout =
            left.map(|l| Timespec { tv_sec: l.as_secs().cast_signed(), tv_nsec: l.subsec_nanos().into() });
        match poll(&mut [PollFd::new(pidfd, PollFlags::IN)], timeout.as_ref()) {
            Ok(0) => return false,
            Ok(_) => return true,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}
