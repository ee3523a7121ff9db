//! CMAC: RFC 4493 and SP 800-38B's examples, other ciphers and lengths from an independent implementation, and
//! export at every byte; and which TDES keys there are.

mod common;

use common::{FailsAfter, PROVIDERS, cases, cipher_named, hex};
use tpm2_crypto::{Error, Rng, SymAlg, tdes};

#[test]
fn published() {
    let message = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411");
    let aes = "2b7e151628aed2a6abf7158809cf4f3c";
    // SP 800-38B, D.1 and D.4.
    let tdes = "8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5";
    for p in PROVIDERS {
        for (alg, key, len, expected) in [
            (SymAlg::Aes, aes, 0, "bb1d6929e95937287fa37d129b756746"),
            (SymAlg::Aes, aes, 16, "070a16b46b4d4144f79bdd9dd04a287c"),
            (SymAlg::Aes, aes, 40, "dfa66747de9ae63030ca32611497c827"),
            (SymAlg::Tdes, tdes, 0, "b7a688e122ffaf95"),
            (SymAlg::Tdes, tdes, 8, "8e8f293136283797"),
            (SymAlg::Tdes, tdes, 20, "743ddbe0ce2dc2ed"),
            (SymAlg::Tdes, tdes, 32, "33e6b1092400eae5"),
        ] {
            let code = p.cmac(alg, &hex(key), &[&message[..len]]).unwrap();
            assert_eq!(code.as_slice(), hex(expected), "{alg:?} {len}");
        }
    }
}

#[test]
fn computed_elsewhere_and_cut_at_every_byte() {
    for p in PROVIDERS {
        let mut checked = 0;
        for case in cases(include_str!("vectors/cmac.txt")) {
            let (alg, key, data) = (cipher_named(case.text("alg")), case.hex("key"), case.hex("data"));
            let expected = case.hex("cmac");
            for cut in 0..=data.len() {
                let (head, tail) = data.split_at(cut);
                let mut cmac = p.cmac_state(alg, &key).unwrap();
                cmac.update(head);
                let mut resumed = p.import_cmac(alg, &cmac.export()).unwrap();
                assert_eq!(resumed.export(), cmac.export());
                for cmac in [&mut cmac, &mut resumed] {
                    cmac.update(tail);
                    assert_eq!(cmac.clone().finish().as_slice(), expected, "{alg:?} cut at {cut}");
                }
            }
            checked += 1;
        }
        assert_eq!(checked, 9 * 7);
    }
}

#[test]
fn damaged_exports_and_wrong_keys_are_refused() {
    for p in PROVIDERS {
        for alg in SymAlg::ALL {
            for key in [0, 8, 15, 17, 33, 64] {
                assert_eq!(p.cmac_state(alg, &vec![1; key]).err(), Some(Error::BadKey), "{alg:?} {key}");
            }
            let mut cmac = p.cmac_state(alg, &[1; 16]).unwrap();
            cmac.update(b"abc");
            let good = cmac.export();
            for len in 0..good.len() {
                assert_eq!(p.import_cmac(alg, &good[..len]).err(), Some(Error::BadState));
            }
            assert_eq!(p.import_cmac(alg, &[&good[..], &[0]].concat()).err(), Some(Error::BadState));
            // Version, algorithm, size of the key, and more bytes in a block than fit.
            for (at, value) in [(0, 2), (1, 9), (3, 15), (good.len() - 1, 17)] {
                let mut bad = good.to_vec();
                bad[at] = value;
                assert_eq!(p.import_cmac(alg, &bad).err(), Some(Error::BadState), "{alg:?} byte {at}");
            }
        }
    }
}

/// The exported form is a storage format: a change of it must be a decision.
#[test]
fn exported_form_is_frozen() {
    for p in PROVIDERS {
        let mut cmac = p.cmac_state(SymAlg::Tdes, &[7; 16]).unwrap();
        cmac.update(b"abc");
        let expected = "01000310070707070707070707070707070707076162630000000000 03".replace(' ', "");
        assert_eq!(cmac.export().as_slice(), hex(&expected));
    }
}

