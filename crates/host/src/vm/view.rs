//! What there is to see of VMs: the list, and one of them in full.
use super::config::{Config, Tpm};
use super::home::{Home, Paths};
use super::name::Name;
use super::size;
use super::state::{Found, LastRun, Phase};
use crate::Error;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A VM as it is now.
pub struct View {
    name: Name,
    paths: Paths,
    found: Found,
    last: Option<LastRun>,
    config: Result<Config, Error>,
}

impl View {
    /// Looks at one VM. A damaged vm.toml is part of the view: the others can still be listed.
    pub fn of(home: &Home, name: &Name) -> Result<View, Error> {
        let paths = home.existing(name)?;
        Ok(View {
            found: Found::read(&paths),
            last: LastRun::read(&paths),
            config: Config::load(&paths.config(), name),
            name: name.clone(),
            paths,
        })
    }

    /// Looks at all of them.
    pub fn all(home: &Home) -> Result<Vec<View>, Error> {
        home.names()?.iter().map(|n| View::of(home, n)).collect()
    }

    /// The error of a vm.toml that cannot be read.
    pub fn damage(self) -> Option<Error> {
        self.config.err()
    }

    /// `running`, `starting`, `stopping` or `stopped`.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match &self.found {
            Found::Runs(r) => match r.phase {
                Phase::Starting => "starting",
                Phase::Running => "running",
                Phase::Stopping => "stopping",
            },
            Found::Stopped | Found::Stale(_) => "stopped",
        }
    }

    /// How the last run ended, for people.
    fn last_end(&self) -> String {
        if let Found::Stale(r) = &self.found {
            return format!("its supervisor (pid {}) was killed; started {}", r.supervisor.pid, r.since);
        }
        match &self.last {
            None => "it has not run yet".into(),
            Some(l) => format!("{} at {} (started {})", l.reason, l.ended, l.started),
        }
    }

    /// The same for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let run = match &self.found {
            Found::Runs(r) => json!({
                "supervisor": r.supervisor.pid,
                "qemu": r.qemu.map(|p| p.pid),
                "vtpm": r.vtpm.map(|p| p.pid),
                "since": r.since,
                "accelerator": r.accelerator,
                "accelerator_why": r.accelerator_why,
                "isolation": r.isolation,
            }),
            Found::Stopped | Found::Stale(_) => Value::Null,
        };
        json!({
            "name": self.name.as_str(),
            "state": self.state(),
            "run": run,
            "last_run": self.last,
            "last_end": self.last_end(),
            "config": self.config.as_ref().ok(),
            "damage": self.config.as_ref().err().map(ToString::to_string),
            "paths": {
                "config": self.paths.config(),
                "serial": self.paths.serial(),
                "serial_log": self.paths.serial_log(),
                "qmp": self.paths.qmp(),
                "tpm_state": self.paths.tpm_state(),
                "logs": [self.paths.supervisor_log(), self.paths.qemu_log(), self.paths.tpm_log()],
            },
        })
    }

    /// Everything about it, a line each.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        let mut row = |label: &str, value: &str| {
            let _ = writeln!(out, "{label:<15}{value}");
        };
        row("Name", self.name.as_str());
        row("State", self.state());
        if let Found::Runs(r) = &self.found {
            let pid = |p: Option<super::state::Process>| p.map_or_else(|| "-".into(), |p| p.pid.to_string());
            row("Since", &r.since);
            row(
                "Processes",
                &format!("supervisor {}, QEMU {}, vTPM {}", r.supervisor.pid, pid(r.qemu), pid(r.vtpm)),
            );
            row("Accelerator", &format!("{} ({})", r.accelerator, r.accelerator_why));
            row("Isolation", r.isolation.as_deref().unwrap_or("no vTPM"));
        }
        row("Last run", &self.last_end());
        match &self.config {
            Err(e) => row("Configuration", &e.to_string()),
            Ok(c) => {
                row("Configuration", &self.paths.config().display().to_string());
                row("UUID", &c.uuid);
                row("Memory", &size::text(c.memory));
                row("Processors", &c.cpus.to_string());
                row("Secure Boot", if c.secure_boot { "on" } else { "off" });
                row("TPM", c.tpm.text());
                if let Some(profile) = &c.tpm_profile {
                    row("TPM profile", if profile.starts_with('{') { "custom" } else { profile });
                }
                row("Network", c.network.text());
                for d in &c.disks {
                    row(
                        "Disk",
                        &format!(
                            "{} ({}{})",
                            d.path,
                            d.format.text(),
                            if d.owned { ", its own" } else { "" }
                        ),
                    );
                }
                for path in &c.cdroms {
                    row("CD", path);
                }
                if let Some(b) = &c.boot {
                    row("Kernel", &b.kernel);
                    row("Initrd", b.initrd.as_deref().unwrap_or("-"));
                    row("Command line", b.append.as_deref().unwrap_or("-"));
                }
            }
        }
        row("Serial log", &self.paths.serial_log().display().to_string());
        row("QMP", &self.paths.qmp().display().to_string());
        out
    }
}

/// The table of `donjon vm list`.
#[must_use]
pub fn table(views: &[View]) -> String {
    let mut rows = vec![["NAME", "STATE", "PID", "MEMORY", "CPUS", "TPM", "SECURE BOOT"].map(String::from)];
    for v in views {
        let pid = match &v.found {
            Found::Runs(r) => r.supervisor.pid.to_string(),
            _ => "-".into(),
        };
        let [memory, cpus, tpm, secure] = match &v.config {
            Ok(c) => [
                size::text(c.memory),
                c.cpus.to_string(),
                if c.tpm == Tpm::None { "-" } else { c.tpm.text() }.into(),
                if c.secure_boot { "on" } else { "off" }.into(),
            ],
            Err(_) => ["damaged", "-", "-", "-"].map(String::from),
        };
        rows.push([v.name.to_string(), v.state().into(), pid, memory, cpus, tpm, secure]);
    }
    let mut widths = [0; 7];
    for row in &rows {
        for (w, cell) in widths.iter_mut().zip(row) {
            *w = (*w).max(cell.len());
        }
    }
    let line = |row: &[String; 7]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, w)| format!("{cell:<w$}")).collect();
        cells.join("  ").trim_end().to_string() + "\n"
    };
    rows.iter().map(line).collect()
}
