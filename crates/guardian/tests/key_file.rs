//! The guardian's key file: what it holds, whose it is, and that it is whole or not there.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Barrier;

use guardian::{KeyFile, KeyFileError, LocalGuardian, Message, ReleaseError};

fn fill(byte: u8) -> impl FnMut(&mut [u8]) {
    move |out| out.fill(byte)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).collect()
}

fn refusal<T>(result: Result<T, KeyFileError>) -> KeyFileError {
    result.err().expect("not refused")
}

#[test]
fn a_key_reads_back_from_its_documented_file() {
    let guardian = LocalGuardian::create(&mut fill(0xa5));
    let bytes = guardian.to_bytes();
    let text: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(text["version"], 1);
    assert_eq!(text["id"], guardian.id().to_string());
    assert_eq!(text["algorithm"], guardian::ALGORITHM);
    assert_eq!(text["seed"], "a5".repeat(32));
    assert_eq!(text.as_object().unwrap().len(), 4);
    let again = LocalGuardian::parse(&bytes).unwrap();
    assert!(again.id() == guardian.id() && again.public() == guardian.public());
    assert_eq!(*again.to_bytes(), *bytes);
    assert_ne!(LocalGuardian::create(&mut fill(0xa4)).id(), guardian.id());
}

/// Every byte of a key file, changed to each of the 255 other values: refused, or (white space) the same
/// key. No refusal quotes the seed.
#[test]
fn no_change_of_a_key_file_makes_another_key() {
    let guardian = LocalGuardian::create(&mut fill(0xa5));
    let good = guardian.to_bytes();
    let mut same = 0;
    for at in 0..good.len() {
        for change in 1..=255 {
            let mut bytes = good.clone();
            bytes[at] ^= change;
            match LocalGuardian::parse(&bytes) {
                Ok(read) => {
                    assert!(good[at].is_ascii_whitespace(), "byte {at}, change {change:#x}");
                    assert_eq!(*read.to_bytes(), *good);
                    same += 1;
                }
                Err(why) => assert!(!format!("{why} {why:?}").contains("a5a5"), "{why:?}"),
            }
        }
    }
    let spaces = good.iter().filter(|byte| byte.is_ascii_whitespace()).count();
    assert_eq!(same, spaces * 3, "JSON has four kinds of white space");
}

#[test]
fn another_version_and_algorithm_are_told_from_damage() {
    let bytes = LocalGuardian::create(&mut fill(1)).to_bytes();
    let text = std::str::from_utf8(&bytes).unwrap();
    let what = Message::GuardianKey;
    let parse = |text: String| LocalGuardian::parse(text.as_bytes()).err();
    let newer = ReleaseError::UnsupportedVersion { what, found: 12, known: 1 };
    assert_eq!(parse(text.replace("\"version\": 1", "\"version\": 12")), Some(newer));
    let algorithm = ReleaseError::UnsupportedAlgorithm { what, known: guardian::ALGORITHM };
    assert_eq!(parse(text.replace(guardian::ALGORITHM, "X448")), Some(algorithm));
    let other = LocalGuardian::create(&mut fill(2)).id().to_string();
    let why = "its id is not that of its key";
    let renamed = text.replace(&LocalGuardian::create(&mut fill(1)).id().to_string(), &other);
    assert_eq!(parse(renamed), Some(ReleaseError::Malformed { what, why }));
}

#[test]
fn the_first_use_makes_a_key_that_is_its_owners_alone() {
    let dir = tempfile::tempdir().unwrap();
    let key = KeyFile::at(dir.path().join("new/guardian/local.key"));
    assert!(key.open().unwrap().is_none());
    assert!(matches!(refusal(key.load()), KeyFileError::Missing { path } if path == key.path()));
    let made = key.load_or_create(&mut fill(7)).unwrap();
    assert_eq!(mode(key.path()), 0o600);
    assert_eq!(mode(key.path().parent().unwrap()), 0o700);
    assert_eq!(names(key.path().parent().unwrap()), ["local.key"]);
    assert_eq!(*made.to_bytes(), *fs::read(key.path()).unwrap());
    // Later uses take no entropy and change nothing.
    let again = key.load_or_create(&mut |_| panic!("a second key")).unwrap();
    assert_eq!(again.id(), made.id());
    assert_eq!(key.load().unwrap().id(), made.id());
}