/// SP 800-67r1, 3.4.2, lists these; the rule that finds them must find no other of their kind.
#[test]
fn weak_keys_of_des() {
    let good = hex("0123456789abcdef");
    let listed = [
        "0101010101010101",
        "fefefefefefefefe",
        "e0e0e0e0f1f1f1f1",
        "1f1f1f1f0e0e0e0e",
        "011f011f010e010e",
        "1f011f010e010e01",
        "01e001e001f101f1",
        "e001e001f101f101",
        "01fe01fe01fe01fe",
        "fe01fe01fe01fe01",
        "1fe01fe00ef10ef1",
        "e01fe01ff10ef10e",
        "1ffe1ffe0efe0efe",
        "fe1ffe1ffe0efe0e",
        "e0fee0fef1fef1fe",
        "fee0fee0fef1fef1",
        "01011f1f01010e0e",
        "1f1f01010e0e0101",
        "e0e01f1ff1f10e0e",
        "0101e0e00101f1f1",
        "fefe0101fefe0101",
        "01fee01f01fef10e",
        "1f01fee00e01fef1",
        "e0fe011ff1fe010e",
    ];
    let pairs = |weak: &[u8]| [[weak, &good].concat(), [&good, weak].concat()];
    for weak in listed {
        for key in pairs(&hex(weak)) {
            assert!(!tdes::is_valid(&key), "{weak}");
            let flipped: Vec<u8> = key.iter().map(|byte| byte ^ 1).collect();
            assert!(!tdes::is_valid(&flipped), "parity does not hide it");
        }
        assert!(!tdes::is_valid(&[&good[..], &[1; 8], &hex(weak)].concat()));
    }
    // All keys whose bytes are of that kind: 64 of 4^4 with matching halves, none without.
    let (left, right) = ([0x01, 0x1F, 0xE0, 0xFE], [0x01, 0x0E, 0xF1, 0xFE]);
    let mut weak = 0;
    for n in 0..256usize {
        let pick = |from: [u8; 4]| [0, 2, 4, 6].map(|shift| from[n >> shift & 3]);
        let key = [pick(left), pick(right)].concat();
        weak += usize::from(!tdes::is_valid(&pairs(&key)[0]));
        let swapped = [pick(left), pick(left)].concat();
        assert_eq!(
            tdes::is_valid(&pairs(&swapped)[0]),
            pick(left) != pick(right) || tdes::is_valid(&pairs(&key)[0])
        );
    }
    assert_eq!(weak, 64);
    // Equal neighbours, and sizes.
    let other = [0x10; 8];
    assert!(tdes::is_valid(&[&good[..], &other].concat()));
    assert!(tdes::is_valid(&[&good[..], &other, &good].concat()), "two keys, written as three");
    assert!(!tdes::is_valid(&good.repeat(2)));
    assert!(!tdes::is_valid(&[&good[..], &other, &other].concat()));
    for len in [0, 8, 15, 17, 23, 25, 32] {
        assert!(!tdes::is_valid(&vec![0x10; len]));
    }
}

/// A source that gives weak keys first.
struct Bytes(Vec<Vec<u8>>);
impl Rng for Bytes {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        out.copy_from_slice(&self.0.remove(0));
        Ok(())
    }
}

#[test]
fn tdes_keys_are_drawn_until_one_is_good() {
    let weak = [hex("0123456789abcdef"), vec![0; 8]].concat();
    let good = [hex("0022446688aaccee"), vec![0x55; 8]].concat();
    let equal = [vec![0x55; 8], vec![0x54; 8]].concat();
    let mut source = Bytes(vec![weak, equal, good]);
    let key = tdes::generate(&mut source, 16).unwrap();
    // Odd parity throughout.
    assert_eq!(key[..16], [hex("0123456789abcdef"), vec![0x54; 8]].concat());
    assert!(source.0.is_empty());
    assert_eq!(tdes::generate(&mut source, 15).err(), Some(Error::BadKey));
    for p in PROVIDERS {
        let mut rng = common::rng(p, "tdes");
        let key = tdes::generate(&mut rng, 24).unwrap();
        assert!(key.iter().all(|byte| byte.count_ones() % 2 == 1) && tdes::is_valid(&*key));
        let mut failing = FailsAfter { inner: rng, good: 0 };
        assert_eq!(tdes::generate(&mut failing, 16).err(), Some(Error::Rng));
    }
}
