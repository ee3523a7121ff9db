//! The roles of the trustlets under test.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use vsm::Inside;

type Role = fn(&mut Inside);

/// For `trustlet_main`.
pub(crate) const ALL: &[(&str, Role)] = &[
    ("echo", echo),
    ("facts", facts),
    ("forbidden", forbidden),
    ("holder", holder),
    ("leaky", leaky),
    ("end", end),
    ("eat", eat),
    ("spin", spin),
];

fn echo(inside: &mut Inside) {
    let mut frame = Vec::new();
    while let Ok(true) = inside.channel.recv(&mut frame) {
        if inside.channel.send(&frame).is_err() {
            return;
        }
    }
}

thread_local! { static LOCAL: std::cell::Cell<u8> = const { std::cell::Cell::new(1) }; }

/// Where things lie, what was handed over, and that entropy and time are there.
fn facts(inside: &mut Inside) {
    use std::io::{Read, Write};
    let on_stack = black_box(1_u8);
    let on_heap = Box::new(black_box(1_u8));
    let local = LOCAL.with(|local| (local as *const std::cell::Cell<u8>).addr());
    let mut random = [[0_u8; 32]; 2];
    let got = random.iter_mut().all(|bytes| inside.getrandom(bytes).is_ok());
    let (first, second) = (inside.monotonic(), inside.monotonic());
    let mut lines = vec![
        format!("stack={:#x}", (&raw const on_stack).addr()),
        format!("heap={:#x}", (&raw const *on_heap).addr()),
        format!("local={local:#x}"),
        format!("random={}", got && random[0] != random[1] && random[0] != [0; 32]),
        format!("clock={}", !first.is_zero() && second >= first),
        format!("level={}", inside.level()),
        format!("args={}", inside.args.join(",")),
    ];
    for fd in inside.fds.drain(..) {
        let mut file = std::fs::File::from(fd);
        let mut text = [0_u8; 5];
        let read = file.read_exact(&mut text).is_ok();
        let written = file.write_all(b"hello").is_ok();
        lines.push(format!("fd={read},{written},{}", String::from_utf8_lossy(&text)));
    }
    let _ = inside.channel.send(lines.join("\n").as_bytes());
}

