//! Primary keys from known seeds, end to end: TPM2_CreatePrimary gives what the implementations in the field give
//! (Part 1, 27.3; the model is described in `vectors/generate.py`).
mod common;

use common::{Chip, plant, sized};
use std::collections::BTreeMap;
use tpm2_crypto::{Derivation, MlDsa, MlKem, RUST};
use tpm2_engine::{Config, HierarchySecrets, Secrets, Tpm};
use tpm2_wire::{
    CreatePrimary, EvictControl, HierarchyChangeAuth, Reader, Tpm2bPublic, TpmRh, TpmuPublicId, Wire,
};

fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap()).collect()
}

/// The cases of the file: key and value by line, a blank line between.
fn cases() -> Vec<BTreeMap<&'static str, &'static str>> {
    let all = include_str!("vectors/primary.txt").split("\n\n").skip(1);
    all.map(|case| case.lines().map(|line| line.split_once(" = ").expect("a line")).collect()).collect()
}

fn unique(chip: &mut Chip, hierarchy: u32, template: &[u8]) -> TpmuPublicId {
    let params = [&sized(&[0; 4])[..], &sized(template), &[0; 6]].concat();
    let reply = chip.send::<CreatePrimary>(&[hierarchy], &[], &params).expect("a key");
    let public =
        Tpm2bPublic::read(&mut Reader::new(&reply.params, &tpm2_wire::Accept::ALL)).expect("an area");
    chip.flush(reply.handle.expect("a handle"));
    public.0.unique
}

#[test]
fn default_templates_give_the_keys_of_the_field() {
    let cases = cases();
    assert_eq!(cases.len(), 12);
    for case in cases {
        let (hierarchy, field) = match case["hierarchy"] {
            "endorsement" => (TpmRh::ENDORSEMENT, 1),
            _ => (TpmRh::OWNER, 2),
        };
        let snapshot = Chip::new().tpm.snapshot();
        let mut chip = Chip::of_snapshot(plant(&snapshot, field, &hex(case["seed"])));
        match unique(&mut chip, hierarchy, &hex(case["template"])) {
            TpmuPublicId::Rsa(n) => assert_eq!(n.0, hex(case["n"]), "{}", case["label"]),
            TpmuPublicId::Ecc(point) => {
                assert_eq!((point.x.0, point.y.0), (hex(case["x"]), hex(case["y"])), "{}", case["label"]);
            }
            TpmuPublicId::Mlkem(public) => {
                let set =
                    MlKem::ALL.into_iter().find(|set| set.public_size() == public.len()).expect("a set");
                let key = RUST.mlkem_private(set, &hex(case["private"])).expect("a seed");
                assert_eq!(public.0, key.public(), "{}", case["label"]);
            }
            TpmuPublicId::Mldsa(public) | TpmuPublicId::HashMldsa(public) => {
                let set =
                    MlDsa::ALL.into_iter().find(|set| set.public_size() == public.len()).expect("a set");
                let key = RUST.mldsa_private(set, &hex(case["private"])).expect("a seed");
                assert_eq!(public.0, key.public(), "{}", case["label"]);
            }
            _ => panic!("{} is of another kind", case["label"]),
        }
    }
}

/// A secret of the vectors in `levels.txt`, by its name.
fn named(name: &str) -> Vec<u8> {
    let lines = include_str!("vectors/levels.txt").lines();
    let mut pairs = lines.filter_map(|line| line.split_once(" = "));
    hex(pairs.find(|(key, _)| *key == name).expect("a secret").1)
}

