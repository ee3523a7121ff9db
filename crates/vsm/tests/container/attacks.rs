//! The attacker: what root and the same user find at L2, and, as the control, at L0.

use vsm::Level::{L0Plain, L2SecretProcess};
use vsm::attack::{self, Depth, Needle, Outcome, Report, Target};
use vsm::{Level, Trustlet, Verdict};

use crate::{Case, host, receive, roles, start};

pub(crate) const CASES: &[Case] = &[
    ("root_finds_nothing_at_l2_by_any_avenue", root_at_l2),
    ("root_finds_the_key_at_l0_by_every_avenue", root_at_l0),
    ("a_core_dump_holds_the_key_at_l0_and_nothing_at_l2", core_dumps),
    ("an_open_descriptor_of_memory_is_stolen_at_l0", stolen_descriptor),
    ("the_same_user_finds_nothing_at_l2", same_user),
    ("the_probe_says_running_at_l2_and_exposed_at_l0", probes),
    ("a_victim_that_dies_under_attack_is_collected", dies_under_attack),
    ("root_can_make_a_trustlet_send_its_key_as_the_threats_say", injection),
    ("root_can_have_the_kernel_read_the_key_as_the_threats_say", ebpf),
];

/// Gives a holder its key; returns where to look, and what for.
pub(crate) fn plant(trustlet: &Trustlet, seed: u64) -> (Target, [Needle; 2]) {
    trustlet.channel().send(&seed.to_le_bytes()).unwrap();
    let hints =
        receive(trustlet).chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect();
    wait_until_it_waits(trustlet.pid());
    let needles = [Needle::new("key", &roles::key(seed)), Needle::new("decoy", &roles::key(!seed))];
    (Target { pid: trustlet.pid(), hints }, needles)
}

/// It answers before it has loaded its registers and waits for the next frame. To whom the kernel does not
/// show this, it shows no registers either.
fn wait_until_it_waits(pid: i32) {
    let in_recvfrom = |task: std::fs::DirEntry| {
        let call = std::fs::read_to_string(task.path().join("syscall"));
        call.map(|call| call.starts_with(&format!("{} ", libc::SYS_recvfrom)))
    };
    loop {
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
        match tasks.map(|task| in_recvfrom(task.unwrap())).collect::<Result<Vec<_>, _>>() {
            Ok(waits) if !waits.contains(&true) => std::thread::yield_now(),
            _ => return,
        }
    }
}

fn attack_holder(level: Level, seed: u64) -> Report {
    let trustlet = start("holder", level, &[]);
    let (target, needles) = plant(&trustlet, seed);
    let report = attack::attack(&target, &needles, Depth::Everything);
    // The victim lives, and the key was there all the time.
    trustlet.channel().send(b"?").unwrap();
    let masked: Vec<u8> = roles::key(seed).iter().map(|byte| byte ^ 0x5a).collect();
    assert_eq!(receive(&trustlet), [masked.clone(), masked].concat());
    report
}

const AVENUES: [&str; 7] = [
    "process_vm_readv",
    "/proc/PID/mem",
    "ptrace PEEKDATA",
    "ptrace GETREGSET",
    "core image of the stopped process",
    "/proc/PID/map_files",
    "pidfd_getfd",
];

fn root_at_l2() {
    let report = attack_holder(L2SecretProcess, 11);
    assert_eq!(report.avenues.iter().map(|avenue| avenue.name).collect::<Vec<_>>(), AVENUES);
    assert_eq!(report.found("key"), [""; 0], "{:#?}", report.lines("key"));
    // Each of these could read: it read the decoy, which lies in the same process's ordinary memory.
    for name in ["process_vm_readv", "/proc/PID/mem", "ptrace PEEKDATA", "core image of the stopped process"]
    {
        assert!(report.found("decoy").contains(&name), "{name}: {:#?}", report.lines("decoy"));
    }
    assert_eq!(report.blind("decoy"), [""; 0]);
    let secret = (vsm::HEAP_LEN + vsm::STACK_LEN) as u64;
    for avenue in report.avenues.iter().filter(|avenue| avenue.reads_memory) {
        assert!(avenue.refused >= secret, "{}: the whole arena was refused", avenue.name);
        assert!(avenue.read > 100 << 10, "{}", avenue.name);
    }
}

fn root_at_l0() {
    let report = attack_holder(L0Plain, 12);
    // The last two avenues find what is mapped from a file or open: see the test of the stolen descriptor.
    let mut expected = AVENUES[..5].to_vec();
    if !cfg!(target_arch = "x86_64") {
        expected.retain(|name| *name != "ptrace GETREGSET");
    }
    assert_eq!(report.found("key"), expected, "{:#?}", report.lines("key"));
    let longest = |avenue: &attack::Avenue| match avenue.outcome("key") {
        Outcome::Read { longest, .. } => longest,
        _ => 0,
    };
    assert!(report.avenues.iter().filter(|a| a.reads_memory).all(|avenue| longest(avenue) == 64));
}

