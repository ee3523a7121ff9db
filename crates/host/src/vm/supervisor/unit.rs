//! QEMU and the vTPM keeper, started, watched and stopped together.
use super::{Ready, Report};
use crate::Error;
use crate::isolation::{self, Level};
use crate::vm::child::{Child, describe};
use crate::vm::home::{Home, Paths};
use crate::vm::keeper;
use crate::vm::plan::Plan;
use crate::vm::qemu;
use crate::vm::qmp::{Commander, Qmp};
use crate::vm::state::{self, Phase, Process, Running};
use rustix::process::Signal;
use serde_json::Value;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How long each step may take before it has failed, or before the next harder way is tried.
const VTPM_STARTS: Duration = Duration::from_secs(30);
const QEMU_STARTS: Duration = Duration::from_secs(60);
const EACH_WAY_TO_STOP: Duration = Duration::from_secs(5);
/// QEMU tells the vTPM to end just before it ends itself.
const QEMU_FOLLOWS: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What happens to the unit.
enum Event {
    QemuEnded(ExitStatus),
    KeeperEnded(ExitStatus),
    Asked(i32),
    Qmp(Value),
}

pub(super) struct Unit<'a> {
    home: &'a Home,
    paths: &'a Paths,
    plan: &'a Plan,
    events: Receiver<Event>,
    tell: Sender<Event>,
    record: Running,
    keeper: Option<Child>,
    qemu: Option<Child>,
    commander: Option<Commander>,
    qemu_log: Log,
    tpm_log: Log,
    // What has happened.
    qemu_ended: Option<ExitStatus>,
    keeper_ended: Option<ExitStatus>,
    keeper_was_first: bool,
    asked: Option<i32>,
    /// QEMU's reason for shutting down, once it does.
    shutdown: Option<String>,
    powerdown_asked: bool,
}

