//! Fault injection for tests: a program started as if its kernel lacked something.

use std::os::unix::process::CommandExt;
use std::process::Command;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

/// A system call that is to fail, and the error number it fails with.
pub type Denied = (libc::c_long, i32);

/// `memfd_secret` as Debian 12's own kernel has it: ENOSYS.
pub const NO_SECRET_MEMORY: Denied = (libc::SYS_memfd_secret, libc::ENOSYS);
/// `unshare` as in an unprivileged container.
pub const NO_NAMESPACES: Denied = (libc::SYS_unshare, libc::EPERM);
/// A kernel without Landlock.
pub const NO_LANDLOCK: Denied = (libc::SYS_landlock_create_ruleset, libc::EOPNOTSUPP);

/// Makes each of `denied` fail in what `command` starts, and in all of its descendants.
///
/// It is the kernel that refuses, so the program under test is the real one. It can only take away.
///
/// # Panics
/// When the filter cannot be built: a mistake of the test.
#[allow(clippy::expect_used)] // a test's tool, called with constants
pub fn deny<'c>(command: &'c mut Command, denied: &[Denied]) -> &'c mut Command {
    let programs: Vec<BpfProgram> = denied
        .iter()
        .map(|(call, errno)| {
            let action = SeccompAction::Errno(*errno as u32);
            let arch = TargetArch::try_from(std::env::consts::ARCH).expect("a supported architecture");
            let rules = [(*call, Vec::new())].into_iter().collect();
            let filter = SeccompFilter::new(rules, SeccompAction::Allow, action, arch).expect("a filter");
            filter.try_into().expect("a program")
        })
        .collect();
    // SAFETY: between fork and exec only prctl and seccomp run; an error of the filter holds no allocation.
    unsafe {
        command.pre_exec(move || {
            for program in &programs {
                let applied = seccompiler::apply_filter(program);
                applied.map_err(|_| std::io::Error::from_raw_os_error(libc::EINVAL))?;
            }
            Ok(())
        })
    }
}
