//! Schemes over elliptic curves: EC Schnorr, ECDAA, SM2, full MQV and encryption to a point.

mod common;

use common::{Case, FailsAfter, PROVIDERS, cases, hash_named};
use tpm2_crypto::{CryptoProvider, Curve, Drbg, Error, Exchange, HashAlg, Point};

/// The curves of the vectors that this crate has, by name.
fn curve(name: &str) -> Option<Curve> {
    let id = match name {
        "P-224" => 0x02,
        "P-256" => 0x03,
        "P-384" => 0x04,
        "P-521" => 0x05,
        "BN P-256" => 0x10,
        "SM2 P-256" => 0x20,
        _ => panic!("a curve that nobody thought of: {name}"),
    };
    Curve::from_id(id)
}

fn point(case: &Case, name: &str) -> Point {
    Point { x: case.hex(&format!("{name}_x")), y: case.hex(&format!("{name}_y")) }
}

/// Runs for each provider and each vector.
fn each(mut check: impl FnMut(&CryptoProvider, Curve, HashAlg, &Case)) {
    let mut checked = 0;
    for p in PROVIDERS {
        for case in cases(include_str!("vectors/ecc_schemes.txt")) {
            let curve = curve(case.text("curve")).expect("a curve that is ours");
            check(p, curve, hash_named(case.text("hash")), &case);
            checked += 1;
        }
    }
    assert!(checked >= 18 * PROVIDERS.len(), "three hashes on six curves at least");
}

fn rng(p: &CryptoProvider) -> Drbg {
    Drbg::from_entropy(p, &[b"schemes"])
}

fn flipped(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    *out.last_mut().unwrap() ^= 1;
    out
}

#[test]
fn schnorr_signatures_of_elsewhere_and_our_own() {
    each(|p, curve, hash, case| {
        let (q, d, digest) = (point(case, "q"), case.hex("d"), case.hex("digest"));
        let verify =
            |digest: &[u8], (r, s): (&[u8], &[u8])| p.ecschnorr_verify(curve, hash, &q, digest, r, s);
        let (r, s) = (case.hex("schnorr_r"), case.hex("schnorr_s"));
        assert!(verify(&digest, (&r, &s)), "{curve:?} {hash:?}");
        let (r, s) = p.ecschnorr_sign(curve, hash, &d, &digest, &mut rng(p)).unwrap();
        assert!(verify(&digest, (&r, &s)));
        refuses_what_is_not_signed(curve, &digest, &r, &s, verify);
    });
}

#[test]
fn sm2_signatures_of_elsewhere_and_our_own() {
    each(|p, curve, _, case| {
        let (q, d, digest) = (point(case, "q"), case.hex("d"), case.hex("digest"));
        let verify = |digest: &[u8], (r, s): (&[u8], &[u8])| p.sm2_verify(curve, &q, digest, r, s);
        let (r, s) = (case.hex("sm2_r"), case.hex("sm2_s"));
        assert!(verify(&digest, (&r, &s)), "{curve:?}");
        let (r, s) = p.sm2_sign(curve, &d, &digest, &mut rng(p)).unwrap();
        assert!(verify(&digest, (&r, &s)));
        refuses_what_is_not_signed(curve, &digest, &r, &s, verify);
        // n - 1 is a key of ECDSA, but has no signature here: 1 + d has no inverse.
        let mut last = curve.params().n.to_vec();
        *last.last_mut().unwrap() -= 1;
        assert_eq!(p.sm2_sign(curve, &last, &digest, &mut rng(p)).err(), Some(Error::BadKey));
    });
}

fn refuses_what_is_not_signed(
    curve: Curve,
    digest: &[u8],
    r: &[u8],
    s: &[u8],
    verify: impl Fn(&[u8], (&[u8], &[u8])) -> bool,
) {
    let zero = vec![0; curve.size()];
    let n = curve.params().n;
    assert!(!verify(&flipped(digest), (r, s)));
    for wrong in [&flipped(r)[..], &zero, n, s, &[]] {
        assert!(!verify(digest, (wrong, s)));
    }
    for wrong in [&flipped(s)[..], &zero, n, r, &[]] {
        assert!(!verify(digest, (r, wrong)));
    }
}