impl<'a> Unit<'a> {
    /// Nothing runs yet; from here on SIGTERM is heard.
    pub(super) fn new(
        home: &'a Home,
        paths: &'a Paths,
        plan: &'a Plan,
        since: &str,
    ) -> Result<Unit<'a>, Error> {
        let (tell, events) = channel();
        listen_for_signals(tell.clone())?;
        put_aside(&paths.serial_log());
        let this = Process::now(std::process::id());
        let record = Running {
            supervisor: this
                .ok_or_else(|| Error::Run("/proc does not show this process; mount /proc".into()))?,
            phase: Phase::Starting,
            since: since.into(),
            accelerator: plan.accel.name().into(),
            accelerator_why: plan.accel.why.clone(),
            isolation: plan.isolation.map(isolation::describe),
            qemu: None,
            vtpm: None,
        };
        Ok(Unit {
            home,
            paths,
            plan,
            events,
            tell,
            record,
            keeper: None,
            qemu: None,
            commander: None,
            qemu_log: Log::open(paths.qemu_log())?,
            tpm_log: Log::open(paths.tpm_log())?,
            qemu_ended: None,
            keeper_ended: None,
            keeper_was_first: false,
            asked: None,
            shutdown: None,
            powerdown_asked: false,
        })
    }

    /// Starts the vTPM, then QEMU; returns when QEMU says that the guest runs.
    pub(super) fn launch(&mut self, report: &mut dyn FnMut(Report)) -> Result<Ready, Error> {
        self.write_record()?;
        if let Some(level) = self.plan.isolation {
            report(Report::Step("starting the vTPM".into()));
            self.launch_keeper(level)?;
        }
        report(Report::Step("starting QEMU".into()));
        self.launch_qemu()?;
        self.record.phase = Phase::Running;
        self.write_record()?;
        Ok(Ready {
            supervisor: self.record.supervisor.pid,
            qemu: self.record.qemu.map(|p| p.pid),
            vtpm: self.record.vtpm.map(|p| p.pid),
            accelerator: self.record.accelerator.clone(),
            accelerator_why: self.record.accelerator_why.clone(),
            isolation: self.record.isolation.clone(),
        })
    }

    /// Waits until the unit is no longer whole, or is asked to end.
    pub(super) fn watch(&mut self) {
        while self.qemu_ended.is_none() && self.keeper_ended.is_none() && self.asked.is_none() {
            self.take_event(None);
        }
        if self.qemu_ended.is_none() && self.keeper_ended.is_some() && self.asked.is_none() {
            // The usual end of a guest begins like this; a vTPM that died on its own is told by nothing following.
            self.wait_until(QEMU_FOLLOWS, |u| u.qemu_ended.is_some() || u.shutdown.is_some());
            self.keeper_was_first = self.qemu_ended.is_none() && self.shutdown.is_none();
        }
    }

    /// Ends whatever still runs, by asking first and by force at last.
    pub(super) fn stop(&mut self) {
        self.record.phase = Phase::Stopping;
        let _ = self.write_record();
        if self.qemu.is_some() {
            if let Some(commander) = &mut self.commander {
                if self.qemu_ended.is_none() {
                    commander.quit();
                }
                self.wait_until(EACH_WAY_TO_STOP, |u| u.qemu_ended.is_some());
            }
            for signal in [Signal::TERM, Signal::KILL] {
                if self.qemu_ended.is_none()
                    && let Some(qemu) = &self.qemu
                {
                    qemu.signal(signal);
                    self.wait_until(EACH_WAY_TO_STOP, |u| u.qemu_ended.is_some());
                }
            }
        }
        if self.keeper.is_some() {
            // A QEMU that ends as it should tells the vTPM to end first.
            let told = self.qemu_ended.is_some_and(|s| s.success());
            let patience = if told { EACH_WAY_TO_STOP } else { Duration::ZERO };
            self.wait_until(patience, |u| u.keeper_ended.is_some());
            for signal in [Signal::TERM, Signal::KILL] {
                if self.keeper_ended.is_none()
                    && let Some(keeper) = &self.keeper
                {
                    keeper.signal(signal);
                    self.wait_until(EACH_WAY_TO_STOP, |u| u.keeper_ended.is_some());
                }
            }
        }
    }

    /// Whether the end was wished for, and what it was.
    pub(super) fn verdict(&self) -> (bool, String) {
        if let Some(signal) = self.asked {
            return (
                true,
                if signal == SIGTERM { "stopped by command" } else { "stopped by a signal" }.into(),
            );
        }
        if self.keeper_was_first {
            let how = self.keeper_ended.map_or_else(|| "ended".into(), describe);
            // Whoever was killed had no last word: its log is of before.
            let told = self.keeper_ended.is_some_and(|s| s.code().is_some());
            let said = if told { self.tpm_log.said() } else { String::new() };
            return (false, format!("the vTPM ended: {how}{said}; QEMU was stopped"));
        }
        let success = self.qemu_ended.is_some_and(|s| s.success());
        match self.shutdown.as_deref() {
            Some("guest-shutdown") if success && self.powerdown_asked => {
                (true, "the guest powered off when asked to".into())
            }
            Some("guest-shutdown") if success => (true, "the guest powered off".into()),
            Some("host-qmp-quit") if success => (true, "QEMU was told over QMP to quit".into()),
            other => {
                let how = self.qemu_ended.map_or_else(|| "ended".into(), describe);
                let why = other.map(|r| format!(" ({r})")).unwrap_or_default();
                (false, format!("QEMU ended: {how}{why}{}", self.qemu_log.said()))
            }
        }
    }

    fn launch_keeper(&mut self, level: Level) -> Result<(), Error> {
        let mut command = keeper::command(
            self.home,
            self.paths,
            &self.plan.config.uuid,
            self.plan.config.tpm_profile.as_deref(),
            level,
        )?;
        output_to(&mut command, &self.tpm_log)?;
        // There it greets whoever starts it by hand; the log is for what goes wrong.
        command.stdout(Stdio::null());
        let child = Child::start(&mut command, self.tell.clone(), Event::KeeperEnded)?;
        self.record.vtpm = child.process;
        self.keeper = Some(child);
        self.write_record()?;
        let socket = self.paths.tpm_socket();
        let begun = Instant::now();
        while !keeper::listening(&socket) {
            self.take_event(Some(LOOK_AGAIN));
            self.still_wanted()?;
            if let Some(status) = self.keeper_ended {
                return Err(self.failed("vTPM", &describe(status), &self.tpm_log));
            }
            if begun.elapsed() > VTPM_STARTS {
                return Err(self.failed("vTPM", "it does not listen on its socket", &self.tpm_log));
            }
        }
        Ok(())
    }

    fn launch_qemu(&mut self) -> Result<(), Error> {
        let Plan { config, firmware, accel, .. } = self.plan;
        let mut command = Command::new(&self.plan.qemu);
        command.args(qemu::arguments(config, self.paths, firmware, accel));
        output_to(&mut command, &self.qemu_log)?;
        let child = Child::start(&mut command, self.tell.clone(), Event::QemuEnded)?;
        self.record.qemu = child.process;
        self.qemu = Some(child);
        self.write_record()?;
        let socket = self.paths.supervisor_qmp();
        let begun = Instant::now();
        let mut qmp = loop {
            self.take_event(Some(LOOK_AGAIN));
            self.whole()?;
            if keeper::listening(&socket) {
                break Qmp::connect(&socket, QEMU_STARTS).map_err(|e| self.nearest_cause(e))?;
            }
            if begun.elapsed() > QEMU_STARTS {
                return Err(self.failed("QEMU", "it does not listen on its socket", &self.qemu_log));
            }
        };
        loop {
            let status = qmp.execute("query-status").map_err(|e| self.nearest_cause(e))?;
            match status.get("status").and_then(Value::as_str) {
                Some("running") => break,
                Some("prelaunch") if begun.elapsed() < QEMU_STARTS => {
                    self.take_event(Some(LOOK_AGAIN));
                    self.whole()?;
                }
                other => {
                    let what = format!("the guest is {}, not running", other.unwrap_or("in no known state"));
                    return Err(self.failed("QEMU", &what, &self.qemu_log));
                }
            }
        }
        let tell = self.tell.clone();
        self.commander = Some(qmp.listen(move |message| tell.send(Event::Qmp(message)).is_ok())?);
        Ok(())
    }

    /// An error if one of the two has ended, or nobody wants them any more.
    fn whole(&self) -> Result<(), Error> {
        self.still_wanted()?;
        if let Some(status) = self.qemu_ended {
            // QEMU has only a number for what the vTPM refused; the vTPM has the words.
            let refused = self.qemu_log.said().contains("tpm-emulator: ") && !self.tpm_log.said().is_empty();
            if refused {
                let (name, log) = (&self.plan.config.name, &self.tpm_log);
                return Err(Error::Run(format!("VM \"{name}\"{}; log: {}", log.said(), log.path.display())));
            }
            return Err(self.failed("QEMU", &describe(status), &self.qemu_log));
        }
        if let Some(status) = self.keeper_ended {
            return Err(self.failed("vTPM", &describe(status), &self.tpm_log));
        }
        Ok(())
    }

    /// A conversation that breaks off is most often the sign of an end that is told a moment later.
    fn nearest_cause(&mut self, broken: Error) -> Error {
        self.wait_until(EACH_WAY_TO_STOP, |u| u.whole().is_err());
        self.whole().err().unwrap_or(broken)
    }

    fn still_wanted(&self) -> Result<(), Error> {
        match self.asked {
            Some(_) => {
                Err(Error::Run(format!("VM \"{}\" was stopped while it started", self.plan.config.name)))
            }
            None => Ok(()),
        }
    }

    fn failed(&self, what: &str, how: &str, log: &Log) -> Error {
        let name = &self.plan.config.name;
        Error::Run(format!(
            "VM \"{name}\": {what} did not start: {how}{}; log: {}",
            log.said(),
            log.path.display()
        ))
    }

    fn wait_until(&mut self, patience: Duration, reached: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + patience;
        while !reached(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            self.take_event(Some(left));
        }
    }

    /// Takes in one event, waiting no longer than `patience`, if that is given.
    fn take_event(&mut self, patience: Option<Duration>) {
        let event = match patience {
            Some(patience) => self.events.recv_timeout(patience),
            None => self.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        // This unit keeps a sender, so that the channel is never disconnected.
        let Ok(event) = event else { return };
        match event {
            Event::QemuEnded(status) => self.qemu_ended = Some(status),
            Event::KeeperEnded(status) => self.keeper_ended = Some(status),
            Event::Asked(signal) => self.asked = Some(signal),
            Event::Qmp(message) => match message.get("event").and_then(Value::as_str) {
                Some("SHUTDOWN") => {
                    let reason = message.pointer("/data/reason").and_then(Value::as_str).unwrap_or("unknown");
                    self.shutdown = Some(reason.to_string());
                }
                Some("POWERDOWN") => self.powerdown_asked = true,
                _ => {}
            },
        }
    }

    fn write_record(&self) -> Result<(), Error> {
        state::write_json(&self.paths.state(), &self.record)
    }
}

