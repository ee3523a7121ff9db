//! Where VMs and their run files are.
use super::name::Name;
use crate::Error;
use std::path::{Path, PathBuf};

/// The longest path of a UNIX socket: `sun_path` has 108 bytes, one of them the NUL.
const SOCKET_PATH: usize = 107;

/// The directories of one installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// One directory per VM.
    pub vms: PathBuf,
    /// One directory per running VM: sockets and state.
    pub run: PathBuf,
    /// The key that the vTPMs' own keys are wrapped by; absent: where the vTPM keeps it by itself.
    pub guardian_key: Option<PathBuf>,
}

impl Home {
    /// `root` (from `--root` or `DONJON_HOME`) holds everything; else /var/lib/donjon and /run/donjon for root, the
    /// XDG directories for others.
    pub fn resolve(root: Option<&Path>) -> Result<Home, Error> {
        let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        if let Some(root) = root {
            let root = std::path::absolute(root).map_err(Error::io("resolving", root))?;
            // Everything under one directory, so that it can be moved, and removed, as a whole.
            let guardian_key = Some(root.join("guardian/local.key"));
            return Ok(Home { vms: root.join("vms"), run: root.join("run"), guardian_key });
        }
        if rustix::process::geteuid().is_root() {
            let (vms, run) = ("/var/lib/donjon/vms".into(), "/run/donjon".into());
            return Ok(Home { vms, run, guardian_key: None });
        }
        let data = variable("XDG_DATA_HOME")
            .or_else(|| variable("HOME").map(|h| h.join(".local/share")))
            .ok_or_else(|| {
                Error::Usage("neither XDG_DATA_HOME nor HOME is set; say where with --root DIR".into())
            })?
            .join("donjon");
        let run = variable("XDG_RUNTIME_DIR").map_or_else(|| data.join("run"), |d| d.join("donjon"));
        Ok(Home { vms: data.join("vms"), run, guardian_key: None })
    }

    /// The paths of one VM.
    #[must_use]
    pub fn paths(&self, name: &Name) -> Paths {
        Paths { dir: self.vms.join(name.as_str()), run: self.run.join(name.as_str()) }
    }

    /// The paths of a VM that must exist.
    pub fn existing(&self, name: &Name) -> Result<Paths, Error> {
        let paths = self.paths(name);
        if paths.config().is_file() {
            return Ok(paths);
        }
        Err(Error::UnknownVm {
            name: name.to_string(),
            dir: self.vms.clone(),
            known: self.names()?.iter().map(Name::to_string).collect(),
        })
    }

    /// The VMs that are there, sorted.
    pub fn names(&self) -> Result<Vec<Name>, Error> {
        let entries = match std::fs::read_dir(&self.vms) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(Error::io("listing", &self.vms))?,
        };
        let mut names: Vec<Name> = entries
            .flatten()
            .filter(|e| e.path().join("vm.toml").is_file())
            .filter_map(|e| Name::parse(e.file_name().to_str()?).ok())
            .collect();
        names.sort();
        Ok(names)
    }
}

/// The files of one VM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Its own directory: what must survive a restart of the host.
    pub dir: PathBuf,
    /// Its run directory: what must not.
    pub run: PathBuf,
}

impl Paths {
    /// The configuration.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.dir.join("vm.toml")
    }
    /// Its own UEFI variables.
    #[must_use]
    pub fn uefi_variables(&self) -> PathBuf {
        self.dir.join("uefi-vars.fd")
    }
    /// The sealed state of its vTPM.
    #[must_use]
    pub fn tpm_state(&self) -> PathBuf {
        self.dir.join("tpm")
    }
    /// Everything its serial port ever said.
    #[must_use]
    pub fn serial_log(&self) -> PathBuf {
        self.dir.join("serial.log")
    }
    /// What QEMU complained of.
    #[must_use]
    pub fn qemu_log(&self) -> PathBuf {
        self.dir.join("qemu.log")
    }
    /// What the vTPM complained of.
    #[must_use]
    pub fn tpm_log(&self) -> PathBuf {
        self.dir.join("tpm.log")
    }
    /// What the supervisor complained of.
    #[must_use]
    pub fn supervisor_log(&self) -> PathBuf {
        self.dir.join("supervisor.log")
    }
    /// How the last run ended.
    #[must_use]
    pub fn last_run(&self) -> PathBuf {
        self.dir.join("last-run.json")
    }
    /// Locked by whoever runs or changes the VM.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }
    /// Who runs the VM.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.run.join("state.json")
    }
    /// QMP for commands and for people.
    #[must_use]
    pub fn qmp(&self) -> PathBuf {
        self.run.join("qmp.sock")
    }
    /// QMP for the supervisor: QEMU serves one client per socket.
    #[must_use]
    pub fn supervisor_qmp(&self) -> PathBuf {
        self.run.join("sup.sock")
    }
    /// The serial port.
    #[must_use]
    pub fn serial(&self) -> PathBuf {
        self.run.join("serial.sock")
    }
    /// Locked by whoever is at the console.
    #[must_use]
    pub fn console_lock(&self) -> PathBuf {
        self.run.join("console.lock")
    }
    /// The vTPM's control channel.
    #[must_use]
    pub fn tpm_socket(&self) -> PathBuf {
        self.run.join("tpm.sock")
    }

    /// Refuses a run directory whose socket paths the system or swtpm's syntax cannot take.
    pub fn check_sockets(&self) -> Result<(), Error> {
        if self.run.to_str().is_none_or(|p| p.contains(',')) {
            return Err(Error::Usage(format!(
                "directory {}: sockets need a path that is UTF-8 and has no comma; choose another with --root",
                self.run.display()
            )));
        }
        for path in [self.qmp(), self.supervisor_qmp(), self.serial(), self.tpm_socket()] {
            let length = path.as_os_str().len();
            if length > SOCKET_PATH {
                return Err(Error::Usage(format!(
                    "socket path {} has {length} bytes, {SOCKET_PATH} are possible; choose a shorter directory \
                     with --root, or a shorter VM name",
                    path.display()
                )));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_root_is_refused_with_the_socket_named() {
        let home = Home::resolve(Some(Path::new(&format!("/{}", "d".repeat(100))))).expect("resolves");
        let paths = home.paths(&Name::parse("web").expect("a name"));
        let said = paths.check_sockets().expect_err("too long").to_string();
        assert!(said.contains("qmp.sock has 118 bytes, 107 are possible"), "{said}");
        let home = Home::resolve(Some(Path::new("/short"))).expect("resolves");
        assert!(home.paths(&Name::parse("web").expect("a name")).check_sockets().is_ok());
    }
}
