//! A local guardian's key on disk: its owner's alone, whole or not there, never replaced.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::{KeyFileError, LocalGuardian};

/// A guardian's key file. It need not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// The key file at `path`.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> KeyFile {
        KeyFile { path: path.into() }
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the key.
    ///
    /// # Errors
    /// Those of [`KeyFile::open`], [`KeyFileError::Missing`] and [`KeyFileError::Content`].
    pub fn load(&self) -> Result<LocalGuardian, KeyFileError> {
        let file = self.open()?.ok_or_else(|| KeyFileError::Missing { path: self.path.clone() })?;
        self.read(&file)
    }

    /// Reads the key, or makes one where there is none.
    ///
    /// # Errors
    /// Those of [`KeyFile::load`] and [`KeyFile::create_with`].
    pub fn load_or_create(&self, entropy: &mut dyn FnMut(&mut [u8])) -> Result<LocalGuardian, KeyFileError> {
        if self.open()?.is_none() {
            let new = LocalGuardian::create(entropy);
            self.create_with(|mut file| {
                file.write_all(&new.to_bytes()).map_err(|e| self.failed("writing", e))
            })?;
        }
        // Somebody else may have been faster: what is in the file counts.
        self.load()
    }

    /// Opens the file for reading, to read it elsewhere (through an inherited descriptor); nothing, when
    /// there is none.
    ///
    /// # Errors
    /// [`KeyFileError::Mode`], [`KeyFileError::Owner`], [`KeyFileError::NotAFile`] and [`KeyFileError::Io`].
    pub fn open(&self) -> Result<Option<File>, KeyFileError> {
        let path = || self.path.clone();
        // Not a link to somewhere that others may change; and a FIFO must not stall us.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let file =
            match OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(&self.path) {
                Ok(file) => file,
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(e) if e.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
                    return Err(KeyFileError::NotAFile { path: path() });
                }
                Err(e) => return Err(self.failed("opening", e)),
            };
        let meta = file.metadata().map_err(|e| self.failed("looking at", e))?;
        if !meta.is_file() {
            return Err(KeyFileError::NotAFile { path: path() });
        }
        self.is_its_owners_alone(meta.uid(), meta.mode(), rustix::process::geteuid().as_raw())?;
        Ok(Some(file))
    }

    /// Makes the key file and, where it is missing, its directory (0700). `write` fills the file (0600),
    /// which has another name until it is durable: a key file is whole, or not there. Where there is one
    /// already, it stays.
    ///
    /// # Errors
    /// Those of `write`, and [`KeyFileError::Io`].
    pub fn create_with<E: From<KeyFileError>>(
        &self,
        write: impl FnOnce(&File) -> Result<(), E>,
    ) -> Result<(), E> {
        let directory = self.path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(directory).map_err(|e| self.failed("making the directory of", e))?;
        let (temporary, file) = self.temporary(directory).map_err(|e| self.failed("creating", e))?;
        let made = write(&file).and_then(|()| {
            file.sync_all().map_err(|e| self.failed("making durable", e))?;
            match std::fs::hard_link(&temporary, &self.path) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                linked => linked.map_err(|e| self.failed("creating", e).into()),
            }
        });
        let removed = std::fs::remove_file(&temporary);
        made?;
        removed.map_err(|e| self.failed("removing the temporary name of", e))?;
        let synced = File::open(directory).and_then(|d| d.sync_all());
        synced.map_err(|e| self.failed("making the name durable of", e))?;
        Ok(())
    }

    fn is_its_owners_alone(&self, owner: u32, mode: u32, user: u32) -> Result<(), KeyFileError> {
        if owner != user && owner != 0 {
            return Err(KeyFileError::Owner { path: self.path.clone(), owner, user });
        }
        // An access control list shows here too, as the group's bits.
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Mode { path: self.path.clone(), mode: mode & 0o7777 });
        }
        Ok(())
    }

    /// A new file beside the key, its owner's alone. What a killed process left has another number.
    fn temporary(&self, directory: &Path) -> io::Result<(PathBuf, File)> {
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for number in 0..1000 {
            let path = directory.join(format!(".guardian-{}-{number}.new", std::process::id()));
            match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => return Ok((path, file)),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => last = e,
                Err(e) => return Err(e),
            }
        }
        Err(last)
    }

    fn read(&self, mut file: &File) -> Result<LocalGuardian, KeyFileError> {
        // One buffer of a fixed size: one that grows leaves copies behind.
        let mut buffer = Zeroizing::new([0; LocalGuardian::LARGEST_FILE + 1]);
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read(rest) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.failed("reading", e)),
            }
        }
        let bytes = buffer.get(..filled).unwrap_or_default();
        LocalGuardian::parse(bytes)
            .map_err(|source| KeyFileError::Content { path: self.path.clone(), source })
    }

    fn failed(&self, doing: &'static str, source: io::Error) -> KeyFileError {
        KeyFileError::Io { doing, path: self.path.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_roots_or_this_users_and_nobody_elses() {
        let key = KeyFile::at("/k");
        for (owner, user) in [(0, 0), (0, 1000), (1000, 1000)] {
            assert!(key.is_its_owners_alone(owner, 0o100_600, user).is_ok());
            assert!(key.is_its_owners_alone(owner, 0o100_400, user).is_ok());
            for bit in 0..6 {
                let error = key.is_its_owners_alone(owner, 0o100_600 | 1 << bit, user).unwrap_err();
                assert!(error.to_string().ends_with("run `chmod 600 /k`"), "{error}");
            }
        }
        for (owner, user) in [(1000, 0), (1000, 1001)] {
            let error = key.is_its_owners_alone(owner, 0o100_600, user).unwrap_err();
            assert!(error.to_string().ends_with(&format!("run `chown {user} /k`")), "{error}");
        }
    }
}
