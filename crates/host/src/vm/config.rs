//! vm.toml: everything that a VM is, in a file that people can read and change.
use super::accel::Choice;
use super::disk::{Disk, Format};
use super::name::Name;
use super::size;
use crate::Error;
use crate::conf::{self, Damage, Source, Table, quote};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;

/// How the guest reaches its TPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tpm {
    /// Command Response Buffer: what current systems use.
    Crb,
    /// TPM Interface Specification (FIFO), with five localities.
    Tis,
    /// No TPM.
    None,
}

impl Tpm {
    /// As vm.toml writes it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Tpm::Crb => "crb",
            Tpm::Tis => "tis",
            Tpm::None => "none",
        }
    }
    /// Reads it.
    pub fn parse(text: &str) -> Result<Tpm, String> {
        match text {
            "crb" => Ok(Tpm::Crb),
            "tis" => Ok(Tpm::Tis),
            "none" => Ok(Tpm::None),
            _ => Err(format!("TPM interface \"{text}\" is not known; crb, tis and none are")),
        }
    }
}

/// What the guest's network card is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// QEMU's user-mode network: outwards only.
    User,
    /// There is no card.
    None,
}

impl Network {
    /// As vm.toml writes it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Network::User => "user",
            Network::None => "none",
        }
    }
    /// Reads it.
    pub fn parse(text: &str) -> Result<Network, String> {
        match text {
            "user" => Ok(Network::User),
            "none" => Ok(Network::None),
            _ => Err(format!("network \"{text}\" is not known; user and none are")),
        }
    }
}

/// A kernel that is started without a boot loader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct Kernel {
    /// The kernel's file, absolute.
    pub kernel: String,
    /// Its initial RAM disk.
    pub initrd: Option<String>,
    /// Its command line.
    pub append: Option<String>,
}

/// One VM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Config {
    /// Its name; the directory has the same.
    pub name: String,
    /// Its identity: the vTPM's state is bound to it.
    pub uuid: String,
    /// Bytes of memory.
    pub memory: u64,
    /// Virtual processors.
    pub cpus: u32,
    /// The accelerator asked for.
    #[serde(serialize_with = "choice")]
    pub accel: Choice,
    /// QEMU's processor model; absent: the best for the accelerator.
    pub cpu_model: Option<String>,
    /// Whether the firmware enforces Secure Boot.
    pub secure_boot: bool,
    /// The TPM.
    pub tpm: Tpm,
    /// What the TPM can do: as `donjon tpm serve --profile` takes it; absent: its default.
    pub tpm_profile: Option<String>,
    /// A kernel to start directly.
    pub boot: Option<Kernel>,
    /// The disks, in boot order.
    pub disks: Vec<Disk>,
    /// CD images, absolute paths, tried after the disks.
    pub cdroms: Vec<String>,
    /// The network.
    pub network: Network,
    /// QEMU's `-display`; `none` is without a screen.
    pub display: String,
}

fn choice<S: serde::Serializer>(c: &Choice, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(c.text())
}

/// The version of the file's shape.
const FORMAT: u64 = 1;

impl Config {
    /// Reads vm.toml; `name` is the directory's and must be the file's.
    pub fn load(path: &Path, name: &Name) -> Result<Config, Error> {
        Ok(Config::parse(path, &conf::read(path)?, name)?)
    }

    /// Reads the text of a vm.toml.
    pub fn parse(path: &Path, text: &str, name: &Name) -> Result<Config, Damage> {
        Source::new(path, text).parse(|top| {
            let known = [
                "format", "name", "uuid", "machine", "firmware", "tpm", "boot", "disk", "cdrom", "network",
                "display",
            ];
            top.only(&known)?;
            let tpm = top.table("tpm")?;
            if let Some(tpm) = &tpm {
                tpm.only(&["interface", "profile"])?;
            }
            let config = Config {
                name: top.required("name", top.parsed("name", |n| same_name(n, name))?)?,
                uuid: top.required("uuid", top.parsed("uuid", uuid)?)?,
                secure_boot: flag(&top, "firmware", "secure_boot", true)?,
                tpm: tpm
                    .as_ref()
                    .map_or(Ok(None), |t| t.parsed("interface", Tpm::parse))?
                    .map_or(Tpm::Crb, |s| s.value),
                tpm_profile: tpm.as_ref().map_or(Ok(None), |t| t.string("profile"))?.map(|s| s.value),
                network: one(&top, "network", "kind", Network::parse)?.unwrap_or(Network::User),
                display: one(&top, "display", "kind", |t| Ok(t.to_string()))?
                    .unwrap_or_else(|| "none".into()),
                boot: kernel(&top)?,
                disks: top.tables("disk")?.iter().map(disk).collect::<Result<_, _>>()?,
                cdroms: top.tables("cdrom")?.iter().map(cdrom).collect::<Result<_, _>>()?,
                ..machine(&top)?
            };
            match top.number("format")? {
                Some(f) if f.value == FORMAT => Ok(config),
                Some(f) => Err(Damage {
                    path: path.to_path_buf(),
                    line: f.line,
                    what: format!("format {} is not known to this version, which reads {FORMAT}", f.value),
                }),
                None => top.required("format", None::<conf::Setting<u64>>).map(|_| config),
            }
        })
    }