/// The calls that a trustlet may not make. Each is made by number, so that no library stands between.
pub(crate) const FORBIDDEN: &[(&str, libc::c_long, [u64; 6])] = &[
    ("openat", libc::SYS_openat, [libc::AT_FDCWD as u64, PATH, 0, 0, 0, 0]),
    (
        "openat to create",
        libc::SYS_openat,
        [libc::AT_FDCWD as u64, PATH, libc::O_CREAT as u64 | 1, 0o600, 0, 0],
    ),
    ("openat2", libc::SYS_openat2, [libc::AT_FDCWD as u64, PATH, PATH, 24, 0, 0]),
    ("socket of the Internet", libc::SYS_socket, [2, 1, 0, 0, 0, 0]),
    ("Unix socket", libc::SYS_socket, [1, 1, 0, 0, 0, 0]),
    ("netlink socket", libc::SYS_socket, [16, 3, 0, 0, 0, 0]),
    ("vsock socket", libc::SYS_socket, [40, 1, 0, 0, 0, 0]),
    ("fork", libc::SYS_clone, [libc::SIGCHLD as u64, 0, 0, 0, 0, 0]),
    ("clone3", libc::SYS_clone3, [0, 0, 0, 0, 0, 0]),
    ("execve", libc::SYS_execve, [PATH, 0, 0, 0, 0, 0]),
    ("execveat", libc::SYS_execveat, [libc::AT_FDCWD as u64, PATH, 0, 0, 0, 0]),
    ("ptrace", libc::SYS_ptrace, [libc::PTRACE_TRACEME as u64, 0, 0, 0, 0, 0]),
    ("process_vm_readv", libc::SYS_process_vm_readv, [1, 0, 0, 0, 0, 0]),
    ("process_vm_writev", libc::SYS_process_vm_writev, [1, 0, 0, 0, 0, 0]),
    ("kill", libc::SYS_kill, [1, 0, 0, 0, 0, 0]),
    ("pidfd_open", libc::SYS_pidfd_open, [1, 0, 0, 0, 0, 0]),
    ("unshare", libc::SYS_unshare, [libc::CLONE_NEWUSER as u64, 0, 0, 0, 0, 0]),
    ("setns", libc::SYS_setns, [3, 0, 0, 0, 0, 0]),
    ("mount", libc::SYS_mount, [PATH, PATH, PATH, 0, 0, 0]),
    ("bpf", libc::SYS_bpf, [0, 0, 0, 0, 0, 0]),
    ("perf_event_open", libc::SYS_perf_event_open, [0, 0, 0, 0, 0, 0]),
    ("userfaultfd", libc::SYS_userfaultfd, [0, 0, 0, 0, 0, 0]),
    ("io_uring_setup", libc::SYS_io_uring_setup, [1, 0, 0, 0, 0, 0]),
    ("keyctl", libc::SYS_keyctl, [0, 0, 0, 0, 0, 0]),
    ("mprotect", libc::SYS_mprotect, [0, 4096, 5, 0, 0, 0]),
    ("munmap", libc::SYS_munmap, [0, 4096, 0, 0, 0, 0]),
    ("mremap", libc::SYS_mremap, [0, 4096, 8192, 0, 0, 0]),
    ("madvise", libc::SYS_madvise, [0, 4096, libc::MADV_DOFORK as u64, 0, 0, 0]),
    ("brk", libc::SYS_brk, [0, 0, 0, 0, 0, 0]),
    ("memfd_create", libc::SYS_memfd_create, [PATH, 0, 0, 0, 0, 0]),
    ("memfd_secret", libc::SYS_memfd_secret, [0, 0, 0, 0, 0, 0]),
    ("dup", libc::SYS_dup, [3, 0, 0, 0, 0, 0]),
    ("close", libc::SYS_close, [3, 0, 0, 0, 0, 0]),
    ("fcntl", libc::SYS_fcntl, [3, 0, 0, 0, 0, 0]),
    ("ioctl", libc::SYS_ioctl, [3, 0, 0, 0, 0, 0]),
    ("read without handed descriptors", libc::SYS_read, [3, 0, 0, 0, 0, 0]),
    ("write to the channel", libc::SYS_write, [3, 0, 0, 0, 0, 0]),
    ("sendmsg", libc::SYS_sendmsg, [3, 0, 0, 0, 0, 0]),
    ("recvmsg", libc::SYS_recvmsg, [3, 0, 0, 0, 0, 0]),
    ("sendto with an address", libc::SYS_sendto, [3, 0, 0, 0, PATH, 16]),
    ("shared futex", libc::SYS_futex, [PATH, libc::FUTEX_WAKE as u64, 1, 0, 0, 0]),
    ("prctl", libc::SYS_prctl, [libc::PR_SET_DUMPABLE as u64, 1, 0, 0, 0, 0]),
    ("prlimit64", libc::SYS_prlimit64, [0, 0, 0, 0, 0, 0]),
    ("seccomp", libc::SYS_seccomp, [2, 0, 0, 0, 0, 0]),
    ("rt_sigaction", libc::SYS_rt_sigaction, [libc::SIGSYS as u64, 0, 0, 8, 0, 0]),
    ("setuid", libc::SYS_setuid, [0, 0, 0, 0, 0, 0]),
    ("capset", libc::SYS_capset, [0, 0, 0, 0, 0, 0]),
    ("chroot", libc::SYS_chroot, [PATH, 0, 0, 0, 0, 0]),
    ("shmget", libc::SYS_shmget, [0, 4096, 0o1600, 0, 0, 0]),
    ("init_module", libc::SYS_init_module, [0, 0, 0, 0, 0, 0]),
    ("reboot", libc::SYS_reboot, [0, 0, 0, 0, 0, 0]),
    ("a call of the x32 interface", 0x4000_0000 | libc::SYS_getrandom, [0, 0, 0, 0, 0, 0]),
    ("a call that does not exist", 1000, [0, 0, 0, 0, 0, 0]),
];

/// Stands for the address of a path in [`FORBIDDEN`].
const PATH: u64 = u64::MAX;

/// Makes the call whose name is the argument, and says what came of it.
fn forbidden(inside: &mut Inside) {
    let path = c"/etc/passwd";
    let address = |argument: u64| if argument == PATH { path.as_ptr().addr() as u64 } else { argument };
    let call = |number: libc::c_long, arguments: [u64; 6]| {
        let [a, b, c, d, e, f] = arguments.map(address);
        // SAFETY: every address is null or that of a path; whatever the call does, this process is a victim.
        match unsafe { libc::syscall(number, a, b, c, d, e, f) } {
            -1 => std::io::Error::last_os_error().raw_os_error().unwrap_or(0),
            _ => 0,
        }
    };
    let wanted = inside.args.first().map_or("", String::as_str);
    let result = match FORBIDDEN.iter().find(|(name, ..)| *name == wanted) {
        Some((_, number, arguments)) => call(*number, *arguments),
        None if wanted == "mmap to execute" => call(libc::SYS_mmap, [0, 4096, 7, 0x22, u64::MAX - 1, 0]),
        None if wanted == "mmap" => call(libc::SYS_mmap, [0, 4096, 3, 0x22, u64::MAX - 1, 0]),
        None => -1,
    };
    let _ = inside.channel.send(format!("survived: {result}").as_bytes());
}

/// Ordinary memory of the holder.
static DECOY: [AtomicU64; 8] = [const { AtomicU64::new(0) }; 8];