/// Every kind of primary object, by each way in which RSA primes derive: libtpms' seedCompatLevel 0 and 1, and the
/// TCG's code since version 1.83. The TPM takes over the seeds and the proofs.
#[test]
fn given_secrets_give_the_model_s_objects_in_every_level() {
    let secrets = |derivation| {
        let of = |name: &str| {
            let (seed, proof) = (named(&format!("{name} seed")), named(&format!("{name} proof")));
            HierarchySecrets::new(&seed, Some(&proof), derivation).expect("secrets")
        };
        Secrets { endorsement: of("endorsement"), storage: of("owner"), platform: of("platform") }
    };
    let levels = [
        ("original", Derivation::Original),
        ("prime-adjust", Derivation::PrimeAdjust),
        ("tcg183", Derivation::Tcg183),
    ];
    let all = include_str!("vectors/levels.txt").split("\n\n").skip(1);
    let cases: Vec<BTreeMap<_, _>> =
        all.map(|case| case.lines().map(|line| line.split_once(" = ").expect("a line")).collect()).collect();
    let mut moduli = Vec::new();
    for (level, derivation) in levels {
        let config = Config { secrets: Some(secrets(derivation)), ..Config::default() };
        let mut bench = common::Bench::new(1);
        let tpm = Tpm::manufacture(&RUST, &config, &mut bench).expect("entropy");
        // The state keeps them.
        let mut chip = Chip::of_snapshot(tpm.snapshot().to_vec());
        let mine: Vec<_> = cases.iter().filter(|case| case["level"] == level).collect();
        assert_eq!(mine.len(), 20);
        for case in mine {
            let hierarchy = match case["hierarchy"] {
                "endorsement" => TpmRh::ENDORSEMENT,
                "owner" => TpmRh::OWNER,
                _ => TpmRh::PLATFORM,
            };
            let made = match unique(&mut chip, hierarchy, &hex(case["template"])) {
                TpmuPublicId::Rsa(n) => {
                    moduli.push(n.0.clone());
                    n.0
                }
                TpmuPublicId::Ecc(point) => [point.x.0, point.y.0].concat(),
                TpmuPublicId::Keyedhash(digest) | TpmuPublicId::Symcipher(digest) => digest.0,
                _ => panic!("of another kind"),
            };
            assert_eq!(made, hex(case["unique"]), "{level}, {} of {}", case["label"], case["hierarchy"]);
        }
    }
    // The levels differ, or the test would say nothing.
    let count = moduli.len();
    moduli.sort();
    moduli.dedup();
    assert_eq!(moduli.len(), count);
}

#[test]
fn secrets_of_a_size_that_fits() {
    let new = |seed: usize, proof: Option<usize>| {
        let proof = proof.map(|size| vec![1; size]);
        HierarchySecrets::new(&vec![1; seed], proof.as_deref(), Derivation::PrimeAdjust).is_some()
    };
    assert!(new(32, None) && new(64, Some(64)) && new(64, Some(32)));
    assert!(!new(31, None) && !new(65, None) && !new(64, Some(0)) && !new(64, Some(65)));
    // Nobody reads them in a log.
    let of = || HierarchySecrets::new(&[0x61; 64], None, Derivation::PrimeAdjust).expect("secrets");
    let secrets = Secrets { endorsement: of(), storage: of(), platform: of() };
    assert_eq!(format!("{secrets:?}"), "Secrets");
}

#[test]
fn a_primary_key_depends_on_its_seed_and_template_alone() {
    let mut chip = Chip::new();
    let template = common::keys::storage();
    let key = unique(&mut chip, TpmRh::OWNER, &template);
    chip.send::<HierarchyChangeAuth>(&[TpmRh::OWNER], &[], &sized(b"x")).expect("a value");
    chip.send::<HierarchyChangeAuth>(&[TpmRh::OWNER], &["x"], &sized(b"")).expect("a value");
    chip.reload();
    assert!(unique(&mut chip, TpmRh::OWNER, &template) == key, "the same again");
    assert!(unique(&mut chip, TpmRh::PLATFORM, &template) != key, "another hierarchy, another key");
    let mut other = template.clone();
    let last = other.len() - 3;
    other[last] = 1;
    other.insert(last + 1, 7);
    assert!(unique(&mut chip, TpmRh::OWNER, &other) != key, "another template, another key");
    // That of the null hierarchy is gone with the reset,
    let temporary = unique(&mut chip, TpmRh::NULL, &template);
    assert!(unique(&mut chip, TpmRh::NULL, &template) == temporary);
    chip.reload();
    assert!(unique(&mut chip, TpmRh::NULL, &template) != temporary);
    // and one that was made persistent stays.
    let handle = chip.srk();
    let name = chip.read_public(handle).1;
    let at = 0x8100_0001u32;
    chip.send::<EvictControl>(&[TpmRh::OWNER, handle], &[], &at.to_be_bytes()).expect("room");
    chip.check_durable();
    chip.reload();
    assert_eq!(chip.read_public(at).1, name);
}
