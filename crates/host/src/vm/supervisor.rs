//! The supervisor: runs a VM's QEMU and vTPM as one unit. Either one's end is the other's; the supervisor's own end,
//! even by SIGKILL, is the end of both.
mod unit;

use super::accel::Choice;
use super::config::Config;
use super::home::{Home, Paths};
use super::name::Name;
use super::plan::{self, Plan};
use super::state::{self, Found, LastRun};
use super::{child, time};
use crate::Error;
use crate::isolation::Isolation;
use crate::policy::Policy;
use rustix::process::{Signal, pidfd_send_signal};
use serde::{Deserialize, Serialize};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use unit::Unit;

/// What a supervisor is to run.
pub struct Request {
    /// The installation.
    pub home: Home,
    /// The VM.
    pub name: Name,
    /// The policy file, when it was chosen.
    pub policy: Option<PathBuf>,
    /// An accelerator other than vm.toml's.
    pub accel: Option<Choice>,
}

/// What a supervisor tells whoever started it, one JSON line each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// What it does now.
    Step(String),
    /// The VM runs.
    Ready(Ready),
    /// It does not, and nothing was left behind.
    Failed {
        /// The exit code for this kind of failure.
        code: u8,
        /// The message.
        message: String,
    },
}

/// A VM that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The supervisor's process id.
    pub supervisor: u32,
    /// QEMU's.
    pub qemu: Option<u32>,
    /// The vTPM keeper's.
    pub vtpm: Option<u32>,
    /// `kvm` or `tcg`.
    pub accelerator: String,
    /// Why that one.
    pub accelerator_why: String,
    /// The isolation level of the vTPM, for people.
    pub isolation: Option<String>,
}

/// Runs the VM until it ends. To be called from the process's main thread, which must live as long as the VM.
///
/// # Errors
/// The start failed, in which case nothing is left running; or the VM's end was not one that anybody wished.
pub fn run(
    request: &Request,
    isolation: &dyn Fn(&Policy) -> Isolation,
    report: &mut dyn FnMut(Report),
) -> Result<(), Error> {
    let paths = request.home.existing(&request.name)?;
    let _lock = state::lock(&paths, &request.name)?;
    let policy = Policy::load(request.policy.as_deref())?;
    let config = Config::load(&paths.config(), &request.name)?;
    let plan = Plan::make(config, &paths, request.accel, &policy, isolation)?;
    clear_stale(&paths)?;
    plan::sockets_free(&paths)?;
    fresh_run_directory(&paths.run)?;

    let started = time::now();
    let mut unit = Unit::new(&request.home, &paths, &plan, &started)?;
    let launched = unit.launch(report);
    if let Ok(ready) = &launched {
        report(Report::Ready(ready.clone()));
        unit.watch();
    }
    unit.stop();
    let end = match &launched {
        Ok(_) => unit.verdict(),
        Err(e) => (false, format!("it did not start: {e}")),
    };
    let (clean, reason) = end;
    let last = LastRun { started, ended: time::now(), clean, reason: reason.clone() };
    let recorded = state::write_json(&paths.last_run(), &last);
    // Only now, with the end on record, may the VM look stopped.
    let _ = std::fs::remove_dir_all(&paths.run);
    launched?;
    recorded?;
    if clean { Ok(()) } else { Err(Error::Run(format!("VM \"{}\": {reason}", request.name))) }
}

/// Ends what a killed supervisor left, and records that it was killed.
pub(super) fn clear_stale(paths: &Paths) -> Result<(), Error> {
    let Found::Stale(running) = Found::read(paths) else { return Ok(()) };
    // The kernel kills both with the supervisor; but it may not have come round to it yet.
    for process in [running.qemu, running.vtpm].into_iter().flatten() {
        if process.runs()
            && let Ok(pidfd) = child::open(process.pid)
        {
            let _ = pidfd_send_signal(&pidfd, Signal::KILL);
            child::wait(&pidfd, None);
        }
    }
    let last = LastRun {
        started: running.since,
        ended: time::now(),
        clean: false,
        reason: "its supervisor was killed; QEMU and the vTPM ended with it (seen at the next command)"
            .into(),
    };
    state::write_json(&paths.last_run(), &last)?;
    std::fs::remove_dir_all(&paths.run).map_err(Error::io("removing", &paths.run))
}

fn fresh_run_directory(run: &Path) -> Result<(), Error> {
    match std::fs::remove_dir_all(run) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(Error::io("removing", run)(e)),
        _ => {}
    }
    // For the owner only: whoever reaches the sockets commands the VM.
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(run).map_err(Error::io("making", run))
}
