//! RSA schemes against an independent implementation, and everything that must be refused.

mod common;

use common::{Case, FailsAfter, PROVIDERS, RSA_HASHES, Stuck, cases};
use tpm2_crypto::{CryptoProvider, Error, HashAlg, RsaPad, RsaPrivate, RsaSig};

const E: u32 = 65_537;
const LABEL: &[u8] = b"DUPLICATE\0";

fn for_each_key(mut test: impl FnMut(&CryptoProvider, &Case, &RsaPrivate)) {
    for p in PROVIDERS {
        for case in cases(include_str!("vectors/rsa.txt")) {
            let key = p.rsa_private(&case.hex("n"), &case.hex("p"), 0).unwrap();
            assert_eq!((key.n(), key.e()), (case.hex("n").as_slice(), E));
            test(p, &case, &key);
        }
    }
}

#[test]
fn raw() {
    for_each_key(|p, case, key| {
        let mut rng = common::rng(p, "raw");
        let (plain, cipher) = (case.hex("raw_plain"), case.hex("raw_cipher"));
        assert_eq!(p.rsa_public_raw(key.n(), E, &plain).unwrap(), cipher);
        assert_eq!(*p.rsa_private_raw(key, &cipher, &mut rng).unwrap(), plain);
        // Leading zeros may be missing on the way in, never on the way out.
        assert_eq!(p.rsa_encrypt(key.n(), E, RsaPad::Raw, &plain[1..], &mut rng).unwrap(), cipher);
        assert_eq!(*p.rsa_decrypt(key, RsaPad::Raw, &cipher, &mut rng).unwrap(), plain);
        // 0, 1 and n - 1 are their own powers.
        let mut small = vec![0; key.n().len()];
        let mut minus_one = key.n().to_vec();
        *minus_one.last_mut().unwrap() -= 1;
        for own in [small.clone(), minus_one, {
            *small.last_mut().unwrap() = 1;
            small
        }] {
            assert_eq!(*p.rsa_private_raw(key, &own, &mut rng).unwrap(), own);
            assert_eq!(p.rsa_public_raw(key.n(), E, &own).unwrap(), own);
        }
        // Not below the modulus, or of another length.
        let n = key.n().to_vec();
        assert_eq!(p.rsa_private_raw(key, &n, &mut rng).err(), Some(Error::BadInput));
        assert_eq!(p.rsa_public_raw(&n, E, &n).err(), Some(Error::BadInput));
        assert_eq!(p.rsa_encrypt(&n, E, RsaPad::Raw, &n, &mut rng).err(), Some(Error::BadInput));
        assert_eq!(p.rsa_private_raw(key, &cipher[1..], &mut rng).err(), Some(Error::BadInput));
        let longer = [&[0], &cipher[..]].concat();
        assert_eq!(p.rsa_private_raw(key, &longer, &mut rng).err(), Some(Error::BadInput));
        assert_eq!(p.rsa_public_raw(&n, E, &longer).err(), Some(Error::BadInput));
    });
}

#[test]
fn both_primes_make_the_same_key() {
    for_each_key(|p, case, key| {
        // The other prime by trial: the quotient is found by a private key that works.
        let (n, first) = (case.hex("n"), case.hex("p"));
        let second = divide(&n, &first);
        assert_ne!(first, second);
        let other = p.rsa_private(&n, &second, E).unwrap();
        let c = case.hex("raw_cipher");
        let mut rng = common::rng(p, "primes");
        assert_eq!(
            p.rsa_private_raw(&other, &c, &mut rng).unwrap(),
            p.rsa_private_raw(key, &c, &mut rng).unwrap()
        );
    });
}

