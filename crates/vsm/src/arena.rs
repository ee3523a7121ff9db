//! The secret arena: memory that the kernel has taken out of its own map and gives to nobody else.
//!
//! ```text
//!   guard | heap (HEAP_LEN) | guard | stack, TLS and thread control block (STACK_LEN) | guard
//! ```
//! A guard is one page that nobody may touch, so that an overrun of the stack dies instead of writing into
//! the heap.

use std::ops::Range;
use std::os::fd::AsRawFd;
use std::{io, ptr};

use crate::sys;

/// The heap of a trustlet, in bytes. Pages cost nothing until they are touched.
///
/// Heap and stack together stay below the 8 MiB that an ordinary user may lock (RLIMIT_MEMLOCK).
pub const HEAP_LEN: usize = 6 << 20;
/// The stack of a trustlet, in bytes, with its thread-local storage.
pub const STACK_LEN: usize = 1 << 20;

const PAGE: usize = 4096;
pub(crate) const ARENA_LEN: usize = PAGE + HEAP_LEN + PAGE + STACK_LEN + PAGE;

/// A mapped arena. It stays mapped for the life of the process.
#[derive(Clone, Copy)]
pub(crate) struct Arena {
    base: *mut u8,
}

/// Which call failed, and how.
#[derive(Debug)]
pub(crate) struct ArenaError {
    pub(crate) call: &'static str,
    pub(crate) error: io::Error,
}

impl Arena {
    /// Maps a new arena. Nothing of it is touched, so nothing but address space is used.
    pub(crate) fn map() -> Result<Arena, ArenaError> {
        let at = |call| move |error| ArenaError { call, error };
        let fd = sys::memfd_secret().map_err(at("memfd_secret"))?;
        // SAFETY: the descriptor is ours. The mapping is new, so that nothing else uses the addresses, and
        // its guards are cut out of it before anybody knows them.
        let base = unsafe {
            sys::check_int(libc::ftruncate(fd.as_raw_fd(), ARENA_LEN as libc::off_t))
                .map_err(at("ftruncate"))?;
            let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
            let base = libc::mmap(ptr::null_mut(), ARENA_LEN, protection, flags, fd.as_raw_fd(), 0);
            if base == libc::MAP_FAILED {
                return Err(at("mmap of secret memory")(io::Error::last_os_error()));
            }
            // A child must not inherit it (there will be none), a core dump must not contain it (it could not).
            sys::check_int(libc::madvise(base, ARENA_LEN, libc::MADV_DONTFORK))
                .map_err(at("MADV_DONTFORK"))?;
            sys::check_int(libc::madvise(base, ARENA_LEN, libc::MADV_DONTDUMP))
                .map_err(at("MADV_DONTDUMP"))?;
            base.cast::<u8>()
        };
        let arena = Arena { base };
        for guard in [0, PAGE + HEAP_LEN, ARENA_LEN - PAGE] {
            // SAFETY: one page inside the new mapping.
            let r = unsafe { libc::mprotect(base.add(guard).cast(), PAGE, libc::PROT_NONE) };
            sys::check_int(r).map_err(at("mprotect of a guard page"))?;
        }
        Ok(arena)
        // `fd` closes here: an open descriptor could be stolen and mapped by another process.
    }

    /// Gives the arena back; for the measurement of whether one can be had.
    pub(crate) fn unmap(self) {
        // SAFETY: `self` is consumed, and nothing points into an arena that was only measured.
        unsafe { libc::munmap(self.base.cast(), ARENA_LEN) };
    }

    /// The start of the heap, [`HEAP_LEN`] bytes.
    pub(crate) fn heap(self) -> *mut u8 {
        self.base.wrapping_add(PAGE)
    }

    /// The lowest address of the stack, [`STACK_LEN`] bytes.
    pub(crate) fn stack(self) -> *mut u8 {
        self.base.wrapping_add(PAGE + HEAP_LEN + PAGE)
    }

    /// All addresses of the arena.
    pub(crate) fn range(self) -> Range<usize> {
        let start = self.base.addr();
        start..start + ARENA_LEN
    }
}
