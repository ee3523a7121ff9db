//! ML-KEM and ML-DSA: NIST's vectors, Wycheproof's, and one implementation against another.

mod common;

use common::{Case, PROVIDERS, cases, hash_named, rng};
use ml_kem::{Decapsulate, KeyExport};
use tpm2_crypto::{CryptoProvider, DsaMessage, Error, HashAlg, MlDsa, MlKem, Rng, mldsa};

const VECTORS: &str = include_str!("vectors/pqc.txt");

fn sha256(p: &CryptoProvider, bytes: &[u8]) -> Vec<u8> {
    p.digest(HashAlg::Sha256, &[bytes]).to_vec()
}
fn kem_set(name: &str) -> Option<MlKem> {
    MlKem::ALL
        .into_iter()
        .zip(["ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"])
        .find(|(_, n)| *n == name)
        .map(|(s, _)| s)
}
fn dsa_set(name: &str) -> Option<MlDsa> {
    MlDsa::ALL
        .into_iter()
        .zip(["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"])
        .find(|(_, n)| *n == name)
        .map(|(s, _)| s)
}
/// A source of these bytes, once.
struct Given(Vec<u8>);
impl Rng for Given {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        out.copy_from_slice(&std::mem::take(&mut self.0));
        Ok(())
    }
}
fn of(test: &str) -> Vec<Case> {
    let found: Vec<Case> = cases(VECTORS).into_iter().filter(|case| case.text("test") == test).collect();
    assert!(!found.is_empty(), "no vectors for {test}");
    found
}

#[test]
fn seeds_give_the_keys_that_nist_says() {
    for p in PROVIDERS {
        for case in of("keygen") {
            let seed = case.hex("seed");
            let public = match (kem_set(case.text("set")), dsa_set(case.text("set"))) {
                (Some(set), _) => p.mlkem_private(set, &seed).unwrap().public().to_vec(),
                (_, set) => p.mldsa_private(set.unwrap(), &seed).unwrap().public().to_vec(),
            };
            assert_eq!(sha256(p, &public), case.hex("public"), "{} of {}", p.name, case.text("set"));
        }
    }
}

#[test]
fn encapsulation_gives_what_nist_says() {
    for p in PROVIDERS {
        for case in of("encapsulate") {
            let set = kem_set(case.text("set")).unwrap();
            let made = p.mlkem_encapsulate(set, &case.hex("public"), &mut Given(case.hex("m"))).unwrap();
            assert_eq!(sha256(p, &made.ciphertext), case.hex("ciphertext"));
            assert_eq!(made.secret[..], case.hex("secret"));
        }
    }
}

#[test]
fn signatures_that_nist_refuses_are_refused() {
    for p in PROVIDERS {
        for case in of("verify") {
            let set = dsa_set(case.text("set")).unwrap();
            let (public, message) = (case.hex("public"), case.hex("formatted"));
            let valid = p.mldsa_verify(set, &public, DsaMessage::Formatted(&message), &case.hex("signature"));
            assert_eq!(valid, case.number("valid") == 1, "{}", case.text("reason"));
            // The same by way of the representative.
            let mut mu = p.hasher(HashAlg::Shake256_512);
            mu.update(&p.digest(HashAlg::Shake256_512, &[&public]));
            mu.update(&message);
            let mu = mu.finish();
            let mu = DsaMessage::Mu(mu[..].try_into().unwrap());
            assert_eq!(p.mldsa_verify(set, &public, mu, &case.hex("signature")), valid);
        }
    }
}

#[test]
fn hash_ml_dsa_signs_as_fips_204_is_written() {
    for p in PROVIDERS {
        for case in of("hash") {
            let set = dsa_set(case.text("set")).unwrap();
            let alg = hash_named(case.text("hash"));
            let digest = p.digest(alg, &[&case.hex("message")]);
            let formatted = mldsa::hashed(&case.hex("context"), alg, &digest).unwrap();
            let key = p.mldsa_private(set, &case.hex("seed")).unwrap();
            let message = DsaMessage::Formatted(&formatted);
            let signature = key.sign(message, &mut Given(case.hex("rnd"))).unwrap();
            assert_eq!(
                sha256(p, &signature),
                case.hex("signature"),
                "{} {}",
                case.text("set"),
                case.text("hash")
            );
            assert!(p.mldsa_verify(set, key.public(), message, &signature));
        }
    }
}

