//! What a state key goes through, from its protection to its release, and every way in which it does not.

use guardian::{
    ALGORITHM, Hex, LocalGuardian, Message, Protector, PublicKey, Recipient, ReleaseError, Released, protect,
};

const STATE: [u8; 16] = *b"0123456789abcdef";
const OTHER_STATE: [u8; 16] = *b"another state id";
const KEY: [u8; 32] = *b"the state key has got 32 bytes .";
const NONCE: &[u8] = b"a nonce of this run";

/// Bytes that follow from `seed`, other ones at every call.
fn entropy(seed: u8) -> impl FnMut(&mut [u8]) {
    let mut state = u64::from(seed) + 1;
    move |out| {
        for byte in out {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (state >> 56) as u8;
        }
    }
}

fn guardian(seed: u8) -> LocalGuardian {
    LocalGuardian::create(&mut entropy(seed))
}

fn recipient(seed: u8) -> Recipient {
    Recipient::new(&mut entropy(seed))
}

fn protector() -> Protector {
    protect(&KEY, &STATE, &guardian(1).public(), &mut entropy(2)).unwrap()
}

fn release(protector: &Protector) -> Result<Released, ReleaseError> {
    guardian(1).release(protector, &STATE, &recipient(3).public(), NONCE, &mut entropy(4))
}

/// The refusal; a success is named by the test that did not want it.
fn refusal<T>(result: Result<T, ReleaseError>, case: &str) -> ReleaseError {
    result.err().unwrap_or_else(|| panic!("not refused: {case}"))
}

#[test]
fn a_key_goes_through_its_guardian_to_its_recipient() {
    let protector = Protector::parse(&protector().to_bytes()).unwrap();
    assert_eq!(protector.state_id(), &STATE);
    assert_eq!(protector.guardian_id(), guardian(1).id());
    let released = Released::parse(&release(&protector).unwrap().to_bytes()).unwrap();
    assert_eq!(*recipient(3).open(&released, &STATE, NONCE).unwrap(), KEY);
}

#[test]
fn who_carries_the_messages_sees_no_part_of_the_key_and_no_message_twice() {
    let (guardian, mut entropy) = (guardian(1), entropy(5));
    let mut protect = || protect(&KEY, &STATE, &guardian.public(), &mut entropy).unwrap();
    let (one, two) = (protect(), protect());
    assert_ne!(one, two);
    let mut release =
        || guardian.release(&one, &STATE, &recipient(3).public(), NONCE, &mut entropy).unwrap().to_bytes();
    let (first, second) = (release(), release());
    assert_ne!(first, second);
    let digits: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    for message in [one.to_bytes(), two.to_bytes(), first, second] {
        for part in [&KEY[..4], &KEY[28..], &digits.as_bytes()[..8], &digits.as_bytes()[56..]] {
            assert!(!message.windows(part.len()).any(|window| window == part));
        }
    }
}

#[test]
fn another_guardian_is_refused_with_both_names() {
    let error = guardian(9)
        .release(&protector(), &STATE, &recipient(3).public(), NONCE, &mut entropy(4))
        .unwrap_err();
    let (needed, this) = (guardian(1).id(), guardian(9).id());
    assert_eq!(error, ReleaseError::WrongGuardian { state: Hex(STATE), needed, this });
    assert!(error.to_string().contains(&needed.to_string()) && error.to_string().contains(&this.to_string()));
}

#[test]
fn another_states_protector_is_refused_with_both_names() {
    let error = guardian(1)
        .release(&protector(), &OTHER_STATE, &recipient(3).public(), NONCE, &mut entropy(4))
        .unwrap_err();
    assert_eq!(error, ReleaseError::WrongState { expected: Hex(OTHER_STATE), found: Hex(STATE) });
    let text = error.to_string();
    assert!(
        text.contains("30313233343536373839616263646566") && text.contains(&Hex(OTHER_STATE).to_string())
    );
}

