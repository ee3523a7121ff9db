//! Makes opaque records durable, one file per TPM: append, compact, and open after any crash.
//!
//! Runs in the keeper and knows no key. What [`Journal::append`] answered with `Ok` is there at the next
//! [`Journal::open`], or opening fails with an error that names the place: never silently fewer records.

mod check;
mod disk;
mod error;
mod format;
mod scan;

use std::io;
use std::path::{Path, PathBuf};

pub use check::{Mark as ReportedMark, RecordReport, Report, check};
pub use disk::{Directory, Disk, File};
pub use error::{AppendError, Damage, OpenError};
pub use format::{Header, MAX_LABEL, MAX_PROTECTOR, MAX_RECORD};

use format::{FRAME, HeaderError, MARKS, Mark, PAGE, VERSION, frame};
use scan::scan;

/// The journal's name in its directory.
pub const STATE_FILE: &str = "tpm2.donjon";
/// A journal being written, before it takes the journal's place.
const NEW_FILE: &str = "tpm2.donjon.new";
/// Locked by the process that has the journal open.
const LOCK_FILE: &str = "tpm2.donjon.lock";

/// The file grows by zeros in multiples of this many bytes, so that most appends change no metadata.
const CHUNK: u64 = 128 * 1024;
/// Bytes of records after the first at which a compaction is due, at least.
const COMPACT_AT: u64 = 256 * 1024;
/// The longest file that is read. Far beyond what compaction lets a journal grow to.
const MAX_FILE: u64 = 1 << 30;

/// An open journal. Its lock is held for as long as this value (and any clone of its [`Directory`]) lives.
pub struct Journal {
    disk: Box<dyn Disk>,
    file: Box<dyn File>,
    header: Header,
    marks_at: u64,
    /// The slot that the next mark goes to: not that of the newest one.
    slot: u64,
    /// Number of records.
    count: u64,
    /// Where the next frame goes.
    end: u64,
    /// Where the first record's frame ends.
    first_end: u64,
    /// Length of the file; zeros from `end` on.
    len: u64,
    chunk: u64,
    poisoned: bool,
}

/// What an opened journal holds.
#[derive(Debug)]
pub struct Opened {
    /// What the journal says about itself.
    pub header: Header,
    /// All records, in order.
    pub records: Vec<Vec<u8>>,
    /// A write that was cut off before it was answered, and is gone.
    pub dropped_tail: Option<DroppedTail>,
}

/// The remains of a record that was never answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct DroppedTail {
    /// Where they began in the file.
    pub offset: u64,
    /// Bytes to the last one that was not zero.
    pub bytes: u64,
}

impl Journal {
    /// A journal without records in `dir`, which is made if it is not there. Prefer [`Journal::create_in`],
    /// which stores the first record with it at once.
    ///
    /// # Errors
    /// [`OpenError::Exists`] and others.
    pub fn create(dir: &Path, header: &Header) -> Result<Self, OpenError> {
        Self::create_in(Directory::make(dir)?, header, None)
    }

    /// A journal with its first record: both or neither are there after a crash.
    ///
    /// # Errors
    /// [`OpenError::Exists`] and others.
    pub fn create_in(
        disk: impl Disk + 'static,
        header: &Header,
        first: Option<&[u8]>,
    ) -> Result<Self, OpenError> {
        match disk.open(STATE_FILE) {
            Ok(_) => return Err(OpenError::Exists { path: disk.path(STATE_FILE) }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => {
                return Err(OpenError::Io {
                    doing: "creating TPM state",
                    path: disk.path(STATE_FILE),
                    source,
                });
            }
        }
        Self::replace_in(disk, header, first)
    }

    /// As [`Journal::create_in`], in the place of the journal that may be there: after a crash it is the one
    /// or the other. Does not look at the old one, which may be damaged.
    ///
    /// # Errors
    /// [`OpenError::HeaderTooLarge`], [`OpenError::RecordTooLarge`], [`OpenError::Io`].
    pub fn replace_in(
        disk: impl Disk + 'static,
        header: &Header,
        first: Option<&[u8]>,
    ) -> Result<Self, OpenError> {
        Self::replace_chunked(Box::new(disk), header, first, CHUNK)
    }

    pub(crate) fn replace_chunked(
        disk: Box<dyn Disk>,
        header: &Header,
        first: Option<&[u8]>,
        chunk: u64,
    ) -> Result<Self, OpenError> {
        let path = disk.path(STATE_FILE);
        if let Some(len) = first.map(<[u8]>::len).filter(|&len| len > MAX_RECORD) {
            return Err(OpenError::RecordTooLarge { path, len, max: MAX_RECORD });
        }
        let records: Vec<&[u8]> = first.into_iter().collect();
        let image = Image::new(header, &records, chunk).ok_or_else(|| too_large(&path, header))?;
        let file = image.write(&*disk).and_then(|file| {
            disk.rename(NEW_FILE, STATE_FILE)?;
            disk.sync_directory()?;
            Ok(file)
        });
        let file = file.map_err(|source| OpenError::Io { doing: "creating TPM state", path, source })?;
        Ok(image.into_journal(disk, file, header.clone(), chunk))
    }

    /// Opens the journal in `dir`.
    ///
    /// # Errors
    /// [`OpenError`]; what is on disk has not changed then.
    pub fn open(dir: &Path) -> Result<(Self, Opened), OpenError> {
        Self::open_in(Directory::lock(dir)?)
    }

    /// As [`Journal::open`], in a directory that is locked already.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn open_in(disk: impl Disk + 'static) -> Result<(Self, Opened), OpenError> {
        Self::open_chunked(Box::new(disk), CHUNK)
    }

