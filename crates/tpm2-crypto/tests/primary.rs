//! Primary keys from seeds, byte for byte as the implementations in the field derive them.

mod common;

use common::{Case, FailsAfter, PROVIDERS, Stuck, cases, curve_named};
use tpm2_crypto::{Curve, Derivation, Drbg, Error};

fn derivation(case: &Case) -> Derivation {
    match case.text("derivation") {
        "original" => Derivation::Original,
        "prime-adjust" => Derivation::PrimeAdjust,
        "tcg183" => Derivation::Tcg183,
        other => panic!("{other}"),
    }
}

#[test]
fn rsa_keys() {
    for p in PROVIDERS {
        let mut seen = Vec::new();
        for case in cases(include_str!("vectors/primary_rsa.txt")) {
            let (bits, e) = (case.number("bits") as u16, case.number("e"));
            let mut drbg = Drbg::from_seed(p, &[&case.hex("input")]);
            let key = p.rsa_generate(&mut drbg, bits, e, derivation(&case), &mut || false).unwrap();
            let name = format!("RSA-{bits} {}", case.text("derivation"));
            assert_eq!(key.n, case.hex("n"), "{name}");
            assert_eq!(*key.p, case.hex("p"), "{name}");
            // The generator is left where the reference leaves it, so seed values agree too.
            assert_eq!(*drbg.generate(16).unwrap(), case.hex("next"), "{name}");
            assert!(p.rsa_private(&key.n, &key.p, e).is_ok());
            seen.push(bits);
        }
        seen.dedup();
        assert_eq!(seen, [2048, 1024, 3072, 4096]);
    }
}

#[test]
fn ecc_keys() {
    for p in PROVIDERS {
        for case in cases(include_str!("vectors/primary_ecc.txt")) {
            let curve = curve_named(case.text("curve"));
            let mut drbg = Drbg::from_seed(p, &[&case.hex("input")]);
            let (d, point) = p.ec_generate(&mut drbg, curve).unwrap();
            assert_eq!(*d, case.hex("d"));
            assert_eq!((point.x, point.y), (case.hex("x"), case.hex("y")));
            assert_eq!(*drbg.generate(16).unwrap(), case.hex("next"));
        }
    }
}

#[test]
fn parameters_are_checked() {
    for p in PROVIDERS {
        let mut rng = common::rng(p, "parameters");
        for (bits, e) in [
            (0, 0),
            (512, 0),
            (1536, 0),
            (2047, 0),
            (5120, 0),
            (2048, 1),
            (2048, 3),
            (2048, 65_535),
            (2048, 65_538),
            (2048, 65_541),
            (2048, 65_537),
            (2048, 65_539),
            (2048, 257 * 263),
        ] {
            let result = p.rsa_generate(&mut rng, bits, e, Derivation::PrimeAdjust, &mut || false);
            let prime = e > 65_536 && (2..).take_while(|d| d * d <= e).all(|d| e % d != 0);
            assert_eq!(result.is_ok(), bits == 2048 && prime, "{bits} {e}");
        }
        let zero = p.rsa_generate(&mut common::rng(p, "e"), 1024, 0, Derivation::PrimeAdjust, &mut || false);
        let default =
            p.rsa_generate(&mut common::rng(p, "e"), 1024, 65_537, Derivation::PrimeAdjust, &mut || false);
        assert_eq!(zero.unwrap().n, default.unwrap().n);
    }
}

#[test]
fn a_search_can_be_canceled() {
    for p in PROVIDERS {
        for allowed in [0, 1, 7] {
            let mut asked = 0;
            let mut canceled = || {
                asked += 1;
                asked > allowed
            };
            let mut rng = common::rng(p, "cancel");
            let result = p.rsa_generate(&mut rng, 2048, 0, Derivation::PrimeAdjust, &mut canceled);
            assert_eq!(result.err(), Some(Error::Canceled));
            assert_eq!(asked, allowed + 1);
        }
    }
}

#[test]
fn a_broken_generator_gives_an_error_not_a_key_or_a_hang() {
    for p in PROVIDERS {
        for good in [0, 1, 2, 5] {
            let mut rng = FailsAfter { inner: common::rng(p, "fails"), good };
            let result = p.rsa_generate(&mut rng, 1024, 0, Derivation::PrimeAdjust, &mut || false);
            assert_eq!(result.err(), Some(Error::Rng));
        }
        for byte in [0x00, 0xFF] {
            let result = p.rsa_generate(&mut Stuck(byte), 1024, 0, Derivation::PrimeAdjust, &mut || false);
            assert!(matches!(result.err(), Some(Error::Rng | Error::NoPrime)));
        }
        let mut rng = FailsAfter { inner: common::rng(p, "fails"), good: 0 };
        assert_eq!(p.ec_generate(&mut rng, Curve::P256).err(), Some(Error::Rng));
    }
}