/// Schoolbook binary division of big-endian numbers; exact.
fn divide(n: &[u8], d: &[u8]) -> Vec<u8> {
    let mut rest = vec![0u8; d.len() + 1];
    let d = [&[0], d].concat();
    let mut quotient = vec![0u8; n.len()];
    for bit in 0..8 * n.len() {
        let mut carry = n[bit / 8] >> (7 - bit % 8) & 1;
        for byte in rest.iter_mut().rev() {
            (*byte, carry) = (*byte << 1 | carry, *byte >> 7);
        }
        if rest >= d {
            let mut borrow = 0i16;
            for (r, d) in rest.iter_mut().zip(&d).rev() {
                let difference = i16::from(*r) - i16::from(*d) - borrow;
                borrow = i16::from(difference < 0);
                *r = difference as u8;
            }
            quotient[bit / 8] |= 1 << (7 - bit % 8);
        }
    }
    assert!(rest.iter().all(|b| *b == 0), "not a factor");
    quotient.split_off(n.len() / 2)
}

#[test]
fn signatures() {
    for_each_key(|p, case, key| {
        let mut rng = common::rng(p, "sign");
        for &(name, hash) in RSA_HASHES {
            let digest = case.hex(&format!("digest_{name}"));
            let verify = |scheme, digest: &[u8], signature: &[u8]| {
                p.rsa_verify(key.n(), E, scheme, hash, digest, signature)
            };
            let expected = case.hex(&format!("rsassa_{name}"));
            assert_eq!(p.rsa_sign(key, RsaSig::Pkcs1, hash, &digest, &mut rng).unwrap(), expected);
            assert!(verify(RsaSig::Pkcs1, &digest, &expected));
            assert!(!verify(RsaSig::Pss, &digest, &expected));
            for salt in ["none", "hash", "max"] {
                let name = format!("pss_{salt}_{name}");
                // The largest hash leaves no room for a long salt in the smallest key.
                assert!(case.has(&name) || key.n().len() == 128, "{name}");
                if case.has(&name) {
                    assert!(verify(RsaSig::Pss, &digest, &case.hex(&name)), "{name}");
                    assert!(!verify(RsaSig::Pkcs1, &digest, &case.hex(&name)), "{name}");
                }
            }
            let signature = p.rsa_sign(key, RsaSig::Pss, hash, &digest, &mut rng).unwrap();
            assert!(verify(RsaSig::Pss, &digest, &signature));
            assert_ne!(p.rsa_sign(key, RsaSig::Pss, hash, &digest, &mut rng).unwrap(), signature, "salted");
            for (scheme, signature) in [(RsaSig::Pkcs1, expected), (RsaSig::Pss, signature)] {
                for at in [0, 1, signature.len() / 2, signature.len() - 1] {
                    let mut bad = signature.clone();
                    bad[at] ^= 1;
                    assert!(!verify(scheme, &digest, &bad), "{scheme:?} byte {at}");
                }
                let mut other = digest.clone();
                other[0] ^= 0x80;
                assert!(!verify(scheme, &other, &signature));
                assert!(!verify(scheme, &digest[1..], &signature));
                assert!(!verify(scheme, &digest, &signature[1..]));
                assert!(!verify(scheme, &digest, &[&[0], &signature[..]].concat()));
                assert!(!verify(scheme, &digest, key.n()));
                assert!(!p.rsa_verify(key.n(), 3, scheme, hash, &digest, &signature));
                let short = p.rsa_sign(key, scheme, hash, &digest[1..], &mut rng);
                assert_eq!(short.err(), Some(Error::BadInput));
            }
        }
    });
}

