//! Reads the bytes of a journal file: which records are there, what may be dropped, what must not be missing.

use std::ops::Range;

use super::error::Damage;
use super::format::{FRAME, Header, HeaderError, MARKS, Mark, PAGE, claimed_number, unframe};

/// What a file holds.
pub(super) struct Scan {
    pub(super) header: Header,
    /// Offset of the first mark slot.
    pub(super) marks_at: usize,
    /// The marks that are whole, by slot.
    pub(super) marks: [Option<Mark>; 2],
    /// Where each record's bytes are in the file.
    pub(super) records: Vec<Range<usize>>,
    /// Where the last record ends.
    pub(super) end: usize,
    /// Bytes from `end` to the last byte that is not zero.
    pub(super) tail: usize,
    /// Why not all that was answered is here.
    pub(super) damage: Option<Damage>,
}

impl Scan {
    /// Offset of the first frame.
    pub(super) fn data(&self) -> usize {
        self.marks_at + MARKS
    }

    /// The mark that counts: the higher one.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.marks.iter().flatten().copied().max_by_key(|mark| mark.count)
    }
}

/// Reads a whole file.
pub(super) fn scan(file: &[u8]) -> Result<Scan, HeaderError> {
    let (header, marks_at) = Header::decode(file)?;
    let slot = |n: usize| file.get(marks_at + n * PAGE..).and_then(Mark::decode);
    let marks = [slot(0), slot(1)];
    let mut scan = Scan { header, marks_at, marks, records: Vec::new(), end: 0, tail: 0, damage: None };
    scan.end = scan.data().min(file.len());
    while let Some(bytes) = file.get(scan.end..)
        && let Some((number, record)) = unframe(bytes)
        && number == scan.records.len() as u64
    {
        let start = scan.end + FRAME;
        scan.end = start + record.len();
        scan.records.push(start..scan.end);
    }
    let tail = file.get(scan.end..).unwrap_or_default();
    scan.tail = tail.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    scan.damage = damage(&scan, file, tail.get(..scan.tail).unwrap_or_default());
    Ok(scan)
}

/// What is missing of what was durable.
fn damage(scan: &Scan, file: &[u8], tail: &[u8]) -> Option<Damage> {
    let at = |offset: usize, record, expectation: String| {
        Some(Damage { offset: offset as u64, record, expectation })
    };
    let count = scan.records.len() as u64;
    if file.len() < scan.data() {
        return at(
            file.len(),
            None,
            format!("the file is cut short: the records start at byte {}", scan.data()),
        );
    }
    let Some(mark) = scan.mark() else {
        return at(scan.marks_at, None, "expected a commit mark, and neither of the two is whole".into());
    };
    if (file.len() as u64) < mark.end {
        let text = format!(
            "the file is cut short to {} bytes: expected {} records, to byte {}",
            file.len(),
            mark.count,
            mark.end
        );
        return at(scan.end, Some(count), text);
    }
    if count < mark.count {
        let text = format!("expected {} whole records, found {count}", mark.count);
        return at(scan.end, Some(count), text);
    }
    let ends =
        scan.records.get((mark.count as usize).wrapping_sub(1)).map_or(scan.data(), |record| record.end);
    if ends as u64 != mark.end {
        let text = format!("expected record {count} to start at byte {}", mark.end);
        return at(ends, Some(mark.count), text);
    }
    // A record is written only when the one before it is durable. So what follows a torn record is no record.
    let later = (0..tail.len()).find_map(|offset| {
        let bytes = tail.get(offset..)?;
        let claimed = claimed_number(bytes).filter(|&n| n > count && n - count <= file.len() as u64)?;
        unframe(bytes).map(|_| (offset, claimed))
    })?;
    let text =
        format!("expected a whole record, as record {} is whole at byte {}", later.1, scan.end + later.0);
    at(scan.end, Some(count), text)
}
