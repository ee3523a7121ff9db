//! Making a VM: all of it, or nothing.
use super::accel::Choice;
use super::config::{Config, Kernel, Network, Tpm, cpu_model};
use super::disk::{Disk, Wanted};
use super::firmware::Firmware;
use super::home::{Home, Paths};
use super::name::Name;
use super::state::replace;
use crate::Error;
use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What the new VM shall be.
pub struct Request {
    /// Its name.
    pub name: Name,
    /// Its disks.
    pub disks: Vec<Wanted>,
    /// CD images.
    pub cdroms: Vec<PathBuf>,
    /// A kernel to start directly.
    pub kernel: Option<PathBuf>,
    /// Its initial RAM disk.
    pub initrd: Option<PathBuf>,
    /// Its command line.
    pub append: Option<String>,
    /// Bytes of memory.
    pub memory: u64,
    /// Processors.
    pub cpus: u32,
    /// The TPM.
    pub tpm: Tpm,
    /// Its profile; its default without.
    pub tpm_profile: Option<String>,
    /// Secure Boot on?
    pub secure_boot: bool,
    /// A variable store to copy instead of the firmware's template.
    pub uefi_vars: Option<PathBuf>,
    /// The accelerator.
    pub accel: Choice,
    /// QEMU's processor model.
    pub cpu_model: Option<String>,
    /// The network.
    pub network: Network,
    /// QEMU's `-display`.
    pub display: String,
}

/// q35 has six IDE ports.
const MAX_CDROMS: usize = 6;

/// Makes the VM and returns its directory.
pub fn create(home: &Home, request: &Request) -> Result<PathBuf, Error> {
    let paths = home.paths(&request.name);
    free_name(&paths, &request.name)?;
    paths.check_sockets()?;
    let firmware = Firmware::find(request.secure_boot)?;
    let mut config = describe(request)?;

    let mut parent = DirBuilder::new();
    parent.recursive(true).mode(0o755).create(&home.vms).map_err(Error::io("making", &home.vms))?;
    // Built beside its place and then renamed: a VM is there whole or not at all.
    let draft = Draft::new(home.vms.join(format!(".{}.new-{}", request.name, std::process::id())))?;
    let inside = Paths { dir: draft.dir.clone(), run: paths.run.clone() };
    let template = request.uefi_vars.as_deref().unwrap_or(&firmware.template);
    copy_variables(template, &inside.uefi_variables())?;
    let tpm = inside.tpm_state();
    DirBuilder::new().mode(0o700).create(&tpm).map_err(Error::io("making", &tpm))?;
    let mut made = MadeDisks(Vec::new());
    for (n, wanted) in request.disks.iter().enumerate() {
        let disk = wanted.realize(n, &draft.dir, &paths.dir)?;
        made.note(&disk, &paths.dir);
        config.disks.push(disk);
    }
    replace(&inside.config(), config.to_toml().as_bytes())?;
    draft.into_place(&paths, &request.name)?;
    made.0.clear();
    Ok(paths.dir)
}

fn free_name(paths: &Paths, name: &Name) -> Result<(), Error> {
    if paths.config().exists() {
        return Err(Error::Taken { name: name.to_string(), path: paths.dir.clone() });
    }
    if paths.dir.exists() {
        return Err(Error::Busy {
            what: format!("directory {}", paths.dir.display()),
            by: Some("files that are no VM (kept disks?)".into()),
            cure: "move it away, or choose another name".into(),
        });
    }
    Ok(())
}

/// The request as a configuration without disks; every file named must be there.
fn describe(request: &Request) -> Result<Config, Error> {
    if request.kernel.is_none() && (request.initrd.is_some() || request.append.is_some()) {
        return Err(Error::Usage(
            "--initrd and --append need --kernel: they are handed to that kernel".into(),
        ));
    }
    if request.cdroms.len() > MAX_CDROMS {
        return Err(Error::Usage(format!("{} CD drives: {MAX_CDROMS} are possible", request.cdroms.len())));
    }
    let boot = match &request.kernel {
        None => None,
        Some(kernel) => Some(Kernel {
            kernel: present("kernel", kernel)?,
            initrd: request.initrd.as_deref().map(|p| present("initrd", p)).transpose()?,
            append: request.append.clone(),
        }),
    };
    Ok(Config {
        name: request.name.to_string(),
        uuid: new_uuid()?,
        memory: request.memory,
        cpus: request.cpus,
        accel: request.accel,
        cpu_model: request.cpu_model.as_deref().map(cpu_model).transpose().map_err(Error::Usage)?,
        secure_boot: request.secure_boot,
        tpm: request.tpm,
        tpm_profile: request.tpm_profile.clone(),
        boot,
        disks: Vec::new(),
        cdroms: request.cdroms.iter().map(|p| present("CD image", p)).collect::<Result<_, _>>()?,
        network: request.network,
        display: request.display.clone(),
    })
}

/// The absolute path of a file that must be there.
pub(super) fn present(what: &str, path: &Path) -> Result<String, Error> {
    let absolute = std::path::absolute(path).map_err(Error::io("resolving", path))?;
    if !absolute.is_file() {
        return Err(Error::Missing {
            what: what.into(),
            path: absolute,
            cure: "check the path; nothing was changed".into(),
        });
    }
    let text = absolute.to_str().map(str::to_string);
    text.ok_or_else(|| Error::Usage(format!("{what} {}: the path must be UTF-8", absolute.display())))
}

/// Copies a variable store, and makes the copy writable whatever the original was.
pub(super) fn copy_variables(from: &Path, to: &Path) -> Result<(), Error> {
    if !from.is_file() {
        return Err(Error::Missing {
            what: "UEFI variable store".into(),
            path: from.into(),
            cure: "check the path; nothing was changed".into(),
        });
    }
    std::fs::copy(from, to)
        .and_then(|_| std::fs::set_permissions(to, Permissions::from_mode(0o600)))
        .map_err(Error::io("copying the UEFI variables to", to))
}

/// A random UUID (version 4) from the kernel.
fn new_uuid() -> Result<String, Error> {
    const SOURCE: &str = "/proc/sys/kernel/random/uuid";
    let text = std::fs::read_to_string(SOURCE).map_err(Error::io("reading", SOURCE))?;
    Ok(text.trim().to_string())
}

/// A directory that is removed unless it comes into its place.
struct Draft {
    dir: PathBuf,
}

impl Draft {
    fn new(dir: PathBuf) -> Result<Draft, Error> {
        // Of a process with this number that was killed: nothing in it was ever a VM.
        let _ = std::fs::remove_dir_all(&dir);
        DirBuilder::new().mode(0o700).create(&dir).map_err(Error::io("making", &dir))?;
        Ok(Draft { dir })
    }

    fn into_place(self, paths: &Paths, name: &Name) -> Result<(), Error> {
        // Fails if the place was taken meanwhile: a VM's directory is never empty.
        std::fs::rename(&self.dir, &paths.dir).map_err(|e| match e.kind() {
            std::io::ErrorKind::DirectoryNotEmpty | std::io::ErrorKind::AlreadyExists => {
                Error::Taken { name: name.to_string(), path: paths.dir.clone() }
            }
            _ => Error::io("making", &paths.dir)(e),
        })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// Disks made outside the VM's directory, to be removed again when the VM does not come about.
struct MadeDisks(Vec<PathBuf>);

impl MadeDisks {
    fn note(&mut self, disk: &Disk, vm: &Path) {
        let path = PathBuf::from(&disk.path);
        if disk.owned && !path.starts_with(vm) {
            self.0.push(path);
        }
    }
}

impl Drop for MadeDisks {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}
