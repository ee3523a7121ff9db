//! The arithmetic of curves against other implementations of it: OpenSSL and the school's formulas (a vector file),
//! RustCrypto's curves, and the vectors with which Wycheproof broke others.

mod common;

use common::{Case, PROVIDERS, cases, curve_named};
use tpm2_crypto::{Curve, HashAlg, Point};

fn point(case: &Case, name: &str) -> Option<Point> {
    let there = !case.has(name);
    there.then(|| Point { x: case.hex(&format!("{name}_x")), y: case.hex(&format!("{name}_y")) })
}

/// Small and large scalars, those at the edges of windows, random ones; points with x = 0; sums of equal and of
/// opposite points.
#[test]
fn computed_by_openssl() {
    for p in PROVIDERS {
        let mut seen = [0; 3];
        for case in cases(include_str!("vectors/ec_points.txt")) {
            let curve = curve_named(case.text("curve"));
            if case.has("k") {
                let k = case.hex("k");
                assert_eq!(p.ec.base_mul(curve, &k).ok(), point(&case, "g_k"), "{curve:?}");
                let base = point(&case, "base").unwrap();
                assert_eq!(p.ec.mul(curve, &base, &k).ok(), point(&case, "base_k"), "{curve:?}");
                assert_eq!(
                    p.ec.mul_add_public(curve, &vec![0; curve.size()], &base, &k).ok(),
                    point(&case, "base_k")
                );
                seen[0] += 1;
            } else if case.has("a") {
                let (a, b, q) = (case.hex("a"), case.hex("b"), point(&case, "p").unwrap());
                let sum = point(&case, "sum");
                assert_eq!(p.ec.mul_add_public(curve, &a, &q, &b).ok(), sum, "{curve:?}");
                // The same sum, of two products.
                if let (Ok(left), Ok(right)) = (p.ec.base_mul(curve, &a), p.ec.mul(curve, &q, &b)) {
                    assert_eq!(p.ec.add_public(curve, &left, &right).ok(), sum);
                    assert_eq!(p.ec.add_public(curve, &right, &left).ok(), sum);
                }
                seen[1] += 1;
            } else {
                let (q, digest, r, s) =
                    (point(&case, "q").unwrap(), case.hex("digest"), case.hex("r"), case.hex("s"));
                assert!(p.ecdsa_verify(curve, &q, &digest, &r, &s), "{curve:?}");
                assert!(!p.ecdsa_verify(curve, &q, &digest[1..], &r, &s));
                assert!(!p.ecdsa_verify(curve, &q, &digest, &s, &r));
                assert_eq!(p.ec_public(curve, &case.hex("d")).unwrap(), q);
                seen[2] += 1;
            }
        }
        assert_eq!(seen, [8 * 24, 8 * 13, 8 * 2]);
    }
}

/// Random scalars and points, as RustCrypto's curves compute them; and scalars modulo the order.
#[test]
fn computed_by_rustcrypto() {
    use p256::elliptic_curve::{
        CurveArithmetic, FieldBytes,
        ff::{Field, PrimeField},
        group::Curve as _,
        ops::MulByGeneratorVartime,
        point::AffineCoordinates,
    };
    fn check<C: CurveArithmetic>(curve: Curve) {
        let scalar = |bytes: &[u8]| {
            C::Scalar::from_repr(FieldBytes::<C>::try_from(bytes).expect("length"))
                .into_option()
                .expect("range")
        };
        let out = |point: C::ProjectivePoint| {
            let affine = point.to_affine();
            Point { x: affine.x().to_vec(), y: affine.y().to_vec() }
        };
        for p in PROVIDERS {
            let mut rng = common::rng(p, "rustcrypto");
            for _ in 0..40 {
                let (a, a_g) = p.ec_generate(&mut rng, curve).unwrap();
                let (b, b_g) = p.ec_generate(&mut rng, curve).unwrap();
                let (x, y) = (scalar(&a), scalar(&b));
                let g = C::ProjectivePoint::mul_by_generator_vartime(&x);
                assert_eq!(a_g, out(g));
                assert_eq!(p.ec.mul(curve, &a_g, &b).unwrap(), out(g * y));
                assert_eq!(
                    p.ec.mul_add_public(curve, &b, &a_g, &a).unwrap(),
                    out(g * x + C::ProjectivePoint::mul_by_generator_vartime(&y))
                );
                assert_eq!(
                    p.ec.add_public(curve, &a_g, &b_g).unwrap(),
                    out(g + C::ProjectivePoint::mul_by_generator_vartime(&y))
                );
                assert_eq!(p.ec.scalar_add(curve, &a, &b).unwrap()[..], (x + y).to_repr()[..]);
                assert_eq!(p.ec.scalar_mul(curve, &a, &b).unwrap()[..], (x * y).to_repr()[..]);
                assert_eq!(p.ec.scalar_invert(curve, &a).unwrap()[..], x.invert().unwrap().to_repr()[..]);
            }
        }
    }
    check::<p256::NistP256>(Curve::P256);
    check::<p384::NistP384>(Curve::P384);
    check::<p521::NistP521>(Curve::P521);
}

