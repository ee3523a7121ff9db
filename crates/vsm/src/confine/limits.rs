//! What a trustlet may use, and what others may do to it: descriptors, tracing, limits, signals.

use super::{Failure, Layers, Step, at};
use crate::sys;

// Not in libc, or not in every version of it.
const PR_SET_MDWE: i32 = 65;
const PR_MDWE_REFUSE_EXEC_GAIN: u64 = 1;
const PR_SET_SPECULATION_CTRL: i32 = 53;
const PR_SPEC_STORE_BYPASS: u64 = 0;
const PR_SPEC_INDIRECT_BRANCH: u64 = 1;
const PR_SPEC_FORCE_DISABLE: u64 = 8;

/// Closes every descriptor above `highest`: what the host leaked is not for us.
pub(super) fn close_above(highest: i32) -> Result<(), Failure> {
    // SAFETY: no object of this process owns a descriptor above the ones that were handed over.
    let r = unsafe { libc::syscall(libc::SYS_close_range, highest as u32 + 1, u32::MAX, 0_u32) };
    sys::check(r).map(drop).map_err(at(Step::Privileges, "close_range"))
}

/// No core dumps, and no tracing by anybody without CAP_SYS_PTRACE.
pub(super) fn undumpable() -> Result<(), Failure> {
    sys::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0)
        .map(drop)
        .map_err(at(Step::Privileges, "prctl(PR_SET_DUMPABLE)"))
}

/// Refuses to go on under a debugger: one that attached before [`undumpable`] would stay.
///
/// Returns this process's number as the host sees it (/proc still is the host's).
pub(super) fn untraced() -> Result<u32, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")
        .map_err(at(Step::Tracer, "reading /proc/self/status"))?;
    let number = |key| {
        let value = status.lines().find_map(|line| line.strip_prefix(key));
        value.and_then(|value| value.trim().parse::<u32>().ok())
    };
    match (number("TracerPid:"), number("Pid:")) {
        (Some(0), Some(pid)) => Ok(pid),
        (tracer, _) => {
            Err(Failure { step: Step::Tracer, call: format!("TracerPid is {tracer:?}"), errno: libc::EBUSY })
        }
    }
}

/// No privileges through any later execve; also what lets an ordinary user set a seccomp filter.
pub(super) fn no_new_privileges() -> Result<(), Failure> {
    sys::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        .map(drop)
        .map_err(at(Step::Privileges, "prctl(PR_SET_NO_NEW_PRIVS)"))
}

/// Killed when the host process ends. The channel's end says so too, but not to a role that computes.
pub(super) fn die_with_host() -> Result<(), Failure> {
    sys::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as u64, 0, 0, 0)
        .map(drop)
        .map_err(at(Step::Privileges, "prctl(PR_SET_PDEATHSIG)"))
}

/// Memory that was writable never becomes code (Linux 6.3), and fewer speculative side channels.
pub(super) fn memory_policy(layers: &mut Layers) {
    let on = |r: std::io::Result<i32>| match r {
        Ok(_) => "on".to_owned(),
        Err(e) => format!("off: {}", sys::describe(sys::errno(&e))),
    };
    layers.add("MDWE", on(sys::prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0)));
    for (name, which) in
        [("store bypass", PR_SPEC_STORE_BYPASS), ("indirect branch", PR_SPEC_INDIRECT_BRANCH)]
    {
        let r = sys::prctl(PR_SET_SPECULATION_CTRL, which, PR_SPEC_FORCE_DISABLE, 0, 0);
        layers.add(name, on(r));
    }
}

/// No core files, no files at all, no new descriptors, no message queues, no growth.
pub(super) fn resources(highest_fd: i32) -> Result<(), Failure> {
    let descriptors = highest_fd as libc::rlim_t + 1;
    for (call, which, limit) in [
        ("setrlimit(RLIMIT_CORE)", libc::RLIMIT_CORE, 0),
        ("setrlimit(RLIMIT_FSIZE)", libc::RLIMIT_FSIZE, 0),
        ("setrlimit(RLIMIT_NOFILE)", libc::RLIMIT_NOFILE, descriptors),
        ("setrlimit(RLIMIT_MSGQUEUE)", libc::RLIMIT_MSGQUEUE, 0),
        // Everything is mapped by now; this leaves room for the first thread's stack.
        ("setrlimit(RLIMIT_AS)", libc::RLIMIT_AS, 256 << 20),
    ] {
        set_limit(call, which, limit)?;
    }
    Ok(())
}

/// After the one thread that runs the role has started, no other may.
pub(super) fn no_more_threads() -> Result<(), Failure> {
    set_limit("setrlimit(RLIMIT_NPROC)", libc::RLIMIT_NPROC, 0)
}

fn set_limit(call: &'static str, which: libc::__rlimit_resource_t, limit: u64) -> Result<(), Failure> {
    let limit = libc::rlimit { rlim_cur: limit, rlim_max: limit };
    // SAFETY: `limit` lives across the call.
    sys::check_int(unsafe { libc::setrlimit(which, &limit) }).map(drop).map_err(at(Step::Limits, call))
}

/// Undoes the handlers of Rust's runtime: they would return through system calls that are not permitted,
/// and hide that the cause was a bad address.
pub(super) fn default_signals() {
    for signal in [libc::SIGSEGV, libc::SIGBUS] {
        // SAFETY: installs the default action, which is no code of ours.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// Keeps the C library's allocator from making system calls later. Rust code does not use it once the arena
/// is there; the C library itself does, for a few bytes (destructors of thread-local values).
pub(super) fn settle_c_allocator() {
    // Only glibc has these; musl's allocator is not reached after start-up.
    #[cfg(target_env = "gnu")]
    // SAFETY: sets parameters, and takes and returns one block so that there is slack to serve from.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
        libc::mallopt(libc::M_MMAP_THRESHOLD, i32::MAX);
        libc::free(libc::malloc(64 << 10));
    }
}
