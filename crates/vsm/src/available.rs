//! What this host can hold a trustlet with: measured by trying, each lack with its evidence and its cure.

use std::io;

use crate::arena::{ARENA_LEN, Arena};
use crate::confine::{self, Failure, Step};
use crate::level::Level;
use crate::sys;

/// What a host offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Availability {
    /// The strongest level that can be started here.
    pub level: Level,
    /// What keeps the host from L2. Empty when `level` is L2.
    pub missing: Vec<Missing>,
    /// Layers that the host lacks and that L2 holds without, because others cover them.
    pub reduced: Vec<Missing>,
}

/// Something that a host lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What it is, in words: "secret memory (memfd_secret)".
    pub what: String,
    /// How it shows: the call and its error, or the file and its content.
    pub evidence: String,
    /// What to do about it.
    pub cure: String,
}

/// Measures this host, as the calling user. Takes about a millisecond; nothing is kept or changed.
pub fn available() -> Availability {
    let mut missing = Vec::new();
    for trial in [secret_memory, namespaces, system_call_filter] {
        if let Err(failure) = trial() {
            missing.push(missing_for(&failure));
        }
    }
    let level = if missing.is_empty() { Level::L2SecretProcess } else { Level::L0Plain };
    Availability { level, missing, reduced: reduced() }
}

fn secret_memory() -> Result<(), Failure> {
    Arena::map()?.unmap();
    Ok(())
}

fn namespaces() -> Result<(), Failure> {
    for (step, call, trial) in [
        (Step::Namespaces, "unshare", confine::try_namespaces as fn() -> i32),
        (Step::EmptyRoot, "mount tmpfs in a new mount namespace", confine::try_empty_root),
    ] {
        let errno = confine::in_child(trial).map_err(confine::at(step, "fork"))?;
        if errno != 0 {
            return Err(Failure { step, call: call.to_owned(), errno });
        }
    }
    Ok(())
}

fn system_call_filter() -> Result<(), Failure> {
    const GET_ACTION_AVAIL: u32 = 2; // SECCOMP_GET_ACTION_AVAIL
    const KILL_PROCESS: u32 = 0x8000_0000; // SECCOMP_RET_KILL_PROCESS
    let action = KILL_PROCESS;
    // SAFETY: the call reads one word, which lives across it.
    let r = unsafe { libc::syscall(libc::SYS_seccomp, GET_ACTION_AVAIL, 0_u32, &action) };
    sys::check(r).map(drop).map_err(confine::at(Step::Seccomp, "seccomp(SECCOMP_GET_ACTION_AVAIL)"))
}

fn reduced() -> Vec<Missing> {
    let mut reduced = Vec::new();
    if confine::landlock_abi().is_none() {
        reduced.push(Missing {
            what: "Landlock".to_owned(),
            evidence: format!(
                "landlock_create_ruleset: {}",
                sys::describe(sys::errno(&io::Error::last_os_error()))
            ),
            cure: "boot with \"landlock\" in the kernel parameter lsm= (see /sys/kernel/security/lsm)"
                .to_owned(),
        });
    }
    const PR_GET_MDWE: i32 = 66;
    if let Err(e) = sys::prctl(PR_GET_MDWE, 0, 0, 0, 0) {
        reduced.push(Missing {
            what: "memory that never turns from data into code (MDWE)".to_owned(),
            evidence: format!("prctl(PR_GET_MDWE): {}", sys::describe(sys::errno(&e))),
            cure: "run Linux 6.3 or newer".to_owned(),
        });
    }
    reduced
}

