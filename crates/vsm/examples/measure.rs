//! Measures what a trustlet costs on this machine: start, round trip, memory, probe.
//!
//! `cargo run --release -p vsm --example measure [RUNS]`. It measures and asserts nothing.

#![allow(clippy::unwrap_used)] // a measurement ends where something is not as it should be

use std::time::{Duration, Instant};

use vsm::{Inside, Level, SpawnOptions, Trustlet};

#[global_allocator]
static ALLOCATOR: vsm::SecretAlloc = vsm::SecretAlloc::new();

fn echo(inside: &mut Inside) {
    let mut frame = Vec::new();
    while let Ok(true) = inside.channel.recv(&mut frame) {
        if inside.channel.send(&frame).is_err() {
            return;
        }
    }
}

fn main() {
    vsm::trustlet_main(&[("echo", echo)]);
    let runs = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(100);
    let availability = vsm::available();
    println!("available: {}", availability.level);
    for missing in availability.missing.iter().chain(&availability.reduced) {
        println!("lacks {}: {}: {}", missing.what, missing.evidence, missing.cure);
    }
    report("available()", each(runs, || drop(vsm::available())));
    for level in [Level::L0Plain, Level::L2SecretProcess] {
        if level <= availability.level {
            measure(level, runs);
        }
    }
}

fn measure(level: Level, runs: usize) {
    report(&format!("{level} spawn and end"), each(runs, || drop(start(level))));
    let trustlet = start(level);
    for len in [16, 4000, 64 << 10] {
        let frame = vec![1; len];
        let name = format!("{level} round trip of {len} bytes");
        report(&name, each(runs * 20, || round_trip(&trustlet, &frame)));
    }
    memory(level, &trustlet);
    let probe = || drop(vsm::probe(level).unwrap());
    report(&format!("{level} probe"), each(runs.div_ceil(4), probe));
    let found = vsm::probe(level).unwrap();
    println!("{level} probe: {}", found.verdict);
    for line in found.lines() {
        println!("    {line}");
    }
    for (layer, state) in trustlet.layers() {
        println!("    layer {layer}: {state}");
    }
}

fn start(level: Level) -> Trustlet {
    vsm::spawn(&SpawnOptions::new("echo", level)).unwrap()
}

fn round_trip(trustlet: &Trustlet, frame: &[u8]) {
    let mut answer = Vec::new();
    trustlet.channel().send(frame).unwrap();
    assert!(trustlet.channel().recv(&mut answer).unwrap());
}

/// The trustlet's memory, in KiB as the kernel counts it, and how much of it is the secret arena.
fn memory(level: Level, trustlet: &Trustlet) {
    let read = |file: &str| std::fs::read_to_string(format!("/proc/{}/{file}", trustlet.pid())).unwrap();
    let kib = |line: &str| line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0_u64);
    let sum = |text: &str, key: &str| text.lines().filter(|line| line.starts_with(key)).map(kib).sum::<u64>();
    let (all, smaps) = (read("smaps_rollup"), read("smaps"));
    let mut arena = String::new();
    let mut inside = false;
    for line in smaps.lines() {
        if line.split(' ').next().is_some_and(|first| first.contains('-')) {
            inside = line.contains("secretmem");
        }
        if inside {
            arena.push_str(line);
            arena.push('\n');
        }
    }
    for (name, text) in [("all", &all), ("arena", &arena)] {
        let parts =
            ["Rss:", "Pss:", "Private_Dirty:", "Locked:"].map(|key| format!("{key} {}", sum(text, key)));
        println!("{level} memory of {name} in KiB: {}", parts.join(", "));
    }
}

fn each(runs: usize, mut what: impl FnMut()) -> Vec<Duration> {
    let run = |_| {
        let begun = Instant::now();
        what();
        begun.elapsed()
    };
    (0..runs).map(run).collect()
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    println!("{name}: min {:.1?}, median {:.1?}, 90% {:.1?}, {} runs", at(0), at(50), at(90), times.len());
}
