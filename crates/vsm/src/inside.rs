//! The trustlet's own side: how the program, executed again as a trustlet, confines itself and runs its role.

use std::ffi::c_void;
use std::os::fd::OwnedFd;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{io, mem, ptr};

use crate::arena::{Arena, STACK_LEN};
use crate::channel::Channel;
use crate::confine::{self, Failure, Layers, Step, at};
use crate::level::Level;
use crate::{alloc, fd, probe, sys};

/// The name (`argv[0]`) under which the program is a trustlet.
pub const TRUSTLET_NAME: &str = "donjon-trustlet";
/// The descriptor of the channel.
pub(crate) const CHANNEL_FD: i32 = 3;
/// The code that a trustlet ends with when it could not start.
pub(crate) const COULD_NOT_START: i32 = 70;
/// The code that it ends with after a panic, as Rust's own.
const PANICKED: i32 = 101;

/// The starting thread has made its last call that is not on the list. glibc's `pthread_create` restores the signal
/// mask of its caller *after* the new thread runs: were that thread to put the filter on both at once, the starter
/// could be killed in the middle.
static STARTED: AtomicBool = AtomicBool::new(false);

/// What a role has of the world.
pub struct Inside {
    /// The one way in and out.
    pub channel: Channel,
    /// What the host gave as [`SpawnOptions::args`](crate::SpawnOptions::args). Never secret: anybody may
    /// read a process's arguments.
    pub args: Vec<String>,
    /// What the host gave as [`SpawnOptions::fds`](crate::SpawnOptions::fds), in the same order.
    pub fds: Vec<OwnedFd>,
    level: Level,
}

impl Inside {
    /// The level this trustlet really runs at.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Ends the trustlet with `code`, as returning from the role ends it with 0. `std::process::exit` runs the
    /// runtime's farewells, which make calls that are not permitted.
    pub fn exit(&self, code: u8) -> ! {
        sys::exit_now(code.into())
    }

