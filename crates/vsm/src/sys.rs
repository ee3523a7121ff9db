//! Thin forms of system calls: a negative result becomes an `io::Error`.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

/// `r`, or what `errno` says when it is negative.
pub(crate) fn check(r: libc::c_long) -> io::Result<libc::c_long> {
    if r < 0 { Err(io::Error::last_os_error()) } else { Ok(r) }
}

/// [`check`] for calls that return an `int`.
pub(crate) fn check_int(r: libc::c_int) -> io::Result<libc::c_int> {
    check(r.into()).map(|_| r)
}

/// The error number of `e`, 0 when it has none.
pub(crate) fn errno(e: &io::Error) -> i32 {
    e.raw_os_error().unwrap_or(0)
}

/// The symbolic name of an error number, as the manual pages write it.
pub(crate) fn errno_name(errno: i32) -> &'static str {
    match errno {
        libc::EPERM => "EPERM",
        libc::ENOENT => "ENOENT",
        libc::ESRCH => "ESRCH",
        libc::EINTR => "EINTR",
        libc::EIO => "EIO",
        libc::ENXIO => "ENXIO",
        libc::EBADF => "EBADF",
        libc::EAGAIN => "EAGAIN",
        libc::ENOMEM => "ENOMEM",
        libc::EACCES => "EACCES",
        libc::EFAULT => "EFAULT",
        libc::EBUSY => "EBUSY",
        libc::ENODEV => "ENODEV",
        libc::EINVAL => "EINVAL",
        libc::EMFILE => "EMFILE",
        libc::ENOSPC => "ENOSPC",
        libc::EROFS => "EROFS",
        libc::EPIPE => "EPIPE",
        libc::ENOSYS => "ENOSYS",
        libc::EOPNOTSUPP => "EOPNOTSUPP",
        libc::EUSERS => "EUSERS",
        _ => "errno",
    }
}

/// `"EPERM (Operation not permitted)"`: an error as evidence for a person.
pub(crate) fn describe(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    let text = text.split(" (os error").next().unwrap_or_default().to_owned();
    match errno_name(errno) {
        "errno" => format!("errno {errno} ({text})"),
        name => format!("{name} ({text})"),
    }
}

/// `prctl` with up to four integer arguments.
pub(crate) fn prctl(option: libc::c_int, a: u64, b: u64, c: u64, d: u64) -> io::Result<libc::c_int> {
    // SAFETY: only options whose arguments are integers are passed in this crate; the kernel checks them.
    check_int(unsafe { libc::prctl(option, a, b, c, d) })
}

/// A new secret memory descriptor, close-on-exec.
pub(crate) fn memfd_secret() -> io::Result<OwnedFd> {
    // SAFETY: the call takes one integer; what it returns is a new descriptor that nobody else owns.
    unsafe {
        let fd = check(libc::syscall(libc::SYS_memfd_secret, libc::O_CLOEXEC))?;
        Ok(OwnedFd::from_raw_fd(fd as RawFd))
    }
}

/// A descriptor that stands for the process `pid`, close-on-exec.
pub(crate) fn pidfd_open(pid: libc::pid_t) -> io::Result<OwnedFd> {
    // SAFETY: two integers; what it returns is a new descriptor that nobody else owns.
    unsafe {
        let fd = check(libc::syscall(libc::SYS_pidfd_open, pid, 0))?;
        Ok(OwnedFd::from_raw_fd(fd as RawFd))
    }
}

/// Sends `signal` to the process that `pidfd` stands for.
pub(crate) fn pidfd_send_signal(pidfd: BorrowedFd<'_>, signal: libc::c_int) -> io::Result<()> {
    let no_info = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: a null siginfo is allowed; the descriptor is borrowed, so it is open.
    let r = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), signal, no_info, 0) };
    check(r).map(drop)
}

/// A Unix stream socket pair, both ends close-on-exec.
pub(crate) fn socketpair() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut fds = [0; 2];
    // SAFETY: `fds` has room for the two descriptors, which nobody else owns.
    unsafe {
        let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;
        check_int(libc::socketpair(libc::AF_UNIX, kind, 0, fds.as_mut_ptr()))?;
        Ok((OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])))
    }
}

/// A pipe (read end, write end), both ends close-on-exec and non-blocking.
pub(crate) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut fds = [0; 2];
    // SAFETY: `fds` has room for the two descriptors, which nobody else owns.
    unsafe {
        check_int(libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK))?;
        Ok((OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])))
    }
}

/// Waits until `fd` can be read or is closed; false when `timeout` passed first (`None` waits for ever).
pub(crate) fn wait_readable(fd: BorrowedFd<'_>, timeout: Option<Duration>) -> io::Result<bool> {
    let deadline = timeout.and_then(|t| Instant::now().checked_add(t));
    loop {
        let left = match deadline {
            // Rounded up, so that a wait of less than a millisecond is not a busy loop.
            Some(d) => {
                let left = d.saturating_duration_since(Instant::now());
                left.as_micros().div_ceil(1000).min(i32::MAX as u128) as i32
            }
            None => -1,
        };
        let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one pollfd, and it lives across the call.
        match check_int(unsafe { libc::poll(&mut poll, 1, left) }) {
            Ok(n) => return Ok(n > 0),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// Opens `path` with `flags`, close-on-exec, without an allocation: fit for the time after a fork.
pub(crate) fn open(path: &CStr, flags: libc::c_int) -> io::Result<OwnedFd> {
    // SAFETY: a NUL-terminated path; what it returns is a new descriptor that nobody else owns.
    unsafe {
        let fd = check_int(libc::open(path.as_ptr(), flags | libc::O_CLOEXEC))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Writes all of `text` to the file at `path` in one call, as the files of /proc want it.
pub(crate) fn write_file(path: &CStr, text: &[u8]) -> io::Result<()> {
    let fd = open(path, libc::O_WRONLY)?;
    // SAFETY: the buffer is valid for its length.
    let n = check(unsafe { libc::write(fd.as_raw_fd(), text.as_ptr().cast(), text.len()) } as libc::c_long)?;
    if n as usize == text.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// True when this thread holds the capability `cap` (its number) in its effective set.
pub(crate) fn has_capability(cap: u32) -> bool {
    let mut header = [0x2008_0522_u32, 0];
    let mut data = [0_u32; 6];
    // SAFETY: version 3 of the interface, for which two data blocks of three words are what it writes.
    let r = unsafe { libc::syscall(libc::SYS_capget, header.as_mut_ptr(), data.as_mut_ptr()) };
    r == 0 && (data[(cap as usize / 32) * 3] >> (cap % 32)) & 1 == 1
}

/// The number of CAP_SYS_ADMIN: namespaces and mounts.
pub(crate) const CAP_SYS_ADMIN: u32 = 21;

/// Ends the process at once, without destructors.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: ends the process; nothing runs after it.
    unsafe { libc::_exit(code) }
}