#[test]
fn a_key_open_to_others_is_refused_with_the_command_that_helps() {
    let dir = tempfile::tempdir().unwrap();
    let key = KeyFile::at(dir.path().join("local key"));
    let made = key.load_or_create(&mut fill(7)).unwrap();
    for mode in [0o640, 0o620, 0o604, 0o666, 0o601] {
        fs::set_permissions(key.path(), Permissions::from_mode(mode)).unwrap();
        for error in [refusal(key.load()), refusal(key.open()), refusal(key.load_or_create(&mut fill(8)))] {
            assert!(matches!(&error, KeyFileError::Mode { mode: found, .. } if *found == mode));
            let text = error.to_string();
            assert!(text.contains(&format!("{mode:04o}")), "{text}");
            assert!(text.ends_with(&format!("run `chmod 600 '{}'`", key.path().display())), "{text}");
        }
    }
    // The command does help.
    fs::set_permissions(key.path(), Permissions::from_mode(0o600)).unwrap();
    assert_eq!(key.load().unwrap().id(), made.id());
}

#[test]
fn what_is_no_regular_file_is_refused_and_stalls_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let real = KeyFile::at(dir.path().join("real"));
    real.load_or_create(&mut fill(7)).unwrap();
    let (link, dangling, fifo) =
        (dir.path().join("link"), dir.path().join("dangling"), dir.path().join("fifo"));
    std::os::unix::fs::symlink(real.path(), &link).unwrap();
    std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    for path in [link, dangling, fifo, dir.path().to_path_buf()] {
        let key = KeyFile::at(&path);
        for error in [refusal(key.load()), refusal(key.load_or_create(&mut fill(8)))] {
            assert!(matches!(error, KeyFileError::NotAFile { .. }), "{error}");
        }
    }
    assert!(!dir.path().join("nowhere").exists());
}

#[test]
fn a_key_file_that_is_cut_short_or_too_long_is_named_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let key = KeyFile::at(dir.path().join("local.key"));
    key.load_or_create(&mut fill(7)).unwrap();
    let whole = fs::read(key.path()).unwrap();
    // Without its last byte, a line feed, it is a key still.
    let cut = (0..whole.len() - 1).map(|end| whole[..end].to_vec());
    let long = [whole.clone(), vec![b' '; LocalGuardian::LARGEST_FILE]].concat();
    for bytes in cut.chain([long]) {
        fs::write(key.path(), &bytes).unwrap();
        for error in [refusal(key.load()), refusal(key.load_or_create(&mut fill(8)))] {
            assert!(matches!(&error, KeyFileError::Content { .. }), "{error}");
            assert!(error.to_string().contains(&*key.path().to_string_lossy()), "{error}");
        }
        assert_eq!(fs::read(key.path()).unwrap(), bytes);
    }
}

/// Injects a writer that fails half-way: no key, no leftovers, and the next one succeeds.
#[test]
fn a_failed_creation_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let key = KeyFile::at(dir.path().join("local.key"));
    let full = || KeyFileError::Io {
        doing: "writing",
        path: key.path().into(),
        source: std::io::ErrorKind::StorageFull.into(),
    };
    let failed = key.create_with(|mut file| {
        file.write_all(b"{\"version\"").unwrap();
        assert!(!key.path().exists());
        Err(full())
    });
    assert!(matches!(refusal(failed), KeyFileError::Io { doing: "writing", .. }));
    assert!(names(dir.path()).is_empty());
    key.load_or_create(&mut fill(7)).unwrap();
}

#[test]
fn what_a_killed_process_left_is_in_nobodys_way() {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..3 {
        let left = dir.path().join(format!(".guardian-{}-{number}.new", std::process::id()));
        fs::write(&left, "half a k").unwrap();
    }
    KeyFile::at(dir.path().join("local.key")).load_or_create(&mut fill(7)).unwrap();
    assert_eq!(names(dir.path()).len(), 4);
}

#[test]
fn an_existing_key_is_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let key = KeyFile::at(dir.path().join("local.key"));
    let first = key.load_or_create(&mut fill(1)).unwrap();
    let second = LocalGuardian::create(&mut fill(2));
    let created: Result<(), KeyFileError> = key.create_with(|mut file| {
        file.write_all(&second.to_bytes()).unwrap();
        Ok(())
    });
    created.unwrap();
    assert_eq!(key.load().unwrap().id(), first.id());
    assert_eq!(names(dir.path()), ["local.key"]);
}

#[test]
fn all_who_create_it_at_once_get_the_same_key() {
    let dir = tempfile::tempdir().unwrap();
    let key = KeyFile::at(dir.path().join("local.key"));
    let start = Barrier::new(8);
    let ids: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8)
            .map(|n| {
                let (key, start) = (&key, &start);
                scope.spawn(move || {
                    start.wait();
                    key.load_or_create(&mut fill(n)).unwrap().id()
                })
            })
            .collect();
        all.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(names(dir.path()), ["local.key"]);
}
