//! What the processor and KVM offer.
use super::{Finding, Value, bit, finding};
use crate::machine::{Found, Machine};

/// Intel VMX: CPUID.1:ECX[5].
pub(super) fn vmx(m: &Machine) -> bool {
    m.cpuid.leaf(1, 0)[2] >> 5 & 1 == 1
}

/// AMD SVM: CPUID.8000_0001:ECX[2].
pub(super) fn svm(m: &Machine) -> bool {
    m.cpuid.leaf(0x8000_0001, 0)[2] >> 2 & 1 == 1
}

/// EDX of CPUID.8000_000A, the features of SVM; 0 on a processor without SVM.
fn svm_features(m: &Machine) -> u32 {
    if svm(m) { m.cpuid.leaf(0x8000_000A, 0)[3] } else { 0 }
}

/// Second level address translation, without which no hypervisor protects memory.
pub(crate) fn slat(m: &Machine) -> bool {
    m.cpu_flag("ept") || svm_features(m) & 1 == 1
}

/// Whether the processor virtualizes in hardware.
pub(crate) fn hardware_virtualization(m: &Machine) -> bool {
    vmx(m) || svm(m)
}

pub(super) fn base_virtualization(m: &Machine) -> Finding {
    let cpu = format!(
        "CPUID.1:ECX[5] (VMX)={}, CPUID.80000001:ECX[2] (SVM)={}, second level translation={}",
        bit(vmx(m)),
        bit(svm(m)),
        bit(slat(m))
    );
    let hardware = hardware_virtualization(m);
    match m.opens("/dev/kvm") {
        Found::Is(()) if hardware => finding(Value::from(slat(m)), format!("/dev/kvm opens; {cpu}"))
            .or("use a processor with EPT or NPT, or have the hypervisor beneath expose it"),
        Found::Is(()) if m.exists("/sys/module/kvm_pvm") => {
            finding(true, format!("/dev/kvm opens through kvm_pvm, which runs guests' user mode natively; {cpu}"))
        }
        Found::Is(()) => finding(false, format!("/dev/kvm opens; {cpu}"))
            .or("have the hypervisor beneath expose virtualization to this machine"),
        Found::Denied => finding(Value::Unknown, format!("/dev/kvm: permission denied; {cpu}"))
            .or("run as root or as a member of the group kvm"),
        Found::Failed(e) => finding(false, format!("/dev/kvm: {e}; {cpu}"))
            .or("switch virtualization on in the firmware and load kvm_intel or kvm_amd"),
        Found::Absent if hardware => finding(false, format!("/dev/kvm is absent; {cpu}"))
            .or("load the module: `modprobe kvm_intel` or `modprobe kvm_amd`; if it refuses, switch virtualization on in the firmware"),
        Found::Absent => finding(false, format!("/dev/kvm is absent; {cpu}"))
            .or("switch virtualization on in the firmware, or have the hypervisor beneath expose it (nested virtualization)"),
    }
}

pub(super) fn mode_based_execution(m: &Machine) -> Finding {
    let mbec = m.cpu_flag("ept_mode_based_exec");
    let gmet = svm_features(m) >> 17 & 1 == 1;
    finding(
        mbec || gmet,
        format!(
            "/proc/cpuinfo vmx flag ept_mode_based_exec={}, CPUID.8000000A:EDX[17] (GMET)={}",
            bit(mbec),
            bit(gmet)
        ),
    )
}

pub(super) fn apic_virtualization(m: &Machine) -> Finding {
    let intel = m.cpu_flag("vid") || m.cpu_flag("apicv");
    let avic = svm_features(m) >> 13 & 1 == 1;
    finding(
        intel || avic,
        format!(
            "/proc/cpuinfo vmx flag vid or apicv={}, CPUID.8000000A:EDX[13] (AVIC)={}",
            bit(intel),
            bit(avic)
        ),
    )
}