/// SM3 has an identifier for PKCS#1; hashes that are cut short have none.
#[test]
fn signatures_with_other_hashes() {
    for_each_key(|p, case, key| {
        let mut rng = common::rng(p, "other hashes");
        let (digest, expected) = (case.hex("digest_sm3"), case.hex("rsassa_sm3"));
        assert_eq!(p.rsa_sign(key, RsaSig::Pkcs1, HashAlg::Sm3, &digest, &mut rng).unwrap(), expected);
        assert!(p.rsa_verify(key.n(), E, RsaSig::Pkcs1, HashAlg::Sm3, &digest, &expected));
        assert!(!p.rsa_verify(key.n(), E, RsaSig::Pkcs1, HashAlg::Sha256, &digest, &expected));
        for hash in [HashAlg::Sha256_192, HashAlg::Shake256_192, HashAlg::Shake256_256, HashAlg::Shake256_512]
        {
            let digest = p.digest(hash, &[b"to be signed"]);
            let signature = p.rsa_sign(key, RsaSig::Pkcs1, hash, &digest, &mut rng);
            assert_eq!(signature.err(), Some(Error::Unsupported), "{hash:?}");
            assert!(!p.rsa_verify(key.n(), E, RsaSig::Pkcs1, hash, &digest, &expected));
        }
    });
}

/// The salt is as long as the digest (FIPS 186-5, 5.4): opened here with the public key.
#[test]
fn pss_salt_length() {
    for_each_key(|p, case, key| {
        for &(name, hash) in RSA_HASHES {
            let digest = case.hex(&format!("digest_{name}"));
            let signature = p.rsa_sign(key, RsaSig::Pss, hash, &digest, &mut common::rng(p, "salt")).unwrap();
            let encoded = p.rsa_public_raw(key.n(), E, &signature).unwrap();
            let (masked, rest) = encoded.split_at(encoded.len() - digest.len() - 1);
            let mask = p.mgf1(hash, &rest[..digest.len()], masked.len());
            let mut db: Vec<u8> = masked.iter().zip(mask.iter()).map(|(a, b)| a ^ b).collect();
            db[0] &= 0x7F;
            let salt = db.len() - 1 - db.iter().position(|b| *b == 1).unwrap();
            let room = key.n().len() - digest.len() - 2;
            assert_eq!(salt, digest.len().min(room), "{name}");
        }
    });
}

#[test]
fn encryption() {
    for_each_key(|p, case, key| {
        let mut rng = common::rng(p, "encrypt");
        let message = case.hex("message");
        assert_eq!(*p.rsa_decrypt(key, RsaPad::Pkcs1, &case.hex("pkcs1"), &mut rng).unwrap(), message);
        let mut pads = vec![RsaPad::Pkcs1];
        for &(name, hash) in RSA_HASHES {
            if !case.has(&format!("oaep_{name}")) {
                assert_eq!((key.n().len(), hash.digest_size()), (128, 64), "two digests fill RSA-1024");
                let pad = RsaPad::Oaep { hash, label: LABEL };
                assert_eq!(p.rsa_encrypt(key.n(), E, pad, b"", &mut rng).err(), Some(Error::BadInput));
                let open = p.rsa_decrypt(key, pad, &case.hex("pkcs1"), &mut rng);
                assert_eq!(open.err(), Some(Error::Decryption));
                continue;
            }
            let (with, without) = (RsaPad::Oaep { hash, label: LABEL }, RsaPad::Oaep { hash, label: b"" });
            let cipher = case.hex(&format!("oaep_{name}"));
            assert_eq!(*p.rsa_decrypt(key, with, &cipher, &mut rng).unwrap(), message, "{name}");
            // The label counts, its NUL included.
            for label in [&b""[..], b"DUPLICATE", b"IDENTITY\0"] {
                let wrong = p.rsa_decrypt(key, RsaPad::Oaep { hash, label }, &cipher, &mut rng);
                assert_eq!(wrong.err(), Some(Error::Decryption));
            }
            let cipher = case.hex(&format!("oaep_nolabel_{name}"));
            assert_eq!(*p.rsa_decrypt(key, without, &cipher, &mut rng).unwrap(), message);
            pads.extend([with, without]);
        }
        for pad in pads {
            let overhead = match pad {
                RsaPad::Oaep { hash, .. } => 2 * hash.digest_size() + 2,
                _ => 11,
            };
            let most = key.n().len() - overhead;
            for len in [0, 1, most - 1, most] {
                let message = vec![0; len];
                let cipher = p.rsa_encrypt(key.n(), E, pad, &message, &mut rng).unwrap();
                assert_eq!(*p.rsa_decrypt(key, pad, &cipher, &mut rng).unwrap(), message, "{pad:?} {len}");
                assert_ne!(p.rsa_encrypt(key.n(), E, pad, &message, &mut rng).unwrap(), cipher);
            }
            let long = p.rsa_encrypt(key.n(), E, pad, &vec![0; most + 1], &mut rng);
            assert_eq!(long.err(), Some(Error::BadInput));
        }
    });
}

