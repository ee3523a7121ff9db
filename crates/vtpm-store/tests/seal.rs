//! Sealed records: what comes back is what was sealed, in order, or the refusal names what is wrong.

use vtpm_store::StateId;
use vtpm_store::faults::Random;
use vtpm_store::seal::{ChainBreak, DELTA_UNIT, Kind, MAX_PLAIN, OpenError, SealError, Sealer, StateKey};

const STATE: StateId = StateId([0x21; 16]);

fn entropy(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut random = Random(seed);
    move |out| out.iter_mut().for_each(|byte| *byte = random.draw() as u8)
}

fn key() -> StateKey {
    StateKey::from_slice(&[0x42; 32]).unwrap()
}

fn open(records: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, OpenError> {
    let (_, plains) = Sealer::open(key(), STATE, records, &mut entropy(99))?;
    Ok(plains.iter().map(|plain| plain.to_vec()).collect())
}

fn refusal(records: &[Vec<u8>]) -> OpenError {
    open(records).expect_err("opened")
}

/// A snapshot and `deltas` deltas, of the run that `seed` stands for.
fn sealed(seed: u64, deltas: u8) -> Vec<Vec<u8>> {
    let mut sealer = Sealer::create(key(), STATE, &mut entropy(seed));
    let mut records = vec![sealer.seal(Kind::Snapshot, b"snapshot").unwrap()];
    records.extend((0..deltas).map(|n| sealer.seal(Kind::Delta, &[n; 10]).unwrap()));
    records
}

#[test]
fn all_comes_back_over_several_runs_and_epochs() {
    let mut records = sealed(1, 2);
    let (mut sealer, plains) = Sealer::open(key(), STATE, &records, &mut entropy(2)).unwrap();
    assert_eq!((sealer.sequence(), plains.len()), (3, 3));
    records.push(sealer.seal(Kind::Delta, b"").unwrap());
    let longest = vec![7; 5_000];
    records.push(sealer.seal(Kind::Delta, &longest).unwrap());
    assert_eq!(open(&records).unwrap(), [b"snapshot".to_vec(), vec![0; 10], vec![1; 10], vec![], longest]);

    let compacted =
        vec![sealer.seal(Kind::Snapshot, b"again").unwrap(), sealer.seal(Kind::Delta, b"x").unwrap()];
    assert_eq!(open(&compacted).unwrap(), [b"again".to_vec(), b"x".to_vec()]);
}

#[test]
fn each_byte_counts() {
    let records = sealed(1, 1);
    for n in 0..records.len() {
        for at in 0..records[n].len() {
            let mut altered = records.clone();
            altered[n][at] ^= 1 << (at % 8);
            assert!(open(&altered).is_err(), "record {n}, byte {at}");
            altered[n].truncate(at);
            let error = refusal(&altered);
            let malformed = matches!(error, OpenError::Malformed { record, .. } if record == n);
            let altered = matches!(error, OpenError::Altered { record, .. } if record == n);
            assert!(malformed || altered, "record {n} cut at {at}: {error}");
        }
    }
}

#[test]
fn the_true_cause_is_named() {
    let records = sealed(1, 3);
    let [snapshot, first, second, third] = records.clone().try_into().unwrap();
    let broken = |records: &[&Vec<u8>]| {
        let records: Vec<Vec<u8>> = records.iter().copied().cloned().collect();
        match refusal(&records) {
            OpenError::BrokenChain { record, cause, .. } => (record, cause),
            other => panic!("{other}"),
        }
    };
    assert_eq!(refusal(&[]), OpenError::Empty { state: STATE });
    assert_eq!(broken(&[&first]), (0, ChainBreak::NoSnapshot { found: 2 }));
    assert_eq!(broken(&[&snapshot, &second]), (1, ChainBreak::Sequence { expected: 2, found: 3 }));
    assert_eq!(broken(&[&snapshot, &first, &third, &second]).0, 2);
    assert_eq!(broken(&[&snapshot, &first, &first]), (2, ChainBreak::Sequence { expected: 3, found: 2 }));
    assert_eq!(broken(&[&snapshot, &snapshot]), (1, ChainBreak::SecondSnapshot { expected: 1, found: 1 }));

    // Another run that went on from the same place wrote another history.
    let other = sealed(2, 3);
    assert_eq!(broken(&[&snapshot, &other[1]]), (1, ChainBreak::History { found: 2 }));

    // A delta of an epoch that was compacted away.
    let (mut sealer, _) = Sealer::open(key(), STATE, &records, &mut entropy(3)).unwrap();
    let later = sealer.seal(Kind::Snapshot, b"later").unwrap();
    assert_eq!(broken(&[&later, &first]), (1, ChainBreak::Epoch { expected: 2, found: 1 }));

    let wrong = StateKey::from_slice(&[0x43; 32]).unwrap();
    let error = Sealer::open(wrong, STATE, &records, &mut entropy(4)).err().unwrap();
    assert_eq!(error, OpenError::WrongKey { state: STATE, record: 0 });
    let other = StateId([0x22; 16]);
    let error = Sealer::open(key(), other, &records, &mut entropy(4)).err().unwrap();
    assert_eq!(error, OpenError::OtherState { record: 0, expected: other, found: STATE });
    let mut newer = records;
    newer[1][0] = 2;
    assert!(matches!(
        refusal(&newer),
        OpenError::UnsupportedVersion { record: 1, found: 2, supported: 1, .. }
    ));
}

#[test]
fn what_could_not_be_stored_is_undone_under_another_key() {
    let mut entropy = entropy(5);
    let mut sealer = Sealer::create(key(), STATE, &mut entropy);
    let snapshot = sealer.seal(Kind::Snapshot, b"snapshot").unwrap();
    let lost = sealer.seal(Kind::Delta, b"one").unwrap();
    sealer.undo(&mut entropy);
    sealer.undo(&mut entropy);
    let kept = sealer.seal(Kind::Delta, b"one").unwrap();
    assert_eq!(sealer.sequence(), 2);
    // The same number and plaintext, and not the same ciphertext.
    assert_eq!(lost[16..24], kept[16..24]);
    assert_ne!(lost[88..], kept[88..]);
    assert_eq!(open(&[snapshot, kept]).unwrap(), [b"snapshot".as_slice(), b"one"]);
}

#[test]
fn lengths_say_little_and_limits_hold() {
    let mut sealer = Sealer::create(key(), STATE, &mut entropy(6));
    assert_eq!(sealer.seal(Kind::Delta, b"x"), Err(SealError::NoSnapshot));
    let too_large = vec![0; MAX_PLAIN + 1];
    assert!(matches!(sealer.seal(Kind::Snapshot, &too_large), Err(SealError::TooLarge { .. })));
    assert_eq!(sealer.sequence(), 0);
    sealer.seal(Kind::Snapshot, &too_large[1..]).unwrap();
    let mut len = |plain: usize| sealer.seal(Kind::Delta, &vec![0; plain]).unwrap().len();
    assert_eq!((len(0), len(DELTA_UNIT - 4), len(DELTA_UNIT - 3)), (360, 360, 616));
}

/// The format on disk. Key id and CRC were computed by another implementation, from `docs/FORMAT.md` (Python's
/// hmac for HKDF, OpenSSL's AES-256-GCM-SIV).
#[test]
fn frozen() {
    let record = sealed(1, 0).remove(0);
    assert_eq!(
        record[..56],
        [
            [1, 1, 0, 0, 0, 0, 0, 0].as_slice(),
            &[1, 0, 0, 0, 0, 0, 0, 0],
            &[1, 0, 0, 0, 0, 0, 0, 0],
            &[0x21; 16],
            &KEY_ID,
        ]
        .concat()
    );
    assert_eq!(record[72..88], [0; 16]);
    assert_eq!(crc32fast::hash(&record), FROZEN_CRC, "the bytes of a sealed record have changed");
}

const KEY_ID: [u8; 16] = [175, 96, 40, 81, 10, 183, 242, 116, 170, 36, 86, 33, 45, 106, 77, 253];
const FROZEN_CRC: u32 = 2_801_329_603;
