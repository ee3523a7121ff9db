//! Why a state key is not protected, not released or not opened, and why a key file is not used.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::GuardianId;
use crate::hex::Hex;

/// Why a state key is not protected, released or opened. Says no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// The protector is another TPM state's.
    #[error(
        "the key protector belongs to TPM state {found}, not to {expected}: \
         put back the key protector that was stored with TPM state {expected}"
    )]
    WrongState {
        /// Whose key was asked for.
        expected: Hex<16>,
        /// Whose key is in it.
        found: Hex<16>,
    },
    /// The protector was made for another guardian.
    #[error(
        "the key of TPM state {state} is protected by guardian {needed}, and this is guardian {this}: \
         use the guardian key of {needed}"
    )]
    WrongGuardian {
        /// The TPM state.
        state: Hex<16>,
        /// Who can unwrap it.
        needed: GuardianId,
        /// Who was asked.
        this: GuardianId,
    },
    /// It names the right state and guardian, but does not unwrap.
    #[error("the key protector of TPM state {state} was altered: restore it from a backup of the TPM state")]
    AlteredProtector {
        /// The TPM state.
        state: Hex<16>,
    },
    /// It was altered, or released for another recipient, state or context.
    #[error(
        "the key released for TPM state {state} does not open: it was altered, or released to another run, \
         state or context; start the TPM again"
    )]
    NotReleasedToThis {
        /// The TPM state.
        state: Hex<16>,
    },
    /// A version that this program does not know.
    #[error("the {what} has version {found}, and this program knows version {known}: use a newer program")]
    UnsupportedVersion {
        /// What was read.
        what: Message,
        /// The version it has.
        found: u64,
        /// The version that is known.
        known: u64,
    },
    /// An algorithm that this program does not know. Not quoted: nothing that was read is.
    #[error("the {what} uses an algorithm other than {known}: use a newer program")]
    UnsupportedAlgorithm {
        /// What was read.
        what: Message,
        /// The algorithm that is known.
        known: &'static str,
    },
    /// It is not what it should be.
    #[error("the {what} is malformed ({why}): {}", what.cure())]
    Malformed {
        /// What was read.
        what: Message,
        /// In which way.
        why: &'static str,
    },
    /// A key with which no secret can be shared: of a wrong length, or of a small order (RFC 7748, 6.1).
    #[error("the {whose} public key is no usable X25519 key: ask for it again")]
    PublicKey {
        /// "guardian's" or "recipient's"; "given" when that is not known.
        whose: &'static str,
    },
}

/// What this crate reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// A guardian's key file.
    GuardianKey,
    /// A [`Protector`](crate::Protector).
    Protector,
    /// A [`Released`](crate::Released).
    Released,
}

impl Message {
    fn cure(self) -> &'static str {
        match self {
            Message::GuardianKey => "restore it from a backup",
            Message::Protector => "restore it from a backup of the TPM state",
            Message::Released => "start the TPM again",
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Message::GuardianKey => "guardian key",
            Message::Protector => "key protector",
            Message::Released => "released key",
        })
    }
}

/// Why a guardian's key file is not used. Nothing that was there has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// There is none. A new one would open nothing that exists.
    #[error(
        "there is no guardian key {}: restore it from a backup; TPM states protected by it cannot be opened without",
        path.display()
    )]
    Missing {
        /// The key file.
        path: PathBuf,
    },
    /// Somebody else may read or change it.
    #[error(
        "the guardian key {} is open to others (its mode is {mode:04o}): run `chmod 600 {}`",
        path.display(),
        quoted(path)
    )]
    Mode {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs neither to root nor to this user.
    #[error(
        "the guardian key {} belongs to user {owner}, and this is user {user}: run `chown {user} {}`",
        path.display(),
        quoted(path)
    )]
    Owner {
        /// The key file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who wants to use it.
        user: u32,
    },
    /// A symbolic link, a directory or a device.
    #[error("the guardian key {} is no regular file: name the file itself", path.display())]
    NotAFile {
        /// The key file.
        path: PathBuf,
    },
    /// What is in it is no guardian key.
    #[error("the guardian key {}: {source}", path.display())]
    Content {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: ReleaseError,
    },
    /// The kernel refused.
    #[error("{doing} the guardian key {}: {source}", path.display())]
    Io {
        /// "opening", "creating", ...
        doing: &'static str,
        /// The key file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

/// A path to paste into a shell.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@%".contains(c);
    if !path.is_empty() && !path.starts_with('-') && path.chars().all(plain) {
        return path;
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_spaces_and_quotes_can_be_pasted() {
        assert_eq!(quoted(Path::new("/var/lib/k-1.key")), "/var/lib/k-1.key");
        assert_eq!(quoted(Path::new("/my keys/it's")), r"'/my keys/it'\''s'");
        assert_eq!(quoted(Path::new("")), "''");
    }
}
