//! Changing and deleting a VM; both need it stopped.
use super::accel::Choice;
use super::config::{Config, Network, Tpm, cpu_model};
use super::create::{copy_variables, present};
use super::firmware::Firmware;
use super::home::{Home, Paths};
use super::name::Name;
use super::state::{self, replace};
use super::{supervisor, time};
use crate::Error;
use std::path::{Path, PathBuf};

/// Where new UEFI variables come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variables {
    /// The firmware's template.
    Default,
    /// A store, for example a backup.
    File(PathBuf),
}

/// What is to be different; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Secure Boot.
    pub secure_boot: Option<bool>,
    /// Other UEFI variables.
    pub uefi_vars: Option<Variables>,
    /// Bytes of memory.
    pub memory: Option<u64>,
    /// Processors.
    pub cpus: Option<u32>,
    /// The TPM.
    pub tpm: Option<Tpm>,
    /// The accelerator.
    pub accel: Option<Choice>,
    /// QEMU's processor model; empty: the best for the accelerator.
    pub cpu_model: Option<String>,
    /// The network.
    pub network: Option<Network>,
    /// QEMU's `-display`.
    pub display: Option<String>,
    /// The kernel to start directly; empty: none.
    pub kernel: Option<PathBuf>,
    /// Its initial RAM disk; empty: none.
    pub initrd: Option<PathBuf>,
    /// Its command line; empty: none.
    pub append: Option<String>,
}

/// Applies a change; returns what was done, a line each.
pub fn set(home: &Home, name: &Name, change: &Change) -> Result<Vec<String>, Error> {
    if *change == Change::default() {
        return Err(Error::Usage(format!(
            "nothing to set for VM \"{name}\"; `donjon vm set --help` lists the options"
        )));
    }
    let paths = home.existing(name)?;
    let _lock = state::lock(&paths, name)?;
    supervisor::clear_stale(&paths)?;
    let before = Config::load(&paths.config(), name)?;
    let after = changed(before.clone(), change)?;
    let mut done = differences(&before, &after);
    let variables = match &change.uefi_vars {
        Some(Variables::File(path)) => Some(path.clone()),
        Some(Variables::Default) => Some(Firmware::find(after.secure_boot)?.template),
        None if before.secure_boot != after.secure_boot => Some(Firmware::find(after.secure_boot)?.template),
        None => None,
    };
    if let Some(template) = variables {
        let kept = match swap_variables(&paths, &template)? {
            Some(backup) => format!("the old ones are in {}", backup.display()),
            None => "there were none".into(),
        };
        done.push(format!("UEFI variables are now a copy of {}; {kept}", template.display()));
        if before.tpm != Tpm::None {
            done.push(
                "PCR 7 will differ where Secure Boot or its keys do: what is sealed to it stays closed"
                    .into(),
            );
        }
    }
    replace(&paths.config(), after.to_toml().as_bytes())?;
    if done.is_empty() {
        done.push("nothing differs from what it was".into());
    }
    Ok(done)
}

fn changed(mut config: Config, change: &Change) -> Result<Config, Error> {
    fn put<T: Clone>(place: &mut T, new: Option<&T>) {
        if let Some(new) = new {
            *place = new.clone();
        }
    }
    put(&mut config.secure_boot, change.secure_boot.as_ref());
    put(&mut config.memory, change.memory.as_ref());
    put(&mut config.cpus, change.cpus.as_ref());
    put(&mut config.tpm, change.tpm.as_ref());
    put(&mut config.accel, change.accel.as_ref());
    put(&mut config.network, change.network.as_ref());
    put(&mut config.display, change.display.as_ref());
    if let Some(model) = change.cpu_model.as_deref() {
        config.cpu_model =
            if model.is_empty() { None } else { Some(cpu_model(model).map_err(Error::Usage)?) };
    }
    match change.kernel.as_deref() {
        Some(none) if none.as_os_str().is_empty() => config.boot = None,
        Some(path) => config.boot.get_or_insert_default().kernel = present("kernel", path)?,
        None => {}
    }
    if change.initrd.is_some() || change.append.is_some() {
        let Some(boot) = &mut config.boot else {
            return Err(Error::Usage("--initrd and --append need a kernel; set it with --kernel".into()));
        };
        if let Some(path) = change.initrd.as_deref() {
            boot.initrd = if path.as_os_str().is_empty() { None } else { Some(present("initrd", path)?) };
        }
        if let Some(text) = &change.append {
            boot.append = Some(text.clone()).filter(|t| !t.is_empty());
        }
    }
    Ok(config)
}

