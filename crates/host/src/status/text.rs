//! The status for people: msinfo32's rows under msinfo32's names, then the rows that only we have.
use super::{Status, Vbs};
use crate::isolation::{Avenue, Missing, Probe, describe};
use crate::properties::Value;
use std::fmt::Write as _;

const HYPERVISOR_DETECTED: &str =
    "A hypervisor has been detected. Features required for Hyper-V will not be displayed.";

pub(super) fn rows(status: &Status) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("Kernel DMA Protection", on_off(status.kernel_dma_protection.0).to_string()),
        ("Virtualization-based security", status.vbs.text().to_string()),
    ];
    // As in msinfo32, where these rows are absent, not empty, when VBS is not enabled.
    if status.vbs != Vbs::NotEnabled {
        rows.extend([
            (
                "Virtualization-based security Required Security Properties",
                names(status, &status.required_codes()),
            ),
            (
                "Virtualization-based security Available Security Properties",
                names(status, &status.available_codes()),
            ),
            // No Windows service (Credential Guard, HVCI, ...) has a counterpart here to report.
            ("Virtualization-based security Services Configured", String::new()),
            ("Virtualization-based security Services Running", String::new()),
        ]);
    }
    rows.extend([
        ("Secure Boot State", status.secure_boot.0.text().to_string()),
        ("BIOS Mode", status.bios_mode.text().to_string()),
    ]);
    let v = &status.virtualization;
    if v.beneath.is_some() {
        rows.push((HYPERVISOR_DETECTED, String::new()));
    } else {
        rows.extend([
            ("Hyper-V - VM Monitor Mode Extensions", yes_no(v.hardware)),
            ("Hyper-V - Second Level Address Translation Extensions", yes_no(v.slat)),
            ("Hyper-V - Virtualization Enabled in Firmware", yes_no(v.hardware && v.kvm)),
            ("Hyper-V - Data Execution Protection", yes_no(v.nx)),
        ]);
    }
    let isolation = &status.isolation;
    rows.extend([
        ("Isolation level available", describe(isolation.available)),
        ("Isolation level required", describe(status.policy.minimum.value)),
        ("Isolation level running", isolation.running().map_or_else(|| "none".to_string(), describe)),
        (
            "Virtual machines with a vTPM",
            if status.refusal().is_none() {
                "can start"
            } else {
                "cannot start (`donjon status --explain` says why)"
            }
            .to_string(),
        ),
        (
            "This host is a virtual machine",
            match v.beneath.as_deref() {
                Some("") => "yes".to_string(),
                Some(vendor) => format!("yes, of {}", hypervisor_name(vendor)),
                None => "no".to_string(),
            },
        ),
    ]);
    rows.extend(
        status.properties.iter().filter(|p| p.code.is_none()).map(|p| (p.name, p.value.text().to_string())),
    );
    rows
}

pub(super) fn render(status: &Status, explain: bool) -> String {
    let mut out = String::new();
    let rows = rows(status);
    let short = |label: &str| label.len() <= 60;
    let width = rows.iter().filter(|(l, _)| short(l)).map(|(l, _)| l.len()).max().unwrap_or(0) + 2;
    for (label, value) in rows {
        let line = format!("{label:<width$}{value}");
        out.push_str(line.trim_end());
        out.push('\n');
    }
    if explain {
        explain_into(status, &mut out);
    }
    out
}

/// Appends the reasons. Writing to a string cannot fail, so its results are dropped.
fn explain_into(status: &Status, out: &mut String) {
    let _ = writeln!(out, "\nPolicy");
    let p = &status.policy;
    let _ = writeln!(out, "  isolation.enabled = {}    ({})", p.enabled.value, p.place(&p.enabled));
    let _ = writeln!(out, "  isolation.minimum = {}    ({})", p.minimum.value.code(), p.place(&p.minimum));

    let _ = writeln!(out, "\nProbe");
    match &status.isolation.probe {
        Probe::NotRun { why } => {
            let _ = writeln!(out, "  not run: {why}");
        }
        Probe::Held { level, avenues } => {
            let _ = writeln!(
                out,
                "  a trustlet at {} held a pattern that could not be read from outside:",
                describe(*level)
            );
            avenues_into(avenues, out);
        }
        Probe::Leaked { level, avenues } => {
            let _ = writeln!(
                out,
                "  a trustlet at {} held a pattern that COULD be read from outside:",
                describe(*level)
            );
            avenues_into(avenues, out);
        }
        Probe::Failed { level, error } => {
            let _ = writeln!(out, "  a trustlet at {} could not be probed: {error}", describe(*level));
        }
    }

    missing_into("Missing for higher isolation levels", &status.isolation.missing, out);
    missing_into("Layers that are missing and covered by others", &status.isolation.reduced, out);

    let _ = writeln!(out, "\nSecurity properties");
    for p in &status.properties {
        let code = p.code.map_or_else(|| "-".to_string(), |c| c.to_string());
        let root = if p.needs_root { "  (only root can find out)" } else { "" };
        let _ =
            writeln!(out, "  {code:>2} {}: {}{root}\n      evidence: {}", p.name, p.value.text(), p.evidence);
        if let Some(advice) = p.advice {
            let _ = writeln!(out, "      to do:    {advice}");
        }
    }
    let _ = writeln!(out, "\nKernel DMA Protection\n      evidence: {}", status.kernel_dma_protection.1);
    let _ = writeln!(out, "Secure Boot State\n      evidence: {}", status.secure_boot.1);
    if let Some(refusal) = status.refusal() {
        let _ = writeln!(out, "\nA VM with a vTPM would be refused:\n{refusal}");
    }
}

fn missing_into(title: &str, missing: &[Missing], out: &mut String) {
    if !missing.is_empty() {
        let _ = writeln!(out, "\n{title}");
    }
    for m in missing {
        let _ = writeln!(
            out,
            "  {}: {}\n      evidence: {}\n      to do:    {}",
            m.level, m.what, m.evidence, m.cure
        );
    }
}

fn avenues_into(avenues: &[Avenue], out: &mut String) {
    for a in avenues {
        let _ = writeln!(out, "      {}: {} ({})", a.name, if a.read { "READ" } else { "nothing" }, a.answer);
    }
}

fn names(status: &Status, codes: &[u32]) -> String {
    let named = status.properties.iter().filter(|p| p.code.is_some_and(|c| codes.contains(&c)));
    named.map(|p| p.name).collect::<Vec<_>>().join(", ")
}

fn on_off(value: Value) -> &'static str {
    match value {
        Value::Yes => "On",
        Value::No => "Off",
        Value::Unknown => "Unknown",
    }
}

fn yes_no(value: bool) -> String {
    if value { "Yes" } else { "No" }.to_string()
}

/// Leaf 0x4000_0000's names are not meant for people.
fn hypervisor_name(vendor: &str) -> &str {
    match vendor {
        "KVMKVMKVM" => "KVM",
        "Microsoft Hv" => "Microsoft Hyper-V",
        "VMwareVMware" => "VMware",
        "XenVMMXenVMM" => "Xen",
        "TCGTCGTCGTCG" => "QEMU (TCG)",
        "bhyve bhyve" => "bhyve",
        other => other,
    }
}
