//! Starting a VM: a supervisor in a session of its own, or in this process.
use super::home::Home;
use super::name::Name;
use super::progress::Progress;
use super::state::{Found, Phase};
use super::supervisor::{Ready, Report};
use crate::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Starts `supervisor` (a command that calls [`super::supervisor::run`] and prints its reports) detached, and returns
/// when the VM runs.
pub fn detached(home: &Home, name: &Name, supervisor: &mut Command) -> Result<Ready, Error> {
    let paths = home.existing(name)?;
    if let Found::Runs(r) = Found::read(&paths)
        && r.phase != Phase::Stopping
    {
        return Err(Error::Running { name: name.to_string(), pid: Some(r.supervisor.pid) });
    }
    let log = paths.supervisor_log();
    let stderr = File::options().create(true).append(true).open(&log).map_err(Error::io("opening", &log))?;
    let command = vsm::process::setsid_command(supervisor);
    let program = command.get_program().to_os_string();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .spawn()
        .map_err(Error::io("starting", program))?;
    let reports = child.stdout.take();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for line in reports.into_iter().flat_map(|r| BufReader::new(r).lines()).map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });

    let mut progress = Progress::new();
    let mut step = format!("starting VM {name}");
    loop {
        match told.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => match serde_json::from_str(&line) {
                Ok(Report::Step(text)) => step = format!("VM {name}: {text}"),
                Ok(Report::Ready(ready)) => return Ok(ready),
                Ok(Report::Failed { code, message }) => return Err(Error::Relayed { code, message }),
                Err(_) => {}
            },
            Err(RecvTimeoutError::Timeout) => progress.tell(&step),
            Err(RecvTimeoutError::Disconnected) => {
                let how = child.wait().map_or_else(|e| e.to_string(), super::child::describe);
                return Err(Error::Run(format!(
                    "VM \"{name}\": its supervisor ended before the VM ran: {how}; log: {}",
                    log.display()
                )));
            }
        }
    }
}