    pub(crate) fn open_chunked(disk: Box<dyn Disk>, chunk: u64) -> Result<(Self, Opened), OpenError> {
        let path = disk.path(STATE_FILE);
        let io = |doing| {
            let path = path.clone();
            move |source| OpenError::Io { doing, path, source }
        };
        let file = disk.open(STATE_FILE).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => OpenError::Missing { path: path.clone() },
            _ => OpenError::Io { doing: "opening TPM state", path: path.clone(), source },
        })?;
        let bytes = read_all(&*file, &path)?;
        let scan = scan(&bytes).map_err(|error| header_error(error, &path))?;
        if let Some(damage) = scan.damage {
            return Err(OpenError::Damaged { path, damage });
        }
        let mark = scan.mark().unwrap_or(Mark { count: 0, end: scan.data() as u64 });
        let newest = scan.marks.iter().position(|slot| *slot == Some(mark)).unwrap_or(0);
        let mut journal = Self {
            file,
            marks_at: scan.marks_at as u64,
            slot: 1 - newest as u64,
            count: scan.records.len() as u64,
            end: scan.end as u64,
            first_end: scan.records.first().map_or(scan.data(), |record| record.end) as u64,
            len: bytes.len() as u64,
            chunk,
            poisoned: false,
            header: scan.header.clone(),
            disk,
        };
        journal.repair(&bytes, mark, scan.tail).map_err(io("repairing TPM state"))?;
        // What a crash left of a compaction. It holds nothing that the journal does not.
        match journal.disk.remove(NEW_FILE) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(OpenError::Io {
                    doing: "removing",
                    path: journal.disk.path(NEW_FILE),
                    source: error,
                });
            }
            _ => {}
        }
        let records =
            scan.records.iter().map(|range| bytes.get(range.clone()).unwrap_or_default().to_vec()).collect();
        let dropped_tail =
            (scan.tail > 0).then_some(DroppedTail { offset: scan.end as u64, bytes: scan.tail as u64 });
        Ok((journal, Opened { header: scan.header, records, dropped_tail }))
    }

    /// Makes what was found the truth on the disk too.
    ///
    /// What was read may be in the page cache only: written by a process that was killed before it synced, or
    /// whose sync failed, after which the kernel takes the pages for clean. Only writing it again helps. That
    /// goes for the records beyond the mark, for the zeros after them, and for the mark itself: the next mark
    /// goes over the other slot, which may be the only whole one on the disk. And the name may still be
    /// another file's on the disk, if the process ended within a compaction.
    fn repair(&mut self, bytes: &[u8], mark: Mark, tail: usize) -> io::Result<()> {
        let beyond = usize::try_from(mark.end).ok().zip(usize::try_from(self.end).ok());
        if let Some(beyond) = beyond.and_then(|(from, to)| bytes.get(from..to)) {
            self.file.write_at(mark.end, beyond)?;
        }
        self.file.write_at(self.end, &vec![0; tail])?;
        self.file.write_at(self.marks_at + (1 - self.slot) * PAGE as u64, &mark.encode())?;
        self.file.sync()?;
        self.disk.sync_directory()?;
        if self.count == mark.count {
            return Ok(());
        }
        self.write_mark()?;
        self.file.sync()
    }

    /// What the journal says about itself.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Number of records.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Where the journal is.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.disk.path(STATE_FILE)
    }

    /// Adds a record. It is durable on return.
    ///
    /// # Errors
    /// [`AppendError`] says whether the journal goes on.
    pub fn append(&mut self, record: &[u8]) -> Result<(), AppendError> {
        self.usable(record)?;
        let mut bytes = Vec::with_capacity(FRAME + record.len());
        frame(self.count, record, &mut bytes);
        let end = self.end + bytes.len() as u64;
        self.reserve(end).map_err(|source| self.refused("making room in TPM state", source))?;

        if let Err(source) = self.file.write_at(self.end, &bytes) {
            // Part of it may be there, and be the whole where the rest is zeros. Only once zeros are durable
            // in its place is it certain that it never comes back.
            let erased = self.file.write_at(self.end, &vec![0; bytes.len()]).and_then(|()| self.file.sync());
            return match erased {
                Ok(()) => Err(self.refused("appending to TPM state", source)),
                Err(_) => Err(self.poison("appending to TPM state", source)),
            };
        }
        self.file.sync().map_err(|source| self.poison("syncing TPM state", source))?;
        if self.count == 0 {
            self.first_end = end;
        }
        self.count += 1;
        self.end = end;
        // The record is durable already. Without its mark, it is one that is found beyond the mark.
        let _ = self.write_mark();
        Ok(())
    }

    /// Whether the records after the first have grown enough to be replaced by a snapshot.
    #[must_use]
    pub fn needs_compaction(&self) -> bool {
        let first = self.first_end - (self.marks_at + MARKS as u64);
        self.end - self.first_end > COMPACT_AT.max(2 * first)
    }

    /// Puts one record in the place of all: after a crash it is the one or the others. Durable on return.
    ///
    /// # Errors
    /// [`AppendError`] says whether the journal goes on (with the records it had).
    pub fn compact(&mut self, snapshot: &[u8]) -> Result<(), AppendError> {
        self.rewrite(self.header.clone(), &[snapshot])
    }

    /// Replaces the key protector, at once or not at all; the records stay. Durable on return.
    ///
    /// # Errors
    /// As [`Journal::compact`].
    pub fn set_protector(&mut self, protector: Vec<u8>) -> Result<(), AppendError> {
        self.usable(&[])?;
        let refused = |source| self.refused("reading TPM state", source);
        let mut bytes = vec![0; usize::try_from(self.len).unwrap_or(0)];
        self.file.read_at(0, &mut bytes).map_err(refused)?;
        let damaged = || refused(io::Error::other("it does not hold the records that were written"));
        let scan = scan(&bytes).map_err(|_| damaged())?;
        let records: Option<Vec<&[u8]>> = scan.records.iter().map(|range| bytes.get(range.clone())).collect();
        let records = records.filter(|records| records.len() as u64 == self.count).ok_or_else(damaged)?;
        self.rewrite(Header { protector, ..self.header.clone() }, &records)
    }

    fn rewrite(&mut self, header: Header, records: &[&[u8]]) -> Result<(), AppendError> {
        records.iter().try_for_each(|record| self.usable(record))?;
        let Some(image) = Image::new(&header, records, self.chunk) else {
            let len = header.protector.len();
            return Err(AppendError::TooLarge { path: self.path(), len, max: MAX_PROTECTOR });
        };
        let file = image.write(&*self.disk).map_err(|source| {
            let _ = self.disk.remove(NEW_FILE);
            self.refused("compacting TPM state", source)
        })?;
        // Until the directory is synced, a crash may leave either file: nothing may be appended to one of them.
        let renamed = self.disk.rename(NEW_FILE, STATE_FILE).and_then(|()| self.disk.sync_directory());
        renamed.map_err(|source| self.poison("compacting TPM state", source))?;
        let Image { marks_at, count, end, first_end, bytes } = image;
        (self.file, self.header, self.marks_at, self.slot) = (file, header, marks_at, 0);
        (self.count, self.end, self.first_end, self.len) = (count, end, first_end, bytes.len() as u64);
        Ok(())
    }

    fn usable(&self, record: &[u8]) -> Result<(), AppendError> {
        if self.poisoned {
            return Err(AppendError::Poisoned { path: self.path() });
        }
        match record.len() {
            len if len > MAX_RECORD => Err(AppendError::TooLarge { path: self.path(), len, max: MAX_RECORD }),
            _ => Ok(()),
        }
    }

    /// Extends the file with zeros, so that it reaches to `end`. Real zeros, not a hole: the space is taken
    /// now, and later writes into it change no metadata.
    fn reserve(&mut self, end: u64) -> io::Result<()> {
        if end <= self.len {
            return Ok(());
        }
        let len = end.next_multiple_of(self.chunk);
        let zeros = vec![0; usize::try_from(len - self.len).unwrap_or(0)];
        if let Err(error) = self.file.write_at(self.len, &zeros) {
            let _ = self.file.set_len(self.len);
            return Err(error);
        }
        self.len = len;
        Ok(())
    }

    fn write_mark(&mut self) -> io::Result<()> {
        let mark = Mark { count: self.count, end: self.end };
        self.file.write_at(self.marks_at + self.slot * PAGE as u64, &mark.encode())?;
        self.slot = 1 - self.slot;
        Ok(())
    }

    fn refused(&self, doing: &'static str, source: io::Error) -> AppendError {
        AppendError::Refused { doing, path: self.path(), source }
    }

    fn poison(&mut self, doing: &'static str, source: io::Error) -> AppendError {
        self.poisoned = true;
        AppendError::Unknown { doing, path: self.path(), source }
    }
}

