//! Hashes and HMAC: published vectors, lengths around every boundary, and export at every byte.

mod common;

use common::{HASH_NAMES, PROVIDERS, cases, hash_named, hex};
use tpm2_crypto::{Digest, Error, HashAlg, ct_eq};

/// FIPS 180-4 examples: one block, and two blocks.
#[test]
fn published_digests() {
    const ABC: [&str; 4] = [
        "a9993e364706816aba3e25717850c26c9cd0d89d",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd\
         454d4423643ce80e2a9ac94fa54ca49f",
    ];
    const LONG: [&str; 4] = [
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        "3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6b0455a8520bc4e6f5fe95b1fe3c8452b",
        "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c33596fd15c13b1b07f9aa1d3bea57789ca0\
         31ad85c7a71dd70354ec631238ca3445",
    ];
    let long = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    for p in PROVIDERS {
        for ((alg, abc), two) in HashAlg::ALL.into_iter().zip(ABC).zip(LONG) {
            assert_eq!(p.digest(alg, &[b"abc"]).as_slice(), hex(abc), "{alg:?}");
            assert_eq!(p.digest(alg, &[&long[..20], &[], &long[20..]]).as_slice(), hex(two), "{alg:?}");
        }
    }
}

/// GB/T 32905-2016, A.1 and A.2; FIPS 202's examples of NIST's CSRC; SHAKE256 of the empty message.
#[test]
fn published_digests_of_other_families() {
    let sixteen = b"abcd".repeat(16);
    let vectors: [(HashAlg, &[u8], &str); 7] = [
        (HashAlg::Sm3, b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (HashAlg::Sm3, &sixteen, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
        (HashAlg::Sha3_256, b"abc", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
        (
            HashAlg::Sha3_384,
            b"abc",
            "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
        ),
        (
            HashAlg::Sha3_512,
            b"abc",
            "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e39340\
             57340b4cf408d5a56592f8274eec53f0",
        ),
        (
            HashAlg::Shake256_512,
            b"",
            "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762fd75dc4ddd8c0f200cb05019d67b592f6\
             fc821c49479ab48640292eacb3b7c4be",
        ),
        (HashAlg::Sha256_192, b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9c"),
    ];
    for p in PROVIDERS {
        for (alg, message, expected) in vectors {
            assert_eq!(p.digest(alg, &[message]).as_slice(), hex(expected), "{alg:?}");
        }
    }
}

/// FIPS 180-4: a million times the letter a.
#[test]
fn a_million_bytes() {
    const EXPECTED: [&str; 4] = [
        "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
        "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985",
        "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31b\
         eb009c5c2c49aa2e4eadb217ad8cc09b",
    ];
    for p in PROVIDERS {
        for (alg, expected) in HashAlg::ALL.into_iter().zip(EXPECTED) {
            let mut hasher = p.hasher(alg);
            for chunk in vec![b'a'; 1_000_000].chunks(997) {
                hasher.update(chunk);
            }
            assert_eq!(hasher.finish().as_slice(), hex(expected), "{alg:?}");
        }
    }
}

/// RFC 4231 cases 1, 2, 3 and 6 (key longer than a block) for SHA-256, 384 and 512; RFC 2202 for SHA-1.
#[test]
fn published_hmacs() {
    let large = b"Test Using Larger Than Block-Size Key - Hash Key First";
    let sha1_long = b"Test Using Larger Than Block-Size Key - Hash Key First";
    let vectors: [(HashAlg, Vec<u8>, &[u8], &str); 8] = [
        (HashAlg::Sha1, vec![0x0B; 20], b"Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"),
        (HashAlg::Sha1, vec![0xAA; 80], sha1_long, "aa4ae5e15272d00e95705637ce8a3b55ed402112"),
        (
            HashAlg::Sha256,
            vec![0x0B; 20],
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            HashAlg::Sha256,
            b"Jefe".to_vec(),
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            HashAlg::Sha256,
            vec![0xAA; 131],
            large,
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
        (
            HashAlg::Sha384,
            vec![0x0B; 20],
            b"Hi There",
            "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
        ),
        (
            HashAlg::Sha512,
            vec![0x0B; 20],
            b"Hi There",
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4\
             be9d914eeb61f1702e696c203a126854",
        ),
        (
            HashAlg::Sha512,
            vec![0xAA; 131],
            large,
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e52\
             95e64f73f63f0aec8b915a985d786598",
        ),
    ];
    for p in PROVIDERS {
        for (alg, key, message, expected) in &vectors {
            assert_eq!(p.hmac(*alg, key, &[message]).as_slice(), hex(expected), "{alg:?}");
        }
    }
}

#[test]
fn lengths_around_every_boundary() {
    for p in PROVIDERS {
        for case in cases(include_str!("vectors/hash.txt")) {
            let alg = hash_named(case.text("alg"));
            let message = case.hex("message");
            assert_eq!(p.digest(alg, &[&message]).as_slice(), case.hex("digest"));
            assert_eq!(p.hmac(alg, &case.hex("hmac_key"), &[&message]).as_slice(), case.hex("hmac"));
        }
    }
}

#[test]
fn export_and_import_at_every_offset() {
    let message: Vec<u8> = (0..=u8::MAX).chain(0..60).collect(); // more than two of the largest blocks
    for p in PROVIDERS {
        for alg in HashAlg::ALL {
            let whole = p.digest(alg, &[&message]);
            let code = p.hmac(alg, b"key", &[&message]);
            for cut in 0..=message.len() {
                let (head, tail) = message.split_at(cut);
                let mut hasher = p.hasher(alg);
                hasher.update(head);
                let fork = hasher.clone();
                let mut resumed = p.import_hasher(alg, &hasher.export()).unwrap();
                assert_eq!(resumed.export(), fork.export());
                resumed.update(tail);
                assert_eq!(resumed.finish(), whole, "{alg:?} at {cut}");
                // The original is undisturbed by its export and its fork.
                hasher.update(tail);
                assert_eq!(hasher.finish(), whole);
                assert_eq!(fork.finish(), p.digest(alg, &[head]));

                let mut hmac = p.hmac_state(alg, b"key");
                hmac.update(head);
                let mut resumed = p.import_hmac(alg, &hmac.export()).unwrap();
                resumed.update(tail);
                assert_eq!(resumed.finish(), code, "{alg:?} at {cut}");
            }
        }
    }
}

/// The exported form is a storage format: a change of it must be a decision.
#[test]
fn exported_form_is_frozen() {
    for p in PROVIDERS {
        let mut hasher = p.hasher(HashAlg::Sha256);
        hasher.update(b"abc");
        let expected = "01000b00000000000000000000000000000003\
                        6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19616263";
        assert_eq!(hasher.export().as_slice(), hex(expected));

        // Of a sponge, after one permutation and a byte: the digest of the form, computed from FIPS 202.
        let mut sponge = p.hasher(HashAlg::Sha3_512);
        sponge.update(&[0x11; 73]);
        let expected = "d0cafb18f2ea5520f73d3dbfafecd4441479eda3eeff596c357e92c416cc6943";
        assert_eq!(p.digest(HashAlg::Sha256, &[&sponge.export()]).as_slice(), hex(expected));
    }
}

#[test]
fn damaged_exports_are_refused() {
    for p in PROVIDERS {
        for (_, alg) in HASH_NAMES {
            let mut hasher = p.hasher(alg);
            hasher.update(&[7; 70]);
            let good = hasher.export();
            for len in 0..good.len() {
                assert_eq!(p.import_hasher(alg, &good[..len]).err(), Some(Error::BadState), "{alg:?} {len}");
            }
            let longer = [&good[..], &[0]].concat();
            assert_eq!(p.import_hasher(alg, &longer).err(), Some(Error::BadState));
            // Version, algorithm, and a length beyond what FIPS 180-4 allows.
            for at in [0, 1, 2, 3] {
                let mut bad = good.to_vec();
                bad[at] ^= 0xFF;
                assert_eq!(p.import_hasher(alg, &bad).err(), Some(Error::BadState), "{alg:?} byte {at}");
            }
            for other in HashAlg::ALL.into_iter().filter(|o| *o != alg) {
                assert!(p.import_hasher(other, &good).is_err());
            }
            let hmac = p.hmac_state(alg, b"k").export();
            for len in 0..hmac.len() {
                assert_eq!(p.import_hmac(alg, &hmac[..len]).err(), Some(Error::BadState));
            }
        }
    }
}

#[test]
fn identifiers_and_digests() {
    for alg in HashAlg::ALL {
        assert_eq!(HashAlg::from_id(alg.id()), Some(alg));
        assert_eq!(Digest::zero(alg).as_slice(), vec![0; alg.digest_size()]);
        assert_eq!(Digest::ones(alg).as_slice(), vec![0xFF; alg.digest_size()]);
    }
    assert_eq!(HashAlg::from_id(0x0010), None);
    assert!(Digest::from_slice(&[0; 65]).is_none());
    assert_eq!(Digest::from_slice(&[1, 2]).unwrap().as_slice(), [1, 2]);
    assert_ne!(Digest::from_slice(&[0; 20]), Some(Digest::zero(HashAlg::Sha256)));
    assert!(Digest::EMPTY.is_empty());
    assert!(ct_eq(b"same", b"same") && !ct_eq(b"same", b"sane") && !ct_eq(b"same", b"sam"));
}
