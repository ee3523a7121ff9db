//! Elliptic curves: parameters, ECDH, ECDSA, and points that are not on the curve.

mod common;

use common::{FailsAfter, PROVIDERS, cases, curve_named};
use tpm2_crypto::{Curve, Error, HashAlg, Point};

fn less_one(number: &[u8]) -> Vec<u8> {
    let mut out = number.to_vec();
    *out.last_mut().unwrap() -= 1;
    out
}

/// `p - 3`.
fn minus_three(p: &[u8]) -> Vec<u8> {
    let mut borrow = 3u8;
    let mut out = p.to_vec();
    for byte in out.iter_mut().rev() {
        let under;
        (*byte, under) = byte.overflowing_sub(borrow);
        borrow = u8::from(under);
    }
    out
}

fn padded(curve: Curve, value: u8) -> Vec<u8> {
    let mut out = vec![0; curve.size()];
    *out.last_mut().unwrap() = value;
    out
}

#[test]
fn parameters_describe_the_group() {
    for p in PROVIDERS {
        for curve in Curve::WEIERSTRASS {
            let params = curve.params();
            assert_eq!(Curve::from_id(curve.id()), Some(curve));
            for number in [params.p, params.a, params.b, params.gx, params.gy, params.n] {
                assert_eq!(number.len(), curve.size());
            }
            assert_eq!(curve.size(), usize::from(curve.bits()).div_ceil(8));
            let g = Point { x: params.gx.to_vec(), y: params.gy.to_vec() };
            assert!(p.ec_on_curve(curve, &g));
            assert_eq!(p.ec_public(curve, &[1]).unwrap(), g);
            // (n - 1) G = -G: the order is the order.
            let minus_g = p.ec_public(curve, &less_one(params.n)).unwrap();
            assert_eq!(minus_g.x, g.x);
            assert_ne!(minus_g.y, g.y);
            // The equation at G and at (0, y) of the vector files leaves a and b no choice, but for b = 0.
            let bn = matches!(curve, Curve::BnP256 | Curve::BnP638);
            let a = if bn { vec![0; curve.size()] } else { minus_three(params.p) };
            assert_eq!(params.a, a);
            assert_eq!(params.h, [1]);
        }
        for curve in [Curve::Curve25519, Curve::Curve448] {
            assert_eq!(Curve::from_id(curve.id()), Some(curve));
            let params = curve.params();
            for number in [params.p, params.a, params.b, params.gx, params.gy, params.n] {
                assert_eq!(number.len(), curve.size());
            }
            // There is no `Point` of these.
            assert_eq!(p.ec_public(curve, &[1]).err(), Some(Error::Unsupported));
            assert!(!p.ec_on_curve(curve, &Point { x: params.gx.to_vec(), y: params.gy.to_vec() }));
        }
        assert_eq!(Curve::from_id(0x0030), None);
    }
}

/// NIST's point multiplication examples: 2G on P-256, and 112233445566778899 G.
#[test]
fn published_multiples() {
    let hex = common::hex;
    for p in PROVIDERS {
        let two = p.ec_public(Curve::P256, &[2]).unwrap();
        assert_eq!(two.x, hex("7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978"));
        assert_eq!(two.y, hex("07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1"));
        let k = 112_233_445_566_778_899u64.to_be_bytes();
        let point = p.ec_public(Curve::P256, &k).unwrap();
        assert_eq!(point.x, hex("339150844ec15234807fe862a86be77977dbfb3ae3d96f4c22795513aeaab82f"));
        assert_eq!(point.y, hex("b1c14ddfdc8ec1b2583f51e85a5eb3a155840f2034730e9b5ada38b674336a21"));
    }
}

#[test]
fn computed_elsewhere() {
    for p in PROVIDERS {
        let mut verified = 0;
        for case in cases(include_str!("vectors/ecc.txt")) {
            let curve = curve_named(case.text("curve"));
            let d = case.hex("d");
            let public = Point { x: case.hex("x"), y: case.hex("y") };
            assert_eq!(p.ec_public(curve, &d).unwrap(), public);
            let other = Point { x: case.hex("other_x"), y: case.hex("other_y") };
            let z = Point { x: case.hex("z_x"), y: case.hex("z_y") };
            assert_eq!(p.ec_mul(curve, &other, &d).unwrap(), z);
            for name in ["sha256", "sha384", "sha512"] {
                let [digest, r, s] = ["digest", "r", "s"].map(|k| case.hex(&format!("{k}_{name}")));
                assert!(p.ecdsa_verify(curve, &public, &digest, &r, &s), "{curve:?} {name}");
                assert!(!p.ecdsa_verify(curve, &other, &digest, &r, &s));
                assert!(!p.ecdsa_verify(curve, &public, &digest, &s, &r));
                verified += 1;
            }
        }
        assert_eq!(verified, 18);
    }
}

#[test]
fn signatures() {
    for p in PROVIDERS {
        for curve in Curve::WEIERSTRASS {
            let mut rng = common::rng(p, "ecdsa");
            let (d, public) = p.ec_generate(&mut rng, curve).unwrap();
            for alg in HashAlg::ALL {
                let digest = p.digest(alg, &[b"message"]);
                let (r, s) = p.ecdsa_sign(curve, &d, &digest, &mut rng).unwrap();
                assert_eq!((r.len(), s.len()), (curve.size(), curve.size()));
                let verify = |digest: &[u8], r: &[u8], s: &[u8]| p.ecdsa_verify(curve, &public, digest, r, s);
                assert!(verify(&digest, &r, &s), "{curve:?} {alg:?}");
                // The same numbers with leading zeros are the same signature.
                assert!(verify(&digest, &[&[0, 0], &r[..]].concat(), &s));
                for value in [&r, &s] {
                    let mut bad = value.clone();
                    *bad.last_mut().unwrap() ^= 1;
                    let (r, s) = if value == &r { (&bad, &s) } else { (&r, &bad) };
                    assert!(!verify(&digest, r, s));
                }
                assert!(!verify(&p.digest(alg, &[b"massage"]), &r, &s));
                assert_ne!(p.ecdsa_sign(curve, &d, &digest, &mut rng).unwrap().0, r, "fresh nonce");
            }
        }
    }
}

