//! Namespaces and the empty root: what the trustlet could name, if it still could call.

use std::ffi::CStr;
use std::io;
use std::ptr;

use super::{Failure, Step, at};
use crate::sys;

/// All namespaces but the user's.
const CGROUP_IPC_MNT_NET_PID_UTS: libc::c_int = libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWUTS;

/// The user and the group that a process runs as.
pub(super) struct Ids {
    uid: libc::uid_t,
    gid: libc::gid_t,
}

/// Enters new namespaces; a user namespace too where the others cannot be had without one. With one, returns
/// the ids to map, which cannot be asked for once inside.
pub(super) fn unshare_all() -> Result<Option<Ids>, Failure> {
    // SAFETY: take nothing and cannot fail.
    let ids = unsafe { Ids { uid: libc::geteuid(), gid: libc::getegid() } };
    let private_user = needs_private_user();
    let call = if private_user { "unshare with CLONE_NEWUSER" } else { "unshare" };
    // SAFETY: takes flags; the process is single-threaded here.
    let r = unsafe { libc::unshare(flags(private_user)) };
    sys::check_int(r).map_err(at(Step::Namespaces, call))?;
    Ok(private_user.then_some(ids))
}

fn needs_private_user() -> bool {
    !sys::has_capability(sys::CAP_SYS_ADMIN)
}

fn flags(private_user: bool) -> libc::c_int {
    CGROUP_IPC_MNT_NET_PID_UTS | if private_user { libc::CLONE_NEWUSER } else { 0 }
}

/// Maps the one user and group this process has, each onto itself.
pub(super) fn map_ids(Ids { uid, gid }: Ids) -> Result<(), Failure> {
    let write = |path: &'static CStr, call, text: String| {
        sys::write_file(path, text.as_bytes()).map_err(at(Step::Namespaces, call))
    };
    write(c"/proc/self/setgroups", "writing /proc/self/setgroups", "deny".to_owned())?;
    write(c"/proc/self/gid_map", "writing /proc/self/gid_map", format!("{gid} {gid} 1"))?;
    write(c"/proc/self/uid_map", "writing /proc/self/uid_map", format!("{uid} {uid} 1"))
}

/// Forks such that the child has *our* parent: the host can wait for it, and we can go.
///
/// `None` in the child, which is the first process of the new process namespace.
pub(super) fn fork_as_sibling() -> Result<Option<libc::pid_t>, Failure> {
    // SAFETY: a plain fork but for the parent: the memory is copied, and there is one thread, so that no
    // lock is held by a thread that is not there. The remaining arguments are unused with these flags.
    let r = unsafe { libc::syscall(libc::SYS_clone, libc::CLONE_PARENT | libc::SIGCHLD, 0, 0, 0, 0) };
    match sys::check(r).map_err(at(Step::Namespaces, "clone with CLONE_PARENT"))? {
        0 => Ok(None),
        pid => Ok(Some(pid as libc::pid_t)),
    }
}

/// Leaves the terminal's session: its signals are not for us. It cannot fail in a new process.
pub(super) fn own_session() {
    // SAFETY: takes nothing.
    unsafe { libc::setsid() };
}

/// Makes an empty, read-only directory the root, and lets go of everything else.
pub(super) fn empty_root() -> Result<(), Failure> {
    let step = |call, r: libc::c_int| sys::check_int(r).map_err(at(Step::EmptyRoot, call));
    let none = ptr::null();
    let (quiet, bind) = (libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC, libc::MS_BIND);
    // SAFETY: every path and option is a literal; a null is allowed where it is passed (no source, no type,
    // no data). /proc serves as the place because it must exist for the program to have been executed.
    unsafe {
        let private = libc::MS_REC | libc::MS_PRIVATE;
        step("mount / private", libc::mount(none, c"/".as_ptr(), ptr::null(), private, ptr::null()))?;
        let (source, place, kind) = (c"none".as_ptr(), c"/proc".as_ptr(), c"tmpfs".as_ptr());
        let options = c"size=4k,nr_inodes=1,mode=0555".as_ptr();
        step("mount tmpfs", libc::mount(source, place, kind, quiet, options.cast()))?;
        step("chdir", libc::chdir(place))?;
        let here = c".".as_ptr();
        let r = libc::syscall(libc::SYS_pivot_root, here, here);
        sys::check(r).map_err(at(Step::EmptyRoot, "pivot_root"))?;
        step("umount of the old root", libc::umount2(here, libc::MNT_DETACH))?;
        let read_only = libc::MS_REMOUNT | libc::MS_RDONLY | bind | quiet;
        step("remount / read-only", libc::mount(none, c"/".as_ptr(), ptr::null(), read_only, ptr::null()))?;
        step("chdir /", libc::chdir(c"/".as_ptr()))?;
    }
    Ok(())
}

/// Runs `trial` in a child process that then ends, and says which error number it ended with (0: none).
///
/// `trial` must not allocate or lock: the child of a program with threads may only make system calls.
pub(crate) fn in_child(trial: impl FnOnce() -> i32) -> io::Result<i32> {
    // SAFETY: the child makes system calls only, by the contract of this function, and ends by _exit.
    let pid = sys::check_int(unsafe { libc::fork() })?;
    if pid == 0 {
        sys::exit_now(trial());
    }
    let mut status = 0;
    loop {
        // SAFETY: `status` lives across the call; `pid` is our child and nobody else waits for it.
        match sys::check_int(unsafe { libc::waitpid(pid, &mut status, 0) }) {
            Ok(_) => break,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    if libc::WIFEXITED(status) { Ok(libc::WEXITSTATUS(status)) } else { Ok(libc::EINTR) }
}

/// Enters the namespaces, for a trial in a child: the error number, 0 on success.
pub(crate) fn try_namespaces() -> i32 {
    // SAFETY: takes flags; the caller is the only thread of a forked child.
    match sys::check_int(unsafe { libc::unshare(flags(needs_private_user())) }) {
        Ok(_) => 0,
        Err(e) => sys::errno(&e),
    }
}

/// As [`try_namespaces`], then mounts an empty file system.
pub(crate) fn try_empty_root() -> i32 {
    match try_namespaces() {
        // SAFETY: literals only, as in `empty_root`.
        0 => unsafe {
            let private = libc::MS_REC | libc::MS_PRIVATE;
            let r = libc::mount(ptr::null(), c"/".as_ptr(), ptr::null(), private, ptr::null());
            let mounted = r == 0
                && libc::mount(c"none".as_ptr(), c"/proc".as_ptr(), c"tmpfs".as_ptr(), 0, ptr::null()) == 0;
            if mounted { 0 } else { sys::errno(&io::Error::last_os_error()) }
        },
        errno => errno,
    }
}
