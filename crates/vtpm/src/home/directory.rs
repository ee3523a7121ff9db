//! A home on disk: the journal, its lock, and the volatile state beside it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use guardian::KeyFile;
use vtpm_proto::ctrl::MAX_BLOB;
use vtpm_store::StateId;
use vtpm_store::journal::{self, Header, Journal, MAX_LABEL, OpenError};

use super::{HomeError, Stored};

/// The journal's name.
pub const STATE_FILE: &str = journal::STATE_FILE;
/// The name of the volatile state that STORE_VOLATILE keeps.
pub const VOLATILE_FILE: &str = "tpm2.donjon-volatile";
/// The same while it is being written.
const VOLATILE_NEW: &str = "tpm2.donjon-volatile.new";

/// swtpm waits as long between two attempts to take a lock.
const RETRY_AFTER: Duration = Duration::from_millis(10);

/// How often the lock is tried again whose holder has ended.
const GRACE: u32 = 200;

pub(super) struct Directory {
    path: PathBuf,
    mode: u32,
    guardian: KeyFile,
    lock: Option<journal::Directory>,
    journal: Option<Journal>,
}

impl Directory {
    pub(super) fn new(path: &Path, mode: u32, guardian: KeyFile) -> Result<Directory, HomeError> {
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => return Err(HomeError::NotADirectory(path.to_owned())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(HomeError::Missing(path.to_owned()));
            }
            Err(source) => {
                return Err(HomeError::File { doing: "looking at", path: path.to_owned(), source });
            }
        }
        Ok(Directory { path: path.to_owned(), mode, guardian, lock: None, journal: None })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn guardian(&self) -> &KeyFile {
        &self.guardian
    }

    pub(super) fn load(&mut self) -> Result<Option<Stored>, HomeError> {
        self.journal = None;
        let (journal, opened) = match Journal::open_in(self.locked(0)?) {
            Err(OpenError::Missing { .. }) => return Ok(None),
            opened => opened?,
        };
        let journal = self.journal.insert(journal);
        let Header { state, protector, .. } = journal.header();
        let (state, protector) = (state.0, protector.clone());
        Ok(Some(Stored { state, protector, records: opened.records, dropped: opened.dropped_tail }))
    }

    pub(super) fn lock(&mut self, retries: u32) -> Result<(), HomeError> {
        self.locked(retries).map(drop)
    }

    /// The lock, taken if it is not held.
    fn locked(&mut self, retries: u32) -> Result<journal::Directory, HomeError> {
        if let Some(lock) = &self.lock {
            return Ok(lock.clone());
        }
        let mut left = retries;
        let mut grace = GRACE;
        let lock = loop {
            match journal::Directory::lock_with_mode(&self.path, self.mode) {
                Err(OpenError::InUse { .. }) if left > 0 => left -= 1,
                // A keeper that was killed while it started a trustlet leaves a copy of its descriptors, and with
                // them the lock, to a child that is about to end.
                Err(OpenError::InUse { pid: Some(pid), .. }) if grace > 0 && is_over(pid) => grace -= 1,
                locked => break locked?,
            }
            std::thread::sleep(RETRY_AFTER);
        };
        Ok(self.lock.insert(lock).clone())
    }

    pub(super) fn create(
        &mut self,
        state: [u8; 16],
        protector: &[u8],
        record: &[u8],
    ) -> Result<(), HomeError> {
        let header = self.header(state, protector);
        self.journal = Some(Journal::create_in(self.locked(0)?, &header, Some(record))?);
        Ok(())
    }

    pub(super) fn overwrite(
        &mut self,
        state: [u8; 16],
        protector: &[u8],
        record: &[u8],
    ) -> Result<(), HomeError> {
        let header = self.header(state, protector);
        let lock = self.locked(0)?;
        self.journal = None;
        self.journal = Some(Journal::replace_in(lock, &header, Some(record))?);
        Ok(())
    }

    /// The label is for people who find the file somewhere else: where it was made.
    fn header(&self, state: [u8; 16], protector: &[u8]) -> Header {
        let place = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let mut label = place.to_string_lossy().into_owned();
        while label.len() > MAX_LABEL {
            label.pop();
        }
        Header { state: StateId(state), label, protector: protector.to_vec() }
    }

    pub(super) fn append(&mut self, record: &[u8]) -> Result<(), HomeError> {
        Ok(self.journal.as_mut().ok_or(HomeError::NotOpen)?.append(record)?)
    }

    pub(super) fn replace(&mut self, snapshot: &[u8]) -> Result<(), HomeError> {
        Ok(self.journal.as_mut().ok_or(HomeError::NotOpen)?.compact(snapshot)?)
    }

    pub(super) fn wants_compaction(&self) -> bool {
        self.journal.as_ref().is_some_and(Journal::needs_compaction)
    }

    pub(super) fn state(&self) -> Option<[u8; 16]> {
        self.journal.as_ref().map(|journal| journal.header().state.0)
    }

    pub(super) fn protector(&self) -> &[u8] {
        self.journal.as_ref().map_or(&[], |journal| &journal.header().protector)
    }

    pub(super) fn close(&mut self) {
        self.journal = None;
        self.lock = None;
    }

    pub(super) fn stored_volatile(&self) -> Result<Option<Vec<u8>>, HomeError> {
        let path = self.path.join(VOLATILE_FILE);
        let failed = |source| HomeError::File { doing: "reading", path: path.clone(), source };
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        let file = match options.open(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(failed)?,
        };
        let mut bytes = Vec::new();
        // One byte more than a blob can have, so that a longer file is told from a blob.
        file.take(u64::from(MAX_BLOB) + 1).read_to_end(&mut bytes).map_err(failed)?;
        Ok(Some(bytes))
    }

    pub(super) fn store_volatile(&mut self, blob: &[u8]) -> Result<(), HomeError> {
        let (path, new) = (self.path.join(VOLATILE_FILE), self.path.join(VOLATILE_NEW));
        let write = || {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(self.mode);
            options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
            let mut file = options.open(&new)?;
            file.set_permissions(fs::Permissions::from_mode(self.mode))?;
            file.write_all(blob)?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            self.sync()
        };
        write().map_err(|source| HomeError::File { doing: "writing", path: path.clone(), source })
    }

    pub(super) fn delete_volatile(&mut self) -> Result<(), HomeError> {
        let path = self.path.join(VOLATILE_FILE);
        match fs::remove_file(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.and_then(|()| self.sync()).map_err(|source| HomeError::File {
                doing: "removing",
                path,
                source,
            }),
        }
    }

    /// Makes names durable.
    fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    pub(super) fn sizes(&self) -> Result<Vec<(&'static str, u64)>, HomeError> {
        let mut sizes = Vec::new();
        for (name, file) in [("permall", STATE_FILE), ("volatilestate", VOLATILE_FILE)] {
            let path = self.path.join(file);
            match fs::symlink_metadata(&path) {
                Ok(meta) => sizes.push((name, meta.len())),
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(HomeError::File { doing: "looking at", path, source }),
            }
        }
        Ok(sizes)
    }
}

/// Whether a process has ended, even if nobody has waited for it yet.
fn is_over(pid: u32) -> bool {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with(['Z', 'X'])),
        Err(e) => e.kind() == io::ErrorKind::NotFound,
    }
}
