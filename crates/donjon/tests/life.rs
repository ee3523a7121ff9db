//! The life of a VM: its QEMU and its vTPM are one unit, and nothing outlives it.
mod common;

use common::{Installation, end_of, eventually, family, gone, names, runs, signal};
use rustix::process::Signal;
use std::io::{Read, Write};
use std::process::Stdio;

#[test]
#[ignore = "not a test: what the script that is QEMU here executes"]
fn plays_qemu() {
    common::fake_qemu::play();
}

/// A VM with a vTPM, running; the processes of its supervisor, QEMU and vTPM, and then all that these started.
fn started(i: &Installation) -> Vec<u32> {
    i.policy_of_this_host().create("web");
    start(i)
}

fn start(i: &Installation) -> Vec<u32> {
    let said = i.run(&["vm", "start", "web"]).fine();
    assert!(said.starts_with("VM web runs; vTPM isolated at L") && said.contains("; accelerator "), "{said}");
    let pids = ["supervisor", "qemu", "vtpm"].map(|role| i.process("web", role));
    assert!(pids.iter().all(|p| runs(*p)), "{pids:?}");
    unit(i)
}

/// The supervisor, QEMU, the vTPM's keeper, and its trustlets.
fn unit(i: &Installation) -> Vec<u32> {
    let mut pids = ["supervisor", "qemu", "vtpm"].map(|role| i.process("web", role)).to_vec();
    let others: Vec<u32> = family(pids[0]).into_iter().filter(|p| !pids.contains(p)).collect();
    assert!(!others.is_empty(), "the vTPM is in a trustlet");
    pids.extend(others);
    pids
}

/// All of them are gone, and so is all that was for the time of the run.
#[track_caller]
fn all_gone(i: &Installation, pids: Vec<u32>) {
    pids.into_iter().for_each(gone);
    i.stopped("web");
    assert!(names(&i.path("home/run")).is_empty(), "{:?}", names(&i.path("home/run")));
}

#[test]
fn a_vm_that_runs_is_seen_and_cannot_be_started_changed_or_deleted() {
    let i = Installation::new();
    let pids = started(&i);
    assert_eq!(i.state("web"), "running");
    let list = i.run(&["vm", "list"]).fine();
    assert!(list.contains(&format!("web   running  {}", pids[0])), "{list}");
    let wanted = format!("VM \"web\" is running (pid {}); `donjon vm stop web` stops it", pids[0]);
    for command in [
        &["start", "web"][..],
        &["start", "web", "--foreground"],
        &["set", "web", "--cpus", "1"],
        &["delete", "web", "--yes"],
    ] {
        assert_eq!(i.run(&[&["vm"], command].concat()).one_line(5), wanted, "{command:?}");
    }
    assert!(pids.iter().all(|p| runs(*p)), "it runs on");
    i.run(&["vm", "reset", "web"]).fine();
    assert_eq!(i.run(&["vm", "stop", "web"]).fine(), "VM web is stopped: the guest powered off\n");
    all_gone(&i, pids);
    assert!(
        i.last_end("web").starts_with("the guest powered off when asked to at "),
        "{}",
        i.last_end("web")
    );
}

#[test]
fn what_was_stopped_starts_again() {
    let i = Installation::new();
    let first = started(&i);
    i.run(&["vm", "stop", "web"]).fine();
    all_gone(&i, first);
    let second = start(&i);
    i.run(&["vm", "stop", "web"]).fine();
    all_gone(&i, second);
}

#[test]
fn a_guest_that_does_not_hear_is_ended() {
    let mut i = Installation::new();
    i.qemu_plays = "deaf";
    let pids = started(&i);
    let said = i.run(&["vm", "stop", "web", "--timeout", "0"]).fine();
    assert_eq!(said, "VM web is stopped: the guest did not power off within 0 s\n");
    all_gone(&i, pids);
    assert!(i.last_end("web").starts_with("stopped by command at "), "{}", i.last_end("web"));
    let pids = start(&i);
    let said = i.run(&["vm", "stop", "web", "--force"]).fine();
    assert_eq!(said, "VM web is stopped: it was ended without asking the guest\n");
    all_gone(&i, pids);
}

#[test]
fn a_qemu_that_hears_nothing_is_killed() {
    let mut i = Installation::new();
    i.qemu_plays = "stubborn";
    let pids = started(&i);
    i.run(&["vm", "stop", "web", "--force"]).fine();
    all_gone(&i, pids);
}

#[test]
fn when_qemu_dies_the_vtpm_ends() {
    let i = Installation::new();
    let pids = started(&i);
    signal(pids[1], Signal::KILL);
    all_gone(&i, pids);
    assert!(i.last_end("web").starts_with("QEMU ended: killed (SIGKILL)"), "{}", i.last_end("web"));
    assert_eq!(i.show("web")["last_run"]["clean"], false);
}

#[test]
fn when_the_vtpm_dies_qemu_ends() {
    let i = Installation::new();
    let pids = started(&i);
    signal(pids[2], Signal::KILL);
    all_gone(&i, pids);
    let end = i.last_end("web");
    assert!(end.starts_with("the vTPM ended: killed (SIGKILL); QEMU was stopped at "), "{end}");
}