fn listen_for_signals(tell: Sender<Event>) -> Result<(), Error> {
    let signals = signal_hook::iterator::Signals::new([SIGTERM, SIGINT, SIGHUP]);
    let mut signals = signals.map_err(Error::io("listening for", "signals"))?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if tell.send(Event::Asked(signal)).is_err() {
                return;
            }
        }
    });
    Ok(())
}

fn output_to(command: &mut Command, log: &Log) -> Result<(), Error> {
    let clone = |f: &File| f.try_clone().map_err(Error::io("opening", &log.path));
    command.stdin(Stdio::null()).stdout(clone(&log.file)?).stderr(clone(&log.file)?);
    Ok(())
}

/// A log that has grown beyond this is put aside when a run begins, and replaces the one put aside before.
const LOG_LIMIT: u64 = 8 << 20;

fn put_aside(path: &Path) {
    if std::fs::metadata(path).is_ok_and(|m| m.len() > LOG_LIMIT) {
        // Should it fail, the log only goes on growing.
        let _ = std::fs::rename(path, path.with_extension("log.1"));
    }
}

/// A log file, and where in it this run begins.
struct Log {
    path: PathBuf,
    file: File,
    from: u64,
}

impl Log {
    fn open(path: PathBuf) -> Result<Log, Error> {
        put_aside(&path);
        let open = |path: &Path| {
            let mut file = File::options().create(true).append(true).open(path)?;
            let from = file.seek(SeekFrom::End(0))?;
            Ok((file, from))
        };
        let (file, from) = open(&path).map_err(Error::io("opening", &path))?;
        Ok(Log { path, file, from })
    }

    /// The last line of this run, to be appended to a message; empty when there is none.
    fn said(&self) -> String {
        let read = || {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(self.from))?;
            let mut bytes = Vec::new();
            file.take(1 << 20).read_to_end(&mut bytes)?;
            std::io::Result::Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let text = read().unwrap_or_default();
        let last = text.lines().map(str::trim).rfind(|l| !l.is_empty());
        // The vTPM names its program, which is this one.
        let last =
            last.map(|l| l.strip_prefix("donjon: ").or(l.strip_prefix("donjon tpm serve: ")).unwrap_or(l));
        last.map(|l| format!(": {l}")).unwrap_or_default()
    }
}
