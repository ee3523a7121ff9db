//! The DRBG against the model of the reference's, and its saved state.

mod common;

use common::{PROVIDERS, cases};
use tpm2_crypto::{Drbg, Error, Rng};

/// Keys of symmetric primaries are these very bytes, and their seed values follow the proofs.
#[test]
fn streams_of_the_reference() {
    for p in PROVIDERS {
        for case in cases(include_str!("vectors/drbg.txt")) {
            let input = case.hex("input");
            let (seed, rest) = input.split_at(case.number("cut") as usize);
            let mut drbg = Drbg::from_seed(p, &[seed, &[], rest]);
            assert_eq!(*drbg.generate(16).unwrap(), case.hex("out16"));
            assert_eq!(*drbg.generate(33).unwrap(), case.hex("out33"));
            assert_eq!(*drbg.generate(1000).unwrap(), case.hex("out1000"));
            assert_eq!(drbg.reseed_counter(), 4);
            drbg.additional_data(&[b"shProof", &[0; 25]]);
            drbg.additional_data(&[b"ehProof", &[0; 25]]);
            assert_eq!(drbg.reseed_counter(), 1);
            assert_eq!(*drbg.generate(32).unwrap(), case.hex("after_proofs"));
        }
    }
}

#[test]
fn saved_state_continues() {
    for p in PROVIDERS {
        let mut drbg = common::rng(p, "saved");
        drbg.generate(7).unwrap();
        let saved = drbg.export();
        let mut resumed = Drbg::import(p, &saved).unwrap();
        assert_eq!(resumed.reseed_counter(), drbg.reseed_counter());
        assert_eq!(resumed.generate(100).unwrap(), drbg.generate(100).unwrap());
        for len in 0..saved.len() {
            assert_eq!(Drbg::import(p, &saved[..len]).err(), Some(Error::BadState));
        }
        let mut bad = saved.to_vec();
        bad[0] ^= 1;
        assert_eq!(Drbg::import(p, &bad).err(), Some(Error::BadState));
        assert_eq!(Drbg::import(p, &[&saved[..], &[0]].concat()).err(), Some(Error::BadState));
    }
}

#[test]
fn requests_differ_and_empty_ones_are_free() {
    for p in PROVIDERS {
        let mut drbg = common::rng(p, "requests");
        let first = drbg.generate(32).unwrap();
        let before = drbg.export();
        drbg.fill(&mut []).unwrap();
        assert_eq!(drbg.export(), before);
        let second = drbg.generate(32).unwrap();
        assert_ne!(first, second);
        // One request of 64 is not two of 32: the state moves on between requests.
        let long = common::rng(p, "requests").generate(64).unwrap();
        assert_eq!(long[..32], first[..]);
        assert_ne!(long[32..], second[..]);
        assert_ne!(common::rng(p, "other").generate(32).unwrap(), first);
    }
}

#[test]
fn reseed_takes_parts_as_one_string() {
    for p in PROVIDERS {
        let mut a = common::rng(p, "reseed");
        let mut b = common::rng(p, "reseed");
        a.reseed(&[b"one", b"two"]);
        b.reseed(&[b"onetwo"]);
        assert_eq!(a.generate(16).unwrap(), b.generate(16).unwrap());
        a.reseed(&[b"x"]);
        assert_ne!(a.generate(16).unwrap(), b.generate(16).unwrap());
    }
}
