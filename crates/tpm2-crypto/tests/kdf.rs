//! KDFa, KDFe, MGF1 and XOR obfuscation against values computed with Python's hashlib and hmac.

mod common;

use common::{PROVIDERS, cases, hash_named};
use tpm2_crypto::HashAlg;

#[test]
fn computed_elsewhere() {
    for p in PROVIDERS {
        let (mut kdfs, mut xors) = (0, 0);
        for case in cases(include_str!("vectors/kdf.txt")) {
            let alg = hash_named(case.text("alg"));
            if case.has("xor_key") {
                let mut data = case.hex("data");
                p.xor_obfuscate(alg, &case.hex("xor_key"), b"nonceTPM", b"nonceCaller", &mut data);
                assert_eq!(data, case.hex("xored"));
                p.xor_obfuscate(alg, &case.hex("xor_key"), b"nonceTPM", b"nonceCaller", &mut data);
                assert_eq!(data, case.hex("data"), "its own inverse");
                xors += 1;
                continue;
            }
            let bits = case.number("bits") as usize;
            let [key, label, u, v] = ["key", "label", "u", "v"].map(|k| case.hex(k));
            assert_eq!(*p.kdfa(alg, &key, &label, &u, &v, bits), case.hex("kdfa"), "{alg:?} {bits}");
            assert_eq!(*p.kdfe(alg, &key, &label, &u, &v, bits), case.hex("kdfe"), "{alg:?} {bits}");
            assert_eq!(*p.mgf1(alg, &key, bits / 8), case.hex("mgf1"), "{alg:?} {bits}");
            kdfs += 1;
        }
        assert_eq!((kdfs, xors), (12 * 6 * 3, 12 * 3));
    }
}

#[test]
fn nothing_asked_nothing_given() {
    for p in PROVIDERS {
        assert!(p.kdfa(HashAlg::Sha256, b"k", b"L", b"", b"", 0).is_empty());
        assert!(p.mgf1(HashAlg::Sha1, b"k", 0).is_empty());
    }
}
