//! What the firmware offers: UEFI variables, ACPI tables, the IOMMU it announces.
use super::{Finding, Value, bit, finding};
use crate::machine::{Found, Machine};
use serde::Serialize;
use std::collections::BTreeSet;

const EFIVARS: &str = "/sys/firmware/efi/efivars";
const GLOBAL: &str = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
const SHIM: &str = "605dab50-e046-4300-abb6-3dd810dd8b23";
const MEMORY_OVERWRITE: &str = "MemoryOverwriteRequestControl-e20939be-32d4-41be-a150-897f85d49829";
const MOUNT_EFIVARFS: &str = "mount it: `mount -t efivarfs efivarfs /sys/firmware/efi/efivars`";

/// msinfo32's "BIOS Mode".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum BiosMode {
    /// The kernel was started by UEFI.
    #[serde(rename = "UEFI")]
    Uefi,
    /// It was not.
    Legacy,
}

impl BiosMode {
    /// Reads it.
    #[must_use]
    pub fn of(m: &Machine) -> BiosMode {
        if m.exists("/sys/firmware/efi") { BiosMode::Uefi } else { BiosMode::Legacy }
    }
    /// As msinfo32 writes it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            BiosMode::Uefi => "UEFI",
            BiosMode::Legacy => "Legacy",
        }
    }
}

/// msinfo32's "Secure Boot State", and one more: unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum SecureBoot {
    /// The firmware verifies what it starts, and so does shim.
    On,
    /// It does not.
    Off,
    /// The machine was not started by UEFI.
    Unsupported,
    /// The variables cannot be read.
    Unknown,
}

impl SecureBoot {
    /// As msinfo32 writes it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            SecureBoot::On => "On",
            SecureBoot::Off => "Off",
            SecureBoot::Unsupported => "Unsupported",
            SecureBoot::Unknown => "Unknown",
        }
    }
}

/// The state of Secure Boot, and what says so.
#[must_use]
pub fn secure_boot(m: &Machine) -> (SecureBoot, String) {
    if BiosMode::of(m) == BiosMode::Legacy {
        return (
            SecureBoot::Unsupported,
            "/sys/firmware/efi is absent: the kernel was not started by UEFI".into(),
        );
    }
    if m.names(EFIVARS).is_empty() {
        return (SecureBoot::Unknown, format!("{EFIVARS} is empty: efivarfs is not mounted"));
    }
    let one = |name: &str, vendor: &str| variable(m, &format!("{name}-{vendor}"));
    let (on, setup, shim) = (one("SecureBoot", GLOBAL), one("SetupMode", GLOBAL), one("MokSBStateRT", SHIM));
    let evidence = format!(
        "UEFI variables SecureBoot={}, SetupMode={}, MokSBStateRT={} (1: shim does not verify)",
        said(&on),
        said(&setup),
        said(&shim)
    );
    let state = match on {
        Found::Is(1) if setup != Found::Is(1) && shim != Found::Is(1) => SecureBoot::On,
        Found::Is(_) | Found::Absent => SecureBoot::Off,
        Found::Denied | Found::Failed(_) => SecureBoot::Unknown,
    };
    (state, evidence)
}

pub(super) fn secure_boot_property(m: &Machine) -> Finding {
    let (state, evidence) = secure_boot(m);
    match state {
        SecureBoot::On => finding(true, evidence),
        SecureBoot::Off => finding(false, evidence).or("switch Secure Boot on in the firmware's setup"),
        SecureBoot::Unsupported => finding(false, evidence).or("start the machine by UEFI"),
        SecureBoot::Unknown => finding(Value::Unknown, evidence).or(MOUNT_EFIVARFS),
    }
}

/// An IOMMU that translates: what Windows counts as DMA protection.
pub(super) fn dma_protection(m: &Machine) -> Finding {
    let iommus = m.names("/sys/class/iommu");
    let modes = group_modes(m);
    let evidence = format!(
        "/sys/class/iommu: {}; /sys/kernel/iommu_groups/*/type: {}",
        list_or_none(iommus.iter()),
        list_or_none(modes.iter())
    );
    let translates = !iommus.is_empty() && modes.iter().any(|t| t.starts_with("DMA"));
    finding(translates, evidence)
        .or("switch the IOMMU on (VT-d or AMD-Vi in the firmware; intel_iommu=on, not iommu=pt, on the kernel's command line)")
}

/// msinfo32's "Kernel DMA Protection": the IOMMU translates, and the firmware or the Thunderbolt controller promises
/// that devices were kept out before the kernel took over.
#[must_use]
pub fn kernel_dma_protection(m: &Machine) -> (Value, String) {
    let base = dma_protection(m);
    // DMAR: flags, bit 2 DMA_CTRL_PLATFORM_OPT_IN_FLAG. IVRS: IVinfo, bit 1 DMA remapping support.
    let dmar = table(m, "DMAR").map_u8(37);
    let ivrs = table(m, "IVRS").map_u8(36);
    let ports: Vec<_> = m
        .names("/sys/bus/thunderbolt/devices")
        .into_iter()
        .filter(|d| d.starts_with("domain"))
        .map(|d| m.text(&format!("/sys/bus/thunderbolt/devices/{d}/iommu_dma_protection")))
        .collect();
    let opted = |t: &Found<u8>, bit: u8| matches!(t, Found::Is(f) if f >> bit & 1 == 1);
    let promised = opted(&dmar, 2) || opted(&ivrs, 1) || ports.contains(&Found::Is("1".into()));
    let evidence = format!(
        "{}; ACPI DMAR flags={} (bit 2: opt-in), IVRS IVinfo={} (bit 1: opt-in); Thunderbolt iommu_dma_protection: {}",
        base.evidence,
        said(&dmar),
        said(&ivrs),
        list_or_none(ports.iter().map(said))
    );
    let hidden = dmar == Found::Denied || ivrs == Found::Denied;
    let value = match base.value {
        Value::Yes if promised => Value::Yes,
        Value::Yes if hidden => Value::Unknown,
        _ => Value::No,
    };
    (value, evidence)
}

