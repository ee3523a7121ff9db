//! What a trustlet can still do: what it needs, and nothing else.

use std::collections::HashMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use vsm::Level::{L0Plain, L2SecretProcess};

use crate::roles::FORBIDDEN;
use crate::{Case, receive, start};

pub(crate) const CASES: &[Case] = &[
    ("heap_stack_and_locals_lie_in_secret_memory", everything_is_secret),
    ("each_forbidden_call_kills", each_forbidden_call_kills),
    ("the_same_calls_pass_or_fail_without_protection", the_calls_are_real),
    ("mapping_memory_is_refused", mapping_is_refused),
    ("the_kernel_shows_the_confinement", the_kernel_shows_it),
    ("handed_descriptors_work_and_leaked_ones_are_closed", handed_descriptors),
    ("an_exhausted_arena_fails_and_does_not_fall_back", exhausted_arena),
];

fn facts(trustlet: &vsm::Trustlet) -> HashMap<String, String> {
    let text = String::from_utf8(receive(trustlet)).unwrap();
    text.lines().filter_map(|line| line.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

fn everything_is_secret() {
    let trustlet = start("facts", L2SecretProcess, &["one", "two"]);
    let facts = facts(&trustlet);
    let maps = fs::read_to_string(format!("/proc/{}/maps", trustlet.pid()));
    drop(trustlet);
    // The role may have ended by now: then another one, which waits, shows the map.
    let secret_len = |maps: &str| -> u64 {
        let lens = maps.lines().filter(|line| line.contains("secretmem")).map(|line| {
            let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
            u64::from_str_radix(end, 16).unwrap() - u64::from_str_radix(start, 16).unwrap()
        });
        lens.sum()
    };
    let waiting = start("echo", L2SecretProcess, &[]);
    let map_of_waiting = fs::read_to_string(format!("/proc/{}/maps", waiting.pid())).unwrap();
    let expected = (vsm::HEAP_LEN + vsm::STACK_LEN + 3 * 4096) as u64;
    assert_eq!(secret_len(&map_of_waiting), expected, "{map_of_waiting}");
    drop(maps);
    let address = |key: &str| u64::from_str_radix(facts[key].trim_start_matches("0x"), 16).unwrap();
    let (heap, stack, local) = (address("heap"), address("stack"), address("local"));
    let span = [heap, stack, local].iter().max().unwrap() - [heap, stack, local].iter().min().unwrap();
    assert!(span < expected, "heap {heap:#x}, stack {stack:#x} and locals {local:#x} are in one arena");
    assert_eq!(facts["random"], "true");
    assert_eq!(facts["clock"], "true");
    assert_eq!(facts["level"], "L2");
    assert_eq!(facts["args"], "one,two");
}

fn each_forbidden_call_kills() {
    for (name, ..) in FORBIDDEN {
        let mut trustlet = start("forbidden", L2SecretProcess, &[name]);
        let exit = trustlet.wait().unwrap();
        assert!(exit.is_forbidden_call(), "{name}: {exit}");
        let mut frame = Vec::new();
        assert!(!trustlet.channel().recv(&mut frame).unwrap(), "{name}: {}", String::from_utf8_lossy(&frame));
    }
}

/// The control: without protection the same program survives each call, so it is the container that kills.
fn the_calls_are_real() {
    for (name, ..) in FORBIDDEN {
        if ["execve", "close", "reboot", "fork"].contains(name) {
            continue; // these would do what they say, or answer twice
        }
        let trustlet = start("forbidden", L0Plain, &[name]);
        let answer = String::from_utf8(receive(&trustlet)).unwrap();
        let result: i32 = answer.strip_prefix("survived: ").unwrap().parse().unwrap();
        assert!(result >= 0, "{name}: {answer}");
        if ["openat", "Unix socket", "dup", "memfd_create", "kill"].contains(name) {
            assert_eq!(result, 0, "{name} works for an ordinary process");
        }
    }
}

fn mapping_is_refused() {
    for name in ["mmap", "mmap to execute"] {
        let trustlet = start("forbidden", L2SecretProcess, &[name]);
        assert_eq!(receive(&trustlet), format!("survived: {}", libc::ENOMEM).as_bytes(), "{name}");
        let trustlet = start("forbidden", L0Plain, &[name]);
        assert_eq!(receive(&trustlet), b"survived: 0", "{name}");
    }
}

fn the_kernel_shows_it() {
    let trustlet = start("echo", L2SecretProcess, &[]);
    let status = fs::read_to_string(format!("/proc/{}/status", trustlet.pid())).unwrap();
    let field = |key: &str| -> Vec<&str> {
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_else(|| panic!("{key}"));
        line.split_whitespace().collect()
    };
    assert_eq!(field("NoNewPrivs:"), ["1"]);
    assert_eq!(field("Seccomp:"), ["2"]);
    assert_eq!(field("NSpid:").last(), Some(&"1"), "the first process of its namespace");
    assert_eq!(field("Threads:"), ["2"]);
    for set in ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
        assert_eq!(field(set), ["0000000000000000"], "{set}");
    }
    let uid: u32 = field("Uid:")[0].parse().unwrap();
    assert_eq!(uid, 0x7000_0000 + trustlet.pid() as u32);
    assert!(field("Uid:").iter().all(|id| *id == uid.to_string()));
    assert_eq!(field("Groups:"), [""; 0]);

    let limits = fs::read_to_string(format!("/proc/{}/limits", trustlet.pid())).unwrap();
    for (limit, value) in
        [("Max core file size", "0"), ("Max file size", "0"), ("Max processes", "0"), ("Max open files", "4")]
    {
        let line = limits.lines().find(|line| line.starts_with(limit)).unwrap();
        let values: Vec<&str> = line[limit.len()..].split_whitespace().take(2).collect();
        assert_eq!(values, [value, value], "{limit}");
    }
    let mut fds: Vec<String> = fs::read_dir(format!("/proc/{}/fd", trustlet.pid()))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    fds.sort();
    assert_eq!(fds, ["0", "1", "2", "3"]);
    let root = fs::read_dir(format!("/proc/{}/root/", trustlet.pid())).unwrap();
    assert_eq!(root.count(), 0, "its file system is empty");
    for namespace in ["cgroup", "ipc", "mnt", "net", "pid", "uts"] {
        let of = |pid: String| fs::read_link(format!("/proc/{pid}/ns/{namespace}")).unwrap();
        assert_ne!(of(trustlet.pid().to_string()), of("self".to_owned()), "{namespace}");
    }
    let environment = fs::read(format!("/proc/{}/environ", trustlet.pid())).unwrap();
    assert!(environment.is_empty());
    assert!(trustlet.layers().iter().any(|(layer, state)| layer == "landlock" && state.starts_with("ABI")));
    assert!(trustlet.layers().iter().any(|(layer, state)| layer == "MDWE" && state == "on"));
}

fn handed_descriptors() {
    // A descriptor that the host forgot to close on exec.
    // SAFETY: duplicates standard input; the copy is closed below.
    let leaked = unsafe { libc::dup(0) };
    assert!(leaked > 2);
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let mut options = vsm::SpawnOptions::new("facts", L2SecretProcess);
    options.fds.push(theirs.into());
    ours.write_all(b"fives").unwrap();
    let trustlet = vsm::spawn(&options).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(facts(&trustlet)["fd"], "true,true,fives");
    let mut text = [0; 5];
    ours.read_exact(&mut text).unwrap();
    assert_eq!(&text, b"hello");

    let waiting = start("echo", L2SecretProcess, &[]);
    let fds = fs::read_dir(format!("/proc/{}/fd", waiting.pid())).unwrap().count();
    assert_eq!(fds, 4, "the leaked descriptor did not come along");
    // SAFETY: ours, and not used any more.
    unsafe { libc::close(leaked) };
}

fn exhausted_arena() {
    let trustlet = start("eat", L2SecretProcess, &["as long as it fits"]);
    let answer = String::from_utf8(receive(&trustlet)).unwrap();
    let numbers: Vec<usize> = answer.split(' ').map(|n| n.parse().unwrap()).collect();
    let fits = vsm::HEAP_LEN / 100_000;
    assert!((fits - 3..=fits).contains(&numbers[0]), "{} blocks of {fits}", numbers[0]);
    assert_eq!(numbers[1], 100_000, "what was freed can be had again");
    assert_eq!(numbers[2], 0, "what was freed is zero");
    trustlet.channel().send(&vec![0; vsm::MAX_FRAME]).ok(); // it may end before it has taken all
    assert_eq!(receive(&trustlet), b"refused: true");

    let mut trustlet = start("eat", L2SecretProcess, &["whatever happens"]);
    let exit = trustlet.wait().unwrap();
    assert!(exit.is_out_of_memory(), "{exit:?}");
    assert!(exit.to_string().starts_with("ran out of its secret memory"), "{exit}");
}
