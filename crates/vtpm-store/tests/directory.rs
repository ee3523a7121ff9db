//! The journal in a real directory: locks, modes, leftovers, and what the messages say.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use vtpm_store::journal::{
    AppendError, Directory, Header, Journal, MAX_LABEL, MAX_PROTECTOR, MAX_RECORD, OpenError, STATE_FILE,
    check,
};
use vtpm_store::{MemoryStore, StateId, Store};

fn header() -> Header {
    Header { state: StateId([0xab; 16]), label: "vm1 ❤".into(), protector: vec![5; 300] }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn create_append_and_open() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("vm1");
    let mut journal = Journal::create(&dir, &header()).unwrap();
    // Past the first chunk, and records of every size up to beyond a chunk.
    let records: Vec<Vec<u8>> = (0..60).map(|n: u8| vec![n; usize::from(n).pow(2) * 60]).collect();
    records.iter().for_each(|record| journal.append(record).unwrap());
    assert_eq!(journal.count(), 60);
    drop(journal);
    assert_eq!((mode(&dir), mode(&dir.join(STATE_FILE))), (0o700, 0o600));
    assert_eq!(mode(&dir.join("tpm2.donjon.lock")), 0o600);

    let (journal, opened) = Journal::open(&dir).unwrap();
    assert_eq!((&opened.header, &opened.records, opened.dropped_tail), (&header(), &records, None));
    assert_eq!(journal.header(), &header());
}

#[test]
fn one_process_at_a_time_but_any_may_check() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::create(dir.path(), &header()).unwrap();
    journal.append(b"record").unwrap();
    let error = Journal::open(dir.path()).err().unwrap();
    let pid = std::process::id();
    assert!(error.to_string().contains(&format!("in use by process {pid};")), "{error}");
    let report = check(dir.path()).unwrap();
    assert_eq!((report.in_use, report.pid, report.is_whole()), (true, Some(pid), true));
    drop(journal);

    let report = check(dir.path()).unwrap();
    assert_eq!((report.in_use, report.label.as_str(), report.state), (false, "vm1 ❤", header().state));
    assert_eq!(report.records.iter().map(|record| record.bytes).collect::<Vec<_>>(), [6]);
    Journal::open(dir.path()).unwrap();
}

#[test]
fn check_shows_what_is_readable_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::create(dir.path(), &header()).unwrap();
    (0..5_u8).for_each(|n| journal.append(&[n; 100]).unwrap());
    drop(journal);
    let path = dir.path().join(STATE_FILE);
    let mut bytes = fs::read(&path).unwrap();
    bytes[3 * 4096 + 3 * 116 + 50] ^= 4;
    fs::write(&path, &bytes).unwrap();
    fs::remove_file(dir.path().join("tpm2.donjon.lock")).unwrap();

    let report = check(dir.path()).unwrap();
    assert_eq!((report.records.len(), report.is_whole()), (3, false));
    let text = report.to_string();
    assert!(text.contains("3 whole records of 300 bytes"), "{text}");
    assert!(text.contains("damaged at byte 12636 (record 3): expected 5 whole records, found 3"), "{text}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "check made a file");
    assert_eq!(fs::read(&path).unwrap(), bytes);

    let error = Journal::open(dir.path()).err().unwrap().to_string();
    let (file, dir) = (path.display(), dir.path().display());
    assert_eq!(
        error,
        format!(
            "opening TPM state {file}: damaged at byte 12636 (record 3): expected 5 whole records, found 3; restore \
             this file from a backup; `donjon tpm check {dir}` shows what is readable"
        )
    );
}

#[test]
fn what_is_not_a_journal_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let absent = dir.path().join("absent");
    assert!(matches!(Journal::open(&absent), Err(OpenError::NoDirectory { .. })));
    assert!(matches!(check(&absent), Err(OpenError::NoDirectory { .. })));
    assert!(matches!(Journal::open(dir.path()), Err(OpenError::Missing { .. })));
    assert!(matches!(check(dir.path()), Err(OpenError::Missing { .. })));

    let path = dir.path().join(STATE_FILE);
    fs::write(&path, [b'x'; 20_000]).unwrap();
    assert!(matches!(Journal::open(dir.path()), Err(OpenError::NotAJournal { .. })));
    assert!(matches!(Journal::open(&path), Err(OpenError::NotADirectory { .. })));
    assert!(matches!(check(&path), Err(OpenError::NotADirectory { .. })));
    assert!(matches!(Journal::create(dir.path(), &header()), Err(OpenError::Exists { .. })));
    assert_eq!(fs::read(&path).unwrap(), [b'x'; 20_000]);

    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", &path).unwrap();
    assert!(matches!(Journal::open(dir.path()), Err(OpenError::Io { .. })), "followed a symbolic link");
}

#[test]
fn a_later_version_is_told_from_damage() {
    let dir = tempfile::tempdir().unwrap();
    drop(Journal::create(dir.path(), &header()).unwrap());
    let path = dir.path().join(STATE_FILE);
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 2;
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(Journal::open(dir.path()), Err(OpenError::Damaged { .. })));
    let crc = crc32fast::hash(&bytes[..4092]);
    bytes[4092..4096].copy_from_slice(&crc.to_le_bytes());
    fs::write(&path, &bytes).unwrap();
    let error = Journal::open(dir.path()).err().unwrap();
    assert!(matches!(error, OpenError::UnsupportedVersion { found: 2, supported: 1, .. }), "{error}");
}