#[test]
fn when_the_trustlet_dies_all_ends_and_the_end_says_what_became_of_the_state() {
    let i = Installation::new();
    let pids = started(&i);
    let trustlet = *pids.last().expect("a trustlet");
    signal(trustlet, Signal::KILL);
    all_gone(&i, pids);
    let end = i.last_end("web");
    assert!(end.starts_with("the vTPM ended: exit status 1: ") && end.contains("trustlet"), "{end}");
    assert!(end.contains("start it again; QEMU was stopped at "), "{end}");
    let again = start(&i);
    i.run(&["vm", "stop", "web"]).fine();
    all_gone(&i, again);
}

#[test]
fn when_the_supervisor_is_killed_nothing_is_orphaned_and_the_next_start_works() {
    let i = Installation::new();
    let pids = started(&i);
    signal(pids[0], Signal::KILL);
    pids.iter().copied().for_each(gone);
    assert_eq!(i.state("web"), "stopped");
    assert!(i.last_end("web").contains(&format!("its supervisor (pid {}) was killed", pids[0])));
    let said = i.run(&["vm", "stop", "web"]).one_line(1);
    assert!(said.contains("is not running"), "{said}");
    let again = start(&i);
    assert!(i.last_end("web").starts_with("its supervisor was killed; QEMU and the vTPM ended with it"));
    i.run(&["vm", "stop", "web"]).fine();
    all_gone(&i, again);
}

#[test]
fn a_guest_that_powers_off_ends_the_unit() {
    let mut i = Installation::new();
    i.qemu_plays = "powers-off-by-itself";
    let pids = started(&i);
    let said = i.run_with_input(&["vm", "console", "web"], b"");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("VM web stopped."), "{said:?}");
    all_gone(&i, pids);
    assert!(i.last_end("web").starts_with("the guest powered off at "), "{}", i.last_end("web"));
    assert_eq!(i.show("web")["last_run"]["clean"], true);
}

#[test]
fn a_qemu_that_does_not_start_is_told_in_its_own_words() {
    let mut i = Installation::new();
    i.qemu_plays = "dies";
    i.policy_of_this_host().create("web");
    let said = i.run(&["vm", "start", "web"]).one_line(1);
    assert!(said.starts_with("VM \"web\": QEMU did not start: exit status 1: "), "{said}");
    assert!(said.ends_with(&format!("; log: {}", i.text("home/vms/web/qemu.log"))), "{said}");
    let log = std::fs::read_to_string(i.path("home/vms/web/qemu.log")).expect("a log");
    assert!(log.contains("no-such-thing: it is not there"), "{log}");
    i.stopped("web");
    assert!(names(&i.path("home/run")).is_empty());
    assert!(i.last_end("web").starts_with("it did not start: "), "{}", i.last_end("web"));
    i.qemu_plays = "powers-off";
    let pids = start(&i);
    i.run(&["vm", "stop", "web"]).fine();
    all_gone(&i, pids);
}

#[test]
fn of_many_starts_at_once_one_wins() {
    let i = Installation::new();
    i.policy_of_this_host().create("web");
    let racers: Vec<_> = (0..6)
        .map(|_| {
            let mut command = i.command(&["vm", "start", "web"]);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("started")
        })
        .collect();
    let mut codes: Vec<_> = racers.into_iter().map(end_of).collect();
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(5), Some(5), Some(5), Some(5), Some(5)]);
    let pids = unit(&i);
    i.run(&["vm", "stop", "web"]).fine();
    all_gone(&i, pids);
}

