//! What a journal needs of a disk, and the directory that gives it.
//!
//! The trait is small so that the simulated disk of `faults` can be exact about what survives what.

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::error::OpenError;
use super::{LOCK_FILE, STATE_FILE};

/// A directory of files. Names are file names, without a path.
pub trait Disk: Send {
    /// For messages: where a file is.
    fn path(&self, name: &str) -> PathBuf;
    /// Opens an existing file for reading and writing.
    fn open(&self, name: &str) -> io::Result<Box<dyn File>>;
    /// Makes an empty file in the place of any of that name.
    fn create(&self, name: &str) -> io::Result<Box<dyn File>>;
    /// Gives a file another name, in the place of any file that has it: at once or not at all.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes creations, renames and removals durable.
    fn sync_directory(&self) -> io::Result<()>;
}

/// A file of a [`Disk`].
pub trait File: Send {
    /// Its length in bytes.
    fn length(&self) -> io::Result<u64>;
    /// Fills `out` from `offset` on; fails where the file ends before.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;
    /// Writes all of `bytes` at `offset`. After a failure some of them may have been written.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Cuts the file, or extends it with zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Makes content and length durable.
    fn sync(&self) -> io::Result<()>;
}

/// A directory of the file system, locked for this process for as long as a clone of this value lives.
#[derive(Debug, Clone)]
pub struct Directory(Arc<Locked>);

#[derive(Debug)]
struct Locked {
    path: PathBuf,
    fd: OwnedFd,
    mode: Mode,
    _lock: fs::File,
}

impl Directory {
    /// Locks an existing directory; files made in it get mode 0600.
    ///
    /// # Errors
    /// [`OpenError::NoDirectory`], [`OpenError::NotADirectory`], [`OpenError::InUse`], [`OpenError::Io`].
    pub fn lock(path: &Path) -> Result<Self, OpenError> {
        Self::lock_with_mode(path, 0o600)
    }

    /// As [`Directory::lock`], with the mode of the files made in it.
    ///
    /// # Errors
    /// As [`Directory::lock`].
    pub fn lock_with_mode(path: &Path, mode: u32) -> Result<Self, OpenError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(|errno| match errno {
            Errno::NOENT => OpenError::NoDirectory { dir: path.to_owned() },
            Errno::NOTDIR => OpenError::NotADirectory { dir: path.to_owned() },
            errno => {
                OpenError::Io { doing: "opening directory", path: path.to_owned(), source: errno.into() }
            }
        })?;
        let mode = Mode::from_raw_mode(mode);
        let lock = take_lock(&fd, path, mode)?;
        Ok(Self(Arc::new(Locked { path: path.to_owned(), fd, mode, _lock: lock })))
    }

    /// Makes the directory (mode 0700) if it is not there, and locks it.
    ///
    /// # Errors
    /// As [`Directory::lock`].
    pub fn make(path: &Path) -> Result<Self, OpenError> {
        let io = |source: Errno| OpenError::Io {
            doing: "making directory",
            path: path.to_owned(),
            source: source.into(),
        };
        match rustix::fs::mkdir(path, Mode::RWXU) {
            Ok(()) => {
                let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let parent = rustix::fs::open(parent, flags, Mode::empty()).map_err(io)?;
                rustix::fs::fsync(parent).map_err(io)?;
            }
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(io(errno)),
        }
        Self::lock(path)
    }

    fn open_file(&self, name: &str, flags: OFlags) -> io::Result<Box<dyn File>> {
        let flags = flags | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.0.fd, name, flags, self.0.mode)?;
        if flags.contains(OFlags::CREATE) {
            // The umask is not to decide who can read a TPM's state.
            rustix::fs::fchmod(&fd, self.0.mode)?;
        }
        Ok(Box::new(fs::File::from(fd)))
    }
}

/// The lock file is never removed: a removed file can be locked by one process and made anew by another.
fn take_lock(dir: &OwnedFd, path: &Path, mode: Mode) -> Result<fs::File, OpenError> {
    let io = |source: io::Error| OpenError::Io { doing: "locking", path: path.join(LOCK_FILE), source };
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(dir, LOCK_FILE, flags, mode).map_err(|e| io(e.into()))?;
    match rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => {
            let pid = lock_holder(fs::File::from(fd));
            return Err(OpenError::InUse { path: path.join(STATE_FILE), pid });
        }
        Err(errno) => return Err(io(errno.into())),
    }
    let mut lock = fs::File::from(fd);
    // For people only: what counts is the lock.
    let note = lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id()));
    note.map_err(io)?;
    Ok(lock)
}

/// The process that the lock file names.
fn lock_holder(lock: fs::File) -> Option<u32> {
    let mut text = String::new();
    lock.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Who has the lock of a directory now, if anybody has: for reports. Changes nothing.
pub(super) fn locked_by(dir: &Path) -> Option<Option<u32>> {
    let lock = fs::File::open(dir.join(LOCK_FILE)).ok()?;
    match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockShared) {
        Err(Errno::WOULDBLOCK) => Some(lock_holder(lock)),
        _ => None,
    }
}

impl Disk for Directory {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path.join(name)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.open_file(name, OFlags::empty())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.open_file(name, OFlags::CREATE | OFlags::TRUNC)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.0.fd, from, &self.0.fd, to)?)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0.fd, name, AtFlags::empty())?)
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.0.fd)?)
    }
}

impl File for fs::File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        FileExt::read_exact_at(self, out, offset)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        FileExt::write_all_at(self, bytes, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        fs::File::set_len(self, len)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}
