//! The bytes of a journal file (`docs/FORMAT.md`, "Journal file"): header area, two mark slots, frames.
//! All integers are little-endian.

use crate::StateId;

/// The first bytes of every version.
pub(super) const MAGIC: &[u8; 8] = b"DONJONTS";
/// Version of the journal format.
pub(super) const VERSION: u32 = 1;
/// Header area and mark slots are made of pages of this size, so that no write to one can tear another.
pub(super) const PAGE: usize = 4096;
/// Longest label, in bytes.
pub const MAX_LABEL: usize = 1024;
/// Longest key protector, in bytes.
pub const MAX_PROTECTOR: usize = 64 * 1024;
/// Longest record, in bytes. A sealed record of the largest state is below it.
pub const MAX_RECORD: usize = 8 * 1024 * 1024;

const FIXED: usize = 40;
const CRC: usize = 4;
/// The longest header area that a reader believes in.
const MAX_AREA: usize = (FIXED + MAX_LABEL + MAX_PROTECTOR + CRC).next_multiple_of(PAGE);

/// What a journal says about itself in clear.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// Whose state it is.
    pub state: StateId,
    /// For people: the VM's name or UUID.
    pub label: String,
    /// The wrapped state key; opaque here. Empty when there is none.
    pub protector: Vec<u8>,
}

impl std::fmt::Debug for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { state, label, protector } = self;
        write!(f, "Header {{ {state}, {label:?}, {} bytes of key protector }}", protector.len())
    }
}

/// A header area that is not one.
pub(super) enum HeaderError {
    NotAJournal,
    Version(u32),
    Damaged(&'static str),
}

impl Header {
    /// The header area, a multiple of [`PAGE`] long. `None` when a part is over its limit.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let Self { state, label, protector } = self;
        if label.len() > MAX_LABEL || protector.len() > MAX_PROTECTOR {
            return None;
        }
        let area = (FIXED + label.len() + protector.len() + CRC).next_multiple_of(PAGE);
        let mut out = Vec::with_capacity(area);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&(area as u32).to_le_bytes());
        out.extend_from_slice(state.as_bytes());
        out.extend_from_slice(&(label.len() as u32).to_le_bytes());
        out.extend_from_slice(&(protector.len() as u32).to_le_bytes());
        out.extend_from_slice(label.as_bytes());
        out.extend_from_slice(protector);
        out.resize(area - CRC, 0);
        let crc = crc32fast::hash(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        Some(out)
    }

    /// Reads the header area at the start of a file; also its length.
    ///
    /// Magic, version, area length and the CRC at the end of the area are where they are in every version,
    /// so that a damaged version is not mistaken for a later one.
    pub(super) fn decode(file: &[u8]) -> Result<(Self, usize), HeaderError> {
        let mut rest = file;
        let magic: [u8; 8] = take(&mut rest).ok_or(HeaderError::Damaged("the header is cut short"))?;
        if &magic != MAGIC {
            return Err(HeaderError::NotAJournal);
        }
        let version = take(&mut rest).map(u32::from_le_bytes);
        let area = take(&mut rest).map(u32::from_le_bytes);
        let (Some(version), Some(area)) = (version, area) else {
            return Err(HeaderError::Damaged("the header is cut short"));
        };
        let area_len = area as usize;
        if area_len == 0 || !area_len.is_multiple_of(PAGE) || area_len > MAX_AREA {
            return Err(HeaderError::Damaged("the header's length is not one that a writer makes"));
        }
        let area = file.get(..area_len).ok_or(HeaderError::Damaged("the header is cut short"))?;
        let (covered, crc) =
            area.split_last_chunk::<CRC>().ok_or(HeaderError::Damaged("the header is cut short"))?;
        if crc32fast::hash(covered) != u32::from_le_bytes(*crc) {
            return Err(HeaderError::Damaged("the header does not match its CRC"));
        }
        if version != VERSION {
            return Err(HeaderError::Version(version));
        }
        let fields = covered.get(16..).and_then(fields);
        fields
            .map(|header| (header, area_len))
            .ok_or(HeaderError::Damaged("the header's fields do not fit in it"))
    }
}