/// A whole journal file in memory, before it is written.
struct Image {
    bytes: Vec<u8>,
    marks_at: u64,
    count: u64,
    end: u64,
    first_end: u64,
}

impl Image {
    /// `None` when a part of the header is over its limit.
    fn new(header: &Header, records: &[&[u8]], chunk: u64) -> Option<Self> {
        let mut bytes = header.encode()?;
        let marks_at = bytes.len();
        bytes.resize(marks_at + MARKS, 0);
        let mut first_end = bytes.len() as u64;
        for (number, record) in records.iter().enumerate() {
            frame(number as u64, record, &mut bytes);
            if number == 0 {
                first_end = bytes.len() as u64;
            }
        }
        let (count, end) = (records.len() as u64, bytes.len() as u64);
        let mark = Mark { count, end }.encode();
        for slot in [marks_at, marks_at + PAGE] {
            if let Some(slot) = bytes.get_mut(slot..slot + mark.len()) {
                slot.copy_from_slice(&mark);
            }
        }
        bytes.resize(usize::try_from(end.next_multiple_of(chunk)).ok()?, 0);
        Some(Self { bytes, marks_at: marks_at as u64, count, end, first_end })
    }

    /// Writes and syncs [`NEW_FILE`].
    fn write(&self, disk: &dyn Disk) -> io::Result<Box<dyn File>> {
        let file = disk.create(NEW_FILE)?;
        file.write_at(0, &self.bytes)?;
        file.sync()?;
        Ok(file)
    }