/// Holds the key of a seed on heap and stack and in its vector registers, and a decoy in a static. Every frame
/// is answered with the key under a mask.
fn holder(inside: &mut Inside) {
    let mut frame = Vec::new();
    let Ok(true) = inside.channel.recv(&mut frame) else { return };
    let Ok(seed) = <[u8; 8]>::try_from(&frame[..]).map(u64::from_le_bytes) else { return };
    let on_heap = Box::new(key(seed));
    let on_stack = key(seed);
    for (word, bytes) in DECOY.iter().zip(key(!seed).chunks_exact(8)) {
        word.store(bytes.try_into().map(u64::from_le_bytes).unwrap(), Ordering::SeqCst);
    }
    let hints = [on_heap.as_ptr().addr(), black_box(&on_stack).as_ptr().addr(), (&raw const DECOY).addr()];
    let mut answer: Vec<u8> = hints.iter().flat_map(|hint| (*hint as u64).to_le_bytes()).collect();
    loop {
        if inside.channel.send(&answer).is_err() {
            return;
        }
        load_into_vector_registers(&on_heap);
        let Ok(true) = inside.channel.recv(&mut frame) else { return };
        answer = black_box(&on_heap).iter().chain(black_box(&on_stack)).map(|byte| byte ^ 0x5a).collect();
    }
}

/// As cryptography and copying do; upper registers, which nothing else uses on the way into the kernel.
fn load_into_vector_registers(key: &[u8; 64]) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: reads 64 bytes of the key into registers that are declared as written.
    unsafe {
        std::arch::asm!(
            "movdqu xmm12, [{k}]", "movdqu xmm13, [{k} + 16]", "movdqu xmm14, [{k} + 32]", "movdqu xmm15, [{k} + 48]",
            k = in(reg) key.as_ptr(), out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _,
            options(nostack, preserves_flags)
        );
    }
    #[cfg(not(target_arch = "x86_64"))]
    black_box(key);
}

/// 64 bytes by arithmetic.
#[inline(never)]
pub(crate) fn key(seed: u64) -> [u8; 64] {
    let mut x = black_box(seed | 1);
    std::array::from_fn(|_| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        black_box((x >> 24) as u8)
    })
}

/// Leaves a descriptor of memory that holds the key open, as no role should.
fn leaky(inside: &mut Inside) {
    use std::io::Write;
    use std::os::fd::FromRawFd;
    // SAFETY: a literal name; what it returns is a new descriptor that nobody else owns.
    let mut file = unsafe { std::fs::File::from_raw_fd(libc::memfd_create(c"leak".as_ptr(), 0)) };
    let seed: u64 = inside.args.first().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let written = file.write_all(&key(seed)).is_ok();
    let _ = inside.channel.send(&[written.into()]);
    let _ = inside.channel.recv(&mut Vec::new());
}

/// Ends, in the way that the argument says.
fn end(inside: &mut Inside) {
    match inside.args.first().map_or("", String::as_str) {
        "returns" => {}
        "exits" => inside.exit(7),
        "panics" => panic!("a literal"),
        "panics with data" => panic!("key is {:?}", black_box([1, 2, 3])),
        "bad address" => {
            // SAFETY: it is not; the test is about what becomes of it.
            unsafe { black_box(std::ptr::without_provenance::<u8>(8)).read_volatile() }.add_noise()
        }
        "stack overflow" => overflow(black_box(1)).add_noise(),
        other => panic!("{}", other.to_owned()),
    }
}

trait AddNoise: Sized {
    fn add_noise(self) {
        black_box(self);
    }
}
impl AddNoise for u8 {}
impl AddNoise for u64 {}

#[allow(unconditional_recursion)]
fn overflow(n: u64) -> u64 {
    let space = black_box([n; 512]);
    overflow(space[3] + 1) + space[7]
}

/// Fills the arena: as the argument says, by what may fail or by what may not.
fn eat(inside: &mut Inside) {
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    if inside.args.first().is_some_and(|how| how == "whatever happens") {
        loop {
            blocks.push(black_box(vec![1; 100_000]));
        }
    }
    let mut block = Vec::new();
    while blocks.len() < 1000 && block.try_reserve_exact(100_000).is_ok() && blocks.try_reserve(1).is_ok() {
        block.resize(100_000, 1);
        blocks.push(std::mem::take(&mut block));
    }
    let eaten = blocks.len();
    drop(blocks);
    let again = black_box(vec![2_u8; 100_000]);
    let mut old = Vec::<u8>::with_capacity(100_000);
    // What was freed must come back as zeroes: looked at raw, for Rust does not show it.
    // SAFETY: reads memory of our own allocation; the allocator zeroed all of it but its own links.
    let ones = (64..old.capacity() - 64)
        .filter(|i| unsafe { old.as_mut_ptr().add(*i).read_volatile() } == 1)
        .count();
    let _ = inside.channel.send(format!("{eaten} {} {ones}", again.len()).as_bytes());
    // A frame that is longer than what is left is refused, and the trustlet lives.
    let refused = matches!(inside.channel.recv(&mut Vec::new()), Err(vsm::ChannelError::OutOfMemory(_)));
    let _ = inside.channel.send(format!("refused: {refused}").as_bytes());
}

/// Computes for ever, without a look at its channel.
fn spin(inside: &mut Inside) {
    let _ = inside.channel.send(b"spinning");
    let mut n = 0_u64;
    loop {
        n = black_box(n.wrapping_add(1));
    }
}
