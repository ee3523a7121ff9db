//! QEMU's command line for a VM, and where QEMU is.
use super::accel::Accel;
use super::config::{Config, Network, Tpm};
use super::firmware::Firmware;
use super::home::Paths;
use super::size::MIB;
use crate::Error;
use std::path::{Path, PathBuf};

/// The program that is run; `DONJON_QEMU` names another.
const PROGRAM: &str = "qemu-system-x86_64";

/// Finds QEMU.
pub(super) fn program() -> Result<PathBuf, Error> {
    let missing = |path: PathBuf| Error::Missing {
        what: "QEMU".into(),
        path,
        cure: "`apt install qemu-system-x86` installs it".into(),
    };
    if let Some(chosen) = std::env::var_os("DONJON_QEMU").map(PathBuf::from) {
        return if chosen.is_file() { Ok(chosen) } else { Err(missing(chosen)) };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|d| d.join(PROGRAM))
        .find(|p| p.is_file())
        .ok_or_else(|| missing(format!("{PROGRAM} in PATH").into()))
}

/// Everything after the program's name.
pub(super) fn arguments(config: &Config, paths: &Paths, firmware: &Firmware, accel: &Accel) -> Vec<String> {
    let mut args = Arguments::default();
    args.add("-name", format!("guest={},debug-threads=on", config.name));
    args.add("-uuid", &config.uuid);
    // Only what is named below exists.
    args.flag("-nodefaults").flag("-no-user-config");
    args.add("-machine", format!("q35,smm={}", if firmware.smm { "on" } else { "off" }));
    args.add("-accel", accel.name());
    args.add("-cpu", config.cpu_model.as_deref().unwrap_or(default_cpu(accel)));
    args.add("-smp", config.cpus.to_string());
    args.add("-m", format!("{}M", config.memory / MIB));
    firmware_arguments(&mut args, paths, firmware);
    args.add("-rtc", "base=utc");
    args.add("-device", "virtio-rng-pci");
    storage_arguments(&mut args, config);
    match config.network {
        Network::User => {
            args.add("-netdev", "user,id=net0");
            args.add("-device", "virtio-net-pci,netdev=net0,romfile=");
        }
        Network::None => {}
    }
    channel_arguments(&mut args, paths);
    if config.display == "none" {
        args.add("-display", "none");
    } else {
        args.add("-display", &config.display);
        args.add("-device", "virtio-vga");
        args.add("-device", "qemu-xhci").add("-device", "usb-tablet");
    }
    tpm_arguments(&mut args, config, paths);
    if let Some(boot) = &config.boot {
        args.add("-kernel", &boot.kernel);
        if let Some(initrd) = &boot.initrd {
            args.add("-initrd", initrd);
        }
        if let Some(append) = &boot.append {
            args.add("-append", append);
        }
    }
    // A guest that breaks out of QEMU finds fewer system calls, and cannot start programs.
    args.add("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    args.add("-msg", "timestamp=on");
    args.0
}

/// Westmere under TCG: AES instructions, no feature that TCG warns of or is slow at.
fn default_cpu(accel: &Accel) -> &'static str {
    if accel.kvm { "host" } else { "Westmere" }
}

fn firmware_arguments(args: &mut Arguments, paths: &Paths, firmware: &Firmware) {
    if firmware.smm {
        // Only code in SMM may write the variables, else a guest could switch Secure Boot off.
        args.add("-global", "driver=cfi.pflash01,property=secure,value=on");
        // This build of the firmware cannot resume from S3.
        args.add("-global", "ICH9-LPC.disable_s3=1");
    }
    args.add("-drive", format!("if=pflash,unit=0,format=raw,readonly=on,file={}", file(&firmware.code)));
    args.add("-drive", format!("if=pflash,unit=1,format=raw,file={}", file(&paths.uefi_variables())));
}

fn storage_arguments(args: &mut Arguments, config: &Config) {
    for (n, disk) in config.disks.iter().enumerate() {
        let (format, path) = (disk.format.text(), file(Path::new(&disk.path)));
        args.add("-drive", format!("if=none,id=disk{n},format={format},discard=unmap,file={path}"));
        args.add("-device", format!("virtio-blk-pci,drive=disk{n},bootindex={}", n + 1));
    }
    for (n, path) in config.cdroms.iter().enumerate() {
        let path = file(Path::new(path));
        args.add("-drive", format!("if=none,id=cd{n},media=cdrom,readonly=on,format=raw,file={path}"));
        args.add(
            "-device",
            format!("ide-cd,bus=ide.{n},drive=cd{n},bootindex={}", config.disks.len() + n + 1),
        );
    }
}

