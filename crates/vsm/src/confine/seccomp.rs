//! The system calls of a trustlet: a table, with the reason beside each, and the kernel's filter made of it.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition as Condition,
    SeccompFilter, SeccompRule as Rule, TargetArch,
};

use super::{Failure, Step};

/// A permitted system call.
pub struct Permitted {
    /// Its name in the manual.
    pub name: &'static str,
    /// Its number on this architecture.
    pub number: libc::c_long,
    /// What its arguments must be; all of them.
    pub only: &'static [Only],
    /// Why a trustlet needs it.
    pub why: &'static str,
}

/// What one argument (counted from 0) must be.
pub enum Only {
    /// The 64-bit argument is null: no address buffer, so no peer but the connected one.
    Null(u8),
    /// The 32-bit argument equals the number.
    Is(u8, u32),
    /// The 32-bit argument is this number or a higher one.
    AtLeast(u8, u32),
    /// The 32-bit argument has these bits set.
    Has(u8, u32),
}

/// Every call that a trustlet may make. Any other ends it with SIGSYS before the kernel looks at it.
pub const PERMITTED: &[Permitted] = &[
    Permitted {
        name: "recvfrom",
        number: libc::SYS_recvfrom,
        only: &[Only::Null(4), Only::Null(5)],
        why: "receive a frame on the channel; it cannot take descriptors, as recvmsg could",
    },
    Permitted {
        name: "sendto",
        number: libc::SYS_sendto,
        only: &[Only::Null(4), Only::Is(5, 0)],
        why: "send a frame on the channel; it cannot pass descriptors, as sendmsg could",
    },
    #[cfg(target_arch = "x86_64")]
    Permitted {
        name: "poll",
        number: libc::SYS_poll,
        only: &[],
        why: "is a frame waiting? asked during long work, to notice a cancellation",
    },
    Permitted {
        name: "ppoll",
        number: libc::SYS_ppoll,
        only: &[],
        why: "the first thread sleeps in it for ever; poll on architectures that have only this",
    },
    Permitted {
        name: "restart_syscall",
        number: libc::SYS_restart_syscall,
        only: &[],
        why: "the kernel resumes an interrupted poll with it, as after SIGSTOP and SIGCONT",
    },
    Permitted {
        name: "getrandom",
        number: libc::SYS_getrandom,
        only: &[],
        why: "entropy for keys and nonces",
    },
    Permitted {
        name: "clock_gettime",
        number: libc::SYS_clock_gettime,
        only: &[],
        why: "the TPM's clock, on hosts whose clock cannot be read without a call",
    },
    Permitted {
        name: "futex",
        number: libc::SYS_futex,
        only: &[Only::Has(1, libc::FUTEX_PRIVATE_FLAG as u32)],
        why: "locks of the standard library; private ones, so shared with no other process",
    },
    Permitted {
        name: "write",
        number: libc::SYS_write,
        only: &[Only::Is(0, 2)],
        why: "last words to standard error, a pipe that the host reads",
    },
    Permitted { name: "exit_group", number: libc::SYS_exit_group, only: &[], why: "to end" },
];

/// Permitted only when the host handed descriptors over, and on those (4 and higher): to use them, and to let
/// them go, before which a debug build of the standard library asks whether they are open.
const ON_HANDED_OVER: &[(libc::c_long, &[Only])] = &[
    (libc::SYS_read, &[Only::AtLeast(0, 4)]),
    (libc::SYS_write, &[Only::AtLeast(0, 4)]),
    (libc::SYS_close, &[Only::AtLeast(0, 4)]),
    (libc::SYS_fcntl, &[Only::AtLeast(0, 4), Only::Is(1, libc::F_GETFD as u32)]),
];

/// Refused without being killed. New C libraries ask `mmap` for the state of a random generator of their own,
/// outside the arena; refused, they fall back to the system call, which is what we want.
const REFUSED: [libc::c_long; 1] = [libc::SYS_mmap];

