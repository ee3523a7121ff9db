//! Ephemeral EC keys and what uses them: ECDAA and two-phase key exchange (Part 3, 14.7 and 19; Part 1, 44.2).
mod common;

use common::keys::{ECDSA, NULL, OWN, SIGNING, ecc};
use common::{Chip, refused, refused_at, sized};
use tpm2_crypto::{Curve, Exchange, HashAlg, Point, RUST};
use tpm2_wire::{
    Buffer, Certify, Commit, EcEphemeral, Quote, Rc, Secret, Sign, SignDigest, SignSequenceComplete,
    SignSequenceStart, Sized2b, Tpm2bAttest, TpmRh, TpmSu, TpmaObject, TpmsAttest, TpmsEccPoint,
    TpmtSensitive, TpmtSignature, TpmuAttest, TpmuSensitiveComposite, VerifySignature, Wire, ZGen2Phase,
    to_vec,
};

const P256: Curve = Curve::P256;
/// ECDAA with SHA-256, as a key has it.
const ECDAA: &[u8] = &[0, 0x1A, 0, 0x0B, 0, 0];
const NULL_TICKET: &[u8] = &[0x80, 0x24, 0x40, 0, 0, 7, 0, 0];
const ECDH: u16 = 0x19;
const SM2: u16 = 0x1B;
const ECMQV: u16 = 0x1D;

fn digest(parts: &[&[u8]]) -> Vec<u8> {
    RUST.digest(HashAlg::Sha256, parts).to_vec()
}
fn wire(point: &Point) -> TpmsEccPoint {
    TpmsEccPoint { x: Buffer(point.x.clone()), y: Buffer(point.y.clone()) }
}
fn native(point: TpmsEccPoint) -> Point {
    Point { x: point.x.0, y: point.y.0 }
}
/// The scheme that answers the commitment of this number.
fn answering(count: u16) -> Vec<u8> {
    [&[0, 0x1A, 0, 0x0B][..], &count.to_be_bytes()].concat()
}

/// What `TPM2_Commit` answers.
struct Committed {
    k: TpmsEccPoint,
    l: TpmsEccPoint,
    e: TpmsEccPoint,
    counter: u16,
}
fn commit(chip: &mut Chip, key: u32, p1: &TpmsEccPoint, s2: &[u8], y2: &[u8]) -> Result<Committed, Rc> {
    let params = [sized(&to_vec(p1)), sized(s2), sized(y2)].concat();
    let reply = chip.send::<Commit>(&[key], &[], &params)?;
    let mut r = reply.reader();
    let mut point = || Sized2b::<TpmsEccPoint>::read(&mut r).expect("a point").0;
    let (k, l, e) = (point(), point(), point());
    Ok(Committed { k, l, e, counter: u16::read(&mut r).expect("a count") })
}
fn nothing() -> TpmsEccPoint {
    TpmsEccPoint::default()
}
fn sign(chip: &mut Chip, key: u32, digest: &[u8], scheme: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Rc> {
    let params = [&sized(digest)[..], scheme, NULL_TICKET].concat();
    match chip.send::<Sign>(&[key], &[], &params)?.value() {
        TpmtSignature::Ecdaa(s) => Ok((s.signature_r.0, s.signature_s.0)),
        _ => panic!("not ECDAA"),
    }
}
/// `H(k || P) mod n`, as a scalar.
fn challenge(k: &[u8], digested: &[u8]) -> Vec<u8> {
    let full = digest(&[k, digested]);
    // The order of P-256 is so near to 2^256 that a digest is below it, but for one in 2^32.
    assert!(full.as_slice() < P256.params().n);
    full
}
/// `[s]G = E + [t]Q`: only the holder of Q's key, and of E's, can have made s.
fn answers(q: &Point, e: &TpmsEccPoint, k: &[u8], s: &[u8], digested: &[u8]) -> bool {
    let tq = RUST.ec.mul(P256, q, &challenge(k, digested)).expect("a point");
    RUST.ec.base_mul(P256, s).expect("a point")
        == RUST.ec.add_public(P256, &native(e.clone()), &tq).expect("a point")
}
fn anonymous(chip: &mut Chip) -> u32 {
    chip.primary(TpmRh::ENDORSEMENT, "", &ecc(SIGNING, NULL, ECDAA, &[])).expect("a key")
}
/// A seed whose SHA-256 is the x coordinate of a point on P-256, the y coordinate, and the point.
fn base_point() -> (Vec<u8>, Vec<u8>, Point) {
    let s2 = b"base 0".to_vec();
    let y = "6d1e84188615fb84cf1581dc552a4af37713343d6838894ccf33e0cfd07e0b90";
    let y: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&y[2 * i..2 * i + 2], 16).expect("hex")).collect();
    let point = Point { x: digest(&[&s2]), y: y.clone() };
    assert!(RUST.ec_on_curve(P256, &point));
    (s2, y, point)
}

