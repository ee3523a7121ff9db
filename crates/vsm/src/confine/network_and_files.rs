//! Landlock: a second lock on files, TCP ports, and signals and sockets that leave the process.

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, Scope};

use super::Layers;
use crate::sys;

/// The newest interface whose rights we know how to deny; an older kernel denies those it has.
const NEWEST: ABI = ABI::V7;

/// Denies every right that the kernel's Landlock knows. The empty root, the empty network namespace and the
/// list of system calls deny them too, so a kernel without Landlock costs a layer and not the level.
pub(super) fn landlock(layers: &mut Layers) {
    let state = match deny_all() {
        Ok(status) => match abi() {
            Some(abi) => format!("ABI {abi}, {status}"),
            None => "off: not in this kernel".to_owned(),
        },
        Err(e) => format!("off: {e}"),
    };
    layers.add("landlock", state);
}

fn deny_all() -> Result<&'static str, landlock::RulesetError> {
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .restrict_self()?;
    Ok(match status.ruleset {
        landlock::RulesetStatus::FullyEnforced => "all that we know of",
        landlock::RulesetStatus::PartiallyEnforced => "all that this kernel has",
        landlock::RulesetStatus::NotEnforced => "not enforced",
    })
}

/// The version of the kernel's Landlock interface, if it has one.
pub(crate) fn abi() -> Option<i32> {
    const VERSION: u32 = 1; // LANDLOCK_CREATE_RULESET_VERSION
    let none = std::ptr::null::<u8>();
    // SAFETY: with this flag the call takes no attributes and returns a number, not a descriptor.
    let r = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, none, 0_usize, VERSION) };
    sys::check(r).ok().map(|abi| abi as i32)
}
