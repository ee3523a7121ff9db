//! The security properties of a host, each measured and each with its evidence.
mod firmware;
mod kernel;
mod processor;

use crate::machine::Machine;
pub use firmware::{BiosMode, SecureBoot, kernel_dma_protection, secure_boot};
pub(crate) use processor::{hardware_virtualization, slat};
use serde::Serialize;

/// What was found out about a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    /// It is there.
    Yes,
    /// It is not.
    No,
    /// It could not be found out; the evidence says why.
    Unknown,
}

impl Value {
    /// `yes`, `no` or `unknown`.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Value::Yes => "yes",
            Value::No => "no",
            Value::Unknown => "unknown",
        }
    }
}

impl From<bool> for Value {
    fn from(there: bool) -> Value {
        if there { Value::Yes } else { Value::No }
    }
}

/// One security property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Property {
    /// The number that `Win32_DeviceGuard.AvailableSecurityProperties` has for the same notion, if it has one.
    pub code: Option<u32>,
    /// The name; msinfo32's where the notion is the same.
    pub name: &'static str,
    /// Whether the host has it.
    pub value: Value,
    /// The files and instructions read, and what they said.
    pub evidence: String,
    /// Whether only root can find it out.
    pub needs_root: bool,
    /// What to do to have it, or to find it out.
    pub advice: Option<&'static str>,
}

/// A finding, before it has a name.
struct Finding {
    value: Value,
    evidence: String,
    advice: Option<&'static str>,
}

fn finding(value: impl Into<Value>, evidence: impl Into<String>) -> Finding {
    Finding { value: value.into(), evidence: evidence.into(), advice: None }
}

impl Finding {
    fn or(mut self, advice: &'static str) -> Finding {
        if self.value != Value::Yes {
            self.advice = Some(advice);
        }
        self
    }
}

type Measure = fn(&Machine) -> Finding;

/// Each property: Windows code, name, whether it needs root, how it is measured.
const ALL: [(Option<u32>, &str, bool, Measure); 14] = [
    (Some(1), "Base Virtualization Support", false, processor::base_virtualization),
    (Some(2), "Secure Boot", false, firmware::secure_boot_property),
    (Some(3), "DMA Protection", false, firmware::dma_protection),
    (Some(4), "Secure Memory Overwrite", false, firmware::secure_memory_overwrite),
    (Some(5), "UEFI Code Readonly", true, firmware::uefi_code_readonly),
    (Some(6), "SMM Security Mitigations 1.0", true, firmware::smm_mitigations),
    (Some(7), "Mode Based Execution Control", false, processor::mode_based_execution),
    (Some(8), "APIC Virtualization", false, processor::apic_virtualization),
    (None, "Secret Memory", true, kernel::secret_memory),
    (None, "Guest Private Memory", false, kernel::guest_memfd),
    (None, "Kernel Lockdown", false, kernel::lockdown),
    (None, "Module Signing", false, kernel::module_signing),
    (None, "Ptrace Restricted", false, kernel::yama),
    (None, "BPF Restricted", false, kernel::bpf),
];

/// Measures every property of a machine.
#[must_use]
pub fn measure(machine: &Machine) -> Vec<Property> {
    ALL.iter()
        .map(|&(code, name, needs_root, measure)| {
            let Finding { value, evidence, advice } = measure(machine);
            Property { code, name, value, evidence, needs_root, advice }
        })
        .collect()
}

/// A yes or no of the processor, for people.
fn bit(set: bool) -> &'static str {
    if set { "1" } else { "0" }
}
