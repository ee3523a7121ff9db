//! Recorded machines: what is measured of each, and the whole status as text and as JSON, against golden files.
//!
//! `UPDATE_GOLDEN=1 cargo test -p host --test machines` writes the golden files anew; read the difference before
//! keeping it. The machines themselves are made by `machines/make.py`.
use host::isolation::{Avenue, Isolation, Level, Missing, Probe};
use host::machine::Machine;
use host::policy::Policy;
use host::properties::{self, Value};
use host::status::{Status, Vbs};
use host::vm::accel::{Accel, Choice};
use std::path::{Path, PathBuf};

fn dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines")
}

fn machine(name: &str) -> Machine {
    let root = dir().join(name);
    assert!(root.is_dir(), "no recorded machine {}", root.display());
    Machine::recorded(&root).expect("a right recording")
}

fn policy(text: &str) -> Policy {
    Policy::parse(Path::new("/etc/donjon/policy.toml"), text).expect("a right policy")
}

fn avenues() -> Vec<Avenue> {
    let avenue = |name: &str, answer: &str| Avenue { name: name.into(), read: false, answer: answer.into() };
    vec![avenue("process_vm_readv", "refused: EFAULT"), avenue("/proc/PID/mem", "refused: EIO")]
}

fn healthy() -> Isolation {
    let level = Level::L2SecretProcess;
    Isolation {
        available: level,
        missing: vec![],
        reduced: vec![],
        probe: Probe::Held { level, avenues: avenues() },
    }
}

fn without_secret_memory() -> Isolation {
    Isolation {
        available: Level::L0Plain,
        missing: vec![Missing {
            level: Level::L2SecretProcess,
            what: "secret memory (memfd_secret)".into(),
            evidence: "memfd_secret: ENOSYS (Function not implemented)".into(),
            cure: "add secretmem.enable=1 to the kernel command line".into(),
        }],
        reduced: vec![Missing {
            level: Level::L0Plain,
            what: "memory that never turns from data into code (MDWE)".into(),
            evidence: "prctl(PR_GET_MDWE): EINVAL (Invalid argument)".into(),
            cure: "run Linux 6.3 or newer".into(),
        }],
        probe: Probe::NotRun { why: "no level above L0 can be started here".into() },
    }
}

#[track_caller]
fn codes(name: &str, wanted: Value) -> Vec<u32> {
    let all = properties::measure(&machine(name));
    all.iter().filter(|p| p.value == wanted).filter_map(|p| p.code).collect()
}

/// Ours, by name.
#[track_caller]
fn ours(name: &str, property: &str) -> Value {
    let all = properties::measure(&machine(name));
    all.iter().find(|p| p.name == property).map(|p| p.value).expect(property)
}