/// The name of a state or guardian is bound to the wrapped key, so it cannot be written over.
#[test]
fn a_protector_that_was_renamed_is_altered() {
    let swap = |from: String, to: String| {
        let text = String::from_utf8(protector().to_bytes()).unwrap();
        assert!(text.contains(&from));
        Protector::parse(text.replace(&from, &to).as_bytes()).unwrap()
    };
    let renamed = swap(Hex(STATE).to_string(), Hex(OTHER_STATE).to_string());
    let error = guardian(1)
        .release(&renamed, &OTHER_STATE, &recipient(3).public(), NONCE, &mut entropy(4))
        .unwrap_err();
    assert_eq!(error, ReleaseError::AlteredProtector { state: Hex(OTHER_STATE) });
    let renamed = swap(guardian(1).id().to_string(), guardian(9).id().to_string());
    let error =
        guardian(9).release(&renamed, &STATE, &recipient(3).public(), NONCE, &mut entropy(4)).unwrap_err();
    assert_eq!(error, ReleaseError::AlteredProtector { state: Hex(STATE) });
}

#[test]
fn versions_and_algorithms_of_the_future_are_told_from_damage() {
    let edit = |from: &str, to: &str| {
        let text = String::from_utf8(protector().to_bytes()).unwrap();
        assert!(text.contains(from));
        Protector::parse(text.replace(from, to).as_bytes()).unwrap_err()
    };
    let what = Message::Protector;
    // The other fields of another version are nobody's business here.
    let newer = ReleaseError::UnsupportedVersion { what, found: 2, known: 1 };
    assert_eq!(edit("\"version\": 1", "\"version\": 2"), newer);
    assert_eq!(Protector::parse(br#"{"version": 2, "policy": []}"#), Err(newer));
    assert_eq!(edit(ALGORITHM, "ML-KEM-768"), ReleaseError::UnsupportedAlgorithm { what, known: ALGORITHM });
    let mut released = release(&protector()).unwrap().to_bytes();
    released[0] = 7;
    let newer = ReleaseError::UnsupportedVersion { what: Message::Released, found: 7, known: 1 };
    assert_eq!(Released::parse(&released), Err(newer));
}

#[test]
fn what_is_no_protector_is_malformed() {
    let good = String::from_utf8(protector().to_bytes()).unwrap();
    let mut cases: Vec<Vec<u8>> = (0..good.len()).map(|end| good.as_bytes()[..end].to_vec()).collect();
    cases.extend([
        format!("{good} ").into(),
        good.replace("  ", " ").into(),
        good.replace("\"enc\"", "\"Enc\"").into(),
        good.replace("\"version\": 1", "\"version\": 1.0").into(),
        good.replace("\"version\": 1", "\"version\": \"1\"").into(),
        good.replace("\"version\": 1", "\"version\": 1, \"version\": 1").into(),
        good.replace("\"version\": 1", "\"version\": 1, \"more\": 1").into(),
        good.to_uppercase().replace("VERSION", "version").into(),
        good.replace(&Hex(STATE).to_string(), "30").into(),
        vec![b'['; 4096],
        vec![b' '; 5000],
        vec![0xff; 10],
    ]);
    for case in cases {
        let error = refusal(Protector::parse(&case), &String::from_utf8_lossy(&case));
        assert!(matches!(error, ReleaseError::Malformed { what: Message::Protector, .. }), "{error}");
    }
}

/// Every byte of a protector, changed to each of the 255 other values.
#[test]
fn no_byte_of_a_protector_can_be_changed() {
    let good = protector().to_bytes();
    let (guardian, to) = (guardian(1), recipient(3).public());
    let mut seen = [0_u32; 5];
    for at in 0..good.len() {
        for change in 1..=255 {
            let mut bytes = good.clone();
            bytes[at] ^= change;
            let released = Protector::parse(&bytes)
                .and_then(|altered| guardian.release(&altered, &STATE, &to, NONCE, &mut entropy(4)));
            match refusal(released, &format!("byte {at}, change {change:#x}")) {
                ReleaseError::Malformed { .. } => seen[0] += 1,
                ReleaseError::UnsupportedVersion { .. } | ReleaseError::UnsupportedAlgorithm { .. } => {
                    seen[1] += 1;
                }
                ReleaseError::WrongState { .. } => seen[2] += 1,
                ReleaseError::WrongGuardian { .. } => seen[3] += 1,
                ReleaseError::AlteredProtector { .. } => seen[4] += 1,
                other => panic!("byte {at}, change {change:#x}: {other}"),
            }
        }
    }
    // Every other hex digit of each field is well-formed, and caught by what that field is for.
    assert_eq!(seen[2..], [32 * 15, 32 * 15, (64 + 96) * 15]);
    assert!(seen[0] > 0 && seen[1] > 0);
}

#[test]
fn no_bit_of_a_released_key_can_be_changed() {
    let good = release(&protector()).unwrap().to_bytes();
    assert_eq!(good.len(), 81);
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << bit;
            let opened = Released::parse(&bytes).and_then(|m| recipient(3).open(&m, &STATE, NONCE));
            let error = refusal(opened, &format!("byte {at}, bit {bit}"));
            match at {
                0 => assert!(matches!(error, ReleaseError::UnsupportedVersion { .. })),
                _ => assert_eq!(error, ReleaseError::NotReleasedToThis { state: Hex(STATE) }),
            }
        }
        let short = refusal(Released::parse(&good[..at]), &format!("cut at {at}"));
        assert!(matches!(short, ReleaseError::Malformed { what: Message::Released, .. }));
    }
    assert!(Released::parse(&[&good[..], &[0]].concat()).is_err());
}