pub(super) fn secure_memory_overwrite(m: &Machine) -> Finding {
    if BiosMode::of(m) == BiosMode::Legacy {
        return finding(false, "/sys/firmware/efi is absent: no UEFI");
    }
    if m.names(EFIVARS).is_empty() {
        return finding(Value::Unknown, format!("{EFIVARS} is empty: efivarfs is not mounted"))
            .or(MOUNT_EFIVARFS);
    }
    let there = m.exists(&format!("{EFIVARS}/{MEMORY_OVERWRITE}"));
    finding(
        there,
        format!(
            "UEFI variable MemoryOverwriteRequestControl is {}",
            if there { "present" } else { "absent" }
        ),
    )
}

/// The UEFI memory attributes table, which keeps runtime code read-only and data not executable.
pub(super) fn uefi_code_readonly(m: &Machine) -> Finding {
    if BiosMode::of(m) == BiosMode::Legacy {
        return finding(false, "/sys/firmware/efi is absent: no UEFI");
    }
    let nx = m.cpu_flag("nx");
    let log = match m.kernel_log() {
        Found::Is(log) => log,
        Found::Denied => {
            return finding(Value::Unknown, "/dev/kmsg: permission denied").or("run as root");
        }
        Found::Absent => return finding(Value::Unknown, "/dev/kmsg is absent"),
        Found::Failed(e) => return finding(Value::Unknown, format!("/dev/kmsg: {e}")),
    };
    // The line in which the kernel lists UEFI's configuration tables; it always has ACPI's.
    let tables = log.lines().find(|l| l.contains("efi: ") && l.contains("ACPI"));
    match tables {
        Some(line) => {
            let there = line.contains("MEMATTR=");
            finding(
                there && nx,
                format!(
                    "kernel log: UEFI's tables {} MEMATTR; /proc/cpuinfo nx={}",
                    if there { "include" } else { "do not include" },
                    bit(nx)
                ),
            )
        }
        None => finding(Value::Unknown, "the kernel log no longer has the line that lists UEFI's tables")
            .or("look after a restart, or read `journalctl -k -b | grep MEMATTR`"),
    }
}

/// The Windows SMM security mitigations table: fixed communication buffers and checked pointers.
pub(super) fn smm_mitigations(m: &Machine) -> Finding {
    match table(m, "WSMT") {
        Table(Found::Is(bytes)) => {
            let flags = bytes.get(36..40).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes);
            finding(
                flags & 3 == 3,
                format!(
                    "ACPI WSMT flags={flags:#x} (bit 0 fixed buffers, bit 1 nested pointers, bit 2 resources)"
                ),
            )
        }
        Table(Found::Denied) => {
            finding(Value::Unknown, "ACPI table WSMT: permission denied").or("run as root")
        }
        Table(Found::Absent) => finding(false, "ACPI table WSMT is absent"),
        Table(Found::Failed(e)) => finding(Value::Unknown, format!("ACPI table WSMT: {e}")),
    }
}

/// The value byte of a UEFI variable: efivarfs puts four bytes of attributes before it.
fn variable(m: &Machine, name: &str) -> Found<u8> {
    Table(m.bytes(&format!("{EFIVARS}/{name}"))).map_u8(4)
}

struct Table(Found<Vec<u8>>);

impl Table {
    fn map_u8(self, at: usize) -> Found<u8> {
        match self.0 {
            Found::Is(b) => b.get(at).map_or(Found::Failed("too short".into()), |v| Found::Is(*v)),
            Found::Absent => Found::Absent,
            Found::Denied => Found::Denied,
            Found::Failed(e) => Found::Failed(e),
        }
    }
}

fn table(m: &Machine, name: &str) -> Table {
    Table(m.bytes(&format!("/sys/firmware/acpi/tables/{name}")))
}

fn group_modes(m: &Machine) -> BTreeSet<String> {
    m.names("/sys/kernel/iommu_groups")
        .iter()
        .filter_map(|g| match m.text(&format!("/sys/kernel/iommu_groups/{g}/type")) {
            Found::Is(t) => Some(t),
            _ => None,
        })
        .collect()
}

fn said<T: ToString>(found: &Found<T>) -> String {
    match found {
        Found::Is(t) => t.to_string(),
        Found::Absent => "absent".into(),
        Found::Denied => "permission denied".into(),
        Found::Failed(e) => e.clone(),
    }
}

fn list_or_none(items: impl Iterator<Item = impl ToString>) -> String {
    let all: Vec<String> = items.map(|i| i.to_string()).collect();
    if all.is_empty() { "none".into() } else { all.join(", ") }
}
