//! Where a TPM's state lives: a directory with its journal, or memory that is gone with the keeper.

mod directory;

use std::io;
use std::path::{Path, PathBuf};

use guardian::KeyFile;
use vtpm_store::journal::{self, DroppedTail};

use crate::guard::GuardianError;
use directory::Directory;

pub use directory::{STATE_FILE, VOLATILE_FILE};

/// Why the home of a state could not be used. What is in it has not changed.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// There is no such directory.
    #[error("the TPM state directory {} is not there: make it (mkdir -m 700), or name another", .0.display())]
    Missing(PathBuf),
    /// It is something else.
    #[error("the TPM state directory {} is no directory", .0.display())]
    NotADirectory(PathBuf),
    /// The journal: in use, damaged, or not to be read.
    #[error(transparent)]
    Open(#[from] journal::OpenError),
    /// The journal: a record was not made durable.
    #[error(transparent)]
    Append(#[from] journal::AppendError),
    /// The volatile state beside it.
    #[error("{doing} {}: {source}", path.display())]
    File {
        /// "reading", ...
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// A request before the state was opened.
    #[error("the TPM state is not open")]
    NotOpen,
}

/// A state as stored.
pub(crate) struct Stored {
    pub(crate) state: [u8; 16],
    pub(crate) protector: Vec<u8>,
    /// One snapshot and the deltas after it, in order.
    pub(crate) records: Vec<Vec<u8>>,
    /// Remains of a write that was cut off before it was answered.
    pub(crate) dropped: Option<DroppedTail>,
}

/// The home of one state.
pub struct Home(Place);

enum Place {
    Memory(Memory),
    Directory(Box<Directory>),
}

/// Bytes of deltas after which a journal in memory is compacted.
const MEMORY_LIMIT: usize = 256 * 1024;

#[derive(Default)]
struct Memory {
    state: Option<[u8; 16]>,
    /// Of the records since the last snapshot. They are not kept: nobody could open them.
    delta_bytes: usize,
    volatile: Option<Vec<u8>>,
}

impl Home {
    /// In memory.
    #[must_use]
    pub fn memory() -> Home {
        Home(Place::Memory(Memory::default()))
    }

    /// In an existing directory. `mode`: of the files made in it. `guardian`: who keeps its key.
    ///
    /// # Errors
    /// [`HomeError::Missing`] and [`HomeError::NotADirectory`].
    pub fn directory(path: &Path, mode: u32, guardian: KeyFile) -> Result<Home, HomeError> {
        Ok(Home(Place::Directory(Box::new(Directory::new(path, mode, guardian)?))))
    }

    /// Where it is, for people.
    pub(crate) fn place(&self) -> String {
        match &self.0 {
            Place::Memory(_) => "memory".into(),
            Place::Directory(directory) => directory.path().display().to_string(),
        }
    }

    pub(crate) fn is_memory(&self) -> bool {
        matches!(self.0, Place::Memory(_))
    }

    /// Who keeps the key of this state.
    pub(crate) fn guardian(&self) -> Result<KeyFile, GuardianError> {
        match &self.0 {
            Place::Memory(_) => Err(GuardianError::NoPlace),
            Place::Directory(directory) => Ok(directory.guardian().clone()),
        }
    }

    /// Locks and reads the state; nothing, where there is none yet.
    pub(crate) fn load(&mut self) -> Result<Option<Stored>, HomeError> {
        match &mut self.0 {
            Place::Memory(_) => Ok(None),
            Place::Directory(directory) => directory.load(),
        }
    }

    /// Locks the home without reading what is in it.
    pub(crate) fn prepare(&mut self) -> Result<(), HomeError> {
        self.lock(0)
    }

    /// Locks the home, trying again `retries` times, 10 ms apart.
    pub(crate) fn lock(&mut self, retries: u32) -> Result<(), HomeError> {
        match &mut self.0 {
            Place::Memory(_) => Ok(()),
            Place::Directory(directory) => directory.lock(retries),
        }
    }

    /// A new state and its first record, where there was none.
    pub(crate) fn create(
        &mut self,
        state: [u8; 16],
        protector: &[u8],
        record: &[u8],
    ) -> Result<(), HomeError> {
        match &mut self.0 {
            Place::Memory(memory) => {
                *memory = Memory { state: Some(state), ..Memory::default() };
                Ok(())
            }
            Place::Directory(directory) => directory.create(state, protector, record),
        }
    }

    /// Another state in the place of the one that may be there, at once or not at all.
    pub(crate) fn overwrite(
        &mut self,
        state: [u8; 16],
        protector: &[u8],
        record: &[u8],
    ) -> Result<(), HomeError> {
        match &mut self.0 {
            Place::Memory(_) => self.create(state, protector, record),
            Place::Directory(directory) => directory.overwrite(state, protector, record),
        }
    }

    /// One record more, durable on return.
    pub(crate) fn append(&mut self, record: &[u8]) -> Result<(), HomeError> {
        match &mut self.0 {
            Place::Memory(memory) => {
                memory.delta_bytes += record.len();
                Ok(())
            }
            Place::Directory(directory) => directory.append(record),
        }
    }

    /// One snapshot in the place of all records, at once and durable on return.
    pub(crate) fn replace(&mut self, snapshot: &[u8]) -> Result<(), HomeError> {
        match &mut self.0 {
            Place::Memory(memory) => {
                memory.delta_bytes = 0;
                Ok(())
            }
            Place::Directory(directory) => directory.replace(snapshot),
        }
    }

    /// Whether a snapshot is due.
    pub(crate) fn wants_compaction(&self) -> bool {
        match &self.0 {
            Place::Memory(memory) => memory.delta_bytes > MEMORY_LIMIT,
            Place::Directory(directory) => directory.wants_compaction(),
        }
    }

    /// The open state's id.
    pub(crate) fn state(&self) -> Option<[u8; 16]> {
        match &self.0 {
            Place::Memory(memory) => memory.state,
            Place::Directory(directory) => directory.state(),
        }
    }

    /// The open state's key protector; empty in memory.
    pub(crate) fn protector(&self) -> &[u8] {
        match &self.0 {
            Place::Memory(_) => &[],
            Place::Directory(directory) => directory.protector(),
        }
    }

    /// Closes and unlocks; the state may be loaded again. In memory it is gone.
    pub(crate) fn close(&mut self) {
        match &mut self.0 {
            Place::Memory(memory) => *memory = Memory::default(),
            Place::Directory(directory) => directory.close(),
        }
    }

    /// Volatile state kept for the next power-on.
    pub(crate) fn stored_volatile(&self) -> Result<Option<Vec<u8>>, HomeError> {
        match &self.0 {
            Place::Memory(memory) => Ok(memory.volatile.clone()),
            Place::Directory(directory) => directory.stored_volatile(),
        }
    }

    /// Keeps volatile state for the next power-on.
    pub(crate) fn store_volatile(&mut self, blob: &[u8]) -> Result<(), HomeError> {
        match &mut self.0 {
            Place::Memory(memory) => {
                memory.volatile = Some(blob.to_vec());
                Ok(())
            }
            Place::Directory(directory) => directory.store_volatile(blob),
        }
    }

    /// Keeps it no longer.
    pub(crate) fn delete_volatile(&mut self) -> Result<(), HomeError> {
        match &mut self.0 {
            Place::Memory(memory) => {
                memory.volatile = None;
                Ok(())
            }
            Place::Directory(directory) => directory.delete_volatile(),
        }
    }

    /// What there is, by swtpm's names, with sizes in bytes.
    pub(crate) fn sizes(&self) -> Result<Vec<(&'static str, u64)>, HomeError> {
        match &self.0 {
            Place::Memory(_) => Ok(Vec::new()),
            Place::Directory(directory) => directory.sizes(),
        }
    }
}
