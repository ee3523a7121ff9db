//! The host's handle of a running trustlet.

use std::io::{self, Read};
use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use crate::channel::Channel;
use crate::exit::Exit;
use crate::level::Level;
use crate::sys;

/// The most of a trustlet's last words that is read.
const LAST_WORDS: u64 = 4096;

/// A running trustlet. Dropping it kills the process and collects it.
pub struct Trustlet {
    pub(crate) role: String,
    pub(crate) level: Level,
    pub(crate) pid: libc::pid_t,
    pub(crate) pidfd: OwnedFd,
    pub(crate) channel: Channel,
    pub(crate) words: LastWords,
    pub(crate) layers: Vec<(String, String)>,
    pub(crate) exit: Option<Exit>,
}

impl Trustlet {
    /// The process number, in the host's process namespace.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// The role it runs.
    pub fn role(&self) -> &str {
        &self.role
    }

    /// The level it was started at, which is the level it runs at.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The host's end of the channel.
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// Becomes readable when the process ends, for poll.
    pub fn pidfd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }

    /// What the trustlet found about those layers of its confinement that a kernel may lack: pairs such as
    /// `("landlock", "ABI 7, all that we know of")`. Empty at L0.
    pub fn layers(&self) -> &[(String, String)] {
        &self.layers
    }

    /// How it ended, if it has. Does not wait.
    pub fn try_wait(&mut self) -> io::Result<Option<Exit>> {
        self.collect(libc::WNOHANG)
    }

    /// Waits until it has ended, and says how. Close nothing first: a role ends when its channel closes,
    /// which only [`Trustlet::kill`] and dropping do.
    pub fn wait(&mut self) -> io::Result<Exit> {
        loop {
            if let Some(exit) = self.collect(0)? {
                return Ok(exit);
            }
        }
    }

    /// Kills it, if it has not ended, waits for the end, and says how it ended.
    pub fn kill(&mut self) -> io::Result<Exit> {
        if self.exit.is_none() {
            match sys::pidfd_send_signal(self.pidfd.as_fd(), libc::SIGKILL) {
                Err(e) if sys::errno(&e) != libc::ESRCH => return Err(e),
                _ => {}
            }
        }
        self.wait()
    }

    fn collect(&mut self, options: libc::c_int) -> io::Result<Option<Exit>> {
        if self.exit.is_none() {
            let Some((code, signal)) = wait_for(self.pidfd.as_fd(), options)? else { return Ok(None) };
            self.exit = Some(Exit { code, signal, last_words: self.words.read() });
        }
        Ok(self.exit.clone())
    }
}

impl Drop for Trustlet {
    fn drop(&mut self) {
        // Nothing can be done about a process that cannot be killed; it dies with its host at the latest.
        let _ = self.kill();
    }
}

/// The exit code and signal of the child that `pidfd` stands for; `None` when it still runs (WNOHANG). Both
/// are `None` when somebody else in this process collected it.
pub(crate) fn wait_for(
    pidfd: BorrowedFd<'_>,
    options: libc::c_int,
) -> io::Result<Option<(Option<i32>, Option<i32>)>> {
    loop {
        // SAFETY: zeroes are a valid siginfo, and it lives across the call.
        let (r, info) = unsafe {
            let mut info: libc::siginfo_t = mem::zeroed();
            let r = libc::waitid(libc::P_PIDFD, pidfd.as_raw_fd() as u32, &mut info, libc::WEXITED | options);
            (sys::check_int(r), info)
        };
        match r {
            Ok(_) => {
                // SAFETY: filled in by waitid, or still zero: then no child had ended.
                let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
                return Ok(match (pid, info.si_code) {
                    (0, _) => None,
                    (_, libc::CLD_EXITED) => Some((Some(status), None)),
                    _ => Some((None, Some(status))),
                });
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if sys::errno(&e) == libc::ECHILD => return Ok(Some((None, None))),
            Err(e) => return Err(e),
        }
    }
}

/// The reading end of a trustlet's standard error.
pub(crate) struct LastWords(pub(crate) std::fs::File);

impl LastWords {
    /// What was written, on one line.
    pub(crate) fn read(&self) -> String {
        let mut bytes = Vec::new();
        // The pipe is non-blocking: an error is its end for now, and what came before it counts.
        let _ = (&self.0).take(LAST_WORDS).read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes);
        text.split_whitespace().collect::<Vec<_>>().join(" ").replace(char::is_control, "")
    }
}