/// Filters the calling thread and every other of this process, for ever.
pub(super) fn apply(hands_over_fds: bool) -> Result<(), Failure> {
    let failed = |call: String| Failure { step: Step::Seccomp, call, errno: libc::EINVAL };
    let build = || -> Result<[BpfProgram; 2], seccompiler::BackendError> {
        Ok([killing(hands_over_fds)?.try_into()?, refusing()?.try_into()?])
    };
    // The last filter set is asked too: whichever is stricter decides, so the order is of no matter. Setting
    // one is itself a call, which the killing filter does not permit: it comes last.
    let [killing, refusing] = build().map_err(|e| failed(format!("building the filter: {e}")))?;
    for (name, program) in [("mmap", refusing), ("system call", killing)] {
        seccompiler::apply_filter_all_threads(&program)
            .map_err(|e| failed(format!("setting the {name} filter: {e}")))?;
    }
    Ok(())
}

fn killing(hands_over_fds: bool) -> Result<SeccompFilter, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<Rule>> = BTreeMap::new();
    for call in PERMITTED {
        let conditions = call.only.iter().map(condition).collect::<Result<Vec<_>, _>>()?;
        add(&mut rules, call.number, conditions)?;
    }
    for number in REFUSED {
        add(&mut rules, number, Vec::new())?;
    }
    if hands_over_fds {
        for (number, only) in ON_HANDED_OVER {
            add(&mut rules, *number, only.iter().map(condition).collect::<Result<Vec<_>, _>>()?)?;
        }
    }
    SeccompFilter::new(rules, SeccompAction::KillProcess, SeccompAction::Allow, architecture()?)
}

fn refusing() -> Result<SeccompFilter, seccompiler::BackendError> {
    let rules = REFUSED.iter().map(|number| (*number, Vec::new())).collect();
    let refuse = SeccompAction::Errno(libc::ENOMEM as u32);
    SeccompFilter::new(rules, SeccompAction::Allow, refuse, architecture()?)
}

/// An empty list of rules means "whatever the arguments"; a rule without conditions is not allowed.
fn add(
    rules: &mut BTreeMap<i64, Vec<Rule>>,
    number: libc::c_long,
    conditions: Vec<Condition>,
) -> Result<(), seccompiler::BackendError> {
    let of_call = rules.entry(number).or_default();
    if !conditions.is_empty() {
        of_call.push(Rule::new(conditions)?);
    }
    Ok(())
}

fn condition(only: &Only) -> Result<Condition, seccompiler::BackendError> {
    match *only {
        Only::Null(arg) => Condition::new(arg, Len::Qword, Op::Eq, 0),
        Only::Is(arg, value) => Condition::new(arg, Len::Dword, Op::Eq, value.into()),
        Only::AtLeast(arg, value) => Condition::new(arg, Len::Dword, Op::Ge, value.into()),
        Only::Has(arg, bits) => Condition::new(arg, Len::Dword, Op::MaskedEq(bits.into()), bits.into()),
    }
}

fn architecture() -> Result<TargetArch, seccompiler::BackendError> {
    TargetArch::try_from(std::env::consts::ARCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_has_a_reason_and_stands_once() {
        for (i, call) in PERMITTED.iter().enumerate() {
            assert!(call.why.len() > 5, "{}", call.name);
            assert!(PERMITTED.iter().skip(i + 1).all(|other| other.number != call.number), "{}", call.name);
        }
    }

    #[test]
    fn nothing_that_opens_starts_or_maps_is_permitted() {
        let dangerous = [
            libc::SYS_openat,
            libc::SYS_openat2,
            libc::SYS_execve,
            libc::SYS_execveat,
            libc::SYS_clone,
            libc::SYS_clone3,
            libc::SYS_socket,
            libc::SYS_connect,
            libc::SYS_mprotect,
            libc::SYS_mremap,
            libc::SYS_ptrace,
            libc::SYS_process_vm_readv,
            libc::SYS_process_vm_writev,
            libc::SYS_bpf,
            libc::SYS_io_uring_setup,
            libc::SYS_sendmsg,
            libc::SYS_recvmsg,
            libc::SYS_ioctl,
            libc::SYS_kill,
            libc::SYS_tgkill,
            libc::SYS_dup,
            libc::SYS_memfd_create,
            libc::SYS_prctl,
            libc::SYS_unshare,
        ];
        assert!(PERMITTED.iter().all(|call| !dangerous.contains(&call.number)));
    }

    #[test]
    fn the_filters_compile() {
        for hands_over in [false, true] {
            let program: BpfProgram = killing(hands_over).unwrap().try_into().unwrap();
            assert!(program.len() > PERMITTED.len());
        }
        let program: BpfProgram = refusing().unwrap().try_into().unwrap();
        assert!(!program.is_empty());
    }
}