#[test]
fn compaction_and_a_new_protector_keep_what_they_should() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Directory::lock_with_mode(dir.path(), 0o640).unwrap();
    let mut journal = Journal::create_in(disk.clone(), &header(), Some(&[1; 5_000])).unwrap();
    let mut appended = 0;
    while !journal.needs_compaction() {
        journal.append(&[2; 1_000]).unwrap();
        appended += 1;
    }
    assert_eq!(appended, 256 * 1024 / 1016 + 1);
    journal.compact(b"snapshot").unwrap();
    assert!(!journal.needs_compaction());
    journal.append(b"delta").unwrap();
    journal.set_protector(vec![8; 9_000]).unwrap();
    journal.append(b"another").unwrap();
    drop(journal);
    assert_eq!(mode(&dir.path().join(STATE_FILE)), 0o640);
    assert!(
        matches!(Journal::open(dir.path()), Err(OpenError::InUse { .. })),
        "the directory is still locked"
    );

    // What a crash within a compaction leaves goes away.
    fs::write(dir.path().join("tpm2.donjon.new"), b"half").unwrap();
    let (journal, opened) = Journal::open_in(disk.clone()).unwrap();
    assert_eq!(opened.records, [b"snapshot".as_slice(), b"delta", b"another"]);
    assert_eq!(opened.header, Header { protector: vec![8; 9_000], ..header() });
    assert!(!dir.path().join("tpm2.donjon.new").exists());
    drop(journal);

    // Another state in its place.
    let other = Header { state: StateId([1; 16]), ..header() };
    drop(Journal::replace_in(disk.clone(), &other, Some(b"other")).unwrap());
    let (_, opened) = Journal::open_in(disk).unwrap();
    assert_eq!((opened.header, opened.records), (other, vec![b"other".to_vec()]));
}

#[test]
fn limits_are_refused_and_cost_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let long = Header { label: "x".repeat(MAX_LABEL + 1), ..header() };
    assert!(matches!(
        Journal::create(dir.path(), &long),
        Err(OpenError::HeaderTooLarge { what: "label", .. })
    ));
    let long = Header { protector: vec![0; MAX_PROTECTOR + 1], ..header() };
    assert!(matches!(Journal::create(dir.path(), &long), Err(OpenError::HeaderTooLarge { .. })));
    assert!(!dir.path().join(STATE_FILE).exists());

    let largest = Header { label: "x".repeat(MAX_LABEL), protector: vec![7; MAX_PROTECTOR], ..header() };
    let mut journal = Journal::create(dir.path(), &largest).unwrap();
    journal.append(&vec![1; MAX_RECORD]).unwrap();
    let error = journal.append(&vec![1; MAX_RECORD + 1]).unwrap_err();
    assert!(matches!(error, AppendError::TooLarge { .. }) && error.is_refusal(), "{error}");
    let error = journal.set_protector(vec![0; MAX_PROTECTOR + 1]).unwrap_err();
    assert!(matches!(error, AppendError::TooLarge { .. }), "{error}");
    journal.append(b"small").unwrap();
    drop(journal);
    let (_, opened) = Journal::open(dir.path()).unwrap();
    assert_eq!(opened.records.iter().map(Vec::len).collect::<Vec<_>>(), [MAX_RECORD, 5]);
    assert_eq!(opened.header, largest);
}

#[test]
fn a_full_disk_refuses_and_the_journal_goes_on() {
    let disk = vtpm_store::faults::SimDisk::new(5);
    let mut journal = disk.create_journal(&header(), Some(b"first")).unwrap();
    disk.set_capacity(disk.journal_bytes().len() as u64);
    let error = journal.append(&[1; 5_000]).unwrap_err();
    let AppendError::Refused { ref source, .. } = error else { panic!("{error}") };
    assert_eq!(source.kind(), ErrorKind::StorageFull);
    assert!(matches!(journal.compact(b"snapshot"), Err(AppendError::Refused { .. })));
    // What fits into the room that was taken before still does.
    journal.append(b"second").unwrap();
    disk.set_capacity(u64::MAX);
    journal.append(&[1; 5_000]).unwrap();
    drop(journal);
    disk.power_cut();
    let (_, opened) = disk.open_journal().unwrap();
    assert_eq!(opened.records, [b"first".to_vec(), b"second".to_vec(), vec![1; 5_000]]);
}

#[test]
fn both_stores_do_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), &header()).unwrap();
    let mut memory = MemoryStore::new(header());
    let mut stores: [Box<dyn Store>; 2] = [Box::new(journal), Box::new(memory.clone())];
    for store in &mut stores {
        fill(&mut **store);
    }
    drop(stores);
    fill(&mut memory);
    assert_eq!(Journal::open(dir.path()).unwrap().1.records, memory.records());
}

fn fill(store: &mut dyn Store) {
    assert_eq!(store.header(), &header());
    store.append(&[1; 100]).unwrap();
    assert!(!store.needs_compaction());
    store.append(&vec![2; 300_000]).unwrap();
    assert!(store.needs_compaction());
    store.compact(&[3; 100]).unwrap();
    assert!(!store.needs_compaction());
    store.append(&[4; 10]).unwrap();
}
