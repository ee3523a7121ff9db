//! Small things that a daemon and a supervisor need of the kernel, behind safe functions.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::sys;

/// Makes this process the one that inherits the orphans among its descendants, so that it can end them.
pub fn set_child_subreaper() -> io::Result<()> {
    sys::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0).map(drop)
}

/// Has this process killed when its parent ends. A parent that ended before is noticed: an error.
pub fn die_with_parent() -> io::Result<()> {
    let parent = std::os::unix::process::parent_id();
    sys::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as u64, 0, 0, 0)?;
    if parent == std::os::unix::process::parent_id() {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::NotFound, "the parent process ended meanwhile"))
    }
}

/// Has what `command` starts killed when the *thread* that starts it ends (so the kernel defines it): start
/// it from a thread that lives as long as it should.
pub fn with_parent_death_signal(command: &mut Command) -> &mut Command {
    let parent = std::process::id() as libc::pid_t;
    // SAFETY: between fork and exec only prctl, getppid and the making of an error without allocation run.
    unsafe {
        command.pre_exec(move || {
            sys::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as u64, 0, 0, 0)?;
            if libc::getppid() == parent { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::ESRCH)) }
        })
    }
}

/// Has what `command` starts lead a session of its own: it does not get the terminal's signals.
pub fn setsid_command(command: &mut Command) -> &mut Command {
    // SAFETY: between fork and exec only setsid runs.
    unsafe { command.pre_exec(|| sys::check_int(libc::setsid()).map(drop)) }
}

/// Hands descriptors over to what `command` starts, each under the number beside it.
///
/// The numbers must be distinct and 3 or higher; the descriptors stay open until `command` is dropped.
pub fn pass_fds(command: &mut Command, fds: Vec<(OwnedFd, RawFd)>) -> &mut Command {
    // Every source is first copied above every target, so that no target overwrites a source not yet moved.
    let floor = fds.iter().map(|(_, n)| *n + 1).max().unwrap_or(3);
    let mut copies = vec![-1; fds.len()];
    // SAFETY: between fork and exec only fcntl and dup2 run, on descriptors that the closure owns, and
    // nothing is allocated. The copies are close-on-exec and go with the exec; what dup2 makes is not.
    unsafe {
        command.pre_exec(move || {
            for (copy, (fd, _)) in copies.iter_mut().zip(&fds) {
                *copy = sys::check_int(libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, floor))?;
            }
            for (copy, (_, target)) in copies.iter().zip(&fds) {
                sys::check_int(libc::dup2(*copy, *target))?;
            }
            Ok(())
        })
    }
}

/// True when this process is run by root.
pub fn is_root() -> bool {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::geteuid() == 0 }
}

/// Puts this process in the background: a child goes on with a session of its own and `/dev/null` for its
/// standard streams, and this process ends with code 0.
///
/// Call it before threads start (after them it is refused: a fork carries only the calling thread over) and
/// after what the caller waits for is there, such as a bound socket. Trustlets started before do not survive it.
pub fn daemonize() -> io::Result<()> {
    let threads = std::fs::read_dir("/proc/self/task")?.count();
    if threads != 1 {
        let why = format!("cannot go to the background with {threads} threads running");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let null = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    // SAFETY: this is the only thread, so the child has a whole copy of everything.
    match sys::check_int(unsafe { libc::fork() })? {
        0 => {}
        _ => sys::exit_now(0),
    }
    // SAFETY: a new session and three duplications of an open descriptor; no memory is involved.
    unsafe {
        sys::check_int(libc::setsid())?;
        for standard in 0..3 {
            sys::check_int(libc::dup2(null.as_raw_fd(), standard))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn descriptors_arrive_under_their_numbers_even_when_they_cross() {
        let mut ends = Vec::new();
        let mut passed = Vec::new();
        for target in [5, 3, 4] {
            let (read, write) = sys::pipe().unwrap();
            ends.push((target, read));
            passed.push((write, target));
        }
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "for n in 3 4 5; do echo to-$n >&$n; done"]);
        assert!(pass_fds(&mut command, passed).status().unwrap().success());
        drop(command);
        for (target, read) in ends {
            let mut text = String::new();
            std::fs::File::from(read).read_to_string(&mut text).unwrap();
            assert_eq!(text, format!("to-{target}\n"));
        }
    }

    #[test]
    fn a_command_may_lead_a_session_and_die_with_its_parent() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "cut -d' ' -f1,6 /proc/$$/stat"]);
        let out = with_parent_death_signal(setsid_command(&mut command)).output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let (pid, session) = text.trim().split_once(' ').unwrap();
        assert_eq!(pid, session);
    }

    #[test]
    fn going_to_the_background_with_threads_is_refused() {
        // The test harness itself runs threads.
        let _another = std::thread::spawn(|| std::thread::park_timeout(std::time::Duration::from_secs(5)));
        let error = daemonize().unwrap_err();
        assert!(error.to_string().contains("threads"), "{error}");
    }
}