#[test]
fn wycheproof_ecdh() {
    use wycheproof::{TestResult, ecdh};
    let mut seen = 0;
    for (curve, name) in [
        (Curve::P224, ecdh::TestName::EcdhSecp224r1Ecpoint),
        (Curve::P256, ecdh::TestName::EcdhSecp256r1Ecpoint),
        (Curve::P384, ecdh::TestName::EcdhSecp384r1Ecpoint),
        (Curve::P521, ecdh::TestName::EcdhSecp521r1Ecpoint),
    ] {
        for test in ecdh::TestSet::load(name).unwrap().test_groups.iter().flat_map(|group| &group.tests) {
            let size = curve.size();
            // The TPM has no compressed points.
            let Some((0x04, xy)) = test.public_key.split_first().map(|(tag, xy)| (*tag, xy)) else {
                continue;
            };
            let (x, y) = xy.split_at(size.min(xy.len()));
            let public = Point { x: x.to_vec(), y: y.to_vec() };
            for p in PROVIDERS {
                let shared = p.ec_mul(curve, &public, &test.private_key).map(|z| z.x);
                let valid = test.result != TestResult::Invalid;
                let what = format!("{curve:?} {}: {}", test.tc_id, test.comment);
                assert_eq!(shared.is_ok(), valid, "{what}");
                assert!(!valid || shared.unwrap() == test.shared_secret[..], "{what}");
                seen += 1;
            }
        }
    }
    assert!(seen > 800, "{seen}");
}

#[test]
fn wycheproof_ecdsa() {
    use wycheproof::{
        TestResult,
        ecdsa::{TestName as N, TestSet},
    };
    let mut seen = 0;
    for (curve, hash, name) in [
        (Curve::P192, HashAlg::Sha256, N::EcdsaSecp192r1Sha256P1363),
        (Curve::P224, HashAlg::Sha256, N::EcdsaSecp224r1Sha256P1363),
        (Curve::P224, HashAlg::Sha512, N::EcdsaSecp224r1Sha512P1363),
        (Curve::P256, HashAlg::Sha256, N::EcdsaSecp256r1Sha256P1363),
        (Curve::P256, HashAlg::Sha512, N::EcdsaSecp256r1Sha512P1363),
        (Curve::P384, HashAlg::Sha384, N::EcdsaSecp384r1Sha384P1363),
        (Curve::P384, HashAlg::Sha512, N::EcdsaSecp384r1Sha512P1363),
        (Curve::P521, HashAlg::Sha512, N::EcdsaSecp521r1Sha512P1363),
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            let xy = &group.key.key[1..];
            let (x, y) = xy.split_at(curve.size());
            let public = Point { x: x.to_vec(), y: y.to_vec() };
            for test in group.tests {
                // Two numbers of the curve's length are the framing of these files; the TPM frames each.
                if test.sig.len() != 2 * curve.size() {
                    assert_eq!(test.result, TestResult::Invalid);
                    continue;
                }
                let (r, s) = test.sig.split_at(curve.size());
                for p in PROVIDERS {
                    let verified = p.ecdsa_verify(curve, &public, &p.digest(hash, &[&test.msg]), r, s);
                    let valid = test.result != TestResult::Invalid;
                    assert_eq!(verified, valid, "{name:?} {}: {}", test.tc_id, test.comment);
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 1000, "{seen}");
}
