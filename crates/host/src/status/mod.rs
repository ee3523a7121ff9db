//! The state of virtualization-based security on this host, as Windows would put it, and the isolation beneath.
mod text;

use crate::cpuid;
use crate::gate::{self, Refusal};
use crate::isolation::{Isolation, Level};
use crate::machine::Machine;
use crate::policy::Policy;
use crate::properties::{self, BiosMode, Property, SecureBoot, Value};
use serde_json::{Value as Json, json};

/// `Win32_DeviceGuard.VirtualizationBasedSecurityStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vbs {
    /// The policy switched the container off.
    NotEnabled = 0,
    /// The container may be used, but nothing below the kernel holds it.
    EnabledNotRunning = 1,
    /// A hypervisor holds the trustlets: level L3 or higher is running.
    Running = 2,
}

impl Vbs {
    /// As msinfo32 writes it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Vbs::NotEnabled => "Not enabled",
            Vbs::EnabledNotRunning => "Enabled but not running",
            Vbs::Running => "Running",
        }
    }

    fn of(policy: &Policy, isolation: &Isolation) -> Vbs {
        match isolation.running() {
            _ if !policy.enabled.value => Vbs::NotEnabled,
            Some(level) if level >= Level::L3Hypervisor => Vbs::Running,
            _ => Vbs::EnabledNotRunning,
        }
    }
}

/// What virtualizes this host, if anything does, and what it has of its own for virtualization.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Virtualization {
    beneath: Option<String>,
    hardware: bool,
    slat: bool,
    kvm: bool,
    nx: bool,
}

/// Everything that `donjon status` tells.
#[derive(Debug, Clone)]
pub struct Status {
    /// The state of VBS.
    pub vbs: Vbs,
    /// The isolation measured.
    pub isolation: Isolation,
    /// The policy it is held against.
    pub policy: Policy,
    /// The security properties.
    pub properties: Vec<Property>,
    /// msinfo32's "Secure Boot State", and its evidence.
    pub secure_boot: (SecureBoot, String),
    /// msinfo32's "BIOS Mode".
    pub bios_mode: BiosMode,
    /// msinfo32's "Kernel DMA Protection", and its evidence.
    pub kernel_dma_protection: (Value, String),
    virtualization: Virtualization,
    refusal: Option<Refusal>,
}

impl Status {
    /// Puts together what was measured.
    #[must_use]
    pub fn of(machine: &Machine, policy: Policy, isolation: Isolation) -> Status {
        Status {
            vbs: Vbs::of(&policy, &isolation),
            properties: properties::measure(machine),
            secure_boot: properties::secure_boot(machine),
            bios_mode: BiosMode::of(machine),
            kernel_dma_protection: properties::kernel_dma_protection(machine),
            virtualization: Virtualization {
                beneath: cpuid::hypervisor(machine.cpuid.as_ref()),
                hardware: properties::hardware_virtualization(machine),
                slat: properties::slat(machine),
                kvm: machine.exists("/dev/kvm"),
                nx: machine.cpu_flag("nx"),
            },
            refusal: gate::decide(&policy, &isolation).err(),
            isolation,
            policy,
        }
    }

    /// Why a VM with a vTPM could not start now; nothing when it could.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// The rows of the Windows view, then ours; label and value.
    #[must_use]
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        text::rows(self)
    }

    /// The rows as lines; with `explain`, what each is founded on.
    #[must_use]
    pub fn to_text(&self, explain: bool) -> String {
        text::render(self, explain)
    }

    /// Properties with a Windows number that are there; `[0]` when none is.
    fn available_codes(&self) -> Vec<u32> {
        let there = self.properties.iter().filter(|p| p.value == Value::Yes);
        or_zero(there.filter_map(|p| p.code).collect())
    }

    /// What the required level itself requires of the host, in Windows' numbers.
    fn required_codes(&self) -> Vec<u32> {
        or_zero(if self.policy.minimum.value >= Level::L3Hypervisor { vec![1] } else { Vec::new() })
    }

    /// The same facts for programs. `Win32_DeviceGuard` has that class's names and numbers.
    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({
            "virtualization_based_security": self.vbs.text(),
            "isolation": {
                "available": self.isolation.available.code(),
                "required": self.policy.minimum.value.code(),
                "running": self.isolation.running().map(Level::code),
                "enabled": self.policy.enabled.value,
                "missing": self.isolation.missing,
                "reduced": self.isolation.reduced,
                "probe": self.isolation.probe,
            },
            "vtpm_can_start": self.refusal.is_none(),
            "policy": {
                "path": self.policy.path,
                "from_file": self.policy.from_file,
            },
            "kernel_dma_protection": {
                "value": self.kernel_dma_protection.0,
                "evidence": self.kernel_dma_protection.1,
            },
            "secure_boot": { "state": self.secure_boot.0, "evidence": self.secure_boot.1 },
            "bios_mode": self.bios_mode,
            "virtual_machine": self.virtualization.beneath.is_some(),
            "hypervisor": self.virtualization.beneath,
            "properties": self.properties,
            "Win32_DeviceGuard": {
                "AvailableSecurityProperties": self.available_codes(),
                "RequiredSecurityProperties": self.required_codes(),
                "SecurityServicesConfigured": [0],
                "SecurityServicesRunning": [0],
                "VirtualizationBasedSecurityStatus": self.vbs as u32,
            },
        })
    }
}

fn or_zero(codes: Vec<u32>) -> Vec<u32> {
    if codes.is_empty() { vec![0] } else { codes }
}
