//! Why a journal could not be opened, made or written: what was being done, to which file, and the way out.

use std::io;
use std::path::{Path, PathBuf};

/// A journal that was not opened or made. What is on disk has not changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such directory.
    #[error("opening TPM state in {}: there is no such directory; make it (mkdir -m 700), or name another", dir.display())]
    NoDirectory {
        /// The directory.
        dir: PathBuf,
    },
    /// It is a file, a socket, ...
    #[error("opening TPM state in {}: it is no directory; name the directory that holds the state", dir.display())]
    NotADirectory {
        /// The path given.
        dir: PathBuf,
    },
    /// The directory is there, the journal is not.
    #[error("opening TPM state {}: there is no such file; create the TPM first, or restore the file from a backup", path.display())]
    Missing {
        /// The journal.
        path: PathBuf,
    },
    /// A journal is there already, and was not to be replaced.
    #[error("creating TPM state {}: there is one already; delete it first, or name another directory", path.display())]
    Exists {
        /// The journal.
        path: PathBuf,
    },
    /// Another process has the lock.
    #[error("opening TPM state {}: it is in use by process {}; stop that process first", path.display(), pid_text(*pid))]
    InUse {
        /// The journal.
        path: PathBuf,
        /// Who has it, if the lock file says so.
        pid: Option<u32>,
    },
    /// Some other file by the journal's name.
    #[error(
        "opening TPM state {}: it is no TPM state of donjon's (byte 0: expected \"DONJONTS\"); restore this file from \
         a backup, or move it away", path.display()
    )]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// A later format.
    #[error(
        "opening TPM state {}: it has format version {found}, this program reads version {supported}; use the program \
         that wrote it", path.display()
    )]
    UnsupportedVersion {
        /// The journal.
        path: PathBuf,
        /// The version in the file.
        found: u32,
        /// The version understood here.
        supported: u32,
    },
    /// Something that was durable is not there any more.
    #[error(
        "opening TPM state {}: {damage}; restore this file from a backup; `donjon tpm check {}` shows what is readable",
        path.display(), parent(path).display()
    )]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// Where, and what belongs there.
        damage: Damage,
    },
    /// A header that no journal can hold.
    #[error(
        "creating TPM state {}: the {what} has {len} bytes, at most {max} have room", path.display()
    )]
    HeaderTooLarge {
        /// The journal.
        path: PathBuf,
        /// "label" or "key protector".
        what: &'static str,
        /// Bytes given.
        len: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// A first record that no frame holds.
    #[error("creating TPM state {}: a record of {len} bytes, at most {max} are allowed", path.display())]
    RecordTooLarge {
        /// The journal.
        path: PathBuf,
        /// Bytes given.
        len: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// The kernel refused.
    #[error("{doing} {}: {source}; see to the disk and its permissions, then try again", path.display())]
    Io {
        /// "reading TPM state", ...
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
}

/// The place at which a journal is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Damage {
    /// Offset in the file, in bytes.
    pub offset: u64,
    /// The record there, from 0; `None` in the header and marks.
    pub record: Option<u64>,
    /// What belongs there, and what was found.
    pub expectation: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "damaged at byte {}", self.offset)?;
        if let Some(record) = self.record {
            write!(f, " (record {record})")?;
        }
        write!(f, ": {}", self.expectation)
    }
}

/// A record that was not made durable. Each variant says whether the journal still has a future.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The record is not in the journal and will not be; the journal goes on as before.
    #[error("{doing} {}: {source}; nothing was stored: make room or see to the disk, then try again", path.display())]
    Refused {
        /// "appending to TPM state", ...
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// Nobody knows what reached the disk. Every later append fails; only opening anew tells.
    #[error(
        "{doing} {}: {source}; whether it was stored is unknown, and nothing more is written: see to the disk, then \
         open the state anew", path.display()
    )]
    Unknown {
        /// "syncing TPM state", ...
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// An earlier [`AppendError::Unknown`].
    #[error("writing TPM state {}: refused since an earlier write failed; see to the disk, then open the state anew", path.display())]
    Poisoned {
        /// The journal.
        path: PathBuf,
    },
    /// Over the limit; the journal goes on as before.
    #[error("writing TPM state {}: {len} bytes, at most {max} are allowed", path.display())]
    TooLarge {
        /// The journal.
        path: PathBuf,
        /// Bytes given.
        len: usize,
        /// Bytes allowed.
        max: usize,
    },
}

impl AppendError {
    /// Whether the record is certainly not stored and the journal goes on, so that a sealer may
    /// [undo](crate::seal::Sealer::undo).
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::TooLarge { .. })
    }
}

fn pid_text(pid: Option<u32>) -> String {
    pid.map_or_else(|| "(unknown)".to_owned(), |pid| pid.to_string())
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}
