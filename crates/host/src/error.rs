//! What can go wrong between a command and a running VM, and the exit code of each class.
use crate::conf::Damage;
use crate::gate::Refusal;
use std::io;
use std::path::PathBuf;

/// Exit codes of `donjon`; scripts rely on them.
pub mod exit {
    /// Done.
    pub const OK: u8 = 0;
    /// It did not work; the message says why.
    pub const FAILURE: u8 = 1;
    /// The command line is wrong.
    pub const USAGE: u8 = 2;
    /// No VM of this name.
    pub const NOT_FOUND: u8 = 3;
    /// The gate refused the start: the isolation level is below what the policy requires.
    pub const GATE: u8 = 4;
    /// Something is in use: the VM runs already, the name is taken, a socket is held.
    pub const BUSY: u8 = 5;
    /// A configuration file (policy or VM) is damaged.
    pub const FILE: u8 = 6;
}

/// One failure. `Display` is one line (but for [`Error::Gate`]): what was being done, to what, the way out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value that the caller gave cannot be used.
    #[error("{0}")]
    Usage(String),

    /// A policy or VM file is damaged.
    #[error(transparent)]
    File(#[from] Damage),

    /// The isolation level of this host is below the policy's.
    #[error("{0}")]
    Gate(Box<Refusal>),

    /// There is no such VM.
    #[error("VM \"{name}\" is not known in {}; {}", dir.display(), known_names(known))]
    UnknownVm {
        /// The name asked for.
        name: String,
        /// Where VMs are kept.
        dir: PathBuf,
        /// What is there.
        known: Vec<String>,
    },

    /// The VM runs, and what was asked needs it stopped (or not yet started).
    #[error("VM \"{name}\" is running (pid {}); `donjon vm stop {name}` stops it", pid_text(*pid))]
    Running {
        /// Its name.
        name: String,
        /// The supervisor's process id, when it could be read.
        pid: Option<u32>,
    },

    /// The VM does not run, and what was asked needs it running.
    #[error("VM \"{name}\" is not running; `donjon vm start {name}` starts it")]
    NotRunning {
        /// Its name.
        name: String,
    },

    /// There is a VM of this name already.
    #[error("VM \"{name}\" exists already ({}); choose another name, or `donjon vm delete {name}`", path.display())]
    Taken {
        /// The name.
        name: String,
        /// Its directory.
        path: PathBuf,
    },

    /// Something else holds a thing that is needed.
    #[error("{what} is in use{}; {cure}", by.as_deref().map(|b| format!(" by {b}")).unwrap_or_default())]
    Busy {
        /// The thing.
        what: String,
        /// Who holds it, when known.
        by: Option<String>,
        /// The way out.
        cure: String,
    },

    /// A file or program that the host should have is not there.
    #[error("{what} is missing: {}; {cure}", path.display())]
    Missing {
        /// What it is.
        what: String,
        /// Where it was looked for.
        path: PathBuf,
        /// The way out.
        cure: String,
    },

    /// The system refused an operation.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// The operation, as in "reading".
        doing: &'static str,
        /// The file, directory or socket.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },

    /// A failure in another process of ours, as it told it.
    #[error("{message}")]
    Relayed {
        /// Its exit code.
        code: u8,
        /// Its message.
        message: String,
    },

    /// QEMU, the vTPM or their supervisor did not do what was asked.
    #[error("{0}")]
    Run(String),
}

impl Error {
    /// Wraps a system error with what was being done and to what.
    pub fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { doing, path, source }
    }

    /// The exit code of this class of failure.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage(_) => exit::USAGE,
            Error::File(_) => exit::FILE,
            Error::Gate(_) => exit::GATE,
            Error::Relayed { code, .. } => *code,
            Error::UnknownVm { .. } => exit::NOT_FOUND,
            Error::Running { .. } | Error::Taken { .. } | Error::Busy { .. } => exit::BUSY,
            Error::NotRunning { .. } | Error::Missing { .. } | Error::Io { .. } | Error::Run(_) => {
                exit::FAILURE
            }
        }
    }
}

fn known_names(known: &[String]) -> String {
    if known.is_empty() {
        "there are none yet: `donjon vm create NAME` makes one".into()
    } else {
        format!("known: {}", known.join(", "))
    }
}

fn pid_text(pid: Option<u32>) -> String {
    pid.map_or_else(|| "not recorded".into(), |p| p.to_string())
}
