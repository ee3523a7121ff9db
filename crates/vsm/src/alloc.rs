//! The allocator that puts a trustlet's whole heap into the secret arena.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use talc::base::Talc;
use talc::base::binning::DefaultBinning;
use talc::source::Manual;

use crate::arena::{Arena, HEAP_LEN};
use crate::registers::forget_raw;

/// The global allocator of a program that can be a trustlet.
///
/// In the host process it is the system's allocator. In a trustlet, once the arena is there, every
/// allocation comes from the arena, is zeroed when it is freed, and fails when the arena is full: there is
/// no falling back to ordinary memory. What was allocated before stays where it was; it holds no secret, and
/// freeing it later does nothing (giving it back would take system calls that are no longer permitted).
pub struct SecretAlloc;

/// First and one-past-last address of the heap; both 0 while there is no arena.
static START: AtomicUsize = AtomicUsize::new(0);
static END: AtomicUsize = AtomicUsize::new(0);
static HEAP: Heap = Heap { locked: AtomicBool::new(false), talc: UnsafeCell::new(Talc::new(Manual)) };

struct Heap {
    locked: AtomicBool,
    talc: UnsafeCell<Talc<Manual, DefaultBinning>>,
}

// SAFETY: `talc` is only reached through `with`, which holds the lock.
unsafe impl Sync for Heap {}

impl Heap {
    /// A trustlet runs one thread besides one that sleeps for ever, so the lock is never waited for.
    fn with<R>(&self, f: impl FnOnce(&mut Talc<Manual, DefaultBinning>) -> R) -> R {
        while self.locked.swap(true, Ordering::Acquire) {
            std::hint::spin_loop();
        }
        // SAFETY: the lock is held, so this is the only reference.
        let r = f(unsafe { &mut *self.talc.get() });
        self.locked.store(false, Ordering::Release);
        r
    }
}

impl SecretAlloc {
    /// For a `#[global_allocator]` static.
    #[allow(clippy::new_without_default)] // it is never made but as that static
    pub const fn new() -> Self {
        SecretAlloc
    }
}

/// Serves every allocation from `arena` from now on. False when the arena could not be claimed.
pub(crate) fn switch_to(arena: Arena) -> bool {
    // SAFETY: the arena is mapped for the life of the process and nobody else uses its heap.
    let claimed = HEAP.with(|talc| unsafe { talc.claim(arena.heap(), HEAP_LEN) }.is_some());
    if claimed {
        START.store(arena.heap().addr(), Ordering::Relaxed);
        END.store(arena.heap().addr() + HEAP_LEN, Ordering::Release);
    }
    claimed
}

fn is_on() -> bool {
    END.load(Ordering::Acquire) != 0
}

fn is_secret(p: *mut u8) -> bool {
    p.addr() < END.load(Ordering::Acquire) && p.addr() >= START.load(Ordering::Relaxed)
}

// SAFETY: an address inside the heap belongs to talc and any other to the system, in all four functions, and
// both keep the contract of the trait; see each function for what is added.
unsafe impl GlobalAlloc for SecretAlloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !is_on() {
            // SAFETY: the caller's contract is the system's.
            return unsafe { System.alloc(layout) };
        }
        // SAFETY: the caller promises a size that is not zero.
        HEAP.with(|talc| unsafe { talc.allocate(layout) }).map_or(ptr::null_mut(), |p| p.as_ptr())
    }

    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        if is_secret(p) {
            // SAFETY: the caller gives up `layout.size()` bytes that talc handed out for this layout.
            unsafe {
                forget_raw(p, layout.size());
                HEAP.with(|talc| talc.deallocate(p, layout));
            }
        } else if !is_on() {
            // SAFETY: allocated by the system, as all was before the arena.
            unsafe { System.dealloc(p, layout) }
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !is_on() {
            // SAFETY: the caller's contract is the system's.
            return unsafe { System.alloc_zeroed(layout) };
        }
        // SAFETY: as `alloc`; what is not null has room for the layout.
        unsafe {
            let p = self.alloc(layout);
            if !p.is_null() {
                p.write_bytes(0, layout.size());
            }
            p
        }
    }

    unsafe fn realloc(&self, p: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if !is_on() {
            // SAFETY: the caller's contract is the system's.
            return unsafe { System.realloc(p, layout, new_size) };
        }
        // SAFETY: `p` was allocated with `layout`; a part that is given up is zeroed first; growing in place
        // moves nothing; what is copied to the new block is no longer than either block.
        unsafe {
            if is_secret(p) {
                if new_size <= layout.size() {
                    forget_raw(p.add(new_size), layout.size() - new_size);
                    HEAP.with(|talc| talc.shrink(p, layout, new_size));
                    return p;
                }
                if HEAP.with(|talc| talc.try_grow_in_place(p, layout, new_size)) {
                    return p;
                }
            }
            let new = self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
            if !new.is_null() {
                new.copy_from_nonoverlapping(p, layout.size().min(new_size));
                self.dealloc(p, layout);
            }
            new
        }
    }
}
