//! Every reason for a refusal, injected; the words are part of the contract.
use super::*;
use crate::isolation::Avenue;
use std::path::Path;

fn policy(text: &str) -> Policy {
    Policy::parse(Path::new("/etc/donjon/policy.toml"), text).expect("a right policy")
}

fn avenue(name: &str, read: bool, answer: &str) -> Avenue {
    Avenue { name: name.into(), read, answer: answer.into() }
}

fn healthy() -> Isolation {
    Isolation {
        available: Level::L2SecretProcess,
        missing: vec![],
        reduced: vec![],
        probe: Probe::Held {
            level: Level::L2SecretProcess,
            avenues: vec![avenue("process_vm_readv", false, "EFAULT")],
        },
    }
}

fn without_secret_memory() -> Isolation {
    Isolation {
        available: Level::L1Sandbox,
        missing: vec![Missing {
            level: Level::L2SecretProcess,
            what: "secret memory (memfd_secret)".into(),
            evidence: "memfd_secret(2): ENOSYS".into(),
            cure: "add secretmem.enable=1 to the kernel's command line and restart".into(),
        }],
        reduced: vec![],
        probe: Probe::Held { level: Level::L1Sandbox, avenues: vec![] },
    }
}

fn refused(policy_text: &str, isolation: &Isolation) -> String {
    decide(&policy(policy_text), isolation).expect_err("it is refused").to_string()
}

#[test]
fn a_healthy_host_lets_vms_start_at_its_level() {
    assert_eq!(decide(&policy(""), &healthy()), Ok(Level::L2SecretProcess));
    assert_eq!(decide(&policy("[isolation]\nminimum = \"L1\"\n"), &healthy()), Ok(Level::L2SecretProcess));
    assert_eq!(
        decide(&policy("[isolation]\nminimum = \"L1\"\n"), &without_secret_memory()),
        Ok(Level::L1Sandbox)
    );
}

#[test]
fn secret_memory_missing() {
    assert_eq!(
        refused("", &without_secret_memory()),
        "The virtual machine can't start because virtualization-based security is not running on the host.  \
         Virtualization-based security is required for one of the VM's devices.\n\
         Isolation level required: L2 (secret process); running: L1 (sandbox).\n\
         Missing: secret memory (memfd_secret)\n  \
           Evidence:   memfd_secret(2): ENOSYS\n  \
           What to do: add secretmem.enable=1 to the kernel's command line and restart"
    );
}

#[test]
fn switched_off_by_the_policy() {
    assert_eq!(
        refused("[isolation]\nenabled = false\n", &healthy()),
        "The virtual machine can't start because virtualization-based security is not running on the host.  \
         Virtualization-based security is required for one of the VM's devices.\n\
         Isolation level required: L2 (secret process); running: L2 (secret process).\n\
         Missing: the isolation container, which the policy switched off\n  \
           Evidence:   isolation.enabled = false (/etc/donjon/policy.toml:2)\n  \
           What to do: set isolation.enabled = true at /etc/donjon/policy.toml:2, or delete the line: \
         true is the default"
    );
}

#[test]
fn switched_off_holds_even_where_no_level_is_required() {
    let text = refused("[isolation]\nenabled = false\nminimum = \"L0\"\n", &healthy());
    assert!(text.contains("the policy switched off"), "{text}");
}

#[test]
fn a_level_that_this_release_lacks() {
    let text = refused("[isolation]\nminimum = \"L3\"\n", &healthy());
    assert!(text.starts_with(WINDOWS_SENTENCE), "{text}");
    assert!(
        text.contains(
            "Missing: isolation level L3 (hypervisor), which is not available in this release\n  \
             Evidence:   isolation.minimum = \"L3\" (/etc/donjon/policy.toml:2); this release has levels up to \
             L2 (secret process)\n  \
             What to do: set isolation.minimum = \"L2\" at /etc/donjon/policy.toml:2, if that protects enough"
        ),
        "{text}"
    );
}

#[test]
fn a_probe_that_could_read_names_the_avenue() {
    let mut isolation = healthy();
    isolation.probe = Probe::Leaked {
        level: Level::L2SecretProcess,
        avenues: vec![avenue("process_vm_readv", false, "EFAULT"), avenue("/proc/PID/mem", true, "64 bytes")],
    };
    let text = refused("", &isolation);
    assert!(text.contains("running: none."), "{text}");
    assert!(text.contains("the probe's pattern came out by /proc/PID/mem: 64 bytes"), "{text}");
    assert!(text.contains("What to do: close /proc/PID/mem"), "{text}");
    assert!(!text.contains("process_vm_readv"), "only the open avenue is named: {text}");
}

#[test]
fn a_probe_that_could_not_run_proves_nothing() {
    let mut isolation = healthy();
    isolation.probe =
        Probe::Failed { level: Level::L2SecretProcess, error: "the trustlet did not start: EAGAIN".into() };
    let text = refused("", &isolation);
    assert!(text.contains("Evidence:   the trustlet did not start: EAGAIN"), "{text}");
    isolation.probe = Probe::NotRun { why: "nobody asked".into() };
    let text = refused("", &isolation);
    assert!(text.contains("Evidence:   the probe was not run: nobody asked"), "{text}");
}

#[test]
fn only_what_the_required_level_needs_is_named() {
    let mut isolation = without_secret_memory();
    isolation.missing.push(Missing {
        level: Level::L3Hypervisor,
        what: "guest_memfd".into(),
        evidence: "KVM says 0".into(),
        cure: "a newer kernel".into(),
    });
    let text = refused("", &isolation);
    assert!(!text.contains("guest_memfd"), "{text}");
}

#[test]
fn no_refusal_is_without_cause() {
    let probes = [
        Probe::NotRun { why: "x".into() },
        Probe::Held { level: Level::L1Sandbox, avenues: vec![] },
        Probe::Leaked { level: Level::L2SecretProcess, avenues: vec![avenue("a", true, "b")] },
        Probe::Failed { level: Level::L2SecretProcess, error: "e".into() },
    ];
    for probe in probes {
        for minimum in ["L1", "L2", "L3", "L4"] {
            let isolation = Isolation {
                available: Level::L1Sandbox,
                missing: vec![],
                reduced: vec![],
                probe: probe.clone(),
            };
            if let Err(r) = decide(&policy(&format!("[isolation]\nminimum = \"{minimum}\"\n")), &isolation) {
                assert!(!r.causes.is_empty(), "{minimum} {probe:?}");
            }
        }
    }
}