#[test]
fn wycheproof_ml_kem() {
    use wycheproof::{TestResult, mlkem};
    let mut seen = 0;
    for name in [mlkem::TestName::MlKem512, mlkem::TestName::MlKem768, mlkem::TestName::MlKem1024]
        .into_iter()
        .chain([mlkem::TestName::MlKem512KeyGenSeed, mlkem::TestName::MlKem768KeyGenSeed])
        .chain([mlkem::TestName::MlKem1024KeyGenSeed, mlkem::TestName::MlKem512Encaps])
        .chain([mlkem::TestName::MlKem768Encaps, mlkem::TestName::MlKem1024Encaps])
    {
        for group in mlkem::TestSet::load(name).unwrap().test_groups {
            let set = match group.parameter_set {
                mlkem::MlKemParameterSet::MlKem512 => MlKem::MlKem512,
                mlkem::MlKemParameterSet::MlKem768 => MlKem::MlKem768,
                mlkem::MlKemParameterSet::MlKem1024 => MlKem::MlKem1024,
            };
            for (p, test) in PROVIDERS.iter().flat_map(|p| group.tests.iter().map(move |test| (p, test))) {
                let valid = test.result == TestResult::Valid;
                let what = format!("{name:?} {}: {}", test.tc_id, test.comment);
                seen += 1;
                if let (Some(public), Some(m)) = (&test.encaps_key, &test.msg) {
                    let made = p.mlkem_encapsulate(set, public, &mut Given(m.to_vec()));
                    assert_eq!(made.is_ok(), valid, "{what}");
                    if let Ok(made) = made {
                        assert_eq!(made.ciphertext, test.ct.as_ref().unwrap().to_vec(), "{what}");
                        assert_eq!(made.secret[..], test.shared_secret.as_ref().unwrap()[..], "{what}");
                    }
                    continue;
                }
                let key = p.mlkem_private(set, test.seed.as_ref().unwrap());
                let Ok(key) = key else {
                    assert!(!valid, "{what}");
                    continue;
                };
                if let Some(public) = &test.encaps_key {
                    assert_eq!(key.public(), &public[..], "{what}");
                }
                if let Some(ciphertext) = &test.ct {
                    let secret = key.decapsulate(ciphertext);
                    assert_eq!(secret.is_ok(), valid, "{what}");
                    if let Ok(secret) = secret {
                        assert_eq!(secret[..], test.shared_secret.as_ref().unwrap()[..], "{what}");
                    }
                }
            }
        }
    }
    assert!(seen > 1500, "{seen}");
}

#[test]
fn wycheproof_ml_dsa_signing() {
    use wycheproof::{TestResult, mldsa_sign as w};
    let mut seen = 0;
    for (set, name) in [
        (MlDsa::MlDsa44, w::TestName::MlDsa44SignSeed),
        (MlDsa::MlDsa65, w::TestName::MlDsa65SignSeed),
        (MlDsa::MlDsa87, w::TestName::MlDsa87SignSeed),
    ] {
        for group in w::TestSet::load(name).unwrap().test_groups {
            for p in PROVIDERS {
                let key = p.mldsa_private(set, group.privseed.as_ref().unwrap());
                for test in &group.tests {
                    let valid = test.result == TestResult::Valid;
                    let what = format!("{name:?} {}: {}", test.tc_id, test.comment);
                    seen += 1;
                    let Ok(key) = &key else {
                        assert!(!valid, "{what}");
                        continue;
                    };
                    if let Some(public) = &group.pubkey {
                        assert_eq!(key.public(), &public[..], "{what}");
                    }
                    let rnd = test.rnd.as_ref().map_or([0; 32], |rnd| rnd[..].try_into().unwrap());
                    let context = test.ctx.as_ref().map_or(&[][..], |context| &context[..]);
                    if let Some(message) = &test.msg {
                        let formatted = mldsa::pure(context, message);
                        assert_eq!(formatted.is_ok(), valid, "{what}");
                        if let Ok(formatted) = formatted {
                            let signature = key.sign_with(DsaMessage::Formatted(&formatted), &rnd).unwrap();
                            assert!(signature == test.sig[..], "{what}");
                        }
                    }
                    let mu = test.mu.as_ref().filter(|_| valid);
                    if let Some(mu) = mu {
                        let mu: &[u8; 64] = mu[..].try_into().unwrap();
                        let signature = key.sign_with(DsaMessage::Mu(mu), &rnd).unwrap();
                        assert!(signature == test.sig[..], "{what} by mu");
                        if let Some(message) = &test.msg {
                            let mut hasher = p.mldsa_mu(key.public(), context).unwrap();
                            hasher.update(message);
                            assert_eq!(hasher.finish()[..], mu[..], "{what}");
                        }
                    }
                }
            }
        }
    }
    assert!(seen > 200, "{seen}");
}

