//! Everything that is decided and checked before anything is started.
use super::accel::{Accel, Choice};
use super::config::{Config, Tpm};
use super::firmware::Firmware;
use super::home::Paths;
use super::{keeper, qemu};
use crate::Error;
use crate::gate;
use crate::isolation::{Isolation, Level};
use crate::machine::Machine;
use crate::policy::Policy;
use std::path::{Path, PathBuf};

/// What a start will do.
pub(super) struct Plan {
    pub(super) config: Config,
    pub(super) qemu: PathBuf,
    pub(super) firmware: Firmware,
    pub(super) accel: Accel,
    /// The level the gate granted; absent when the VM has no vTPM, and needs no grant.
    pub(super) isolation: Option<Level>,
}

impl Plan {
    /// Checks all that can be checked, the gate last: a probe costs some milliseconds.
    pub(super) fn make(
        config: Config,
        paths: &Paths,
        accel: Option<Choice>,
        policy: &Policy,
        isolation: &dyn Fn(&Policy) -> Isolation,
    ) -> Result<Plan, Error> {
        paths.check_sockets()?;
        let qemu = qemu::program()?;
        let firmware = Firmware::find(config.secure_boot)?;
        files(&config, paths)?;
        let accel = Accel::choose(accel.unwrap_or(config.accel), &Machine::this())?;
        let granted = match config.tpm {
            Tpm::None => None,
            Tpm::Crb | Tpm::Tis => {
                let measured = isolation(policy);
                Some(gate::decide(policy, &measured).map_err(|refusal| Error::Gate(Box::new(refusal)))?)
            }
        };
        Ok(Plan { config, qemu, firmware, accel, isolation: granted })
    }
}

/// Every file that vm.toml names must be there.
fn files(config: &Config, paths: &Paths) -> Result<(), Error> {
    let vm_toml = paths.config();
    let restore = || format!("put it back, or change {}", vm_toml.display());
    let mut wanted: Vec<(&str, &str)> = config.disks.iter().map(|d| ("disk", d.path.as_str())).collect();
    wanted.extend(config.cdroms.iter().map(|p| ("CD image", p.as_str())));
    if let Some(boot) = &config.boot {
        wanted.push(("kernel", &boot.kernel));
        wanted.extend(boot.initrd.iter().map(|p| ("initrd", p.as_str())));
    }
    for (what, path) in wanted {
        if !Path::new(path).exists() {
            return Err(Error::Missing { what: what.into(), path: path.into(), cure: restore() });
        }
    }
    let variables = paths.uefi_variables();
    if !variables.is_file() {
        return Err(Error::Missing {
            what: "the VM's UEFI variable store".into(),
            path: variables,
            cure: format!(
                "put it back from a backup beside it, or make a new one with `donjon vm set {} --uefi-vars default`",
                config.name
            ),
        });
    }
    Ok(())
}

/// Nobody else may listen where QEMU and the vTPM will.
pub(super) fn sockets_free(paths: &Paths) -> Result<(), Error> {
    for path in [paths.qmp(), paths.supervisor_qmp(), paths.serial(), paths.tpm_socket()] {
        if keeper::listening(&path) {
            return Err(Error::Busy {
                what: format!("socket {}", path.display()),
                by: Some("another process".into()),
                cure: format!("`ss -xlp src {}` tells which; end it and start the VM again", path.display()),
            });
        }
    }
    Ok(())
}
