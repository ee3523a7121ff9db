//! A digest held inline: the currency of PCRs, policies and names.

use core::{fmt, ops::Deref};

use zeroize::Zeroize;

use crate::HashAlg;

/// A hash or HMAC value of up to 64 bytes, `Copy`, that derefs to its bytes.
///
/// Equality is *not* constant-time: compare secrets with [`crate::ct_eq`].
#[derive(Clone, Copy)]
pub struct Digest {
    bytes: [u8; Digest::MAX],
    len: u8,
}

impl Digest {
    /// The largest digest, in bytes.
    pub const MAX: usize = 64;

    /// The empty digest (an empty buffer in the TPM's sense).
    pub const EMPTY: Digest = Digest { bytes: [0; Digest::MAX], len: 0 };

    /// A copy of `bytes`; `None` when longer than [`Digest::MAX`].
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut digest = Digest { bytes: [0; Self::MAX], len: u8::try_from(bytes.len()).ok()? };
        digest.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(digest)
    }

    /// All-zero digest of the size of `alg`.
    pub const fn zero(alg: HashAlg) -> Self {
        Digest { bytes: [0; Self::MAX], len: alg.digest_size() as u8 }
    }

    /// All-ones digest of the size of `alg`, the reset value of some PCRs.
    pub fn ones(alg: HashAlg) -> Self {
        let mut digest = Self::zero(alg);
        digest.as_mut().fill(0xFF);
        digest
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        self
    }
}

impl Deref for Digest {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsMut<[u8]> for Digest {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..usize::from(self.len)]
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Digest {}

impl Default for Digest {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Zeroize for Digest {
    fn zeroize(&mut self) {
        self.bytes.zeroize();
        self.len.zeroize();
    }
}

/// Shows the length only: a digest may be an authorization value.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({} bytes)", self.len)
    }
}