/// State id, label and protector.
fn fields(mut rest: &[u8]) -> Option<Header> {
    let state = StateId(take(&mut rest)?);
    let label_len = u32::from_le_bytes(take(&mut rest)?) as usize;
    let protector_len = u32::from_le_bytes(take(&mut rest)?) as usize;
    let (label, rest) = rest.split_at_checked(label_len)?;
    let protector = rest.get(..protector_len)?.to_vec();
    let label = std::str::from_utf8(label).ok()?.to_owned();
    Some(Header { state, label, protector })
}

/// How far the records are known to be durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// Number of durable records.
    pub(super) count: u64,
    /// Where the last of them ends: offset in the file.
    pub(super) end: u64,
}

/// Bytes of the two mark slots, which follow the header area.
pub(super) const MARKS: usize = 2 * PAGE;
const MARK_MAGIC: &[u8; 4] = b"MARK";
/// Bytes of a mark in its slot. Less than a sector.
pub(super) const MARK_LEN: usize = 24;

impl Mark {
    pub(super) fn encode(&self) -> [u8; MARK_LEN] {
        let mut covered = [0; MARK_LEN - CRC];
        put(&mut covered, 0, MARK_MAGIC);
        put(&mut covered, 4, &self.count.to_le_bytes());
        put(&mut covered, 12, &self.end.to_le_bytes());
        let mut out = [0; MARK_LEN];
        put(&mut out, 0, &covered);
        put(&mut out, MARK_LEN - CRC, &crc32fast::hash(&covered).to_le_bytes());
        out
    }

    /// `None`: no mark, or a torn one.
    pub(super) fn decode(slot: &[u8]) -> Option<Self> {
        let (covered, mut crc) = slot.get(..MARK_LEN)?.split_at_checked(MARK_LEN - CRC)?;
        let mut rest = covered.strip_prefix(MARK_MAGIC)?;
        let mark =
            Self { count: u64::from_le_bytes(take(&mut rest)?), end: u64::from_le_bytes(take(&mut rest)?) };
        (crc32fast::hash(covered) == u32::from_le_bytes(take(&mut crc)?)).then_some(mark)
    }
}

/// Bytes in front of a record.
pub(super) const FRAME: usize = 16;

/// Appends one frame: length, CRC of (length, number, record), number, record.
pub(super) fn frame(number: u64, record: &[u8], out: &mut Vec<u8>) {
    let len = (record.len() as u32).to_le_bytes();
    let number = number.to_le_bytes();
    out.extend_from_slice(&len);
    out.extend_from_slice(&frame_crc(&len, &number, record).to_le_bytes());
    out.extend_from_slice(&number);
    out.extend_from_slice(record);
}

/// The record and its number in the frame at the start of `bytes`; `None` unless it is whole.
pub(super) fn unframe(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut rest = bytes;
    let len: [u8; 4] = take(&mut rest)?;
    let crc = u32::from_le_bytes(take(&mut rest)?);
    let number: [u8; 8] = take(&mut rest)?;
    let record = rest.get(..u32::from_le_bytes(len) as usize)?;
    (record.len() <= MAX_RECORD && frame_crc(&len, &number, record) == crc)
        .then_some((u64::from_le_bytes(number), record))
}

/// The number that the frame at the start of `bytes` claims, without looking at its CRC.
pub(super) fn claimed_number(bytes: &[u8]) -> Option<u64> {
    bytes.get(8..FRAME)?.first_chunk().map(|number| u64::from_le_bytes(*number))
}

fn frame_crc(len: &[u8; 4], number: &[u8; 8], record: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(len);
    crc.update(number);
    crc.update(record);
    crc.finalize()
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(slot) = out.get_mut(at..at + bytes.len()) {
        slot.copy_from_slice(bytes);
    }
}