/// Two machines resumed from one snapshot have the same generator. Different digests must still not share a
/// nonce.
#[test]
fn a_repeated_generator_does_not_repeat_nonces() {
    for p in PROVIDERS {
        for curve in Curve::WEIERSTRASS {
            let (d, _) = p.ec_generate(&mut common::rng(p, "key"), curve).unwrap();
            let sign = |message: &[u8], d: &[u8]| {
                let digest = p.digest(HashAlg::Sha256, &[message]);
                p.ecdsa_sign(curve, d, &digest, &mut common::rng(p, "snapshot")).unwrap()
            };
            let (a, b) = (sign(b"a", &d), sign(b"b", &d));
            assert_eq!(a, sign(b"a", &d), "a function of its inputs, whatever the provider");
            assert_ne!(a.0, b.0, "r is the nonce's point");
            let (other, _) = p.ec_generate(&mut common::rng(p, "other key"), curve).unwrap();
            assert_ne!(sign(b"a", &other).0, a.0);
        }
    }
}

#[test]
fn signatures_out_of_range() {
    for p in PROVIDERS {
        for curve in Curve::WEIERSTRASS {
            let mut rng = common::rng(p, "range");
            let (d, public) = p.ec_generate(&mut rng, curve).unwrap();
            let digest = p.digest(HashAlg::Sha256, &[b"m"]);
            let (r, s) = p.ecdsa_sign(curve, &d, &digest, &mut rng).unwrap();
            let n = curve.params().n;
            let ones = vec![0xFF; curve.size()];
            let long = vec![1; curve.size() + 1];
            for bad in [&padded(curve, 0)[..], &[], n, &ones, &long] {
                assert!(!p.ecdsa_verify(curve, &public, &digest, bad, &s));
                assert!(!p.ecdsa_verify(curve, &public, &digest, &r, bad));
                assert!(!p.ecdsa_verify(curve, &public, &digest, bad, bad));
            }
            let off = Point { x: public.y.clone(), y: public.x.clone() };
            assert!(!p.ecdsa_verify(curve, &off, &digest, &r, &s));
            let empty = Point { x: vec![], y: vec![] };
            assert!(!p.ecdsa_verify(curve, &empty, &digest, &r, &s));
        }
    }
}

#[test]
fn points_off_the_curve_are_refused() {
    for p in PROVIDERS {
        for curve in Curve::WEIERSTRASS {
            let params = curve.params();
            let good = p.ec_public(curve, &[7]).unwrap();
            let mut other = good.y.clone();
            *other.last_mut().unwrap() ^= 1;
            let long = [&[1], &good.x[..]].concat();
            for (x, y) in [
                (good.x.clone(), other),
                (vec![0; curve.size()], vec![0; curve.size()]),
                (vec![], vec![]),
                (good.x.clone(), vec![]),
                // x is a field element plus p, or p itself.
                (params.p.to_vec(), good.y.clone()),
                (vec![0xFF; curve.size()], good.y.clone()),
                (long, good.y.clone()),
            ] {
                let point = Point { x, y };
                assert!(!p.ec_on_curve(curve, &point));
                assert_eq!(p.ec_mul(curve, &point, &[3]).err(), Some(Error::BadPoint));
            }
            // A point of one curve is not one of another.
            for foreign in Curve::WEIERSTRASS.into_iter().filter(|c| *c != curve) {
                assert_eq!(p.ec_mul(foreign, &good, &[3]).err(), Some(Error::BadPoint));
            }
        }
    }
}

#[test]
fn scalars_out_of_range_are_refused() {
    for p in PROVIDERS {
        for curve in Curve::WEIERSTRASS {
            let g = p.ec_public(curve, &[1]).unwrap();
            let long = vec![1; curve.size() + 1];
            let ones = vec![0xFF; curve.size()];
            for bad in [&padded(curve, 0)[..], &[], curve.params().n, &ones, &long] {
                assert_eq!(p.ec_public(curve, bad).err(), Some(Error::BadKey));
                assert_eq!(p.ec_mul(curve, &g, bad).err(), Some(Error::BadKey));
                let sign = p.ecdsa_sign(curve, bad, &[0; 32], &mut common::rng(p, "bad"));
                assert_eq!(sign.err(), Some(Error::BadKey));
            }
            // Leading zeros, more or fewer, do not change a scalar or a point.
            let three = p.ec_public(curve, &[3]).unwrap();
            assert_eq!(p.ec_public(curve, &padded(curve, 3)).unwrap(), three);
            assert_eq!(p.ec_public(curve, &[&[0; 9], &padded(curve, 3)[..]].concat()).unwrap(), three);
            let wide = Point { x: [&[0], &g.x[..]].concat(), y: g.y.clone() };
            assert_eq!(p.ec_mul(curve, &wide, &[3]).unwrap(), three);
        }
    }
}

#[test]
fn a_broken_generator_is_reported() {
    for p in PROVIDERS {
        let mut rng = FailsAfter { inner: common::rng(p, "x"), good: 0 };
        assert_eq!(p.ecdsa_sign(Curve::P256, &[5], &[0; 32], &mut rng).err(), Some(Error::Rng));
    }
}
