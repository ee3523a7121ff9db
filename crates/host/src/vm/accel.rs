//! Which accelerator QEMU gets: KVM only where an ordinary guest truly runs on it.
use crate::Error;
use crate::machine::{Found, Machine};
use serde::Serialize;

/// What vm.toml or `--accel` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// KVM where it works, else TCG.
    #[default]
    Auto,
    /// KVM, or no start.
    Kvm,
    /// Emulation.
    Tcg,
}

impl Choice {
    /// As vm.toml writes it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Choice::Auto => "auto",
            Choice::Kvm => "kvm",
            Choice::Tcg => "tcg",
        }
    }
    /// Reads it.
    pub fn parse(text: &str) -> Result<Choice, String> {
        match text {
            "auto" => Ok(Choice::Auto),
            "kvm" => Ok(Choice::Kvm),
            "tcg" => Ok(Choice::Tcg),
            _ => Err(format!("accelerator \"{text}\" is not known; auto, kvm and tcg are")),
        }
    }
}

/// The accelerator chosen, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Accel {
    /// Whether it is KVM; if not, it is TCG.
    pub kvm: bool,
    /// The reason, for people.
    pub why: String,
}

impl Accel {
    /// As QEMU writes it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        if self.kvm { "kvm" } else { "tcg" }
    }

    /// Decides. `Choice::Kvm` on a host whose KVM does not open is an error.
    pub fn choose(choice: Choice, machine: &Machine) -> Result<Accel, Error> {
        let usable = kvm_runs_guests(machine);
        match (choice, usable) {
            (Choice::Tcg, _) => Ok(Accel { kvm: false, why: "it was asked for".into() }),
            (Choice::Auto, Ok(why)) => Ok(Accel { kvm: true, why }),
            (Choice::Auto, Err(why)) => Ok(Accel { kvm: false, why }),
            (Choice::Kvm, Ok(why)) => Ok(Accel { kvm: true, why: format!("it was asked for; {why}") }),
            // Asked for although it may not carry a guest: QEMU may try, if the device opens at all.
            (Choice::Kvm, Err(why)) if machine.opens("/dev/kvm") == Found::Is(()) => {
                Ok(Accel { kvm: true, why: format!("it was asked for, although {why}") })
            }
            (Choice::Kvm, Err(why)) => Err(Error::Run(format!(
                "the accelerator kvm was asked for, but {why}; use --accel tcg, or auto"
            ))),
        }
    }
}

/// Whether KVM runs an ordinary guest. Opening /dev/kvm proves nothing: kvm_pvm opens as well, and runs a guest's user
/// mode only, its kernel is emulated and dies at the first instruction that the emulator lacks.
fn kvm_runs_guests(m: &Machine) -> Result<String, String> {
    let flag = ["vmx", "svm"].into_iter().find(|f| m.cpu_flag(f));
    let module = ["kvm_intel", "kvm_amd"].into_iter().find(|d| m.exists(&format!("/sys/module/{d}")));
    match (m.opens("/dev/kvm"), flag, module) {
        (Found::Is(()), Some(flag), Some(module)) => {
            Ok(format!("/dev/kvm opens, the processor has {flag} and {module} is loaded"))
        }
        (Found::Is(()), None, _) => {
            Err("/dev/kvm opens, but the processor has neither vmx nor svm: a guest's kernel would not run"
                .into())
        }
        (Found::Is(()), Some(flag), None) => Err(format!(
            "/dev/kvm opens and the processor has {flag}, but neither kvm_intel nor kvm_amd is loaded"
        )),
        (Found::Denied, ..) => {
            Err("/dev/kvm cannot be opened: permission denied (join the group kvm)".into())
        }
        (Found::Absent, ..) => Err("/dev/kvm is absent".into()),
        (Found::Failed(e), ..) => Err(format!("/dev/kvm cannot be opened: {e}")),
    }
}