#[test]
fn a_commitment_is_answered_once() {
    let mut chip = Chip::new();
    let key = anonymous(&mut chip);
    let q = chip.point(key);
    let first = commit(&mut chip, key, &nothing(), &[], &[]).expect("a commitment");
    let second = commit(&mut chip, key, &nothing(), &[], &[]).expect("a commitment");
    assert_eq!((first.counter, second.counter), (0, 1));
    assert_eq!((&first.k, &first.l), (&nothing(), &nothing()));
    assert_ne!(first.e, second.e);
    // In any order.
    let message = digest(&[b"message"]);
    for committed in [&second, &first] {
        let (k, s) = sign(&mut chip, key, &message, &answering(committed.counter)).expect("an answer");
        assert!(answers(&q, &committed.e, &k, &s, &message));
        assert!(!answers(&q, &committed.e, &k, &s, &digest(&[b"another"])));
        refused(sign(&mut chip, key, &message, &answering(committed.counter)), Rc::VALUE);
    }
    for never in [2, 0x80, 0x100, 0xFFFF] {
        refused(sign(&mut chip, key, &message, &answering(never)), Rc::VALUE);
    }
    // Without a number there is nothing to answer; another scheme is not the key's.
    refused_at(sign(&mut chip, key, &message, NULL), Rc::SCHEME, Sign::in_scheme);
    refused_at(sign(&mut chip, key, &message, ECDSA), Rc::SCHEME, Sign::in_scheme);
    refused_at(sign(&mut chip, key, &message, &[0, 0x1A, 0, 4, 0, 0]), Rc::SCHEME, Sign::in_scheme);
}

#[test]
fn a_refused_signature_does_not_use_up_its_commitment() {
    let mut chip = Chip::new();
    let key = anonymous(&mut chip);
    let committed = commit(&mut chip, key, &nothing(), &[], &[]).expect("a commitment");
    let message = digest(&[b"message"]);
    let scheme = answering(committed.counter);
    refused_at(sign(&mut chip, key, &message[1..], &scheme), Rc::SIZE, Sign::digest);
    sign(&mut chip, key, &message, &scheme).expect("an answer");
    // One for another key derives another ephemeral key: it answers, but not this commitment.
    let other = chip.primary(TpmRh::OWNER, "", &ecc(SIGNING, NULL, ECDAA, &[])).expect("a key");
    let committed = commit(&mut chip, key, &nothing(), &[], &[]).expect("a commitment");
    let (k, s) = sign(&mut chip, other, &message, &answering(committed.counter)).expect("an answer");
    let q = chip.point(other);
    assert!(!answers(&q, &committed.e, &k, &s, &message));
    // The TPM does not verify what it has not the credential for.
    let signature = [&[0, 0x1A, 0, 0x0B][..], &sized(&k), &sized(&s)].concat();
    let params = [sized(&message), signature].concat();
    refused_at(chip.send::<VerifySignature>(&[key], &[], &params), Rc::SCHEME, VerifySignature::signature);
}

