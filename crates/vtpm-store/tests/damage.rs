//! One damaged byte, or a file cut short: an error that names the place, or all that was answered is there.

use vtpm_store::StateId;
use vtpm_store::faults::SimDisk;
use vtpm_store::journal::{Header, Journal, OpenError, STATE_FILE};

/// A journal of three records, and where its parts are.
fn small() -> (Vec<u8>, Vec<Vec<u8>>) {
    let disk = SimDisk::new(1);
    let header = Header { state: StateId([9; 16]), label: "VM".into(), protector: vec![0x33; 50] };
    let records: Vec<Vec<u8>> = vec![vec![1; 300], vec![0; 200], b"third".to_vec()];
    let mut journal = disk.create_journal(&header, records.first().map(Vec::as_slice)).unwrap();
    records[1..].iter().for_each(|record| journal.append(record).unwrap());
    drop(journal);
    (disk.journal_bytes(), records)
}

type Found = (Journal, Vec<Vec<u8>>);

fn open(bytes: &[u8]) -> (SimDisk, Result<Found, OpenError>) {
    let disk = SimDisk::new(2);
    disk.write(STATE_FILE, bytes);
    let opened = disk.open_journal().map(|(journal, opened)| (journal, opened.records));
    (disk, opened)
}

/// Harmless means: all records are there, and one more can be appended and found again.
fn harmless(disk: &SimDisk, mut journal: Journal, found: &[Vec<u8>], records: &[Vec<u8>], what: &str) {
    assert_eq!(found, records, "{what}");
    journal.append(b"fourth").unwrap();
    drop(journal);
    disk.power_cut();
    let (_, again) = disk.open_journal().unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(again.records.split_last(), Some((&b"fourth".to_vec(), records)), "{what}");
}

#[test]
fn each_byte_flipped() {
    let (bytes, records) = small();
    let data = bytes.len() - 4096;
    let end = data + 3 * 16 + 505;
    let (mut refused, mut survived) = (0, 0);
    for at in 0..bytes.len() {
        for flip in [1 << (at % 8), 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] ^= flip;
            let what = format!("byte {at} ^ {flip:#x}");
            let (disk, opened) = open(&bytes);
            match opened {
                Ok((journal, found)) => {
                    survived += 1;
                    // Only in the pages of the marks and after the last record.
                    assert!((data - 8192..data).contains(&at) || at >= end, "{what}");
                    harmless(&disk, journal, &found, &records, &what);
                }
                Err(error) => {
                    refused += 1;
                    let text = error.to_string();
                    assert!(at < end && text.contains(STATE_FILE) && !text.contains('\n'), "{what}: {text}");
                    match error {
                        OpenError::NotAJournal { .. } => assert!(at < 8, "{what}: {text}"),
                        OpenError::Damaged { damage, .. } => {
                            let record = [0, 316, 532, 553].iter().rposition(|start| at >= data + start);
                            assert_eq!(damage.record, record.map(|n| n as u64), "{what}: {text}");
                            assert!(damage.offset <= at as u64, "{what}: {text}");
                            assert!(text.contains("restore this file from a backup"), "{what}: {text}");
                            assert!(text.contains("`donjon tpm check"), "{what}: {text}");
                        }
                        _ => panic!("{what}: {text}"),
                    }
                    assert_eq!(disk.journal_bytes(), bytes, "{what}: opening changed a damaged file");
                }
            }
        }
    }
    assert!(refused >= 2 * (4096 + 553) && survived > 8192, "{refused} {survived}");
}

#[test]
fn cut_at_each_length() {
    let (bytes, records) = small();
    let end = bytes.len() - 4096 + 3 * 16 + 505;
    for len in 0..bytes.len() {
        let what = format!("cut to {len} bytes");
        let (disk, opened) = open(&bytes[..len]);
        match opened {
            Ok((journal, found)) => {
                assert!(len >= end, "{what}");
                harmless(&disk, journal, &found, &records, &what);
            }
            Err(OpenError::Damaged { damage, .. }) => {
                assert!(len < end, "{what}: {damage}");
                assert!(damage.offset <= len as u64, "{what}: {damage}");
            }
            Err(error) => panic!("{what}: {error}"),
        }
    }
}

/// After a power cut the marks may be one record behind. Damage before the last record is found all the same.
#[test]
fn damage_beyond_a_stale_mark() {
    let (mut bytes, records) = small();
    let data = bytes.len() - 4096;
    // Both marks become the one of two records.
    let marks = [data - 8192, data - 4096];
    let older = marks.into_iter().min_by_key(|&at| bytes[at + 4]).unwrap();
    let mark = bytes[older..older + 24].to_vec();
    assert_eq!(mark[4], 2);
    marks.into_iter().for_each(|at| bytes[at..at + 24].copy_from_slice(&mark));
    let (_, opened) = open(&bytes);
    assert_eq!(opened.unwrap().1, records);

    // And now the one of no record at all would be needed to hide this:
    bytes[data + 20] ^= 1;
    let (_, opened) = open(&bytes);
    assert!(matches!(opened, Err(OpenError::Damaged { .. })));
}

#[test]
fn a_whole_record_after_a_torn_one_is_damage() {
    let disk = SimDisk::new(3);
    let header = Header { state: StateId([9; 16]), label: String::new(), protector: Vec::new() };
    let mut journal = disk.create_journal(&header, None).unwrap();
    let fresh = disk.journal_bytes();
    journal.append(b"first").unwrap();
    journal.append(b"second").unwrap();
    let mut bytes = disk.journal_bytes();
    // The marks are those of the empty journal, so that only the records themselves tell.
    bytes[4096..3 * 4096].copy_from_slice(&fresh[4096..3 * 4096]);
    bytes[3 * 4096 + 17] ^= 1;
    let (_, opened) = open(&bytes);
    let Err(OpenError::Damaged { damage, .. }) = opened else { panic!("opened") };
    assert_eq!((damage.offset, damage.record), (3 * 4096, Some(0)), "{damage}");
    assert!(damage.expectation.contains("record 1 is whole at byte 12309"), "{damage}");
}

#[test]
fn a_torn_tail_is_dropped_and_told() {
    let (mut bytes, records) = small();
    let end = bytes.len() - 4096 + 3 * 16 + 505;
    bytes[end + 40..end + 60].fill(0xee);
    let disk = SimDisk::new(4);
    disk.write(STATE_FILE, &bytes);
    let (journal, opened) = disk.open_journal().unwrap();
    let tail = opened.dropped_tail.unwrap();
    assert_eq!((tail.offset, tail.bytes), (end as u64, 60));
    harmless(&disk, journal, &opened.records, &records, "torn tail");
    assert_eq!(disk.open_journal().unwrap().1.dropped_tail, None);
}
