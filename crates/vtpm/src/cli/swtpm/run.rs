//! `swtpm socket`, run.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use vtpm_proto::ctrl::Options;

use super::options::{LogTo, OptionError, State, Target};
use super::parse::Socket;
use crate::cli::{INFO, notify};
use crate::guard::{GuardianError, key_of_this_user};
use crate::home::{Home, HomeError};
use crate::keeper::net::{Endpoints, NetError};
use crate::keeper::{Behaviour, Keeper, KeeperError, Power};
use crate::log::Log;
use crate::vtpm::{Isolation, Vtpm};

/// Why `swtpm` ended with an error.
#[derive(Debug, thiserror::Error)]
pub(super) enum SwtpmError {
    #[error(transparent)]
    Option(#[from] OptionError),
    #[error(transparent)]
    Net(#[from] NetError),
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Guardian(#[from] GuardianError),
    #[error(transparent)]
    Keeper(#[from] KeeperError),
    #[error("{doing} {what}: {source}")]
    File { doing: &'static str, what: String, source: io::Error },
}

/// `--print-states`
pub(super) fn states(state: &State) -> Result<String, SwtpmError> {
    let home = Home::directory(&state.directory, state.mode, key_of_this_user()?)?;
    let states =
        home.sizes()?.into_iter().map(|(name, size)| format!(" {{\"name\": \"{name}\", \"size\": {size}}}"));
    let states = states.collect::<Vec<_>>().join(",");
    let space = if states.is_empty() { "" } else { " " };
    Ok(format!("{{ \"type\": \"swtpm\", \"states\": [{states}{space}] }}"))
}

/// `swtpm socket`
pub(super) fn socket(socket: Socket) -> Result<(), SwtpmError> {
    let log = log(socket.log.as_ref())?;
    let elsewhere = socket.log.is_some();
    let run = try_socket(socket, &log);
    // The caller tells it on standard error.
    if let (Err(why), true) = (&run, elsewhere) {
        log.line(&why.to_string());
    }
    run
}

fn try_socket(socket: Socket, log: &Log) -> Result<(), SwtpmError> {
    let home = Home::directory(&socket.state.directory, socket.state.mode, key_of_this_user()?)?;
    if socket.seccomp {
        log.line("--seccomp: the TPM's own filter of system calls always kills; the option changes nothing");
    }
    // From here on clients may connect; they are served as soon as the loop runs.
    let control = socket.control.as_ref().map(|channel| channel.open()).transpose()?;
    let data = socket.server.as_ref().map(|channel| channel.open()).transpose()?;
    let mut pid = socket.pid.map(PidFile::open).transpose()?;
    if socket.daemon {
        vsm::process::daemonize().map_err(|source| SwtpmError::File {
            doing: "going",
            what: "to the background".into(),
            source,
        })?;
    }
    if let Some(pid) = &mut pid {
        pid.write()?;
    }
    let behaviour = Behaviour {
        power: if socket.flags.not_need_init {
            Power::AtOnce(socket.flags.startup)
        } else {
            Power::WhenAsked
        },
        end_with_data: socket.terminate,
        end_with_control: socket.control.is_some_and(|channel| channel.terminate),
        disconnect: socket.server.is_some_and(|channel| channel.disconnect),
        machine: Options {
            disable_auto_shutdown: socket.flags.disable_auto_shutdown,
            reject_locality_4: socket.reject_locality_4,
            allow_set_locality: socket.allow_set_locality,
        },
    };
    let isolation = Isolation { level: vsm::Level::L2SecretProcess, program: None };
    let vtpm = Vtpm::new(home, isolation, log.clone()).profile(socket.profile);
    let endpoints = Endpoints { control, data, mssim: None };
    let served = Keeper::new(vtpm, endpoints, INFO, behaviour, log.clone()).run(notify::ready);
    if let Some(pid) = pid {
        pid.remove();
    }
    Ok(served?)
}

fn log(to: Option<&LogTo>) -> Result<Log, SwtpmError> {
    let Some(LogTo { target, prefix, truncate }) = to else { return Ok(Log::stderr("swtpm: ")) };
    let file = match target {
        Target::File(path) if path.as_os_str() == "-" => return Ok(Log::nowhere()),
        Target::File(path) => Log::open(path, *truncate).map_err(|source| SwtpmError::File {
            doing: "opening the log",
            what: path.display().to_string(),
            source,
        })?,
        Target::Fd(number) => inherited("using the log's", *number)?,
    };
    Ok(Log::file(file, prefix))
}

/// The pid file, opened before and written after going to the background.
struct PidFile {
    file: File,
    path: Option<PathBuf>,
}

impl PidFile {
    fn open(target: Target) -> Result<PidFile, SwtpmError> {
        match target {
            Target::Fd(number) => {
                Ok(PidFile { file: inherited("using the pid file's", number)?, path: None })
            }
            Target::File(path) => {
                let mut options = OpenOptions::new();
                options.write(true).create(true).truncate(true).mode(0o644);
                options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
                let file = options.open(&path).map_err(|source| SwtpmError::File {
                    doing: "opening the pid file",
                    what: path.display().to_string(),
                    source,
                })?;
                Ok(PidFile { file, path: Some(path) })
            }
        }
    }

    fn write(&mut self) -> Result<(), SwtpmError> {
        let text = std::process::id().to_string();
        self.file.write_all(text.as_bytes()).map_err(|source| SwtpmError::File {
            doing: "writing the pid file",
            what: self.path.as_ref().map_or_else(String::new, |path| path.display().to_string()),
            source,
        })
    }

    fn remove(self) {
        if let Some(path) = self.path {
            // Somebody may have been faster.
            let _ = std::fs::remove_file(path);
        }
    }
}

fn inherited(doing: &'static str, number: i32) -> Result<File, SwtpmError> {
    match number {
        // swtpm writes its log to the standard streams, too, when asked.
        1 | 2 => OpenOptions::new().write(true).open(format!("/proc/self/fd/{number}")),
        _ => vsm::fd::inherited(number).map(File::from),
    }
    .map_err(|source| SwtpmError::File { doing, what: format!("descriptor {number}"), source })
}