fn core_dumps() {
    for (level, seed) in [(L0Plain, 13), (L2SecretProcess, 14)] {
        let mut trustlet = start("holder", level, &[]);
        let (target, needles) = plant(&trustlet, seed);
        let avenue = attack::core_dump(target.pid, &needles);
        assert_eq!(avenue.not_tried, None, "it must be tried");
        let exit = trustlet.wait().unwrap();
        if level == L0Plain {
            assert!(avenue.found("key"), "{level}: {}", avenue.outcome("key"));
            assert!(avenue.found("decoy"));
            assert_eq!(exit.signal, Some(libc::SIGABRT));
        } else {
            assert_eq!(
                avenue.outcome("key"),
                Outcome::Refused { errno: libc::EPERM },
                "the kernel wrote nothing"
            );
            assert_eq!(exit.signal, Some(libc::SIGSEGV), "it died of the fault");
        }
    }
}

fn stolen_descriptor() {
    let trustlet = start("leaky", L0Plain, &["15"]);
    assert_eq!(receive(&trustlet), [1]);
    let needles = [Needle::new("key", &roles::key(15))];
    let report = attack::attack(&Target { pid: trustlet.pid(), hints: vec![] }, &needles, Depth::Everything);
    assert!(report.found("key").contains(&"pidfd_getfd"), "{:#?}", report.lines("key"));
}

fn same_user() {
    let text = host::output(std::os::unix::process::CommandExt::uid(
        &mut host::command("attacks its own trustlet"),
        65534,
    ));
    assert!(text.contains("L2 found by 0\n"), "{text}");
    assert!(text.contains("L2 read 0\n"), "not even ordinary memory is read: {text}");
    assert!(text.contains("L0 found by 5\n"), "the control: {text}");
    for name in ["process_vm_readv", "/proc/PID/mem", "ptrace PEEKDATA", "pidfd_getfd"] {
        assert!(text.contains(&format!("L2 {name}: refused: E")), "{name}: {text}");
    }
}

fn probes() {
    let report = vsm::probe(L2SecretProcess).unwrap_or_else(|e| panic!("{e}"));
    assert!(report.is_running(), "{}: {:#?}", report.verdict, report.lines());
    assert!(report.lines().len() >= 5, "{:#?}", report.lines());
    let report = vsm::probe(L0Plain).unwrap_or_else(|e| panic!("{e}"));
    assert!(!report.is_running());
    let Verdict::Exposed(avenues) = &report.verdict else { panic!("{}", report.verdict) };
    assert!(avenues.len() >= 3, "{avenues:?}");
    assert!(vsm::probe(Level::L3Hypervisor).is_err());
}

/// A tracer that keeps a dead thread keeps its whole process, and who waits for that waits for ever.
fn dies_under_attack() {
    for moment in 0..100 {
        let mut trustlet = start("holder", L2SecretProcess, &[]);
        let (target, needles) = plant(&trustlet, 18);
        let killed = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_micros(100 * moment));
            // SAFETY: a process of ours that nobody has collected yet.
            unsafe { libc::kill(target.pid, libc::SIGKILL) }
        });
        let target = Target { pid: trustlet.pid(), hints: target.hints };
        assert_eq!(attack::attack(&target, &needles, Depth::Quick).found("key"), [""; 0]);
        assert_eq!(killed.join().unwrap(), 0);
        let exit = trustlet.wait().unwrap();
        assert_eq!(exit.code, None, "{exit}");
    }
}

/// If this test fails, the host stops more than L2 claims: Yama's ptrace_scope is 3, for one.
fn injection() {
    if !cfg!(target_arch = "x86_64") {
        panic!("write attack::make_it_send for this architecture");
    }
    let trustlet = start("holder", L2SecretProcess, &[]);
    let (target, _) = plant(&trustlet, 16);
    let sent = attack::make_it_send(target.pid, target.hints[0], 64);
    let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    if scope.trim() == "3" {
        assert!(sent.is_err(), "Yama 3 stops it");
        return;
    }
    assert_eq!(sent.unwrap(), 64);
    let mut bytes = [0; 64];
    let raw = std::os::fd::AsFd::as_fd(trustlet.channel()).try_clone_to_owned().unwrap();
    std::io::Read::read_exact(&mut std::os::unix::net::UnixStream::from(raw), &mut bytes).unwrap();
    assert_eq!(bytes, roles::key(16), "root made the trustlet give its secret away");
    // And it never noticed.
    trustlet.channel().send(b"?").unwrap();
    assert_eq!(receive(&trustlet).len(), 128);
}

/// If this test fails, the host stops more than L2 claims: then say so in the threats.
fn ebpf() {
    let trustlet = start("holder", L2SecretProcess, &[]);
    let (target, _) = plant(&trustlet, 17);
    let tap = match attack::Tap::new(target.pid, target.hints[0]) {
        Ok(tap) => tap,
        Err(e) => {
            // A kernel without it, or a root without the right to it.
            let refusals = [libc::ENOSYS, libc::EPERM];
            assert!(refusals.contains(&e.raw_os_error().unwrap_or(0)), "bpf: {e}");
            return;
        }
    };
    trustlet.channel().send(b"?").unwrap();
    receive(&trustlet); // it made system calls
    assert_eq!(tap.bytes().unwrap(), roles::key(17), "the kernel read it for root");
    // No tap reads another process.
    let other = attack::Tap::new(std::process::id() as i32, target.hints[0]).unwrap();
    trustlet.channel().send(b"?").unwrap();
    receive(&trustlet);
    assert_eq!(other.bytes().unwrap(), [0; attack::TAPPED]);
}