/// The commands of 1.85 take the number of the commitment as their context (Part 2, 11.3.7).
#[test]
fn a_context_names_the_commitment() {
    let mut chip = Chip::new();
    let key = anonymous(&mut chip);
    let q = chip.point(key);
    let first = commit(&mut chip, key, &nothing(), &[], &[]).expect("a commitment");
    let second = commit(&mut chip, key, &nothing(), &[], &[]).expect("a commitment");
    let message = digest(&[b"message"]);
    let scalars = |signature| match signature {
        TpmtSignature::Ecdaa(s) => (s.signature_r.0, s.signature_s.0),
        _ => panic!("not ECDAA"),
    };
    let sign_digest = |chip: &mut Chip, context: &[u8]| -> Result<TpmtSignature, Rc> {
        let params = [&sized(context)[..], &sized(&message), NULL_TICKET].concat();
        Ok(chip.send::<SignDigest>(&[key], &[], &params)?.value())
    };
    for wrong in [&b""[..], &[0], &[0, 0, 0]] {
        refused_at(sign_digest(&mut chip, wrong), Rc::SIZE, SignDigest::context);
    }
    let count = second.counter.to_be_bytes();
    let (k, s) = scalars(sign_digest(&mut chip, &count).expect("an answer"));
    assert!(answers(&q, &second.e, &k, &s, &message));
    refused(sign_digest(&mut chip, &count), Rc::VALUE);

    let params = [sized(b""), sized(&first.counter.to_be_bytes())].concat();
    let sequence = chip.send::<SignSequenceStart>(&[key], &[], &params).expect("a sequence");
    let handles = [sequence.handle.expect("a handle"), key];
    let reply = chip.send::<SignSequenceComplete>(&handles, &[], &sized(b"message")).expect("an answer");
    let (k, s) = scalars(reply.value());
    assert!(answers(&q, &first.e, &k, &s, &message));
}

#[test]
fn as_many_as_can_be_pending() {
    let mut chip = Chip::new();
    let key = anonymous(&mut chip);
    let message = digest(&[b"message"]);
    for count in 0..=128 {
        assert_eq!(commit(&mut chip, key, &nothing(), &[], &[]).expect("a commitment").counter, count);
    }
    // The 129th has taken the place of the first.
    refused(sign(&mut chip, key, &message, &answering(0)), Rc::VALUE);
    sign(&mut chip, key, &message, &answering(128)).expect("an answer");
    sign(&mut chip, key, &message, &answering(1)).expect("an answer");
}

