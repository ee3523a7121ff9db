//! A guardian's public key, and the short name that follows from it.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::ReleaseError;
use crate::hex::{self, Hex};

/// Names a guardian: 16 bytes that follow from its public key (SHA-256, cut). Shown as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct GuardianId(pub(crate) [u8; 16]);

impl GuardianId {
    /// The 16 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(crate) fn read(text: &str) -> Option<GuardianId> {
        hex::read(text).map(|id| GuardianId(*id))
    }
}

impl fmt::Display for GuardianId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(self.0).fmt(f)
    }
}

impl fmt::Debug for GuardianId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GuardianId({self})")
    }
}

/// An X25519 public key: the u-coordinate's 32 bytes (RFC 7748, 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub(crate) [u8; 32]);

impl PublicKey {
    /// Takes 32 bytes. Whether a secret can be shared with it shows when it is used.
    ///
    /// # Errors
    /// [`ReleaseError::PublicKey`] for any other length.
    pub fn parse(bytes: &[u8]) -> Result<PublicKey, ReleaseError> {
        bytes.try_into().map(PublicKey).map_err(|_| ReleaseError::PublicKey { whose: "given" })
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The id of the guardian whose key this is.
    #[must_use]
    pub fn guardian_id(&self) -> GuardianId {
        let digest = Sha256::new().chain_update(b"donjon guardian id v1").chain_update(self.0).finalize();
        let mut id = [0; 16];
        id.iter_mut().zip(digest).for_each(|(id, byte)| *id = byte);
        GuardianId(id)
    }
}
