//! Who a trustlet is to the kernel: nobody, with no capability, now or later.

use super::{Failure, Layers, Step, at};
use crate::sys;

/// User ids of trustlets started by root: this plus the process number. systemd's table of ids leaves the
/// range from 0x70000000 to 0x7fffffff unused, and process numbers stay below 2^22.
const FIRST_ID: u32 = 0x7000_0000;
/// Every bit of the securebits with its lock, but KEEP_CAPS: root means nothing, and cannot mean anything.
const SECUREBITS: u64 = 0xef;

/// Empties every capability set and, when root started us, takes a user id that no other process has, so
/// that no other process is "the same user" to the kernel.
pub(super) fn drop_privileges(host_pid: u32, layers: &mut Layers) -> Result<(), Failure> {
    let failed = |call| at(Step::Privileges, call);
    for capability in 0..64 {
        // A number that the kernel does not know is EINVAL, and there is nothing to drop.
        let r = sys::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0);
        match r.map_err(|e| (sys::errno(&e), e)) {
            Ok(_) | Err((libc::EINVAL, _)) => {}
            Err((_, e)) => return Err(failed("prctl(PR_CAPBSET_DROP)")(e)),
        }
    }
    let clear = libc::PR_CAP_AMBIENT_CLEAR_ALL as u64;
    sys::prctl(libc::PR_CAP_AMBIENT, clear, 0, 0, 0).map_err(failed("prctl(PR_CAP_AMBIENT)"))?;
    sys::prctl(libc::PR_SET_SECUREBITS, SECUREBITS, 0, 0, 0).map_err(failed("prctl(PR_SET_SECUREBITS)"))?;
    layers.add("user id", own_user_id(host_pid));
    let header = [0x2008_0522_u32, 0];
    let none = [0_u32; 6];
    // SAFETY: version 3 of the interface reads two data blocks of three words.
    let r = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) };
    sys::check(r).map(drop).map_err(failed("capset"))
}

/// Only root of the host can take another id, and only one that its user namespace maps. Where it cannot be
/// taken, the id stays: without capabilities, files and calls, it gives nothing.
fn own_user_id(host_pid: u32) -> String {
    const CAP_SETUID: u32 = 7;
    // SAFETY: takes nothing and cannot fail.
    let uid = unsafe { libc::geteuid() };
    if uid != 0 || !sys::has_capability(CAP_SETUID) {
        return format!("{uid}, as its host");
    }
    // The process number in the host's namespace is unique there; our own is always 1.
    let id = FIRST_ID + host_pid;
    // SAFETY: integers, and an empty list of groups.
    let r = unsafe {
        libc::setgroups(0, std::ptr::null());
        libc::setresgid(id, id, id) | libc::setresuid(id, id, id)
    };
    match sys::check_int(r) {
        Ok(_) => format!("{id}, its own"),
        Err(e) => format!("{uid}, as its host: {}", sys::describe(sys::errno(&e))),
    }
}