#[test]
fn wycheproof_ml_dsa_verification() {
    use wycheproof::{TestResult, mldsa_verify as w};
    let mut seen = 0;
    for (set, name) in [
        (MlDsa::MlDsa44, w::TestName::MlDsa44Verify),
        (MlDsa::MlDsa65, w::TestName::MlDsa65Verify),
        (MlDsa::MlDsa87, w::TestName::MlDsa87Verify),
    ] {
        for group in w::TestSet::load(name).unwrap().test_groups {
            for (p, test) in PROVIDERS.iter().flat_map(|p| group.tests.iter().map(move |test| (p, test))) {
                let valid = test.result == TestResult::Valid;
                let what = format!("{name:?} {}: {}", test.tc_id, test.comment);
                seen += 1;
                let context = test.ctx.as_ref().map_or(&[][..], |context| &context[..]);
                let Ok(formatted) = mldsa::pure(context, &test.msg) else {
                    assert!(!valid, "{what}");
                    continue;
                };
                let whole = p.mldsa_verify(set, &group.pubkey, DsaMessage::Formatted(&formatted), &test.sig);
                assert_eq!(whole, valid, "{what}");
                let mut mu = p.mldsa_mu(&group.pubkey, context).unwrap();
                mu.update(&test.msg);
                let mu = mu.finish();
                let mu = DsaMessage::Mu(mu[..].try_into().unwrap());
                assert_eq!(p.mldsa_verify(set, &group.pubkey, mu, &test.sig), valid, "{what} by mu");
            }
        }
    }
    assert!(seen > 250, "{seen}");
}

/// Two implementations, the same seeds, keys, ciphertexts and secrets.
#[test]
fn another_ml_kem_agrees() {
    macro_rules! agree {
        ($p:ident, $set:ident) => {
            for round in 0..20 {
                let mut rng = rng($p, &format!("another {round}"));
                let seed = $p.mlkem_seed(&mut rng).unwrap();
                let ours = $p.mlkem_private(MlKem::$set, &seed[..]).unwrap();
                let theirs = ml_kem::DecapsulationKey::<ml_kem::$set>::from_seed((*seed).into());
                let public = theirs.encapsulation_key();
                assert_eq!(ours.public(), public.to_bytes().as_slice());
                let mut m = [0; 32];
                rng.fill(&mut m).unwrap();
                let made = $p.mlkem_encapsulate(MlKem::$set, ours.public(), &mut Given(m.to_vec())).unwrap();
                let (ciphertext, secret) = public.encapsulate_deterministic(&m.into());
                assert_eq!(made.ciphertext, ciphertext.as_slice());
                assert_eq!(made.secret[..], secret[..]);
                assert_eq!(ours.decapsulate(&made.ciphertext).unwrap()[..], secret[..]);
                // What was not made by encapsulation gives a secret too, and the same one.
                let mut bad = made.ciphertext.clone();
                bad[round] ^= 1;
                let rejected = ours.decapsulate(&bad).unwrap();
                assert_ne!(rejected[..], secret[..]);
                assert_eq!(rejected[..], theirs.decapsulate_slice(&bad).unwrap()[..]);
            }
        };
    }
    for p in PROVIDERS {
        agree!(p, MlKem512);
        agree!(p, MlKem768);
        agree!(p, MlKem1024);
    }
}

