//! The gate, through the real program: a VM with a vTPM is refused before QEMU starts.
mod common;

use common::{Installation, Said};
use vsm::fault::{NO_LANDLOCK, NO_NAMESPACES, NO_SECRET_MEMORY};

const SENTENCE: &str = "The virtual machine can't start because virtualization-based security is not running on the \
                        host.  Virtualization-based security is required for one of the VM's devices.";

#[test]
#[ignore = "not a test: what the script that is QEMU here executes"]
fn plays_qemu() {
    common::fake_qemu::play();
}

/// A refusal: exit code 4, the sentence alone in the first line, a cause with evidence and cure; nothing started.
#[track_caller]
fn refused(i: &Installation, said: Said) -> String {
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
    let said = refused(&i, i.run(&["vm", "start", "web"]));
    let place = format!("{}:2", i.text("policy.toml"));
    assert!(said.contains(&format!("Evidence:   isolation.enabled = false ({place})")), "{said}");
    assert!(said.contains(&format!("set isolation.enabled = true at {place}")), "{said}");
    refused(&i, i.run(&["vm", "start", "web", "--foreground"]));
}

#[test]
fn a_level_that_this_release_does_not_have() {
    let i = Installation::new();
    i.create("web");
    for level in ["L3", "L3+", "L4"] {
        i.policy(&format!("[isolation]\nminimum = \"{level}\"\n"));
        let said = refused(&i, i.run(&["vm", "start", "web"]));
        assert!(said.contains("which is not available in this release"), "{said}");
        assert!(
            said.contains(&format!("isolation.minimum = \"{level}\" ({}:2)", i.text("policy.toml"))),
            "{said}"
        );
    }
}

#[test]
fn a_kernel_that_lacks_what_the_level_needs() {
    let i = Installation::new();
    i.create("web");
    for (lacking, what, evidence, cure) in [
        (NO_SECRET_MEMORY, "secret memory (memfd_secret)", "memfd_secret: ENOSYS", "secretmem.enable=1"),
        (NO_NAMESPACES, "namespaces of its own (unshare)", "unshare: EPERM", "permit unshare"),
    ] {
        let said = refused(&i, i.run_without(lacking, &["vm", "start", "web"]));
        assert!(said.contains("required: L2 (secret process); running: none."), "{said}");
        assert!(said.contains(&format!("\nMissing: {what}\n  Evidence:   {evidence}")), "{said}");
        assert!(said.contains(cure), "{said}");
        let status = i.run_without(lacking, &["status", "--json"]).fine();
        let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
        assert_eq!(status["virtualization_based_security"], "Enabled but not running");
        assert_eq!(status["isolation"]["available"], "L0");
        assert_eq!(status["isolation"]["running"], serde_json::Value::Null);
        assert_eq!(status["isolation"]["missing"][0]["what"], what);
        assert_eq!(status["vtpm_can_start"], false);
    }
}

#[test]
fn a_policy_of_l0_lets_a_vtpm_run_as_a_plain_process_where_there_is_no_more() {
    let i = Installation::new();
    i.create("web");
    i.policy("[isolation]\nminimum = \"L0\"\n");
    let said = i.run_without(NO_SECRET_MEMORY, &["vm", "start", "web"]).fine();
    assert!(said.starts_with("VM web runs; vTPM isolated at L0 (plain process); "), "{said}");
    i.run(&["vm", "stop", "web"]).fine();
}

#[test]
fn a_layer_that_others_cover_is_told_and_refuses_nothing() {
    let i = Installation::new();
    let said = i.run_without(NO_LANDLOCK, &["status", "--explain"]).fine();
    let (_, covered) = said.split_once("\nLayers that are missing and covered by others\n").expect("told");
    assert!(covered.trim_start().contains("Landlock\n      evidence: landlock_create_ruleset: "), "{said}");
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
