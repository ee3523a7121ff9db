//! Starting, talking, ending.

use std::os::fd::AsFd;
use std::process::Stdio;
use std::time::Duration;

use vsm::Level::{L0Plain, L2SecretProcess};
use vsm::{Level, SpawnError, SpawnOptions, Trustlet};

use crate::{Case, host, receive, start};

pub(crate) const CASES: &[Case] = &[
    ("frames_go_round_at_both_levels", frames_go_round),
    ("each_end_is_told_in_words", each_end_is_told),
    ("a_dropped_trustlet_is_gone", dropped_is_gone),
    ("a_trustlet_outlives_the_thread_that_started_it", outlives_its_thread),
    ("a_trustlet_does_not_outlive_its_host", does_not_outlive_its_host),
    ("levels_that_cannot_be_had_are_refused", other_levels_are_refused),
    ("what_is_no_trustlet_program_is_told", not_a_trustlet_program),
    ("an_oversize_frame_ends_the_role", oversize_frame),
    ("many_live_side_by_side", many_side_by_side),
];

fn frames_go_round() {
    for level in [L0Plain, L2SecretProcess] {
        let trustlet = start("echo", level, &[]);
        assert_eq!((trustlet.level(), trustlet.role()), (level, "echo"));
        for len in [0, 1, 100, 5000, 1 << 20] {
            let frame = vec![7; len];
            let sent = std::thread::scope(|scope| {
                let sender = scope.spawn(|| trustlet.channel().send(&frame));
                assert_eq!(receive(&trustlet), frame);
                sender.join()
            });
            sent.unwrap().unwrap();
        }
    }
}

fn each_end_is_told() {
    let ends = [
        ("returns", "ended normally"),
        ("exits", "ended with code 7"),
        ("panics", "ended with code 101; its last words: panicked at "),
        ("panics with data", "ended with code 101; its last words: panicked at "),
        ("bad address", "was killed by SIGSEGV"),
        ("stack overflow", "was killed by SIGSEGV"),
    ];
    for (how, words) in ends {
        let mut trustlet = start("end", L2SecretProcess, &[how]);
        let exit = trustlet.wait().unwrap();
        let told = exit.to_string();
        assert!(told.starts_with(words), "{how}: {told}");
        assert_eq!(exit.is_success(), how == "returns");
        assert_eq!(told.contains("a literal"), how == "panics", "{told}");
        assert!(!told.contains("[1, 2, 3]"), "data of the trustlet left it: {told}");
        assert_eq!(trustlet.try_wait().unwrap(), Some(exit), "it can be asked again");
    }
    let mut trustlet = start("echo", L2SecretProcess, &[]);
    assert_eq!(trustlet.try_wait().unwrap(), None);
    assert_eq!(trustlet.kill().unwrap().to_string(), "was killed by SIGKILL");
}

fn exists(pid: i32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

fn dropped_is_gone() {
    let trustlet = start("spin", L2SecretProcess, &[]);
    assert_eq!(receive(&trustlet), b"spinning");
    let (pid, pidfd) = (trustlet.pid(), trustlet.pidfd().as_fd().try_clone_to_owned().unwrap());
    assert!(exists(pid));
    drop(trustlet);
    assert!(!exists(pid), "killed and collected");
    drop(pidfd);
}

fn outlives_its_thread() {
    let trustlet: Trustlet = std::thread::spawn(|| start("echo", L2SecretProcess, &[])).join().unwrap();
    trustlet.channel().send(b"still there?").unwrap();
    assert_eq!(receive(&trustlet), b"still there?");
}

fn does_not_outlive_its_host() {
    for level in ["L0", "L2"] {
        let mut command = host::command(&format!("leaves a spinning trustlet at {level}"));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut out, &mut line).unwrap();
        let pid: i32 = line.trim().parse().unwrap();
        assert!(exists(pid));
        child.kill().unwrap();
        child.wait().unwrap();
        // It is an orphan now: whoever collects it, it must not run any more.
        let running = || {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.rsplit(')')
                .next()
                .is_some_and(|rest| !rest.trim().is_empty() && !rest.trim().starts_with('Z'))
        };
        let mut patience = 3000;
        while running() && patience > 0 {
            std::thread::sleep(Duration::from_millis(1));
            patience -= 1;
        }
        assert!(!running(), "{level}: the trustlet computes on without its host");
    }
}

fn other_levels_are_refused() {
    for level in Level::ALL.into_iter().filter(|level| ![L0Plain, L2SecretProcess].contains(level)) {
        let error = vsm::spawn(&SpawnOptions::new("echo", level)).err().unwrap();
        assert!(matches!(error, SpawnError::NotImplemented { level: l } if l == level));
        assert!(error.to_string().starts_with(&format!("isolation level {level} (")), "{error}");
        assert!(error.to_string().contains("is not available"), "{error}");
    }
}

fn not_a_trustlet_program() {
    let error = vsm::spawn(&SpawnOptions::new("no such role", L2SecretProcess)).err().unwrap().to_string();
    assert!(error.contains("no trustlet role \"no such role\""), "{error}");
    let mut options = SpawnOptions::new("echo", L2SecretProcess);
    options.program = Some("/bin/true".into());
    let error = vsm::spawn(&options).err().unwrap().to_string();
    assert_eq!(error, "trustlet \"echo\" did not get ready: it ended normally");
    options.program = Some("/nonexistent".into());
    let error = vsm::spawn(&options).err().unwrap();
    assert!(matches!(error, SpawnError::Start { .. }), "{error}");
}

fn oversize_frame() {
    use std::io::Write;
    let mut trustlet = start("echo", L2SecretProcess, &[]);
    let raw = trustlet.channel().as_fd().try_clone_to_owned().unwrap();
    std::os::unix::net::UnixStream::from(raw).write_all(&u32::MAX.to_le_bytes()).unwrap();
    assert!(trustlet.wait().unwrap().is_success(), "the role saw an error and returned");
}

fn many_side_by_side() {
    let trustlets: Vec<Trustlet> = (0..20).map(|_| start("echo", L2SecretProcess, &[])).collect();
    for (i, trustlet) in trustlets.iter().enumerate() {
        trustlet.channel().send(&[i as u8]).unwrap();
    }
    for (i, trustlet) in trustlets.iter().enumerate() {
        assert_eq!(receive(trustlet), [i as u8]);
    }
}