/// Whole messages and representatives are signed by different implementations.
#[test]
fn a_representative_is_signed_as_its_message_is() {
    for p in PROVIDERS {
        for set in MlDsa::ALL {
            for round in 0..10u8 {
                let mut rng = rng(p, &format!("mu {set:?} {round}"));
                let key = p.mldsa_private(set, &p.mldsa_seed(&mut rng).unwrap()[..]).unwrap();
                let (context, message) = (vec![round; 28 * usize::from(round)], vec![round; 999]);
                let formatted = mldsa::pure(&context, &message).unwrap();
                let mut mu = p.mldsa_mu(key.public(), &context).unwrap();
                message.chunks(100).for_each(|piece| mu.update(piece));
                let mu = mu.finish();
                let (whole, mu) =
                    (DsaMessage::Formatted(&formatted), DsaMessage::Mu(mu[..].try_into().unwrap()));
                let signature = key.sign_with(whole, &[round; 32]).unwrap();
                assert!(signature == key.sign_with(mu, &[round; 32]).unwrap());
                assert_eq!(signature.len(), set.signature_size());
                assert!(p.mldsa_verify(set, key.public(), whole, &signature));
                assert!(p.mldsa_verify(set, key.public(), mu, &signature));
                // Fresh random bytes, another signature.
                let hedged = key.sign(whole, &mut rng).unwrap();
                assert!(hedged != signature && p.mldsa_verify(set, key.public(), mu, &hedged));
                for place in [0, 40, signature.len() - 1] {
                    let mut bad = signature.clone();
                    bad[place] ^= 1;
                    assert!(!p.mldsa_verify(set, key.public(), whole, &bad));
                    assert!(!p.mldsa_verify(set, key.public(), mu, &bad));
                }
            }
        }
    }
}

#[test]
fn what_is_malformed_is_refused() {
    for p in PROVIDERS {
        let mut rng = rng(p, "malformed");
        for set in MlKem::ALL {
            assert_eq!(MlKem::from_id(set.id()), Some(set));
            assert_eq!(p.mlkem_private(set, &[0; 63]).err(), Some(Error::BadKey));
            let key = p.mlkem_private(set, &[7; 64]).unwrap();
            assert_eq!(key.public().len(), set.public_size());
            assert!(p.mlkem_is_public(set, key.public()));
            assert!(!p.mlkem_is_public(set, &key.public()[1..]));
            // A coefficient of 2^12 - 1 is above the modulus.
            let mut public = key.public().to_vec();
            (public[0], public[1]) = (0xFF, 0xFF);
            assert!(!p.mlkem_is_public(set, &public));
            assert_eq!(p.mlkem_encapsulate(set, &public, &mut rng).err(), Some(Error::BadKey));
            let made = p.mlkem_encapsulate(set, key.public(), &mut rng).unwrap();
            assert_eq!(made.ciphertext.len(), set.ciphertext_size());
            assert_eq!(key.decapsulate(&made.ciphertext[1..]).err(), Some(Error::BadInput));
            assert_eq!(*key.decapsulate(&made.ciphertext).unwrap(), *made.secret);
        }
        for set in MlDsa::ALL {
            assert_eq!(MlDsa::from_id(set.id()), Some(set));
            assert_eq!(p.mldsa_private(set, &[0; 33]).err(), Some(Error::BadKey));
            let key = p.mldsa_private(set, &[7; 32]).unwrap();
            assert_eq!(key.public().len(), set.public_size());
            let message = DsaMessage::Mu(&[3; 64]);
            let signature = key.sign(message, &mut rng).unwrap();
            assert!(p.mldsa_verify(set, key.public(), message, &signature));
            assert!(!p.mldsa_verify(set, &key.public()[1..], message, &signature));
            assert!(!p.mldsa_verify(set, key.public(), message, &signature[1..]));
        }
        assert_eq!((MlKem::from_id(0), MlDsa::from_id(4)), (None, None));
        assert_eq!(p.mldsa_mu(&[], &[0; 256]).err(), Some(Error::BadInput));
        assert_eq!(mldsa::pure(&[0; 256], b"").err(), Some(Error::BadInput));
        assert_eq!(mldsa::hashed(b"", HashAlg::Sha256, &[0; 31]).err(), Some(Error::BadInput));
        assert_eq!(mldsa::hashed(b"", HashAlg::Sha1, &[0; 20]).err(), Some(Error::Unsupported));
        assert!(mldsa::is_pre_hash(HashAlg::Sha256) && !mldsa::is_pre_hash(HashAlg::Sm3));
    }
}