fn channel_arguments(args: &mut Arguments, paths: &Paths) {
    let socket = |id: &str, path: PathBuf| format!("socket,id={id},path={},server=on,wait=off", file(&path));
    let log = file(&paths.serial_log());
    args.add("-chardev", format!("{},logfile={log},logappend=on", socket("serial0", paths.serial())));
    args.add("-serial", "chardev:serial0");
    for (id, path) in [("qmp0", paths.qmp()), ("qmp1", paths.supervisor_qmp())] {
        args.add("-chardev", socket(id, path));
        args.add("-mon", format!("chardev={id},mode=control"));
    }
}

fn tpm_arguments(args: &mut Arguments, config: &Config, paths: &Paths) {
    let device = match config.tpm {
        Tpm::Crb => "tpm-crb",
        Tpm::Tis => "tpm-tis",
        Tpm::None => return,
    };
    args.add("-chardev", format!("socket,id=tpm0-control,path={}", file(&paths.tpm_socket())));
    args.add("-tpmdev", "emulator,id=tpm0,chardev=tpm0-control");
    args.add("-device", format!("{device},tpmdev=tpm0"));
}

/// A file name inside an option: QEMU takes a comma for the next key unless it is doubled.
fn file(path: &Path) -> String {
    path.to_string_lossy().replace(',', ",,")
}

#[derive(Default)]
struct Arguments(Vec<String>);

impl Arguments {
    fn add(&mut self, option: &str, value: impl Into<String>) -> &mut Self {
        self.0.push(option.into());
        self.0.push(value.into());
        self
    }
    fn flag(&mut self, option: &str) -> &mut Self {
        self.0.push(option.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::config::Kernel;
    use crate::vm::disk::{Disk, Format};

    fn compose(config: &Config, secure: bool, kvm: bool) -> String {
        let paths = Paths { dir: "/v/vms/web".into(), run: "/r/web".into() };
        let code = if secure { "CODE.secboot.fd" } else { "CODE.fd" };
        let firmware =
            Firmware { code: format!("/fw/{code}").into(), template: "/fw/VARS.fd".into(), smm: secure };
        let args = arguments(config, &paths, &firmware, &Accel { kvm, why: String::new() });
        let mut out = String::new();
        for a in args {
            out.push_str(if a.starts_with('-') && !out.is_empty() { "\n" } else { " " });
            out.push_str(&a);
        }
        out.trim_start().to_string() + "\n"
    }

    fn config() -> Config {
        Config {
            name: "web".into(),
            uuid: "6b1ef0a4-33c6-4b6c-9ce0-6d6ad9f6f4c1".into(),
            memory: 1024 * MIB,
            cpus: 2,
            tpm: Tpm::Crb,
            tpm_profile: None,
            display: "none".into(),
            network: Network::User,
            disks: vec![Disk { path: "/d/a,b.qcow2".into(), format: Format::Qcow2, owned: false }],
            cdroms: vec!["/iso/x.iso".into()],
            ..Config::empty()
        }
    }

    #[test]
    fn secure_boot_with_crb_under_tcg() {
        assert_eq!(compose(&config(), true, false), include_str!("qemu/secboot-crb-tcg.args"));
    }

    #[test]
    fn a_plain_kernel_with_tis_under_kvm() {
        let config = Config {
            tpm: Tpm::Tis,
            tpm_profile: None,
            network: Network::None,
            disks: vec![],
            cdroms: vec![],
            boot: Some(Kernel {
                kernel: "/k".into(),
                initrd: Some("/i".into()),
                append: Some("console=ttyS0 quiet".into()),
            }),
            display: "gtk".into(),
            cpu_model: Some("EPYC,+svm".into()),
            ..config()
        };
        assert_eq!(compose(&config, false, true), include_str!("qemu/kernel-tis-kvm.args"));
    }

    #[test]
    fn without_a_tpm_nothing_of_it_is_there() {
        let config = Config { tpm: Tpm::None, ..config() };
        assert!(!compose(&config, true, false).contains("tpm"));
    }
}
