//! What is readable of a journal, for people: needs no key and no lock, and changes nothing.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::disk::locked_by;
use super::error::{Damage, OpenError};
use super::{DroppedTail, STATE_FILE, header_error, read_all, scan::scan};
use crate::StateId;

/// What was found in a journal file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// The journal.
    pub path: PathBuf,
    /// The length of the file in bytes.
    pub file_bytes: u64,
    /// Whether a process has it open (then the report may be of a moment between two writes).
    pub in_use: bool,
    /// That process, if it is known.
    pub pid: Option<u32>,
    /// Whose state it is.
    pub state: StateId,
    /// The VM's name or UUID.
    pub label: String,
    /// Bytes of the key protector.
    pub protector_bytes: usize,
    /// The commit marks; `None` for one that is not whole.
    pub marks: [Option<Mark>; 2],
    /// The records that are whole, up to the first that is not.
    pub records: Vec<RecordReport>,
    /// Remains of a write after the last record. Dropped at the next opening, unless `damage` says that
    /// more than an unanswered write is missing.
    pub tail: Option<DroppedTail>,
    /// Why the journal does not open; `None` when it does.
    pub damage: Option<Damage>,
}

/// A commit mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Mark {
    /// Number of records that are durable.
    pub records: u64,
    /// Where they end in the file.
    pub end: u64,
}

/// One whole record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct RecordReport {
    /// Where its bytes start in the file.
    pub offset: u64,
    /// Its length in bytes.
    pub bytes: u64,
}

impl Report {
    /// Whether [`Journal::open`](super::Journal::open) would open it, were it free.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.damage.is_none()
    }
}

/// Inspects the journal in `dir`.
///
/// # Errors
/// [`OpenError`] when there is no journal to read, or its header is not whole.
pub fn check(dir: &Path) -> Result<Report, OpenError> {
    let path = dir.join(STATE_FILE);
    match fs::metadata(dir) {
        Ok(metadata) if !metadata.is_dir() => return Err(OpenError::NotADirectory { dir: dir.to_owned() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(OpenError::NoDirectory { dir: dir.to_owned() });
        }
        _ => {}
    }
    let file = fs::File::open(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => OpenError::Missing { path: path.clone() },
        _ => OpenError::Io { doing: "opening TPM state", path: path.clone(), source },
    })?;
    let bytes = read_all(&file, &path)?;
    let scan = scan(&bytes).map_err(|error| header_error(error, &path))?;
    let holder = locked_by(dir);
    let tail = (scan.tail > 0).then_some(DroppedTail { offset: scan.end as u64, bytes: scan.tail as u64 });
    Ok(Report {
        path,
        file_bytes: bytes.len() as u64,
        in_use: holder.is_some(),
        pid: holder.flatten(),
        marks: scan.marks.map(|mark| mark.map(|mark| Mark { records: mark.count, end: mark.end })),
        records: scan
            .records
            .iter()
            .map(|range| RecordReport { offset: range.start as u64, bytes: range.len() as u64 })
            .collect(),
        tail,
        state: scan.header.state,
        label: scan.header.label,
        protector_bytes: scan.header.protector.len(),
        damage: scan.damage,
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: TPM state {} ({:?})", self.path.display(), self.state, self.label)?;
        let bytes: u64 = self.records.iter().map(|record| record.bytes).sum();
        let (n, file, protector) = (self.records.len(), self.file_bytes, self.protector_bytes);
        writeln!(
            f,
            "  {n} whole records of {bytes} bytes, key protector of {protector} bytes, file of {file} bytes"
        )?;
        if self.in_use {
            let pid = self.pid.map_or_else(String::new, |pid| format!(" (process {pid})"));
            writeln!(f, "  in use{pid}: the report may be of a moment between two writes")?;
        }
        for (slot, mark) in self.marks.iter().enumerate() {
            match mark {
                Some(mark) => writeln!(f, "  mark {slot}: {} records, to byte {}", mark.records, mark.end)?,
                None => writeln!(f, "  mark {slot}: not whole")?,
            }
        }
        if let Some(tail) = self.tail {
            let (bytes, offset) = (tail.bytes, tail.offset);
            writeln!(f, "  after the records, from byte {offset}: {bytes} bytes of no whole record")?;
        }
        match &self.damage {
            None => writeln!(f, "  whole: it opens"),
            Some(damage) => {
                writeln!(f, "  DAMAGED, it does not open: {damage}; restore this file from a backup")
            }
        }
    }
}