    fn into_journal(self, disk: Box<dyn Disk>, file: Box<dyn File>, header: Header, chunk: u64) -> Journal {
        let Self { bytes, marks_at, count, end, first_end } = self;
        let len = bytes.len() as u64;
        Journal { disk, file, header, marks_at, slot: 0, count, end, first_end, len, chunk, poisoned: false }
    }
}

fn read_all(file: &dyn File, path: &Path) -> Result<Vec<u8>, OpenError> {
    let io = |source| OpenError::Io { doing: "reading TPM state", path: path.to_owned(), source };
    let len = file.length().map_err(io)?;
    if len > MAX_FILE {
        let expectation = format!("expected a file of at most {MAX_FILE} bytes, found {len}");
        let damage = Damage { offset: MAX_FILE, record: None, expectation };
        return Err(OpenError::Damaged { path: path.to_owned(), damage });
    }
    let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
    file.read_at(0, &mut bytes).map_err(io)?;
    Ok(bytes)
}

fn header_error(error: HeaderError, path: &Path) -> OpenError {
    let path = path.to_owned();
    match error {
        HeaderError::NotAJournal => OpenError::NotAJournal { path },
        HeaderError::Version(found) => OpenError::UnsupportedVersion { path, found, supported: VERSION },
        HeaderError::Damaged(why) => OpenError::Damaged {
            path,
            damage: Damage { offset: 0, record: None, expectation: why.to_owned() },
        },
    }
}

fn too_large(path: &Path, header: &Header) -> OpenError {
    let path = path.to_owned();
    if header.label.len() > MAX_LABEL {
        return OpenError::HeaderTooLarge { path, what: "label", len: header.label.len(), max: MAX_LABEL };
    }
    OpenError::HeaderTooLarge { path, what: "key protector", len: header.protector.len(), max: MAX_PROTECTOR }
}
