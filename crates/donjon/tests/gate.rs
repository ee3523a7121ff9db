//! The gate, through the real program: a VM with a vTPM is refused before QEMU starts.
mod common;

use common::Installation;

const SENTENCE: &str = "The virtual machine can't start because virtualization-based security is not running on the \
                        host.  Virtualization-based security is required for one of the VM's devices.";

#[test]
#[ignore = "not a test: what the script that is QEMU here executes"]
fn plays_qemu() {
    common::fake_qemu::play();
}

/// A refusal: exit code 4, the sentence alone in the first line, a cause with evidence and cure; nothing started.
#[track_caller]
fn refused(i: &Installation, args: &[&str]) -> String {
    let said = i.run(args);
    assert_eq!(said.code, 4, "{said:?}");
    assert_eq!(said.err.lines().next(), Some(SENTENCE), "{said:?}");
    for part in ["\nMissing: ", "\n  Evidence:   ", "\n  What to do: "] {
        assert!(said.err.contains(part), "{said:?}");
    }
    assert!(!i.qemu_was_started(), "QEMU was started");
    assert_eq!(i.state("web"), "stopped");
    assert!(common::names(&i.path("home/run")).is_empty(), "a run directory was left");
    said.err
}

#[test]
fn a_container_that_the_policy_switched_off() {
    let i = Installation::new();
    i.create("web");
    i.policy("[isolation]\nenabled = false\n");
    let said = refused(&i, &["vm", "start", "web"]);
    let place = format!("{}:2", i.text("policy.toml"));
    assert!(said.contains(&format!("Evidence:   isolation.enabled = false ({place})")), "{said}");
    assert!(said.contains(&format!("set isolation.enabled = true at {place}")), "{said}");
    refused(&i, &["vm", "start", "web", "--foreground"]);
}

#[test]
fn a_level_that_this_release_does_not_have() {
    let i = Installation::new();
    i.create("web");
    for level in ["L3", "L3+", "L4"] {
        i.policy(&format!("[isolation]\nminimum = \"{level}\"\n"));
        let said = refused(&i, &["vm", "start", "web"]);
        assert!(said.contains("which is not available in this release"), "{said}");
        assert!(
            said.contains(&format!("isolation.minimum = \"{level}\" ({}:2)", i.text("policy.toml"))),
            "{said}"
        );
    }
}

#[test]
fn a_vm_without_a_vtpm_needs_no_container() {
    let i = Installation::new();
    i.create_without_tpm("web");
    i.policy("[isolation]\nenabled = false\nminimum = \"L4\"\n");
    let said = i.run(&["vm", "start", "web"]).fine();
    assert!(said.starts_with("VM web runs; accelerator "), "{said}");
    i.run(&["vm", "stop", "web"]).fine();
}

#[test]
fn status_says_beforehand_what_the_gate_would_say() {
    let i = Installation::new();
    i.policy("[isolation]\nminimum = \"L4\"\n");
    let said = i.run(&["status"]).fine();
    assert!(said.contains("Isolation level required"), "{said}");
    assert!(said.contains("cannot start (`donjon status --explain` says why)"), "{said}");
    assert!(i.run(&["status", "--explain"]).fine().contains(SENTENCE));
    let json: serde_json::Value = serde_json::from_str(&i.run(&["status", "--json"]).fine()).expect("JSON");
    assert_eq!(json["vtpm_can_start"], false);
    assert_eq!(json["isolation"]["required"], "L4");
    let checked = i.run(&["status", "--check"]);
    assert!(checked.code == 4 && checked.err.starts_with(SENTENCE), "{checked:?}");
}

#[test]
fn a_host_whose_container_is_off_is_not_enabled_in_windows_words() {
    let i = Installation::new();
    i.policy("[isolation]\nenabled = false\n");
    let said = i.run(&["status"]).fine();
    let row = said.lines().find(|l| l.starts_with("Virtualization-based security ")).expect("the row");
    assert!(row.ends_with(" Not enabled"), "{row}");
    assert!(!said.contains("Available Security Properties"), "absent, not empty: {said}");
}

#[test]
fn policy_show_and_check() {
    let i = Installation::new();
    i.policy("[isolation]\nminimum = \"L1\"\n");
    let place = i.text("policy.toml");
    let said = i.run(&["policy", "show"]).fine();
    assert!(said.contains(&format!("minimum = \"L1\" # {place}:2")), "{said}");
    assert_eq!(i.run(&["policy", "check"]).fine(), format!("{place} is right\n"));
    let other = i.write("other.toml", "[isolation]\nminimum = 2\n").display().to_string();
    let said = i.run(&["policy", "check", &other]).one_line(6);
    assert_eq!(said, format!("{other}:2: \"isolation.minimum\" must be a string in quotes, not 2"));
}
