//! The keeper's way to the local guardian: a trustlet of its own that holds the guardian key for as
//! long as one question takes.
//!
//! The key is in a file that only its owner may read. Neither the keeper nor the TPM's trustlet
//! ever has it in memory: the file is opened here, and read (or, the first time, written) by the
//! guardian trustlet through the open descriptor.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use vsm::SpawnOptions;

use crate::guardian_role::{self, CREATE};
use crate::link::LinkError;
use crate::rpc::{FromGuardian, ToGuardian};
use crate::vtpm::Isolation;

/// Overrides where the guardian key is.
pub const KEY_VARIABLE: &str = "DONJON_GUARDIAN_KEY";

/// Why the guardian did not help.
#[derive(Debug, thiserror::Error)]
pub enum GuardianError {
    /// Neither a home directory nor the variable.
    #[error("where the guardian key is cannot be told: set {KEY_VARIABLE} to its path, or HOME")]
    NoPlace,
    /// The file or its directory.
    #[error("{doing} the guardian key {}: {source}; the VM's TPM state can only be opened with it", path.display())]
    File {
        /// "opening", "creating", ...
        doing: &'static str,
        /// The key file.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// Somebody else may read or change the key.
    #[error("the guardian key {} is not its owner's alone ({why}): chown it to the user who runs the TPM, and chmod 600", path.display())]
    Exposed {
        /// The key file.
        path: PathBuf,
        /// Owner, mode, or kind.
        why: String,
    },
    /// The guardian refused.
    #[error("the guardian with key {} does not release the state key: {why}", path.display())]
    Refused {
        /// The key file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The guardian trustlet.
    #[error(transparent)]
    Link(#[from] LinkError),
}

/// Where the guardian key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// A key file at `path`. It need not exist.
    #[must_use]
    pub fn at(path: PathBuf) -> KeyFile {
        KeyFile { path }
    }

    /// The place for this user: what `DONJON_GUARDIAN_KEY` says, or root's
    /// `/var/lib/donjon/guardian/local.key`, or `donjon/guardian.key` under `XDG_DATA_HOME`
    /// (default `~/.local/share`).
    ///
    /// # Errors
    /// [`GuardianError::NoPlace`] when none of these can be told.
    pub fn of_this_user() -> Result<KeyFile, GuardianError> {
        let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        Self::choose(rustix::process::geteuid().is_root(), &variable)
    }

    fn choose(root: bool, variable: &dyn Fn(&str) -> Option<PathBuf>) -> Result<KeyFile, GuardianError> {
        let path = match variable(KEY_VARIABLE) {
            Some(path) => path,
            None if root => PathBuf::from("/var/lib/donjon/guardian/local.key"),
            None => {
                let data = variable("XDG_DATA_HOME").or_else(|| Some(variable("HOME")?.join(".local/share")));
                data.ok_or(GuardianError::NoPlace)?.join("donjon/guardian.key")
            }
        };
        Ok(KeyFile { path })
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the key for reading; nothing, when there is none.
    fn open(&self) -> Result<Option<File>, GuardianError> {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        let file = match options.open(&self.path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(self.failed("opening", e)),
        };
        let meta = file.metadata().map_err(|e| self.failed("looking at", e))?;
        let exposed = |why: String| Err(GuardianError::Exposed { path: self.path.clone(), why });
        if !meta.is_file() {
            return exposed("it is no file".into());
        }
        if meta.mode() & 0o077 != 0 {
            return exposed(format!("its mode is {:o}", meta.mode() & 0o7777));
        }
        let me = rustix::process::geteuid().as_raw();
        if meta.uid() != me && meta.uid() != 0 {
            return exposed(format!("it belongs to user {}, this is user {me}", meta.uid()));
        }
        Ok(Some(file))
    }

    /// Has a guardian trustlet make a new key, under another name, and gives it its name when it is
    /// durable. Somebody who was faster wins.
    fn create(&self, isolation: &Isolation) -> Result<(), GuardianError> {
        let directory = self.path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(directory).map_err(|e| self.failed("making the directory of", e))?;
        let temporary = directory.join(format!(".guardian-{}.new", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let file = options.open(&temporary).map_err(|e| self.failed("creating", e))?;
        let made = self.fill(&file, isolation).and_then(|()| {
            let durable = file.sync_all().and_then(|()| std::fs::hard_link(&temporary, &self.path));
            match durable {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                durable => durable.map_err(|e| self.failed("creating", e)),
            }
        });
        let removed = std::fs::remove_file(&temporary);
        made?;
        removed.map_err(|e| self.failed("removing the temporary name of", e))?;
        let synced = File::open(directory).and_then(|d| d.sync_all());
        synced.map_err(|e| self.failed("making the name durable of", e))
    }

    fn fill(&self, file: &File, isolation: &Isolation) -> Result<(), GuardianError> {
        let file = file.try_clone().map_err(|e| self.failed("creating", e))?;
        // It answers once the key is written.
        self.ask(file, &[CREATE], isolation, &ToGuardian::Public).map(drop)
    }

    /// Asks a guardian trustlet one question.
    fn question(&self, isolation: &Isolation, request: &ToGuardian) -> Result<Vec<u8>, GuardianError> {
        let file = match self.open()? {
            Some(file) => file,
            None if matches!(request, ToGuardian::Public) => {
                self.create(isolation)?;
                self.open()?.ok_or_else(|| self.failed("opening", io::ErrorKind::NotFound.into()))?
            }
            // A new key would open nothing.
            None => return Err(self.failed("opening", io::ErrorKind::NotFound.into())),
        };
        self.ask(file, &[], isolation, request)
    }

    fn ask(
        &self,
        file: File,
        args: &[&str],
        isolation: &Isolation,
        request: &ToGuardian,
    ) -> Result<Vec<u8>, GuardianError> {
        let mut options = SpawnOptions::new(guardian_role::ROLE, isolation.level);
        options.program.clone_from(&isolation.program);
        options.args = args.iter().map(|arg| (*arg).to_owned()).collect();
        options.fds = vec![file.into()];
        let mut guardian = vsm::spawn(&options).map_err(LinkError::from)?;
        let mut frame = Vec::new();
        let answered =
            guardian.channel().send(&request.encode()).and_then(|()| guardian.channel().recv(&mut frame));
        match answered {
            Ok(true) => {}
            Err(e) if !e.is_closed() => return Err(LinkError::from(e).into()),
            _ => {
                let how = guardian.kill().map_or_else(|e| e.to_string(), |exit| exit.to_string());
                return Err(LinkError::Gone { role: guardian_role::ROLE.into(), how }.into());
            }
        }
        match FromGuardian::decode(&frame).map_err(LinkError::from)? {
            FromGuardian::Done(bytes) => Ok(bytes),
            FromGuardian::Refused(why) => Err(GuardianError::Refused { path: self.path.clone(), why }),
        }
    }

    fn failed(&self, doing: &'static str, source: io::Error) -> GuardianError {
        GuardianError::File { doing, path: self.path.clone(), source }
    }
}

/// The guardian's public key. Makes the guardian, if there is none yet.
pub(crate) fn public_key(key: &KeyFile, isolation: &Isolation) -> Result<Vec<u8>, GuardianError> {
    key.question(isolation, &ToGuardian::Public)
}

/// The state key in `protector`, released to `recipient`.
pub(crate) fn release(
    key: &KeyFile,
    isolation: &Isolation,
    protector: &[u8],
    recipient: &[u8],
) -> Result<Vec<u8>, GuardianError> {
    let request = ToGuardian::Release { protector: protector.to_vec(), recipient: recipient.to_vec() };
    key.question(isolation, &request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_place_of_the_key() {
        let none = |_: &str| None;
        let of = |root, f: &dyn Fn(&str) -> Option<PathBuf>| KeyFile::choose(root, f).unwrap().path;
        assert_eq!(of(true, &none), Path::new("/var/lib/donjon/guardian/local.key"));
        assert!(matches!(KeyFile::choose(false, &none), Err(GuardianError::NoPlace)));
        let home = |name: &str| (name == "HOME").then(|| "/home/u".into());
        assert_eq!(of(false, &home), Path::new("/home/u/.local/share/donjon/guardian.key"));
        let data = |name: &str| match name {
            "HOME" => Some("/home/u".into()),
            "XDG_DATA_HOME" => Some("/data".into()),
            _ => None,
        };
        assert_eq!(of(false, &data), Path::new("/data/donjon/guardian.key"));
        let all = |name: &str| Some(PathBuf::from(if name == KEY_VARIABLE { "/k" } else { "/x" }));
        assert_eq!(of(true, &all), Path::new("/k"));
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let key = KeyFile::at(dir.path().join("k"));
        assert!(key.open().unwrap().is_none());
        std::fs::write(key.path(), b"secret").unwrap();
        for mode in [0o640, 0o604, 0o660] {
            std::fs::set_permissions(key.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            let error = key.open().unwrap_err().to_string();
            assert!(error.contains("chmod 600") && error.contains(&format!("{mode:o}")), "{error}");
        }
        std::fs::set_permissions(key.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(key.open().unwrap().is_some());
        let link = KeyFile::at(dir.path().join("link"));
        std::os::unix::fs::symlink(key.path(), link.path()).unwrap();
        assert!(matches!(link.open(), Err(GuardianError::File { doing: "opening", .. })));
        let directory = KeyFile::at(dir.path().to_path_buf());
        assert!(matches!(directory.open(), Err(GuardianError::Exposed { .. })));
    }
}
