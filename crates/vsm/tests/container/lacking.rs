//! Hosts that lack something: it is named, with evidence and cure, and nothing weaker is started.

use std::os::unix::process::CommandExt;

use vsm::fault::{self, Denied};

use crate::{Case, host};

pub(crate) const CASES: &[Case] = &[
    ("this_host_offers_l2_and_lacks_nothing", this_host),
    ("without_secret_memory_nothing_starts", no_secret_memory),
    ("without_namespaces_nothing_starts", no_namespaces),
    ("without_landlock_the_level_stays_and_says_so", no_landlock),
    ("an_ordinary_user_gets_l2", ordinary_user),
    ("an_ordinary_user_with_too_little_locked_memory_is_told", too_little_locked_memory),
    ("a_traced_host_program_is_no_obstacle_but_a_traced_trustlet_is", traced),
];

fn on_host(denied: &[Denied]) -> String {
    host::output(fault::deny(&mut host::command("measures and starts"), denied))
}

fn this_host() {
    let text = on_host(&[]);
    assert!(text.starts_with("level L2\nstarted at L2\n"), "{text}");
    assert!(text.contains("probe running"), "{text}");
}

fn no_secret_memory() {
    let text = on_host(&[fault::NO_SECRET_MEMORY]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "level L0");
    assert!(lines[1].starts_with("missing secret memory (memfd_secret) | memfd_secret: ENOSYS"), "{text}");
    assert!(lines[1].contains("secretmem.enable=1"), "{text}");
    let refused = "refused isolation level L2 (secret process) is not available: secret memory (memfd_secret) is missing";
    assert!(lines[2].starts_with(refused) && lines[2].contains("secretmem.enable=1"), "{text}");
    assert!(lines[3].starts_with("probe the container could not be probed: isolation level L2"), "{text}");
}

fn no_namespaces() {
    let text = on_host(&[fault::NO_NAMESPACES]);
    assert!(text.starts_with("level L0\nmissing namespaces of its own (unshare) | unshare: EPERM"), "{text}");
    assert!(text.contains("refused isolation level L2"), "{text}");
    assert!(!text.contains("started"), "{text}");
}

fn no_landlock() {
    let text = on_host(&[fault::NO_LANDLOCK]);
    assert!(text.starts_with("level L2\nreduced Landlock | landlock_create_ruleset: EOPNOTSUPP"), "{text}");
    assert!(text.contains("started at L2") && text.contains("layer landlock: off"), "{text}");
    assert!(text.contains("probe running"), "{text}");
}

fn ordinary_user() {
    let text = host::output(host::command("measures and starts").uid(65534).gid(65534));
    assert!(text.starts_with("level L2\nstarted at L2\n"), "{text}");
    assert!(text.contains("layer user id: 65534, as its host"), "{text}");
    assert!(text.contains("probe running"), "{text}");
}

fn too_little_locked_memory() {
    let mut command = host::command("measures and starts");
    command.uid(65534).gid(65534);
    let limit = libc::rlimit { rlim_cur: 64 << 10, rlim_max: 64 << 10 };
    // SAFETY: between fork and exec only setrlimit runs, on a value that lives in the closure.
    unsafe {
        command.pre_exec(move || match libc::setrlimit(libc::RLIMIT_MEMLOCK, &limit) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        })
    };
    let text = host::output(&mut command);
    assert!(text.starts_with("level L0\nmissing secret memory"), "{text}");
    assert!(text.contains("RLIMIT_MEMLOCK is 65536 bytes") && text.contains("LimitMEMLOCK=8M"), "{text}");
    assert!(text.contains("refused isolation level L2"), "{text}");
}

/// A tracer of the host that follows its children would sit inside the trustlet: then none starts.
fn traced() {
    let mut command = host::command("measures and starts");
    // SAFETY: between fork and exec only ptrace runs.
    unsafe {
        command.pre_exec(|| match libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        })
    };
    let out = std::env::temp_dir().join(format!("vsm-traced-{}", std::process::id()));
    command.stdout(std::fs::File::create(&out).unwrap());
    #[allow(clippy::zombie_processes)] // `follow` waits for it, as its tracer
    let child = command.spawn().unwrap();
    follow(child.id() as i32);
    let text = std::fs::read_to_string(&out).unwrap();
    std::fs::remove_file(&out).unwrap();
    assert!(
        text.contains("refused isolation level L2") && text.contains("a process that nobody traces"),
        "{text}"
    );
    assert!(!text.contains("started"), "{text}");
}

/// A debugger that follows forks, until `first` has ended.
fn follow(first: i32) {
    let options = libc::PTRACE_O_TRACEFORK | libc::PTRACE_O_TRACEVFORK | libc::PTRACE_O_TRACECLONE;
    loop {
        let mut status = 0;
        // SAFETY: `status` lives across the call; the options and signals are integers.
        unsafe {
            let pid = libc::waitpid(-1, &mut status, libc::__WALL);
            assert!(pid > 0, "{}", std::io::Error::last_os_error());
            if !libc::WIFSTOPPED(status) {
                if pid == first {
                    return;
                }
                continue;
            }
            libc::ptrace(libc::PTRACE_SETOPTIONS, pid, 0, options | libc::PTRACE_O_EXITKILL);
            let signal = match libc::WSTOPSIG(status) {
                libc::SIGTRAP | libc::SIGSTOP => 0,
                signal => signal,
            };
            libc::ptrace(libc::PTRACE_CONT, pid, 0, signal);
        }
    }
}