/// Encoded blocks with one thing wrong each, encrypted raw: every one gives the same error.
#[test]
fn bad_paddings() {
    for_each_key(|p, case, key| {
        let mut rng = common::rng(p, "padding");
        let k = key.n().len();
        let mut decrypt = |block: &[u8], pad| {
            let cipher = p.rsa_public_raw(key.n(), E, block).unwrap();
            p.rsa_decrypt(key, pad, &cipher, &mut rng).map(|m| m.to_vec())
        };
        let pkcs1 = |head: &[u8], filler: usize, rest: &[u8]| {
            let mut block = head.to_vec();
            block.resize(head.len() + filler, 0x77);
            block.extend_from_slice(rest);
            block.resize(k, 0x77);
            block
        };
        let pad = RsaPad::Pkcs1;
        assert_eq!(decrypt(&pkcs1(&[0, 2], 8, &[0]), pad).unwrap().len(), k - 11);
        assert_eq!(decrypt(&pkcs1(&[0, 2], k - 3, &[0]), pad).unwrap(), b"");
        for bad in [
            pkcs1(&[1, 2], 8, &[0]),
            pkcs1(&[0, 1], 8, &[0]),
            pkcs1(&[0, 0], 8, &[0]),
            pkcs1(&[0, 2], 7, &[0]),
            pkcs1(&[0, 2], 0, &[0]),
            pkcs1(&[0, 2], k - 2, &[]),
            vec![0; k],
        ] {
            assert_eq!(decrypt(&bad, pad), Err(Error::Decryption));
        }

        let hash = HashAlg::Sha256;
        let pad = RsaPad::Oaep { hash, label: LABEL };
        let oaep = |first: u8, label: &[u8], db: &[u8]| {
            let mut whole = p.digest(hash, &[label]).to_vec();
            whole.extend_from_slice(db);
            whole.resize(k - 33, 0x77);
            let xor = |a: &[u8], b: &[u8]| a.iter().zip(b).map(|(a, b)| a ^ b).collect::<Vec<_>>();
            let seed = [0x42; 32];
            let masked = xor(&whole, &p.mgf1(hash, &seed, whole.len()));
            let masked_seed = xor(&seed, &p.mgf1(hash, &masked, 32));
            [&[first], &masked_seed[..], &masked].concat()
        };
        assert_eq!(decrypt(&oaep(0, LABEL, &[0, 0, 1]), pad).unwrap().len(), k - 68);
        assert_eq!(decrypt(&oaep(0, LABEL, &[1]), pad).unwrap().len(), k - 66);
        for bad in [
            oaep(1, LABEL, &[0, 1]),
            oaep(0, b"other", &[0, 1]),
            oaep(0, LABEL, &[0, 2, 1]),
            oaep(0, LABEL, &[2]),
            oaep(0, LABEL, &vec![0; k]),
            case.hex("raw_plain"),
        ] {
            assert_eq!(decrypt(&bad[..k], pad), Err(Error::Decryption));
        }
    });
}