    /// Fills `bytes` from the kernel's generator, by a system call straight into the buffer: no library keeps
    /// a generator state outside the arena.
    pub fn getrandom(&self, bytes: &mut [u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            // SAFETY: the buffer is valid for its length.
            let n = unsafe { libc::syscall(libc::SYS_getrandom, rest.as_mut_ptr(), rest.len(), 0_u32) };
            match sys::check(n) {
                Ok(n) => rest = rest.get_mut(n as usize..).unwrap_or_default(),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Time since an arbitrary point, which never goes back and stands still while the host is suspended.
    pub fn monotonic(&self) -> Duration {
        // SAFETY: zeroes are a valid timespec, and it lives across the call, which cannot fail on this clock.
        let now = unsafe {
            let mut now: libc::timespec = mem::zeroed();
            libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now);
            now
        };
        Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
    }
}

/// A role: runs until it has nothing more to do, or its channel is closed.
type Role = fn(&mut Inside);

/// True when this process was started as a trustlet.
pub fn is_trustlet() -> bool {
    let name = std::env::args_os().next();
    name.is_some_and(|name| std::path::Path::new(&name).file_name().is_some_and(|n| n == TRUSTLET_NAME))
}

/// Runs one of the roles in `registry`, confined, and ends the process, when this process is a trustlet;
/// returns at once when it is not.
///
/// Call it first thing in `main`, before any thread, secret or file: what is there before is not protected.
/// The role "probe" is built in. A role's secrets belong on its stack and heap, not in statics.
pub fn trustlet_main(registry: &[(&str, Role)]) {
    if !is_trustlet() {
        return;
    }
    let start = Start::from_arguments(registry).unwrap_or_else(|why| {
        eprintln!("{why}");
        sys::exit_now(COULD_NOT_START)
    });
    std::panic::set_hook(Box::new(last_words));
    match start.inside.level {
        Level::L2SecretProcess => start.confined(),
        _ => start.plain(),
    }
}

/// Everything that the host said, read and checked.
struct Start {
    role: Role,
    inside: Inside,
    layers: Layers,
}

impl Start {
    fn from_arguments(registry: &[(&str, Role)]) -> Result<Start, String> {
        let by_hand = "a trustlet is started by its host, not by hand";
        let mut args = std::env::args().skip(1);
        let name = args.next().ok_or(by_hand)?;
        let level: Level = args.next().ok_or(by_hand)?.parse().map_err(|e| format!("{by_hand}: {e}"))?;
        let handed: i32 = args.next().and_then(|n| n.parse().ok()).ok_or(by_hand)?;
        let built_in = ("probe", probe::role as Role);
        let role = registry.iter().copied().chain([built_in]).find(|(known, _)| *known == name);
        let (_, role) = role.ok_or_else(|| format!("this program has no trustlet role \"{name}\""))?;
        let channel = fd::inherited(CHANNEL_FD).map_err(|e| format!("{by_hand}: {e}"))?;
        let fds = (0..handed).map(|i| fd::inherited(CHANNEL_FD + 1 + i)).collect::<io::Result<Vec<_>>>();
        let fds = fds.map_err(|e| e.to_string())?;
        let inside = Inside { channel: Channel::new(channel), args: args.collect(), fds, level };
        Ok(Start { role, inside, layers: Layers::default() })
    }

    /// L0: the same program, the same channel, no protection.
    fn plain(mut self) -> ! {
        let me = format!("P{}", std::process::id());
        let told = crate::process::die_with_parent().is_ok()
            && self.inside.channel.send(me.as_bytes()).is_ok()
            && self.inside.channel.send(b"R").is_ok();
        if told {
            (self.role)(&mut self.inside);
        }
        sys::exit_now(if told { 0 } else { COULD_NOT_START })
    }

    /// L2: this thread gets everything ready and then sleeps; the role runs on one that lies in the arena.
    fn confined(mut self) -> ! {
        let highest_fd = CHANNEL_FD + self.inside.fds.len() as i32;
        let channel = &self.inside.channel;
        let arena = confine::leave(channel, highest_fd)
            .and_then(|()| confine::settle(highest_fd, &mut self.layers))
            .unwrap_or_else(|failure| give_up(channel, &failure));
        // From here on, whatever this thread allocated stays where it is, and it allocates no more.
        let start = Box::into_raw(Box::new(self));
        // SAFETY: the box was just made and is given up here for good.
        if let Err(failure) = unsafe { run_in_arena(arena, start) } {
            // SAFETY: no thread was started, so nobody else has `start`.
            give_up(unsafe { &(*start).inside.channel }, &failure);
        }
        STARTED.store(true, Ordering::Release);
        loop {
            // SAFETY: no descriptors, no limit, no mask: sleeps until a signal. Joining the other thread would
            // need a futex in secret memory that the kernel can see, which it cannot.
            unsafe { libc::ppoll(ptr::null_mut(), 0, ptr::null(), ptr::null()) };
        }
    }

    /// On the thread in the arena.
    fn sealed(self) -> ! {
        if let Err(failure) = confine::seal(!self.inside.fds.is_empty()) {
            give_up(&self.inside.channel, &failure);
        }
        let ready = format!("R{}", self.layers.encode());
        let role = self.role;
        let mut inside = Inside { channel: self.inside.channel.wiping_registers(), ..self.inside };
        if inside.channel.send(ready.as_bytes()).is_ok() {
            role(&mut inside);
        }
        sys::exit_now(0)
    }
}

/// Switches the allocator to `arena`, and starts a thread whose stack, thread-local storage and control block
/// lie in it, to run [`Start::sealed`].
///
/// # Safety
/// `start` came from `Box::into_raw`, and is the thread's from now on unless an error is returned.
unsafe fn run_in_arena(arena: Arena, start: *mut Start) -> Result<(), Failure> {
    let no_arena =
        |call: &str| Failure { step: Step::SecretMemory, call: call.to_owned(), errno: libc::EINVAL };
    if !alloc::switch_to(arena) {
        return Err(no_arena("claiming the arena's heap"));
    }
    let allocation = Box::new(0_u8);
    if !arena.range().contains(&ptr::from_ref(&*allocation).addr()) {
        return Err(no_arena(
            "allocating: the program does not use vsm::SecretAlloc as its global allocator",
        ));
    }
    let thread = at(Step::SecretMemory, "starting a thread in the arena");
    // SAFETY: the attributes live across their use; the stack is mapped for the life of the process and used
    // by nobody else; the caller gives `start` away.
    let r = unsafe {
        let mut attributes: libc::pthread_attr_t = mem::zeroed();
        let mut handle: libc::pthread_t = mem::zeroed();
        match libc::pthread_attr_init(&mut attributes) {
            0 => match libc::pthread_attr_setstack(&mut attributes, arena.stack().cast(), STACK_LEN) {
                0 => libc::pthread_create(&mut handle, &attributes, on_arena_thread, start.cast()),
                errno => errno,
            },
            errno => errno,
        }
    };
    if r == 0 { Ok(()) } else { Err(thread(io::Error::from_raw_os_error(r))) }
}

extern "C" fn on_arena_thread(start: *mut c_void) -> *mut c_void {
    // SAFETY: `run_in_arena` gave this thread the only pointer to a boxed `Start`.
    let start = unsafe { Box::from_raw(start.cast::<Start>()) };
    while !STARTED.load(Ordering::Acquire) {
        std::thread::yield_now();
    }
    start.sealed()
}

/// Tells the host what did not succeed, and ends.
fn give_up(channel: &Channel, failure: &Failure) -> ! {
    // If the host cannot be told, it sees the exit code.
    let _ = channel.send(format!("E{}", failure.encode()).as_bytes());
    sys::exit_now(COULD_NOT_START)
}

/// The panic hook: where, and the message only if it is a literal. A message made at run time may quote data.
fn last_words(panic: &PanicHookInfo<'_>) {
    let message = panic.payload().downcast_ref::<&'static str>().copied();
    let message = message.unwrap_or("(a message with data in it is not written out)");
    match panic.location() {
        Some(place) => eprintln!("panicked at {place}: {message}"),
        None => eprintln!("panicked: {message}"),
    }
    sys::exit_now(PANICKED)
}
