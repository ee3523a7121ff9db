//! What the kernel does against its own users: secret memory, lockdown, module signing, ptrace, BPF.
use super::{Finding, Value, finding};
use crate::machine::{CAP_GUEST_MEMFD, CAP_GUEST_MEMFD_FLAGS, Found, Machine};

/// memfd_secret(2): memory that the kernel takes out of its own map.
pub(super) fn secret_memory(m: &Machine) -> Finding {
    const FILE: &str = "/sys/module/secretmem/parameters/enable";
    match m.text(FILE) {
        Found::Is(v) if v == "Y" => finding(true, format!("{FILE}=Y")),
        Found::Is(v) => finding(false, format!("{FILE}={v}"))
            .or("add secretmem.enable=1 to the kernel's command line (GRUB_CMDLINE_LINUX in /etc/default/grub, then `update-grub`) and restart"),
        Found::Absent => finding(false, format!("{FILE} is absent: the kernel was built without memfd_secret"))
            .or("use a kernel with CONFIG_SECRETMEM (Debian's have it)"),
        Found::Denied => finding(Value::Unknown, format!("{FILE}: permission denied")).or("run as root"),
        Found::Failed(e) => finding(Value::Unknown, format!("{FILE}: {e}")),
    }
}

/// guest_memfd that no process can map: bit 0 of its flags is MMAP, without which an ordinary VM cannot use it.
pub(super) fn guest_memfd(m: &Machine) -> Finding {
    let evidence = |there: i32, flags: i32| {
        format!("KVM_CHECK_EXTENSION: KVM_CAP_GUEST_MEMFD={there}, KVM_CAP_GUEST_MEMFD_FLAGS={flags}")
    };
    match m.opens("/dev/kvm") {
        Found::Denied => finding(Value::Unknown, "/dev/kvm: permission denied")
            .or("run as root or as a member of the group kvm"),
        Found::Absent => finding(false, "/dev/kvm is absent"),
        Found::Failed(e) => finding(false, format!("/dev/kvm: {e}")),
        Found::Is(()) => {
            let (there, flags) = (m.kvm.extension(CAP_GUEST_MEMFD), m.kvm.extension(CAP_GUEST_MEMFD_FLAGS));
            finding(there > 0 && flags & 1 == 1, evidence(there, flags)).or("use Linux 6.18 or newer")
        }
    }
}

/// The lockdown module: keeps root from changing the running kernel.
pub(super) fn lockdown(m: &Machine) -> Finding {
    const FILE: &str = "/sys/kernel/security/lockdown";
    match m.text(FILE) {
        Found::Is(modes) => {
            let mode = modes.split('[').nth(1).and_then(|s| s.split(']').next()).unwrap_or("?").to_string();
            finding(mode == "integrity" || mode == "confidentiality", format!("{FILE}: {mode}"))
                .or("add lockdown=integrity to the kernel's command line, or start with Secure Boot on")
        }
        Found::Absent if m.names("/sys/kernel/security").is_empty() => {
            finding(Value::Unknown, format!("{FILE} cannot be seen: securityfs is not mounted"))
                .or("mount it: `mount -t securityfs securityfs /sys/kernel/security`")
        }
        Found::Absent => finding(false, format!("{FILE} is absent: the kernel was built without lockdown")),
        Found::Denied => finding(Value::Unknown, format!("{FILE}: permission denied")).or("run as root"),
        Found::Failed(e) => finding(Value::Unknown, format!("{FILE}: {e}")),
    }
}

/// No code enters the kernel without a signature that it checks.
pub(super) fn module_signing(m: &Machine) -> Finding {
    const ENFORCE: &str = "/sys/module/module/parameters/sig_enforce";
    const DISABLED: &str = "/proc/sys/kernel/modules_disabled";
    if m.text(DISABLED) == Found::Is("1".into()) {
        return finding(true, format!("{DISABLED}=1: no module can be loaded any more"));
    }
    match m.text(ENFORCE) {
        Found::Is(v) => finding(v == "Y", format!("{ENFORCE}={v}"))
            .or("add module.sig_enforce=1 to the kernel's command line, or start with Secure Boot on"),
        Found::Absent if !m.exists("/proc/modules") => {
            finding(true, "/proc/modules is absent: the kernel has no loadable modules")
        }
        Found::Absent => finding(false, format!("{ENFORCE} is absent: the kernel does not check signatures")),
        Found::Denied => finding(Value::Unknown, format!("{ENFORCE}: permission denied")).or("run as root"),
        Found::Failed(e) => finding(Value::Unknown, format!("{ENFORCE}: {e}")),
    }
}

/// Only scope 3 also stops root from reading another process; 1 and 2 stop other users' processes.
pub(super) fn yama(m: &Machine) -> Finding {
    const FILE: &str = "/proc/sys/kernel/yama/ptrace_scope";
    match m.text(FILE) {
        Found::Is(scope) => finding(scope == "3", format!("{FILE}={scope} (3: nobody, root included)"))
            .or("`sysctl -w kernel.yama.ptrace_scope=3`; it holds until the next restart and stops every debugger"),
        Found::Absent => finding(false, format!("{FILE} is absent: the kernel was built without Yama")),
        Found::Denied => finding(Value::Unknown, format!("{FILE}: permission denied")).or("run as root"),
        Found::Failed(e) => finding(Value::Unknown, format!("{FILE}: {e}")),
    }
}

/// Unprivileged users may not load BPF. Root may, whatever this says, and reads any process with it.
pub(super) fn bpf(m: &Machine) -> Finding {
    const FILE: &str = "/proc/sys/kernel/unprivileged_bpf_disabled";
    match m.text(FILE) {
        Found::Is(v) => finding(v == "1" || v == "2", format!("{FILE}={v} (1, 2: root only)"))
            .or("`sysctl -w kernel.unprivileged_bpf_disabled=1`"),
        Found::Absent => finding(true, format!("{FILE} is absent: the kernel was built without BPF")),
        Found::Denied => finding(Value::Unknown, format!("{FILE}: permission denied")).or("run as root"),
        Found::Failed(e) => finding(Value::Unknown, format!("{FILE}: {e}")),
    }
}