#[test]
fn points_of_a_commitment() {
    let mut chip = Chip::new();
    let key = anonymous(&mut chip);
    let q = chip.point(key);
    let p1 = RUST.ec_public(P256, &[42]).expect("a point");
    let (s2, y2, base) = base_point();
    let message = digest(&[b"message"]);
    // All three: K = [d]B, L = [r]B, E = [r]P1. The answer s = r + t d shows it of L and K: [s]B = L + [t]K.
    let made = commit(&mut chip, key, &wire(&p1), &s2, &y2).expect("a commitment");
    let (k, s) = sign(&mut chip, key, &message, &answering(made.counter)).expect("an answer");
    let t = challenge(&k, &message);
    let combine = |a: &TpmsEccPoint, b: &Point| {
        let tb = RUST.ec.mul(P256, b, &t).expect("a point");
        RUST.ec.add_public(P256, &native(a.clone()), &tb).expect("a point")
    };
    assert_eq!(RUST.ec.mul(P256, &base, &s).expect("a point"), combine(&made.l, &native(made.k.clone())));
    let dp1 = RUST.ec.mul(P256, &q, &[vec![0; 31], vec![42]].concat()).expect("a point");
    assert_eq!(RUST.ec.mul(P256, &p1, &s).expect("a point"), combine(&made.e, &dp1));
    // K does not depend on the number; without P1 there is no E.
    let again = commit(&mut chip, key, &nothing(), &s2, &y2).expect("a commitment");
    assert_eq!((&again.k, &again.e), (&made.k, &nothing()));
    assert_ne!(again.l, made.l);
    // Without a base there is neither K nor L.
    let alone = commit(&mut chip, key, &wire(&p1), &[], &[]).expect("a commitment");
    assert_eq!((&alone.k, &alone.l), (&nothing(), &nothing()));
    assert_ne!(alone.e, nothing());

    let mut off = y2.clone();
    off[31] ^= 1;
    refused_at(commit(&mut chip, key, &nothing(), &s2, &[]), Rc::SIZE, Commit::y2);
    refused_at(commit(&mut chip, key, &nothing(), &[], &y2), Rc::SIZE, Commit::y2);
    refused_at(commit(&mut chip, key, &nothing(), &s2, &off), Rc::ECC_POINT, Commit::s2);
    let mut bad = wire(&p1);
    bad.y.0[0] ^= 1;
    refused_at(commit(&mut chip, key, &bad, &[], &[]), Rc::ECC_POINT, Commit::p1);
    // The base is looked at first.
    refused_at(commit(&mut chip, key, &bad, &s2, &off), Rc::ECC_POINT, Commit::s2);
    // None of these took a number.
    let next = commit(&mut chip, key, &nothing(), &[], &[]).expect("a commitment");
    assert_eq!(next.counter, alone.counter + 1);

    let ecdsa = chip.primary(TpmRh::OWNER, "", &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
    refused_at(commit(&mut chip, ecdsa, &nothing(), &[], &[]), Rc::SCHEME, Commit::sign_handle);
    let hmac = common::keys::keyed_hash(SIGNING, common::keys::HMAC, &[]);
    let hmac = chip.primary(TpmRh::OWNER, "", &hmac).expect("a key");
    refused_at(commit(&mut chip, hmac, &nothing(), &[], &[]), Rc::KEY, Commit::sign_handle);
}

#[test]
fn anonymous_attestations_name_nobody() {
    let mut chip = Chip::new();
    let restricted = SIGNING | TpmaObject::RESTRICTED;
    let key = chip.primary(TpmRh::ENDORSEMENT, "", &ecc(restricted, NULL, ECDAA, &[])).expect("a key");
    let q = chip.point(key);
    for nonce in [&b"nonce"[..], &[]] {
        let committed = commit(&mut chip, key, &nothing(), &[], &[]).expect("a commitment");
        let scheme = answering(committed.counter);
        let pcrs = [0, 0, 0, 1, 0, 0x0B, 3, 0, 0, 1];
        let params = [&sized(nonce)[..], &scheme, &pcrs].concat();
        let reply = chip.send::<Quote>(&[key], &[], &params).expect("a quote");
        let mut r = reply.reader();
        let attest = Tpm2bAttest::read(&mut r).expect("an attestation");
        let Ok(TpmtSignature::Ecdaa(s)) = TpmtSignature::read(&mut r) else { panic!("not ECDAA") };
        let inner = digest(&[&attest]);
        let signed = if nonce.is_empty() { inner } else { digest(&[nonce, &inner]) };
        assert!(answers(&q, &committed.e, &s.signature_r, &s.signature_s, &signed));
        let mut r = tpm2_wire::Reader::new(&attest, &tpm2_wire::Accept::ALL);
        let attest = TpmsAttest::read(&mut r).expect("an attestation");
        assert!(matches!(attest.attested, TpmuAttest::Quote(_)));
        assert!(attest.qualified_signer.is_empty() && attest.extra_data.is_empty());
        refused(chip.send::<Quote>(&[key], &[], &params), Rc::VALUE);
    }
    let params = [&sized(b"nonce")[..], NULL].concat();
    refused_at(chip.send::<Certify>(&[key, key], &[], &params), Rc::SCHEME, Certify::in_scheme);
}

/// A TPM Reset ends what is pending; a Restart and a Resume do not (Part 1, 34.4).
#[test]
fn what_a_pending_number_survives() {
    let message = digest(&[b"message"]);
    let pending = |chip: &mut Chip| {
        let key = anonymous(chip);
        commit(chip, key, &nothing(), &[], &[]).expect("a commitment")
    };
    for startup in [TpmSu::State, TpmSu::Clear] {
        let mut chip = Chip::new();
        let committed = pending(&mut chip);
        chip.cycle(TpmSu::State, startup);
        let key = anonymous(&mut chip);
        let q = chip.point(key);
        let (k, s) = sign(&mut chip, key, &message, &answering(committed.counter)).expect("an answer");
        assert!(answers(&q, &committed.e, &k, &s, &message));
    }
    let mut chip = Chip::new();
    let before = pending(&mut chip);
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    let key = anonymous(&mut chip);
    refused(sign(&mut chip, key, &message, &answering(before.counter)), Rc::VALUE);
    let after = commit(&mut chip, key, &nothing(), &[], &[]).expect("a commitment");
    assert_eq!(after.counter, 0, "the count begins anew");
    assert_ne!(after.e, before.e, "and the keys are others");
    // A snapshot of the running TPM has it all.
    let volatile = chip.tpm.save_volatile();
    let mut other = chip.load();
    other.load_volatile(&mut chip.bench, &volatile).expect("the volatile state");
    chip.tpm = other;
    let q = chip.point(key);
    let (k, s) = sign(&mut chip, key, &message, &answering(after.counter)).expect("an answer");
    assert!(answers(&q, &after.e, &k, &s, &message));
}

fn ephemeral(chip: &mut Chip, curve: u16) -> Result<(TpmsEccPoint, u16), Rc> {
    let reply = chip.send::<EcEphemeral>(&[], &[], &curve.to_be_bytes())?;
    let mut r = reply.reader();
    let q = Sized2b::<TpmsEccPoint>::read(&mut r).expect("a point").0;
    Ok((q, u16::read(&mut r).expect("a count")))
}
type Zs = (TpmsEccPoint, TpmsEccPoint);
fn zgen(
    chip: &mut Chip,
    key: u32,
    qs: &TpmsEccPoint,
    qe: &TpmsEccPoint,
    scheme: u16,
    n: u16,
) -> Result<Zs, Rc> {
    let params =
        [&sized(&to_vec(qs))[..], &sized(&to_vec(qe)), &scheme.to_be_bytes(), &n.to_be_bytes()].concat();
    let reply = chip.send::<ZGen2Phase>(&[key], &[], &params)?;
    let mut r = reply.reader();
    let mut point = || Sized2b::<TpmsEccPoint>::read(&mut r).expect("a point").0;
    Ok((point(), point()))
}
/// An exchange key of this scheme.
fn exchange_key(chip: &mut Chip, scheme: &[u8]) -> u32 {
    chip.primary(TpmRh::OWNER, "", &ecc(OWN | TpmaObject::DECRYPT, NULL, scheme, &[])).expect("a key")
}

#[test]
fn both_parties_of_an_exchange_have_the_same() {
    let mut chip = Chip::new();
    let (ds, de) = ([7], [9]);
    let [qs, qe] = [ds, de].map(|d| wire(&RUST.ec_public(P256, &d).expect("a point")));
    let schemes: [(u16, &[u8]); 6] = [
        (ECDH, NULL),
        (ECMQV, NULL),
        (SM2, NULL),
        (ECDH, &[0, 0x19, 0, 0x0B]),
        (ECMQV, &[0, 0x1D, 0, 0x0B]),
        (SM2, &[0, 0x1B, 0, 0x0B]),
    ];
    for (scheme, own) in schemes {
        let key = exchange_key(&mut chip, own);
        let (theirs, count) = ephemeral(&mut chip, 3).expect("an ephemeral key");
        let (z1, z2) = zgen(&mut chip, key, &qs, &qe, scheme, count).expect("a secret");
        let (q_static, q_ephemeral) = (chip.point(key), native(theirs));
        let keys =
            Exchange { d_static: &ds, d_ephemeral: &de, q_static: &q_static, q_ephemeral: &q_ephemeral };
        let expected = match scheme {
            ECDH => {
                let ze = RUST.ec_mul(P256, &q_ephemeral, &de).expect("a point");
                assert_eq!(z2, wire(&ze));
                RUST.ec_mul(P256, &q_static, &ds).expect("a point")
            }
            ECMQV => RUST.ecmqv(P256, keys).expect("a point").expect("not infinity"),
            _ => RUST.sm2_exchange(P256, keys).expect("a point").expect("not infinity"),
        };
        assert_eq!(z1, wire(&expected));
        if scheme != ECDH {
            assert_eq!(z2, nothing());
        }
        // Once.
        refused_at(zgen(&mut chip, key, &qs, &qe, scheme, count), Rc::VALUE, ZGen2Phase::counter);
        chip.flush(key);
    }
}

#[test]
fn exchanges_that_are_refused() {
    let mut chip = Chip::new();
    let key = exchange_key(&mut chip, NULL);
    let point = wire(&RUST.ec_public(P256, &[7]).expect("a point"));
    let mut off = point.clone();
    off.y.0[0] ^= 1;
    let (_, count) = ephemeral(&mut chip, 3).expect("an ephemeral key");
    let mut refuse = |key: u32, qs: &TpmsEccPoint, qe: &TpmsEccPoint, scheme: u16, count: u16, rc, at| {
        refused_at(zgen(&mut chip, key, qs, qe, scheme, count), rc, at);
    };
    refuse(key, &off, &off, ECDH, 99, Rc::ECC_POINT, ZGen2Phase::in_qs_b);
    refuse(key, &point, &off, ECDH, 99, Rc::ECC_POINT, ZGen2Phase::in_qe_b);
    refuse(key, &point, &point, ECDH, 99, Rc::VALUE, ZGen2Phase::counter);
    refuse(key, &point, &point, 0x18, count, Rc::SCHEME, ZGen2Phase::in_scheme);
    refuse(key, &point, &point, 0x10, count, Rc::SCHEME, ZGen2Phase::in_scheme);
    let own = exchange_key(&mut chip, &[0, 0x19, 0, 0x0B]);
    refused_at(zgen(&mut chip, own, &off, &point, SM2, count), Rc::SCHEME, ZGen2Phase::in_scheme);
    let srk = chip.srk();
    refused_at(zgen(&mut chip, srk, &off, &point, SM2, count), Rc::ATTRIBUTES, ZGen2Phase::key_a);
    let signing = chip.primary(TpmRh::OWNER, "", &ecc(SIGNING, NULL, NULL, &[])).expect("a key");
    refused_at(zgen(&mut chip, signing, &off, &point, SM2, count), Rc::ATTRIBUTES, ZGen2Phase::key_a);
    let rsa = common::keys::keyed_hash(SIGNING, common::keys::HMAC, &[]);
    let hmac = chip.primary(TpmRh::OWNER, "", &rsa).expect("a key");
    refused_at(zgen(&mut chip, hmac, &off, &point, SM2, count), Rc::KEY, ZGen2Phase::key_a);
    // None of these has used up the number.
    zgen(&mut chip, key, &point, &point, ECDH, count).expect("a secret");
    refused_at(ephemeral(&mut chip, 0x7F), Rc::CURVE, EcEphemeral::curve_id);
}

/// Who chooses both keys can make the result vanish: the point is empty then, and the number is used.
#[test]
fn an_exchange_that_ends_at_infinity() {
    let mut chip = Chip::new();
    let key = exchange_key(&mut chip, NULL);
    let (_, count) = ephemeral(&mut chip, 3).expect("an ephemeral key");
    let qe = RUST.ec_public(P256, &[5]).expect("a point");
    // SM2: Qs = -[avf(Qe)] Qe, and -1 is n - 1.
    let mut avf = vec![0; 32];
    avf[16..].copy_from_slice(&qe.x[16..]);
    avf[16] |= 0x80;
    let mut minus = P256.params().n.to_vec();
    minus[31] -= 1;
    let weighted = RUST.ec.mul(P256, &qe, &avf).expect("a point");
    let qs = RUST.ec.mul(P256, &weighted, &minus).expect("a point");
    let zs = zgen(&mut chip, key, &wire(&qs), &wire(&qe), SM2, count).expect("no secret");
    assert_eq!(zs, (nothing(), nothing()));
    refused_at(zgen(&mut chip, key, &wire(&qs), &wire(&qe), SM2, count), Rc::VALUE, ZGen2Phase::counter);
}

/// The number belongs to no key: an ephemeral key of `TPM2_EC_Ephemeral` is none of `TPM2_Commit`, with any curve.
#[test]
fn numbers_are_shared_by_both_commands() {
    let mut chip = Chip::new();
    let (one, first) = ephemeral(&mut chip, 3).expect("an ephemeral key");
    let key = anonymous(&mut chip);
    let second = commit(&mut chip, key, &nothing(), &[], &[]).expect("a commitment");
    let (three, third) = ephemeral(&mut chip, 4).expect("an ephemeral key");
    assert_eq!((first, second.counter, third), (0, 1, 2));
    assert_eq!((one.x.len(), three.x.len()), (32, 48));
    // A key that others know signs as well, in the null hierarchy.
    let area = ecc(SIGNING.with(TpmaObject::FIXED_TPM | TpmaObject::FIXED_PARENT, false), NULL, ECDAA, &[]);
    let q = RUST.ec_public(P256, &[3]).expect("a point");
    let area = [&area[..area.len() - 4], &to_vec(&wire(&q))].concat();
    let sensitive = TpmtSensitive {
        auth_value: Secret::default(),
        seed_value: Secret::default(),
        sensitive: TpmuSensitiveComposite::Ecc(Secret::from(&[3][..])),
    };
    let known = chip.external(Some(&sensitive), &area, TpmRh::NULL).expect("a key");
    let committed = commit(&mut chip, known, &nothing(), &[], &[]).expect("a commitment");
    let message = digest(&[b"message"]);
    let (k, s) = sign(&mut chip, known, &message, &answering(committed.counter)).expect("an answer");
    assert!(answers(&q, &committed.e, &k, &s, &message));
}
