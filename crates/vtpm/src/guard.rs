//! The keeper's way to the local guardian: a trustlet of its own that holds the guardian key for as
//! long as one question takes.
//!
//! The key is in a file that only its owner may read. Neither the keeper nor the TPM's trustlet
//! ever has it in memory: the file is opened here, and read (or, the first time, written) by the
//! guardian trustlet through a descriptor that is handed over.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use guardian::{KeyFile, KeyFileError};
use rustix::pipe::{PipeFlags, SpliceFlags, pipe_with, splice};
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
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// A new key did not get into its file.
    #[error("writing the new guardian key {}: {source}; see to the disk, then start the TPM again", path.display())]
    Write {
        /// The key file.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
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

/// The place of this user's guardian key: what `DONJON_GUARDIAN_KEY` says, or root's
/// `/var/lib/donjon/guardian/local.key`, or `donjon/guardian.key` under `XDG_DATA_HOME`
/// (default `~/.local/share`).
///
/// # Errors
/// [`GuardianError::NoPlace`] when none of these can be told.
pub fn key_of_this_user() -> Result<KeyFile, GuardianError> {
    let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    choose(rustix::process::geteuid().is_root(), &variable)
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
    Ok(KeyFile::at(path))
}

/// The guardian's public key. Makes the guardian, if there is none yet.
pub(crate) fn public_key(key: &KeyFile, isolation: &Isolation) -> Result<Vec<u8>, GuardianError> {
    if key.open()?.is_none() {
        create(key, isolation)?;
    }
    question(key, isolation, &ToGuardian::Public)
}

/// The key of `state` in `protector`, released to `recipient`.
pub(crate) fn release(
    key: &KeyFile,
    isolation: &Isolation,
    state: [u8; 16],
    protector: &[u8],
    recipient: &[u8],
) -> Result<Vec<u8>, GuardianError> {
    let request = ToGuardian::Release { state, protector: protector.to_vec(), recipient: recipient.to_vec() };
    question(key, isolation, &request)
}

/// A trustlet may not write files. The new key comes out of it through a pipe, and the kernel moves it on into
/// the file, so that it is in no memory of this process.
fn create(key: &KeyFile, isolation: &Isolation) -> Result<(), GuardianError> {
    let failed = |source| GuardianError::Write { path: key.path().to_owned(), source };
    key.create_with(|file| {
        let (out, into) = pipe_with(PipeFlags::CLOEXEC).map_err(|e| failed(e.into()))?;
        // It answers once the key is written, and has ended when this returns: the pipe has all of it.
        ask(key, into, &[CREATE], isolation, &ToGuardian::Public)?;
        let mut moved = 0;
        loop {
            match splice(&out, None, file, None, PIPE_CAPACITY, SpliceFlags::empty()) {
                Ok(0) if moved == 0 => return Err(failed(io::ErrorKind::UnexpectedEof.into())),
                Ok(0) => return Ok(()),
                Ok(n) => moved += n,
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(failed(e.into())),
            }
        }
    })
}

/// More than any key file has.
const PIPE_CAPACITY: usize = 64 * 1024;

/// Asks a guardian trustlet one question.
fn question(key: &KeyFile, isolation: &Isolation, request: &ToGuardian) -> Result<Vec<u8>, GuardianError> {
    // A new key would open nothing.
    let missing = || KeyFileError::Missing { path: key.path().to_owned() };
    let file: File = key.open()?.ok_or_else(missing)?;
    ask(key, file.into(), &[], isolation, request)
}

fn ask(
    key: &KeyFile,
    handed_over: OwnedFd,
    args: &[&str],
    isolation: &Isolation,
    request: &ToGuardian,
) -> Result<Vec<u8>, GuardianError> {
    let mut options = SpawnOptions::new(guardian_role::ROLE, isolation.level);
    options.program.clone_from(&isolation.program);
    options.args = args.iter().map(|arg| (*arg).to_owned()).collect();
    options.fds = vec![handed_over];
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
        FromGuardian::Refused(why) => Err(GuardianError::Refused { path: key.path().to_owned(), why }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_place_of_the_key() {
        let none = |_: &str| None;
        let of = |root, f: &dyn Fn(&str) -> Option<PathBuf>| choose(root, f).unwrap().path().to_owned();
        assert_eq!(of(true, &none), Path::new("/var/lib/donjon/guardian/local.key"));
        assert!(matches!(choose(false, &none), Err(GuardianError::NoPlace)));
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
}