/// Hedged: a generator that repeats itself gives different digests different nonces.
#[test]
fn nonces_are_not_repeated() {
    for p in PROVIDERS {
        let sign = |digest: &[u8]| {
            let schnorr = p.ecschnorr_sign(Curve::P256, HashAlg::Sha256, &[7], digest, &mut rng(p)).unwrap();
            let sm2 = p.sm2_sign(Curve::P256, &[7], digest, &mut rng(p)).unwrap();
            (schnorr, sm2)
        };
        assert_eq!(sign(b"a"), sign(b"a"));
        // An SM2 signature has r = e + x: with one nonce, r would differ by the difference of the digests.
        let ((_, (r1, _)), (_, (r2, _))) = (sign(&[1]), sign(&[2]));
        let one = [vec![0; 31], vec![1]].concat();
        assert_ne!(*p.ec.scalar_add(Curve::P256, &r1, &one).unwrap(), r2);
        let dry = p.sm2_sign(Curve::P256, &[7], b"a", &mut FailsAfter { inner: rng(p), good: 0 });
        assert_eq!(dry.err(), Some(Error::Rng));
    }
}

/// `[s]G - [H(k || P)]Q` is the commitment that r belongs to.
#[test]
fn ecdaa_answers_its_commitment() {
    each(|p, curve, hash, case| {
        let (q, d, r, digest) = (point(case, "q"), case.hex("d"), case.hex("de"), case.hex("digest"));
        let (k, s) = p.ecdaa_sign(curve, hash, &d, &r, &digest, &mut rng(p)).unwrap();
        let one = |n: u8| [vec![0; curve.size() - 1], vec![n]].concat();
        // Without a reduction at hand: t = H(k || P) by way of t * 1.
        let full = p.digest(hash, &[&k, &digest]);
        let mut t = one(0);
        for byte in full.iter() {
            t =
                p.ec.scalar_mul(curve, &t, &[&one(0)[..curve.size() - 2], &[1, 0]].concat())
                    .unwrap()
                    .to_vec();
            t = p.ec.scalar_add(curve, &t, &one(*byte)).unwrap().to_vec();
        }
        let expected = p.ec.scalar_add(curve, &r, &p.ec.scalar_mul(curve, &t, &d).unwrap()).unwrap();
        assert_eq!(s, *expected);
        // As a verifier has it: [s]G = R + [t]Q.
        let commitment = p.ec.base_mul(curve, &r).unwrap();
        let sum = p.ec.add_public(curve, &commitment, &p.ec.mul(curve, &q, &t).unwrap()).unwrap();
        assert_eq!(p.ec.base_mul(curve, &s).unwrap(), sum);
        assert_eq!(p.ecdaa_sign(curve, hash, &d, &one(0), &digest, &mut rng(p)).err(), Some(Error::BadKey));
    });
}

#[test]
fn exchanges_computed_elsewhere() {
    each(|p, curve, _, case| {
        let (d, de) = (case.hex("d"), case.hex("de"));
        let (qs, qe) = (point(case, "qs"), point(case, "qe"));
        let keys = Exchange { d_static: &d, d_ephemeral: &de, q_static: &qs, q_ephemeral: &qe };
        assert_eq!(p.ecmqv(curve, keys).unwrap(), Some(point(case, "mqv")), "{curve:?}");
        assert_eq!(p.sm2_exchange(curve, keys).unwrap(), Some(point(case, "exchange")), "{curve:?}");

        let off = Point { x: qs.x.clone(), y: flipped(&qs.y) };
        for keys in [Exchange { q_static: &off, ..keys }, Exchange { q_ephemeral: &off, ..keys }] {
            assert_eq!(p.ecmqv(curve, keys).err(), Some(Error::BadPoint));
            assert_eq!(p.sm2_exchange(curve, keys).err(), Some(Error::BadPoint));
        }
        for keys in [Exchange { d_static: &[0], ..keys }, Exchange { d_ephemeral: curve.params().n, ..keys }]
        {
            assert_eq!(p.ecmqv(curve, keys).err(), Some(Error::BadKey));
            assert_eq!(p.sm2_exchange(curve, keys).err(), Some(Error::BadKey));
        }
    });
}

