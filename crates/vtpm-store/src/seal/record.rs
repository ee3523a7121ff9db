//! The bytes of a sealed record (`docs/FORMAT.md`, "Sealed record"): a clear header that is authenticated, then
//! ciphertext, then the tag.

use zeroize::Zeroizing;

use crate::StateId;

/// Version of the sealed-record format.
pub(super) const VERSION: u8 = 1;
/// Bytes of the clear header; all of them are associated data.
pub(super) const HEADER_LEN: usize = 88;
/// Bytes of the authentication tag at the end.
pub(super) const TAG_LEN: usize = 16;
/// Bytes of the true length in front of the padded plaintext.
const LENGTH_LEN: usize = 4;

/// A delta's plaintext is padded to a multiple of this many bytes.
pub const DELTA_UNIT: usize = 256;
/// A snapshot's plaintext is padded to a multiple of this many bytes.
pub const SNAPSHOT_UNIT: usize = 4096;
/// The longest plaintext of one record, in bytes.
pub const MAX_PLAIN: usize = 4 * 1024 * 1024;

/// What a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The whole state. Starts a new epoch: nothing before it is needed.
    Snapshot,
    /// What one command changed.
    Delta,
}

impl Kind {
    fn byte(self) -> u8 {
        match self {
            Self::Snapshot => 1,
            Self::Delta => 2,
        }
    }

    fn unit(self) -> usize {
        match self {
            Self::Snapshot => SNAPSHOT_UNIT,
            Self::Delta => DELTA_UNIT,
        }
    }
}

/// The clear, authenticated fields of a record.
#[derive(Clone, Copy)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) epoch: u64,
    pub(super) seq: u64,
    pub(super) state: StateId,
    pub(super) key_id: [u8; 16],
    pub(super) salt: [u8; 16],
    pub(super) previous: [u8; TAG_LEN],
}

/// What is wrong with a header, before any key was tried.
pub(super) enum HeaderError {
    Malformed(&'static str),
    Version(u8),
}

impl Header {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let Self { kind, epoch, seq, state, key_id, salt, previous } = self;
        out.extend_from_slice(&[VERSION, kind.byte(), 0, 0, 0, 0, 0, 0]);
        out.extend_from_slice(&epoch.to_le_bytes());
        out.extend_from_slice(&seq.to_le_bytes());
        out.extend_from_slice(state.as_bytes());
        out.extend_from_slice(key_id);
        out.extend_from_slice(salt);
        out.extend_from_slice(previous);
    }

    /// Splits a record into its header, the header's bytes, the ciphertext and the tag.
    pub(super) fn split(record: &[u8]) -> Result<(Self, Parts<'_>), HeaderError> {
        let (clear, rest) =
            record.split_at_checked(HEADER_LEN).ok_or(HeaderError::Malformed("it is cut short"))?;
        let mut fields = clear;
        let [version, kind, reserved @ ..] = take::<8>(&mut fields);
        if version != VERSION {
            return Err(HeaderError::Version(version));
        }
        let kind = match kind {
            1 => Kind::Snapshot,
            2 => Kind::Delta,
            _ => return Err(HeaderError::Malformed("its kind is neither snapshot nor delta")),
        };
        if reserved != [0; 6] {
            return Err(HeaderError::Malformed("its reserved bytes are not zero"));
        }
        let header = Self {
            kind,
            epoch: u64::from_le_bytes(take(&mut fields)),
            seq: u64::from_le_bytes(take(&mut fields)),
            state: StateId(take(&mut fields)),
            key_id: take(&mut fields),
            salt: take(&mut fields),
            previous: take(&mut fields),
        };
        let (ciphertext, tag) = rest.split_last_chunk().ok_or(HeaderError::Malformed("it is cut short"))?;
        if ciphertext.is_empty() || ciphertext.len() % kind.unit() != 0 {
            return Err(HeaderError::Malformed("its length is not that of a padded record"));
        }
        Ok((header, Parts { clear, ciphertext, tag: *tag }))
    }

    /// The nonce: the sequence number. Unique under the record key, which belongs to one run and epoch.
    pub(super) fn nonce(&self) -> [u8; 12] {
        let mut nonce = [0; 12];
        if let Some(low) = nonce.last_chunk_mut::<8>() {
            *low = self.seq.to_le_bytes();
        }
        nonce
    }
}

/// The three parts of a record's bytes.
pub(super) struct Parts<'a> {
    pub(super) clear: &'a [u8],
    pub(super) ciphertext: &'a [u8],
    pub(super) tag: [u8; TAG_LEN],
}

/// Length of `plain` once it is prefixed with its length and padded.
pub(super) fn padded_len(kind: Kind, plain: usize) -> usize {
    (plain + LENGTH_LEN).next_multiple_of(kind.unit())
}

/// Appends the true length (u32, little-endian), the plaintext and zeros up to the unit.
pub(super) fn pad(kind: Kind, plain: &[u8], out: &mut Vec<u8>) {
    let end = out.len() + padded_len(kind, plain.len());
    out.extend_from_slice(&(plain.len() as u32).to_le_bytes());
    out.extend_from_slice(plain);
    out.resize(end, 0);
}

/// The plaintext inside the padding; `None` unless the padding is the one [`pad`] writes.
pub(super) fn unpad(kind: Kind, padded: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (len, rest) = padded.split_first_chunk::<LENGTH_LEN>()?;
    let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
    let (plain, zeros) = rest.split_at_checked(len)?;
    let canonical = padded_len(kind, len) == padded.len() && zeros.iter().all(|&b| b == 0);
    canonical.then(|| Zeroizing::new(plain.to_vec()))
}

/// The next `N` bytes of a header whose length was checked before.
fn take<const N: usize>(fields: &mut &[u8]) -> [u8; N] {
    let Some((head, rest)) = fields.split_first_chunk::<N>() else { return [0; N] };
    *fields = rest;
    *head
}