#[test]
fn the_console_carries_both_ways_and_ctrl_bracket_leaves() {
    let i = Installation::new();
    let pids = started(&i);
    let mut first = i
        .command(&["vm", "console", "web"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let mut keys = first.stdin.take().expect("piped");
    keys.write_all(b"hello").expect("taken");
    let mut echo = [0; 5];
    first.stdout.as_mut().expect("piped").read_exact(&mut echo).expect("echoed");
    assert_eq!(&echo, b"hello");
    // QEMU would let a second one wait for ever.
    let said = i.run(&["vm", "console", "web"]).one_line(5);
    let wanted = format!(
        "the console of VM \"web\" is in use by process {}; leave it there with Ctrl-] first",
        first.id()
    );
    assert_eq!(said, wanted);
    keys.write_all(b"\x1d").expect("taken");
    assert_eq!(end_of(first), Some(0));
    let said = i.run_with_input(&["vm", "console", "web"], b"again\x1d");
    assert!(said.code == 0 && said.err.contains("VM web runs on"), "{said:?}");
    assert_eq!(i.state("web"), "running");
    i.run(&["vm", "stop", "web"]).fine();
    all_gone(&i, pids);
}

#[test]
fn in_the_foreground_it_stays_until_a_signal_ends_it() {
    let i = Installation::new();
    i.policy_of_this_host().create("web");
    for with in [Signal::INT, Signal::TERM] {
        let command = i
            .command(&["vm", "start", "web", "--foreground"])
            .stdout(Stdio::null())
            .spawn()
            .expect("started");
        eventually("it runs", || i.state("web") == "running");
        let pids = unit(&i);
        assert_eq!(pids[0], command.id());
        signal(command.id(), with);
        assert_eq!(end_of(command), Some(0));
        all_gone(&i, pids);
    }
}

#[test]
fn in_the_foreground_an_end_that_nobody_wished_is_a_failure() {
    let i = Installation::new();
    i.policy_of_this_host().create("web");
    let command = i
        .command(&["vm", "start", "web", "--foreground"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    eventually("it runs", || i.state("web") == "running");
    signal(i.process("web", "qemu"), Signal::KILL);
    assert_eq!(end_of(command), Some(1));
}

#[test]
fn secure_boot_is_changed_by_other_variables_and_the_old_ones_are_kept() {
    let i = Installation::new();
    i.create("web");
    let vars = i.path("home/vms/web/uefi-vars.fd");
    let content = || std::fs::read_to_string(&vars).expect("read");
    assert_eq!(content(), "OVMF_VARS_4M.ms.fd");
    std::fs::write(&vars, "used").expect("written");
    let said = i.run(&["vm", "set", "web", "--secure-boot", "off"]).fine();
    assert!(said.contains("secure_boot = false") && said.contains("PCR 7 will differ"), "{said}");
    assert_eq!(content(), "OVMF_VARS_4M.fd");
    let backups: Vec<_> =
        names(&i.path("home/vms/web")).into_iter().filter(|n| n.starts_with("uefi-vars.2")).collect();
    assert_eq!(backups.len(), 1, "{backups:?}");
    assert_eq!(std::fs::read_to_string(i.path("home/vms/web").join(&backups[0])).expect("read"), "used");
    // Setting it to what it is changes nothing.
    let said = i.run(&["vm", "set", "web", "--secure-boot", "off"]).fine();
    assert_eq!(said, "VM web: nothing differs from what it was\n");
    // And back, with the very variables from before.
    let backup = i.path("home/vms/web").join(&backups[0]).display().to_string();
    i.run(&["vm", "set", "web", "--secure-boot", "on", "--uefi-vars", &backup]).fine();
    assert_eq!(content(), "used");
    assert_eq!(i.show("web")["config"]["secure_boot"], true);
}

#[test]
fn settings_change_and_stay() {
    let i = Installation::new();
    i.create("web");
    let uuid = i.show("web")["config"]["uuid"].clone();
    let kernel = i.write("vmlinuz", "k").display().to_string();
    i.run(&[
        "vm", "set", "web", "--memory", "512", "--cpus", "3", "--tpm", "tis", "--net", "none", "--kernel",
        &kernel,
    ])
    .fine();
    i.run(&["vm", "set", "web", "--append", "console=ttyS0"]).fine();
    let config = i.show("web")["config"].clone();
    assert_eq!(config["memory"], 512 << 20);
    assert_eq!(
        (&config["cpus"], &config["tpm"], &config["network"]),
        (&3.into(), &"tis".into(), &"none".into())
    );
    assert_eq!(
        (&config["boot"]["kernel"], &config["boot"]["append"]),
        (&kernel.into(), &"console=ttyS0".into())
    );
    assert_eq!(config["uuid"], uuid, "it is still the same VM");
    let said = i.run(&["vm", "set", "web", "--kernel", ""]).fine();
    assert!(said.contains("VM web: no longer append = \"console=ttyS0\"\n"), "{said}");
    assert!(i.show("web")["config"]["boot"].is_null());
}

#[test]
fn deleting_takes_what_was_made_for_it_and_no_more() {
    let i = Installation::new();
    let own = format!("{},size=1M", i.text("own.img"));
    let others = i.write("others.img", "precious").display().to_string();
    let create = |i: &Installation| {
        i.run(&["vm", "create", "web", "--disk", "size=1M", "--disk", &own, "--disk", &others]).fine();
    };
    create(&i);
    let said = i.run(&["vm", "delete", "web", "--yes", "--keep-disks"]).fine();
    assert!(said.contains(&format!("disk kept: {}", i.text("own.img"))), "{said}");
    assert_eq!(names(&i.path("home/vms/web")), ["disk0.raw"], "only the disk is left");
    assert!(i.run(&["vm", "list"]).fine().is_empty());
    let said = i.run(&["vm", "create", "web"]).one_line(5);
    assert!(said.contains("is in use by files that are no VM (kept disks?)"), "{said}");
    std::fs::remove_dir_all(i.path("home/vms/web")).expect("moved away");
    std::fs::remove_file(i.path("own.img")).expect("moved away");

    create(&i);
    let said = i.run(&["vm", "delete", "web", "--yes"]).fine();
    assert!(said.contains(&format!("disk deleted: {}", i.text("own.img"))), "{said}");
    assert!(said.contains(&format!("disk kept: {others}")), "{said}");
    assert!(!i.path("own.img").exists() && i.in_vms().is_empty());
    assert_eq!(std::fs::read(&others).expect("still there"), b"precious");
}