    /// The text of its vm.toml.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "# A VM of Donjon. `donjon vm set {name}` changes it; so may you, while it is stopped.\n\
             format = {FORMAT}\nname = {name_q}\nuuid = {uuid}\n\n\
             [machine]\nmemory = \"{memory}\"\ncpus = {cpus}\naccel = \"{accel}\"{model}\n\n\
             [firmware]\nsecure_boot = {sb}\n\n[tpm]\ninterface = \"{tpm}\"{profile}\n\n\
             [network]\nkind = \"{net}\"\n\n[display]\nkind = {display}\n",
            name = self.name,
            name_q = quote(&self.name),
            uuid = quote(&self.uuid),
            memory = size::text(self.memory),
            cpus = self.cpus,
            accel = self.accel.text(),
            model = self.cpu_model.as_deref().map(|m| format!("\ncpu = {}", quote(m))).unwrap_or_default(),
            sb = self.secure_boot,
            tpm = self.tpm.text(),
            profile =
                self.tpm_profile.as_deref().map(|p| format!("\nprofile = {}", quote(p))).unwrap_or_default(),
            net = self.network.text(),
            display = quote(&self.display),
        );
        if let Some(boot) = &self.boot {
            let _ = write!(out, "\n[boot]\nkernel = {}\n", quote(&boot.kernel));
            for (key, value) in [("initrd", &boot.initrd), ("append", &boot.append)] {
                if let Some(value) = value {
                    let _ = writeln!(out, "{key} = {}", quote(value));
                }
            }
        }
        for d in &self.disks {
            let (path, format) = (quote(&d.path), d.format.text());
            let _ = write!(out, "\n[[disk]]\npath = {path}\nformat = \"{format}\"\nowned = {}\n", d.owned);
        }
        for path in &self.cdroms {
            let _ = write!(out, "\n[[cdrom]]\npath = {}\n", quote(path));
        }
        out
    }
}

fn machine(top: &Table<'_>) -> Result<Config, Damage> {
    let m = top.required("machine", top.table("machine")?.map(|t| conf::Setting { value: t, line: None }))?;
    m.only(&["memory", "cpus", "accel", "cpu"])?;
    let cpus = m.number("cpus")?;
    let out_of_range = |n: u64| Damage {
        path: top.path().to_path_buf(),
        line: cpus.as_ref().and_then(|c| c.line),
        what: format!("machine.cpus = {n}: 1 to 255 processors are possible"),
    };
    let cpus = m.required("cpus", cpus.clone())?;
    Ok(Config {
        memory: m.required("memory", m.parsed("memory", size::memory)?)?,
        cpus: u32::try_from(cpus).ok().filter(|n| (1..=255).contains(n)).ok_or_else(|| out_of_range(cpus))?,
        accel: m.parsed("accel", Choice::parse)?.map_or(Choice::Auto, |s| s.value),
        cpu_model: m.parsed("cpu", cpu_model)?.map(|s| s.value),
        ..Config::empty()
    })
}

impl Config {
    /// A VM without anything.
    pub(crate) fn empty() -> Config {
        Config {
            name: String::new(),
            uuid: String::new(),
            memory: 0,
            cpus: 0,
            accel: Choice::Auto,
            cpu_model: None,
            secure_boot: true,
            tpm: Tpm::None,
            tpm_profile: None,
            boot: None,
            disks: Vec::new(),
            cdroms: Vec::new(),
            network: Network::None,
            display: String::new(),
        }
    }
}

/// The only key of a table that has one.
fn one<T>(
    top: &Table<'_>,
    table: &str,
    key: &str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, Damage> {
    let Some(t) = top.table(table)? else { return Ok(None) };
    t.only(&[key])?;
    Ok(t.parsed(key, parse)?.map(|s| s.value))
}

fn flag(top: &Table<'_>, table: &str, key: &str, default: bool) -> Result<bool, Damage> {
    let Some(t) = top.table(table)? else { return Ok(default) };
    t.only(&[key])?;
    Ok(t.boolean(key)?.map_or(default, |s| s.value))
}

fn kernel(top: &Table<'_>) -> Result<Option<Kernel>, Damage> {
    let Some(t) = top.table("boot")? else { return Ok(None) };
    t.only(&["kernel", "initrd", "append"])?;
    Ok(Some(Kernel {
        kernel: t.required("kernel", t.string("kernel")?)?,
        initrd: t.string("initrd")?.map(|s| s.value),
        append: t.string("append")?.map(|s| s.value),
    }))
}

fn disk(t: &Table<'_>) -> Result<Disk, Damage> {
    t.only(&["path", "format", "owned"])?;
    Ok(Disk {
        path: t.required("path", t.string("path")?)?,
        format: t.required("format", t.parsed("format", Format::parse)?)?,
        owned: t.boolean("owned")?.is_some_and(|s| s.value),
    })
}

fn cdrom(t: &Table<'_>) -> Result<String, Damage> {
    t.only(&["path"])?;
    t.required("path", t.string("path")?)
}

fn same_name(text: &str, name: &Name) -> Result<String, String> {
    if text == name.as_str() { Ok(text.into()) } else { Err(format!("the directory is called \"{name}\"")) }
}

/// A processor model as QEMU's `-cpu` takes it, with features, and nothing that could be another option.
pub fn cpu_model(text: &str) -> Result<String, String> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "-_.+=,".contains(c);
    if text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(fine) {
        Ok(text.to_string())
    } else {
        Err("not a processor model; `qemu-system-x86_64 -cpu help` lists them".into())
    }
}

fn uuid(text: &str) -> Result<String, String> {
    let groups: Vec<&str> = text.split('-').collect();
    let right = groups.iter().map(|g| g.len()).eq([8, 4, 4, 4, 12])
        && groups.concat().bytes().all(|b| b.is_ascii_hexdigit());
    if right { Ok(text.to_ascii_lowercase()) } else { Err("not a UUID".into()) }
}

#[cfg(test)]
mod tests;