/// Each line of vm.toml that is new, and each setting that is there no more.
fn differences(before: &Config, after: &Config) -> Vec<String> {
    let (old, new) = (before.to_toml(), after.to_toml());
    let only_in = |text: &str, other: &str| -> Vec<String> {
        let settings = text.lines().filter(|l| l.contains(" = ") && !other.lines().any(|o| o == *l));
        settings.map(str::to_string).collect()
    };
    let mut done = only_in(&new, &old);
    let key = |line: &str| line.split(" = ").next().unwrap_or_default().to_string();
    let gone: Vec<String> =
        only_in(&old, &new).into_iter().filter(|l| !done.iter().any(|d| key(d) == key(l))).collect();
    done.extend(gone.iter().map(|l| format!("no longer {l}")));
    done
}

/// Puts a copy of `template` in place; the store that was there is kept, and where is returned.
fn swap_variables(paths: &Paths, template: &Path) -> Result<Option<PathBuf>, Error> {
    let current = paths.uefi_variables();
    let next = current.with_extension("new");
    copy_variables(template, &next)?;
    let mut kept = None;
    if current.exists() {
        let stamp = time::now().replace([':', '-'], "");
        // Two changes may fall into one second.
        let free = (1..)
            .map(|n| paths.dir.join(format!("uefi-vars.{stamp}-{n}.fd")))
            .find(|p| !p.exists())
            .unwrap_or_else(|| paths.dir.join("uefi-vars.old.fd"));
        std::fs::hard_link(&current, &free)
            .or_else(|_| std::fs::copy(&current, &free).map(drop))
            .map_err(Error::io("keeping the UEFI variables as", &free))?;
        kept = Some(free);
    }
    std::fs::rename(&next, &current).map_err(Error::io("writing", &current))?;
    Ok(kept)
}

/// What a deletion removed and kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Disks that are gone.
    pub removed: Vec<String>,
    /// Disks that are still there.
    pub kept: Vec<String>,
}

/// Deletes a stopped VM: configuration, UEFI variables, the vTPM's state, and the disks made for it unless they are to
/// be kept. Disks that were there before the VM are always kept.
pub fn delete(home: &Home, name: &Name, keep_disks: bool) -> Result<Deleted, Error> {
    let paths = home.existing(name)?;
    let _lock = state::lock(&paths, name)?;
    supervisor::clear_stale(&paths)?;
    let config = Config::load(&paths.config(), name)?;
    let mut deleted = Deleted::default();
    let mut stay: Vec<PathBuf> = Vec::new();
    for disk in config.disks {
        let path = PathBuf::from(&disk.path);
        if disk.owned && !keep_disks {
            match std::fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io("removing", &path)(e));
                }
                _ => deleted.removed.push(disk.path),
            }
        } else {
            stay.push(path);
            deleted.kept.push(disk.path);
        }
    }
    // From here on there is no such VM.
    std::fs::remove_file(paths.config()).map_err(Error::io("removing", paths.config()))?;
    let _ = std::fs::remove_dir_all(&paths.run);
    if !stay.iter().any(|p| p.starts_with(&paths.dir)) {
        std::fs::remove_dir_all(&paths.dir).map_err(Error::io("removing", &paths.dir))?;
        return Ok(deleted);
    }
    let entries = std::fs::read_dir(&paths.dir).map_err(Error::io("listing", &paths.dir))?;
    for entry in entries.flatten().map(|e| e.path()).filter(|p| !stay.iter().any(|s| s.starts_with(p))) {
        let removed =
            if entry.is_dir() { std::fs::remove_dir_all(&entry) } else { std::fs::remove_file(&entry) };
        removed.map_err(Error::io("removing", &entry))?;
    }
    Ok(deleted)
}