#[test]
fn windows_numbers_of_each_machine() {
    assert_eq!(codes("intel-metal", Value::Yes), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(codes("amd-snp-metal", Value::Yes), [1, 3, 5, 7, 8]);
    assert_eq!(codes("kvm-guest", Value::Yes), [0; 0]);
    assert_eq!(codes("azure-guest", Value::Yes), [1, 2, 5, 7]);
    assert_eq!(codes("firecracker-pvm", Value::Yes), [1]);
    assert_eq!(codes("uefi-unmounted", Value::Yes), [0; 0]);
}

#[test]
fn what_cannot_be_read_is_unknown_and_never_yes() {
    assert_eq!(codes("intel-metal-as-user", Value::Yes), [2, 3, 4, 7, 8]);
    assert_eq!(codes("intel-metal-as-user", Value::Unknown), [1, 5, 6]);
    assert_eq!(codes("uefi-unmounted", Value::Unknown), [2, 4, 5]);
    assert_eq!(ours("intel-metal-as-user", "Secret Memory"), Value::Unknown);
    assert_eq!(ours("intel-metal-as-user", "Guest Private Memory"), Value::Unknown);
    assert_eq!(ours("uefi-unmounted", "Kernel Lockdown"), Value::Unknown);
}

#[test]
fn what_the_kernel_does_against_its_users() {
    for (name, property, value) in [
        ("intel-metal", "Secret Memory", Value::Yes),
        ("intel-metal", "Guest Private Memory", Value::No),
        ("intel-metal", "Ptrace Restricted", Value::No),
        ("amd-snp-metal", "Ptrace Restricted", Value::Yes),
        ("amd-snp-metal", "Guest Private Memory", Value::Yes),
        ("amd-snp-metal", "Kernel Lockdown", Value::Yes),
        ("kvm-guest", "Secret Memory", Value::No),
        ("kvm-guest", "Kernel Lockdown", Value::No),
        ("kvm-guest", "Module Signing", Value::No),
        ("azure-guest", "Ptrace Restricted", Value::No),
        ("firecracker-pvm", "Module Signing", Value::Yes),
        ("firecracker-pvm", "Guest Private Memory", Value::Yes),
        ("uefi-unmounted", "Secret Memory", Value::No),
        ("uefi-unmounted", "BPF Restricted", Value::Yes),
    ] {
        assert_eq!(ours(name, property), value, "{name}: {property}");
    }
}

#[test]
fn everything_that_is_not_there_has_its_evidence() {
    for name in
        ["intel-metal", "intel-metal-as-user", "amd-snp-metal", "kvm-guest", "azure-guest", "uefi-unmounted"]
    {
        for p in properties::measure(&machine(name)) {
            assert!(p.evidence.len() > 10 && !p.evidence.contains('\n'), "{name}: {p:?}");
        }
    }
}

#[test]
fn a_shim_that_does_not_verify_is_no_secure_boot() {
    assert!(!codes("shim-unverified", Value::Yes).contains(&2));
    let status = Status::of(&machine("shim-unverified"), policy(""), healthy());
    assert_eq!(status.secure_boot.0.text(), "Off");
    assert!(status.secure_boot.1.contains("MokSBStateRT=1"), "{}", status.secure_boot.1);
}

#[test]
fn kernel_dma_protection_needs_the_firmwares_promise() {
    let of = |name: &str| properties::kernel_dma_protection(&machine(name)).0;
    assert_eq!(of("intel-metal"), Value::Yes);
    assert_eq!(of("amd-snp-metal"), Value::Yes);
    assert_eq!(of("intel-metal-as-user"), Value::Unknown);
    assert_eq!(of("azure-guest"), Value::No);
    // An IOMMU in pass-through keeps nobody out.
    assert_eq!(of("uefi-unmounted"), Value::No);
}

#[test]
fn running_is_kept_for_what_a_hypervisor_holds() {
    let vbs =
        |text: &str, isolation: Isolation| Status::of(&machine("intel-metal"), policy(text), isolation).vbs;
    assert_eq!(vbs("", healthy()), Vbs::EnabledNotRunning);
    assert_eq!(vbs("", without_secret_memory()), Vbs::EnabledNotRunning);
    assert_eq!(vbs("[isolation]\nenabled = false\n", healthy()), Vbs::NotEnabled);
    let level = Level::L3Hypervisor;
    let held = Isolation { available: level, probe: Probe::Held { level, avenues: vec![] }, ..healthy() };
    assert_eq!(vbs("", held.clone()), Vbs::Running);
    assert_eq!(vbs("[isolation]\nenabled = false\n", held), Vbs::NotEnabled);
}

#[test]
fn kvm_is_used_where_a_guests_kernel_runs_on_it() {
    let auto = |name: &str| Accel::choose(Choice::Auto, &machine(name)).expect("auto always finds one");
    let intel = auto("intel-metal");
    assert!(intel.kvm && intel.why.contains("kvm_intel is loaded"), "{intel:?}");
    assert!(auto("amd-snp-metal").kvm);
    // It opens, and carries no ordinary guest.
    let pvm = auto("firecracker-pvm");
    assert!(!pvm.kvm && pvm.why.contains("neither vmx nor svm"), "{pvm:?}");
    assert_eq!(auto("kvm-guest"), Accel { kvm: false, why: "/dev/kvm is absent".into() });
    let user = auto("intel-metal-as-user");
    assert!(!user.kvm && user.why.contains("join the group kvm"), "{user:?}");
    let tcg = Accel::choose(Choice::Tcg, &machine("intel-metal")).expect("always there");
    assert!(!tcg.kvm);
    let said = Accel::choose(Choice::Kvm, &machine("kvm-guest")).expect_err("no /dev/kvm").to_string();
    assert_eq!(said, "the accelerator kvm was asked for, but /dev/kvm is absent; use --accel tcg, or auto");
    assert!(Accel::choose(Choice::Kvm, &machine("firecracker-pvm")).expect("it opens").kvm);
}

#[test]
fn the_status_of_each_machine_is_as_recorded() {
    let off = "[isolation]\nenabled = false\n";
    for (golden, name, policy_text, isolation) in [
        ("intel-metal", "intel-metal", "", healthy()),
        ("intel-metal-as-user", "intel-metal-as-user", "", healthy()),
        (
            "intel-metal-off",
            "intel-metal",
            off,
            Isolation {
                probe: Probe::NotRun { why: "the policy switches the container off".into() },
                ..healthy()
            },
        ),
        ("amd-snp-metal", "amd-snp-metal", "[isolation]\nminimum = \"L3\"\n", healthy()),
        ("kvm-guest", "kvm-guest", "", without_secret_memory()),
        ("azure-guest", "azure-guest", "", healthy()),
        ("firecracker-pvm", "firecracker-pvm", "", healthy()),
    ] {
        let status = Status::of(&machine(name), policy(policy_text), isolation);
        same(&dir().join(format!("{golden}.txt")), &status.to_text(true));
        same(&dir().join(format!("{golden}.json")), &format!("{:#}\n", status.to_json()));
        let brief = status.to_text(false);
        assert!(status.to_text(true).starts_with(&brief), "the explanation follows the same rows");
    }
}

#[track_caller]
fn same(golden: &Path, now: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(golden, now).expect("written");
    }
    let recorded = std::fs::read_to_string(golden).unwrap_or_default();
    for (n, (a, b)) in recorded.lines().zip(now.lines()).enumerate() {
        assert_eq!(a, b, "{}:{}", golden.display(), n + 1);
    }
    assert_eq!(recorded.lines().count(), now.lines().count(), "{}", golden.display());
}