#[test]
fn keys_that_do_not_fit() {
    for_each_key(|p, case, _| {
        let (n, prime) = (case.hex("n"), case.hex("p"));
        let load = |n: &[u8], prime: &[u8], e| p.rsa_private(n, prime, e).err();
        for at in [0, 1, prime.len() / 2, prime.len() - 1] {
            let mut bad = prime.clone();
            bad[at] ^= 2;
            assert_eq!(load(&n, &bad, E), Some(Error::BadKey), "prime byte {at}");
            let mut bad = n.clone();
            bad[at] ^= 2;
            assert_eq!(load(&bad, &prime, E), Some(Error::BadKey), "modulus byte {at}");
        }
        let mut even = prime.clone();
        *even.last_mut().unwrap() &= 0xFE;
        let mut one = vec![0; prime.len()];
        *one.last_mut().unwrap() = 1;
        for bad in [even, one, vec![0; prime.len()], prime[1..].to_vec(), [&[0], &prime[..]].concat(), vec![]]
        {
            assert_eq!(load(&n, &bad, E), Some(Error::BadKey));
        }
        for e in [1, 2, 65_536] {
            assert_eq!(load(&n, &prime, e), Some(Error::BadKey));
            assert_eq!(p.rsa_public_raw(&n, e, &[2]).err(), Some(Error::BadKey));
        }
        let mut low = n.clone();
        low[0] &= 0x7F;
        assert_eq!(p.rsa_public_raw(&low, E, &[2]).err(), Some(Error::BadKey));
        assert_eq!(p.rsa_public_raw(&n[1..], E, &[2]).err(), Some(Error::Unsupported));
        assert_eq!(p.rsa_public_raw(&[], E, &[]).err(), Some(Error::Unsupported));
    });
}

/// A "prime" that divides n but is composite gives wrong results, which must not leave the TPM; and p = q is
/// refused.
#[test]
fn faults_are_caught() {
    for p in PROVIDERS {
        // n = a * b for odd a, b that are no primes.
        let a: Vec<u8> = (0..64u8).map(|i| 0xF1 ^ (i << 1)).collect();
        let b: Vec<u8> = (0..64u8).map(|i| 0xE9 ^ (i << 2)).collect();
        let n = multiply(&a, &b);
        let mut rng = common::rng(p, "fault");
        match p.rsa_private(&n, &a, E) {
            Ok(key) => {
                let mut withheld = 0;
                for c in [2u8, 3, 5, 7] {
                    let mut block = vec![0; 128];
                    block[127] = c;
                    withheld +=
                        usize::from(p.rsa_private_raw(&key, &block, &mut rng).err() == Some(Error::Fault));
                }
                assert_eq!(withheld, 4);
            }
            Err(e) => panic!("the factors were chosen to load: {e}"),
        }
        assert_eq!(p.rsa_private(&multiply(&a, &a), &a, E).err(), Some(Error::BadKey));
    }
}

fn multiply(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut out = vec![0u32; a.len() + b.len()];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            let mut carry = u32::from(*x) * u32::from(*y);
            let mut at = i + j + 1;
            while carry > 0 {
                carry += out[at];
                out[at] = carry & 0xFF;
                carry >>= 8;
                at = at.wrapping_sub(1);
            }
        }
    }
    out.into_iter().map(|b| b as u8).collect()
}

#[test]
fn a_broken_generator_is_reported() {
    for_each_key(|p, case, key| {
        let cipher = case.hex("raw_cipher");
        let digest = case.hex("digest_sha256");
        let broken = || FailsAfter { inner: Stuck(1), good: 0 };
        assert_eq!(p.rsa_private_raw(key, &cipher, &mut broken()).err(), Some(Error::Rng));
        let sign = p.rsa_sign(key, RsaSig::Pss, HashAlg::Sha256, &digest, &mut broken());
        assert_eq!(sign.err(), Some(Error::Rng));
        let encrypt = p.rsa_encrypt(key.n(), E, RsaPad::Pkcs1, b"m", &mut broken());
        assert_eq!(encrypt.err(), Some(Error::Rng));
        // Blinding with zero would multiply the secret away.
        assert_eq!(p.rsa_private_raw(key, &cipher, &mut Stuck(0)).err(), Some(Error::Rng));
    });
}
