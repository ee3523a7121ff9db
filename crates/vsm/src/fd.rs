//! File descriptors that a parent process left open for this one.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use crate::sys;

/// Takes ownership of the inherited descriptor `n`, and marks it close-on-exec.
///
/// A descriptor that came through `execve` cannot be close-on-exec, and everything that Rust's standard
/// library opens is: so a descriptor that is close-on-exec is not inherited, or was taken before, and is
/// refused. That makes the function sound to call at any time, at most once for each `n`.
///
/// # Errors
/// `n` is one of the three standard descriptors, is not open, or was not inherited.
pub fn inherited(n: RawFd) -> io::Result<OwnedFd> {
    let refuse = |why: String| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    if n <= 2 {
        return refuse(format!("descriptor {n} belongs to the standard streams: hand over 3 or higher"));
    }
    // SAFETY: F_GETFD takes no pointer.
    let flags = sys::check_int(unsafe { libc::fcntl(n, libc::F_GETFD) }).map_err(|e| {
        io::Error::new(e.kind(), format!("no descriptor {n} was handed to this process (F_GETFD: {e})"))
    })?;
    if flags & libc::FD_CLOEXEC != 0 {
        return refuse(format!(
            "descriptor {n} was not inherited: this process opened it, or took it before"
        ));
    }
    // SAFETY: the descriptor is open and has no owner in this process, by the argument above.
    unsafe {
        sys::check_int(libc::fcntl(n, libc::F_SETFD, libc::FD_CLOEXEC))?;
        Ok(OwnedFd::from_raw_fd(n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn only_what_was_inherited_is_taken_and_only_once() {
        let ours = std::fs::File::open("/dev/null").unwrap();
        assert!(inherited(ours.as_raw_fd()).unwrap_err().to_string().contains("not inherited"));
        // SAFETY: what `dup` returns is nobody's, and not close-on-exec: as if it were inherited.
        let n = unsafe { libc::dup(ours.as_raw_fd()) };
        let taken = inherited(n).unwrap();
        assert_eq!(taken.as_raw_fd(), n);
        assert!(inherited(n).is_err());
        assert!(inherited(1).is_err());
        assert!(inherited(1000).unwrap_err().to_string().contains("1000"));
    }
}