/// One sentence from a list of what is missing, for an error message.
pub(crate) fn sentence(missing: &[Missing]) -> String {
    let one = |m: &Missing| format!("{} is missing ({}): {}", m.what, m.evidence, m.cure);
    missing.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// What a failed step tells about the host, and what to do.
pub(crate) fn missing_for(failure: &Failure) -> Missing {
    let Failure { step, call, errno } = failure;
    let mut evidence = format!("{call}: {}", sys::describe(*errno));
    let (what, cure) = match step {
        Step::SecretMemory => ("secret memory (memfd_secret)", secret_memory_cure(*errno, &mut evidence)),
        Step::Namespaces | Step::EmptyRoot => {
            ("namespaces of its own (unshare)", namespaces_cure(*errno, &mut evidence))
        }
        Step::Seccomp => (
            "a list of system calls (seccomp)",
            "run a kernel with CONFIG_SECCOMP_FILTER=y, and a container runtime that does not refuse seccomp()".to_owned(),
        ),
        Step::Tracer => (
            "a process that nobody traces",
            "detach the debugger or strace from this program: a trustlet does not start under one".to_owned(),
        ),
        Step::Privileges | Step::Limits => (
            step.name(),
            "this call does not fail on a supported kernel (Linux 5.14 or newer): look for a security module or container runtime that refuses it".to_owned(),
        ),
    };
    Missing { what: what.to_owned(), evidence, cure }
}

fn secret_memory_cure(errno: i32, evidence: &mut String) -> String {
    match errno {
        libc::ENOSYS => {
            for (path, key) in [("/proc/sys/kernel/osrelease", "kernel"), ("/proc/cmdline", "command line")] {
                add_file(evidence, path, key);
            }
            "add secretmem.enable=1 to the kernel command line (on Debian: GRUB_CMDLINE_LINUX in \
             /etc/default/grub, then update-grub, then reboot); Linux 6.5 and newer have it on by default, and \
             need CONFIG_SECRETMEM=y"
                .to_owned()
        }
        libc::EAGAIN | libc::ENOMEM => {
            let limit = locked_memory_limit().map_or("unknown".to_owned(), |n| format!("{n} bytes"));
            evidence.push_str(&format!("; RLIMIT_MEMLOCK is {limit}, an arena takes {ARENA_LEN}"));
            "raise the limit on locked memory to 8 MiB or more (LimitMEMLOCK=8M in the systemd unit, \
             \"memlock 8192\" in /etc/security/limits.conf, or ulimit -l 8192)"
                .to_owned()
        }
        libc::EPERM | libc::EACCES => {
            "the call is refused by a security module or a container runtime's seccomp profile: permit \
             memfd_secret in it"
                .to_owned()
        }
        _ => "see the error; secret memory needs Linux 5.14 or newer with CONFIG_SECRETMEM=y".to_owned(),
    }
}

fn namespaces_cure(errno: i32, evidence: &mut String) -> String {
    let clone =
        add_file(evidence, "/proc/sys/kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone");
    let most = add_file(evidence, "/proc/sys/user/max_user_namespaces", "user.max_user_namespaces");
    let apparmor = add_file(
        evidence,
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "kernel.apparmor_restrict_unprivileged_userns",
    );
    if clone.as_deref() == Some("0") {
        "sysctl -w kernel.unprivileged_userns_clone=1 (Debian), or start the host service as root".to_owned()
    } else if most.as_deref() == Some("0") || errno == libc::ENOSPC {
        "sysctl -w user.max_user_namespaces=10000 (and the other user.max_*_namespaces), or start the host \
         service as root"
            .to_owned()
    } else if apparmor.as_deref() == Some("1") {
        "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 or an AppArmor profile with \"userns\" for \
         this program (Ubuntu), or start the host service as root"
            .to_owned()
    } else {
        "start the host service as root (with CAP_SYS_ADMIN), or, in a container, permit unshare and mount in \
         its seccomp profile"
            .to_owned()
    }
}

/// Adds the content of a small file to the evidence, and returns it.
fn add_file(evidence: &mut String, path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?.trim().to_owned();
    evidence.push_str(&format!("; {name}: {text}"));
    Some(text)
}

/// RLIMIT_MEMLOCK's soft limit, in bytes.
fn locked_memory_limit() -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` lives across the call.
    let r = unsafe { libc::getrlimit(libc::RLIMIT_MEMLOCK, &mut limit) };
    (r == 0).then_some(limit.rlim_cur)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cure(step: Step, errno: i32) -> Missing {
        missing_for(&Failure { step, call: "the call".to_owned(), errno })
    }

    #[test]
    fn each_lack_names_its_evidence_and_its_own_cure() {
        let old_kernel = cure(Step::SecretMemory, libc::ENOSYS);
        assert!(old_kernel.evidence.starts_with("the call: ENOSYS"), "{}", old_kernel.evidence);
        assert!(old_kernel.cure.contains("secretmem.enable=1"));
        let limit = cure(Step::SecretMemory, libc::EAGAIN);
        assert!(limit.cure.contains("MEMLOCK") && limit.evidence.contains("RLIMIT_MEMLOCK is"));
        assert!(cure(Step::SecretMemory, libc::EPERM).cure.contains("seccomp profile"));
        assert!(cure(Step::Namespaces, libc::ENOSPC).cure.contains("max_user_namespaces"));
        assert!(cure(Step::Seccomp, libc::EINVAL).cure.contains("CONFIG_SECCOMP_FILTER"));
        assert!(cure(Step::Tracer, libc::EBUSY).cure.contains("debugger"));
        for step in Step::ALL {
            let missing = cure(step, libc::EPERM);
            assert!(!missing.what.is_empty() && missing.cure.len() > 20, "{step:?}");
        }
    }
}