#[test]
fn a_key_is_released_to_one_recipient_state_and_context() {
    let released = release(&protector()).unwrap();
    let refused = |state| Err(ReleaseError::NotReleasedToThis { state: Hex(state) });
    assert_eq!(recipient(8).open(&released, &STATE, NONCE), refused(STATE));
    assert_eq!(recipient(3).open(&released, &OTHER_STATE, NONCE), refused(OTHER_STATE));
    for context in [&b""[..], b"a nonce of another run", &NONCE[..NONCE.len() - 1], b"a nonce of this run\0"]
    {
        assert_eq!(recipient(3).open(&released, &STATE, context), refused(STATE));
    }
    assert!(recipient(3).open(&released, &STATE, NONCE).is_ok());
}

/// A protector's wrapped key is no release, though both are made the same way: not even if the guardian's
/// own key pair were the recipient's.
#[test]
fn a_protector_is_no_release() {
    let to = recipient(3).public();
    let protector = protect(&KEY, &STATE, &to, &mut entropy(2)).unwrap();
    let text: serde_json::Value = serde_json::from_slice(&protector.to_bytes()).unwrap();
    let bytes = |field: &str| -> Vec<u8> {
        let digits = text[field].as_str().unwrap();
        (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap()).collect()
    };
    let message = Released::parse(&[&[1][..], &bytes("enc"), &bytes("wrapped")].concat()).unwrap();
    for context in [&b""[..], NONCE] {
        assert!(recipient(3).open(&message, &STATE, context).is_err());
    }
}

#[test]
fn keys_that_share_no_secret_are_refused() {
    let zero = PublicKey::parse(&[0; 32]).unwrap();
    let error = protect(&KEY, &STATE, &zero, &mut entropy(2)).unwrap_err();
    assert_eq!(error, ReleaseError::PublicKey { whose: "guardian's" });
    let error = guardian(1).release(&protector(), &STATE, &zero, NONCE, &mut entropy(4)).unwrap_err();
    assert_eq!(error, ReleaseError::PublicKey { whose: "recipient's" });
    for length in [0, 31, 33] {
        assert_eq!(PublicKey::parse(&vec![9; length]), Err(ReleaseError::PublicKey { whose: "given" }));
    }
}

/// Compiles only while no secret can be printed: with `Debug`, which of the two is meant cannot be told.
#[test]
fn secrets_have_no_debug() {
    trait NoDebug<A> {
        const NAME: &str = "no Debug";
    }
    struct Any;
    struct Printable;
    impl<T: ?Sized> NoDebug<Any> for T {}
    impl<T: ?Sized + std::fmt::Debug> NoDebug<Printable> for T {}
    assert_eq!(<LocalGuardian as NoDebug<_>>::NAME, "no Debug");
    assert_eq!(<Recipient as NoDebug<_>>::NAME, "no Debug");
}

/// The formats of version 1, fixed: what a release of this program wrote, all later ones read. These were
/// opened by another implementation of RFC 9180 from the documented fields alone.
#[test]
fn version_1_stays_what_it_is() {
    assert_eq!(
        String::from_utf8(guardian(1).to_bytes().to_vec()).unwrap(),
        include_str!("golden/guardian-v1.key")
    );
    assert_eq!(String::from_utf8(protector().to_bytes()).unwrap(), include_str!("golden/protector-v1.json"));
    assert_eq!(release(&protector()).unwrap().to_bytes(), include_bytes!("golden/released-v1.bin"));
}