/// Who chooses both of the other's keys can make the sum vanish.
#[test]
fn exchanges_that_end_at_infinity() {
    for p in PROVIDERS {
        let curve = Curve::P256;
        let negated = |q: &Point| {
            // p - y, as n - 1 times the point.
            let mut last = curve.params().n.to_vec();
            *last.last_mut().unwrap() -= 1;
            p.ec_mul(curve, q, &last).unwrap()
        };
        let weight = |q: &Point, bits: usize| {
            let mut w = vec![0; 32];
            w[32 - bits / 8..].copy_from_slice(&q.x[32 - bits / 8..]);
            if bits.is_multiple_of(8) {
                w[31 - bits / 8] |= 1;
            } else {
                w[31 - bits / 8] = q.x[31 - bits / 8] & ((1 << (bits % 8)) - 1) | 1 << (bits % 8);
            }
            w
        };
        // SM2: Qs = -[avf(Qe)] Qe.
        let qe = p.ec_public(curve, &[5]).unwrap();
        let qs = negated(&p.ec_mul(curve, &qe, &weight(&qe, 127)).unwrap());
        let keys = Exchange { d_static: &[7], d_ephemeral: &[9], q_static: &qs, q_ephemeral: &qe };
        assert_eq!(p.sm2_exchange(curve, keys).unwrap(), None);
        assert!(p.ecmqv(curve, keys).unwrap().is_some());
        // MQV: Qs = -[1 / avf(Qe)] Qe.
        let inverse = p.ec.scalar_invert(curve, &weight(&qe, 128)).unwrap();
        let qs = negated(&p.ec_mul(curve, &qe, &inverse).unwrap());
        let keys = Exchange { q_static: &qs, ..keys };
        assert_eq!(p.ecmqv(curve, keys).unwrap(), None);
        assert!(p.sm2_exchange(curve, keys).unwrap().is_some());
    }
}

#[test]
fn encryption_of_elsewhere_and_our_own() {
    each(|p, curve, hash, case| {
        let (q, d, message) = (point(case, "q"), case.hex("d"), case.hex("message"));
        let decrypt =
            |c1: &Point, c2: &[u8], c3: &[u8]| p.ecc_decrypt(curve, hash, &d, c1, c2, c3).map(|m| m.to_vec());
        let (c1, c2, c3) = (point(case, "c1"), case.hex("c2"), case.hex("c3"));
        assert_eq!(decrypt(&c1, &c2, &c3).unwrap(), message, "{curve:?} {hash:?}");
        for message in [&message[..], &[]] {
            let made = p.ecc_encrypt(curve, hash, &q, message, &mut rng(p)).unwrap();
            assert_eq!(decrypt(&made.c1, &made.c2, &made.c3).unwrap(), message);
            assert_eq!(decrypt(&made.c1, &made.c2, &flipped(&made.c3)), Err(Error::Decryption));
            assert_eq!(decrypt(&made.c1, &made.c2, &[]), Err(Error::Decryption));
        }
        assert_eq!(decrypt(&c1, &flipped(&c2), &c3), Err(Error::Decryption));
        let off = Point { x: c1.x.clone(), y: flipped(&c1.y) };
        assert_eq!(decrypt(&off, &c2, &c3), Err(Error::BadPoint));
        assert_eq!(p.ecc_encrypt(curve, hash, &off, &message, &mut rng(p)).err(), Some(Error::BadPoint));
    });
}
