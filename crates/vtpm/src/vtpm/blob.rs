//! The state blobs of the control channel in our own form. Whoever carries one learns the state's
//! id and size, and can neither read nor change it.
//!
//! `"DNJB"`, `u8` version 1, `u8` kind (1 permanent, 2 volatile), 16 bytes state id, then two byte
//! strings behind their big-endian `u32` lengths: the key protector (empty for volatile state) and
//! the sealed record.

use vtpm_proto::ctrl::{BlobKind, MAX_BLOB};

const MAGIC: &[u8; 4] = b"DNJB";
const VERSION: u8 = 1;

/// A blob taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blob {
    pub(super) kind: BlobKind,
    pub(super) state: [u8; 16],
    pub(super) protector: Vec<u8>,
    pub(super) record: Vec<u8>,
}

impl Blob {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&[VERSION, number(self.kind)]);
        bytes.extend_from_slice(&self.state);
        for field in [&self.protector, &self.record] {
            bytes.extend_from_slice(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend_from_slice(field);
        }
        bytes
    }

    /// Nothing, when it is no blob of this version.
    pub(super) fn decode(bytes: &[u8]) -> Option<Blob> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (&[version, kind], rest) = rest.split_first_chunk::<2>()?;
        let (state, rest) = rest.split_first_chunk::<16>()?;
        let (protector, rest) = field(rest)?;
        let (record, rest) = field(rest)?;
        let kind = BlobKind::from_number(kind.into()).filter(|kind| *kind != BlobKind::SaveState)?;
        let whole = version == VERSION && rest.is_empty() && bytes.len() <= MAX_BLOB as usize;
        whole.then(|| Blob { kind, state: *state, protector: protector.to_vec(), record: record.to_vec() })
    }
}

fn number(kind: BlobKind) -> u8 {
    match kind {
        BlobKind::Permanent => 1,
        BlobKind::Volatile => 2,
        BlobKind::SaveState => 3,
    }
}

fn field(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_reads_back_and_no_other_bytes_do() {
        for kind in [BlobKind::Permanent, BlobKind::Volatile] {
            let blob = Blob { kind, state: [5; 16], protector: vec![1, 2, 3], record: vec![4; 100] };
            let bytes = blob.encode();
            assert_eq!(Blob::decode(&bytes), Some(blob));
            for cut in 0..bytes.len() {
                assert_eq!(Blob::decode(&bytes[..cut]), None);
            }
            assert_eq!(Blob::decode(&[&bytes[..], &[0]].concat()), None);
        }
        // Neither rubbish nor swtpm's own blobs.
        assert_eq!(Blob::decode(b"abcd"), None);
        assert_eq!(Blob::decode(&[2, 1, 0, 10, 0, 4, 0, 0, 0x17, 0x78]), None);
    }
}
