//! Encryption to an ECC key, and the signature schemes beside ECDSA (Part 3, 14.8, 14.9 and 20; Part 1, 44.3.4 and 45.2).
mod common;

use common::keys::{NULL, OWN, SIGNING, ecc};
use common::{Chip, refused, refused_at, sized};
use tpm2_crypto::{Curve, HashAlg, Point, RUST};
use tpm2_wire::{
    Buffer, Certify, EccDecrypt, EccEncrypt, EccParameters, Rc, Sign, Sized2b, Tpm2bAttest, Tpm2bDigest,
    Tpm2bMaxBuffer, TpmRh, TpmaObject, TpmiAlgHash, TpmiAlgKdf, TpmsAlgorithmDetailEcc, TpmsEccPoint,
    TpmtSignature, VerifySignature, Wire, to_vec,
};

const P256: Curve = Curve::P256;
const NULL_TICKET: &[u8] = &[0x80, 0x24, 0x40, 0, 0, 7, 0, 0];
const SCHNORR: &[u8] = &[0, 0x1C, 0, 0x0B];
const SM2: &[u8] = &[0, 0x1B, 0, 0x0B];
/// KDF2 with SHA-256.
const KDF2: &[u8] = &[0, 0x21, 0, 0x0B];
const KDFE: &[u8] = &[0, 0x20, 0, 0x0B];
const DECRYPT: TpmaObject = TpmaObject(OWN.0 | TpmaObject::DECRYPT.0);

struct Encrypted {
    c1: TpmsEccPoint,
    c2: Vec<u8>,
    c3: Vec<u8>,
}
fn encrypt(chip: &mut Chip, key: u32, message: &[u8], scheme: &[u8]) -> Result<Encrypted, Rc> {
    let reply = chip.send::<EccEncrypt>(&[key], &[], &[&sized(message)[..], scheme].concat())?;
    let mut r = reply.reader();
    let c1 = Sized2b::<TpmsEccPoint>::read(&mut r).expect("a point").0;
    let c2 = Tpm2bMaxBuffer::read(&mut r).expect("a buffer").to_vec();
    Ok(Encrypted { c1, c2, c3: Tpm2bDigest::read(&mut r).expect("a digest").0 })
}
fn decrypt(chip: &mut Chip, key: u32, made: &Encrypted, scheme: &[u8]) -> Result<Vec<u8>, Rc> {
    let params = [&sized(&to_vec(&made.c1))[..], &sized(&made.c2), &sized(&made.c3), scheme].concat();
    Ok(chip.send::<EccDecrypt>(&[key], &[], &params)?.value::<Tpm2bMaxBuffer>().to_vec())
}

#[test]
fn what_is_encrypted_to_a_key_is_decrypted_with_it() {
    let mut chip = Chip::new();
    let key = chip.primary(TpmRh::OWNER, "", &ecc(DECRYPT, NULL, NULL, &[])).expect("a key");
    for message in [&b"message"[..], &[7; 1024], &[]] {
        let made = encrypt(&mut chip, key, message, KDF2).expect("a cipher text");
        assert_eq!(decrypt(&mut chip, key, &made, KDF2).expect("the message"), message);
    }
    let q = chip.point(key);
    let mut rng = tpm2_crypto::Drbg::from_entropy(&RUST, &[b"elsewhere"]);
    let made = RUST.ecc_encrypt(P256, HashAlg::Sha384, &q, b"message", &mut rng).expect("a cipher text");
    let c1 = TpmsEccPoint { x: Buffer(made.c1.x), y: Buffer(made.c1.y) };
    let mut made = Encrypted { c1, c2: made.c2, c3: made.c3.to_vec() };
    let kdf2_sha384 = [0, 0x21, 0, 0x0C];
    assert_eq!(decrypt(&mut chip, key, &made, &kdf2_sha384).expect("the message"), b"message");
    // Another hash recovers something else, whose digest is another.
    refused(decrypt(&mut chip, key, &made, KDF2), Rc::VALUE);
    made.c2[0] ^= 1;
    refused(decrypt(&mut chip, key, &made, &kdf2_sha384), Rc::VALUE);
    made.c1.y.0[0] ^= 1;
    refused_at(decrypt(&mut chip, key, &made, &kdf2_sha384), Rc::ECC_POINT, EccDecrypt::c1);
}

/// A key may say how it is encrypted to; then nobody says otherwise (Part 3, 14.8.1).
#[test]
fn a_key_that_has_its_own_function() {
    let mut chip = Chip::new();
    let own = common::keys::dhkem(DECRYPT, &[0, 0x19, 0, 0x0B], KDF2);
    let key = chip.primary(TpmRh::OWNER, "", &own).expect("a key");
    for (to, from) in [(NULL, KDF2), (KDF2, NULL)] {
        let made = encrypt(&mut chip, key, b"message", to).expect("a cipher text");
        assert_eq!(decrypt(&mut chip, key, &made, from).expect("the message"), b"message");
        let other = [0, 0x21, 0, 0x0C];
        refused_at(encrypt(&mut chip, key, b"message", &other), Rc::SCHEME, EccEncrypt::in_scheme);
        refused_at(decrypt(&mut chip, key, &made, &other), Rc::SCHEME, EccDecrypt::in_scheme);
    }
    // One for encapsulation does not encrypt.
    let kem = common::keys::dhkem(DECRYPT, &[0, 0x19, 0, 0x0B], &[0, 0x1F, 0, 0x0B]);
    let kem = chip.primary(TpmRh::OWNER, "", &kem).expect("a key");
    refused(encrypt(&mut chip, kem, b"message", NULL), Rc::SCHEME);
    // No other key derives anything, and nothing else derives (Part 2, 12.2.3.5).
    let storage = common::keys::STORAGE;
    let ecdh = [0, 0x19, 0, 0x0B];
    for (attributes, scheme, kdf) in [
        (DECRYPT, &ecdh[..], KDFE),
        (DECRYPT, &ecdh, &[0, 7, 0, 0x0B]),
        (DECRYPT, NULL, KDF2),
        (DECRYPT, &[0, 0x1D, 0, 0x0B], KDF2),
        (SIGNING, NULL, KDF2),
        (DECRYPT | SIGNING, NULL, KDF2),
    ] {
        let area = common::keys::dhkem(attributes, scheme, kdf);
        refused_at(chip.primary(TpmRh::OWNER, "", &area), Rc::KDF, tpm2_wire::CreatePrimary::in_public);
    }
    let mut area = ecc(storage, common::keys::AES, NULL, &[]);
    let at = area.len() - 6;
    area.splice(at..at + 2, KDF2.iter().copied());
    refused_at(chip.primary(TpmRh::OWNER, "", &area), Rc::KDF, tpm2_wire::CreatePrimary::in_public);
}

#[test]
fn encryption_that_is_refused() {
    let mut chip = Chip::new();
    let key = chip.primary(TpmRh::OWNER, "", &ecc(DECRYPT, NULL, NULL, &[])).expect("a key");
    let made = encrypt(&mut chip, key, b"message", KDF2).expect("a cipher text");
    // No function at all; one that this is not done with; one that is unknown.
    refused_at(encrypt(&mut chip, key, b"message", NULL), Rc::SCHEME, EccEncrypt::in_scheme);
    refused_at(decrypt(&mut chip, key, &made, NULL), Rc::SCHEME, EccDecrypt::in_scheme);
    refused(encrypt(&mut chip, key, b"message", KDFE), Rc::SCHEME);
    refused(decrypt(&mut chip, key, &made, KDFE), Rc::SCHEME);
    refused_at(encrypt(&mut chip, key, b"message", &[0, 0x0B, 0, 0x0B]), Rc::KDF, EccEncrypt::in_scheme);
    refused_at(encrypt(&mut chip, key, b"message", &[0, 0x21, 0, 0x10]), Rc::HASH, EccEncrypt::in_scheme);
    // Any key encrypts, for what is known of it may be its public part alone; not any decrypts.
    let (srk, signing) =
        (chip.srk(), chip.primary(TpmRh::OWNER, "", &ecc(SIGNING, NULL, NULL, &[])).expect("a key"));
    for key in [srk, signing] {
        encrypt(&mut chip, key, b"message", KDF2).expect("a cipher text");
        refused_at(decrypt(&mut chip, key, &made, KDF2), Rc::ATTRIBUTES, EccDecrypt::key_handle);
    }
    let hmac = common::keys::keyed_hash(SIGNING, common::keys::HMAC, &[]);
    let hmac = chip.primary(TpmRh::OWNER, "", &hmac).expect("a key");
    refused_at(encrypt(&mut chip, hmac, b"message", KDF2), Rc::KEY, EccEncrypt::key_handle);
    refused_at(decrypt(&mut chip, hmac, &made, KDF2), Rc::KEY, EccDecrypt::key_handle);
    // A public key that is on no curve can be loaded without a Name.
    let area = ecc(TpmaObject::DECRYPT | TpmaObject::USER_WITH_AUTH, NULL, NULL, &[]);
    let mut area = [&area[..area.len() - 4], &[0, 32][..], &[1; 32], &[0, 32], &[1; 32]].concat();
    area[2..4].copy_from_slice(NULL);
    let off = chip.external(None, &area, TpmRh::NULL).expect("a key");
    refused(encrypt(&mut chip, off, b"message", KDF2), Rc::NO_RESULT);
}

fn sign(chip: &mut Chip, key: u32, digest: &[u8], scheme: &[u8]) -> Result<TpmtSignature, Rc> {
    let params = [&sized(digest)[..], scheme, NULL_TICKET].concat();
    Ok(chip.send::<Sign>(&[key], &[], &params)?.value())
}
fn verify(chip: &mut Chip, key: u32, digest: &[u8], signature: &TpmtSignature) -> Result<(), Rc> {
    let params = [sized(digest), to_vec(signature)].concat();
    chip.send::<VerifySignature>(&[key], &[], &params).map(|_| ())
}
/// Does the signature hold, by the public part alone?
fn holds(q: &Point, digest: &[u8], signature: &TpmtSignature) -> bool {
    match signature {
        TpmtSignature::Ecschnorr(s) => {
            RUST.ecschnorr_verify(P256, HashAlg::Sha256, q, digest, &s.signature_r, &s.signature_s)
        }
        TpmtSignature::Sm2(s) => RUST.sm2_verify(P256, q, digest, &s.signature_r, &s.signature_s),
        _ => panic!("of another scheme"),
    }
}

#[test]
fn schnorr_and_sm2_signatures_hold() {
    let mut chip = Chip::new();
    let digest = RUST.digest(HashAlg::Sha256, &[b"message"]).to_vec();
    let mut other = digest.clone();
    other[31] ^= 1;
    for (scheme, not) in [(SCHNORR, SM2), (SM2, SCHNORR)] {
        for own in [NULL, scheme] {
            let key = chip.primary(TpmRh::OWNER, "", &ecc(SIGNING, NULL, own, &[])).expect("a key");
            let q = chip.point(key);
            let signature = sign(&mut chip, key, &digest, scheme).expect("a signature");
            assert!(holds(&q, &digest, &signature));
            verify(&mut chip, key, &digest, &signature).expect("a valid one");
            refused_at(verify(&mut chip, key, &other, &signature), Rc::SIGNATURE, VerifySignature::signature);
            if own == scheme {
                let signature = sign(&mut chip, key, &digest, NULL).expect("a signature");
                assert!(holds(&q, &digest, &signature));
                refused_at(sign(&mut chip, key, &digest, not), Rc::SCHEME, Sign::in_scheme);
            }
            refused_at(sign(&mut chip, key, &digest[1..], scheme), Rc::SIZE, Sign::digest);
            chip.flush(key);
        }
        // An attestation is hashed as it is, with SM2 too (Part 1, 45.2.2.5).
        let area = ecc(SIGNING | TpmaObject::RESTRICTED, NULL, scheme, &[]);
        let key = chip.primary(TpmRh::ENDORSEMENT, "", &area).expect("a key");
        let params = [&sized(b"nonce")[..], NULL].concat();
        let reply = chip.send::<Certify>(&[key, key], &[], &params).expect("a certificate");
        let mut r = reply.reader();
        let attest = Tpm2bAttest::read(&mut r).expect("an attestation");
        let signature = TpmtSignature::read(&mut r).expect("a signature");
        let q = chip.point(key);
        assert!(holds(&q, &RUST.digest(HashAlg::Sha256, &[&attest]), &signature));
        chip.flush(key);
    }
    // A key of one's own type has made no signature of another's.
    let hmac = common::keys::keyed_hash(SIGNING, common::keys::HMAC, &[]);
    let hmac = chip.primary(TpmRh::OWNER, "", &hmac).expect("a key");
    refused_at(sign(&mut chip, hmac, &digest, SM2), Rc::SCHEME, Sign::in_scheme);
    let key = chip.primary(TpmRh::OWNER, "", &ecc(SIGNING, NULL, SM2, &[])).expect("a key");
    let signature = sign(&mut chip, key, &digest, NULL).expect("a signature");
    refused_at(verify(&mut chip, hmac, &digest, &signature), Rc::SCHEME, VerifySignature::signature);
}

/// A decryption key takes no scheme of a signature, nor the other way round.
#[test]
fn schemes_fit_what_a_key_is_for() {
    let mut chip = Chip::new();
    for scheme in [SCHNORR, SM2, &[0, 0x1A, 0, 0x0B, 0, 0]] {
        chip.primary(TpmRh::OWNER, "", &ecc(SIGNING, NULL, scheme, &[]))
            .map(|key| chip.flush(key))
            .expect("a key");
        let decrypts = chip.primary(TpmRh::OWNER, "", &ecc(DECRYPT, NULL, scheme, &[]));
        // SM2 is a key exchange as well.
        if scheme == SM2 {
            decrypts.expect("a key");
        } else {
            refused_at(decrypts, Rc::SCHEME, tpm2_wire::CreatePrimary::in_public);
        }
    }
    let mqv = [0, 0x1D, 0, 0x0B];
    chip.primary(TpmRh::OWNER, "", &ecc(DECRYPT, NULL, &mqv, &[])).expect("a key");
    let signs = chip.primary(TpmRh::OWNER, "", &ecc(SIGNING, NULL, &mqv, &[]));
    refused_at(signs, Rc::SCHEME, tpm2_wire::CreatePrimary::in_public);
}

#[test]
fn parameters_of_every_curve() {
    let mut chip = Chip::new();
    let profile = chip.tpm.profile().content().clone();
    for curve in profile.curves.iter().filter_map(|id| Curve::from_id(*id)) {
        let detail: TpmsAlgorithmDetailEcc = chip.ask::<EccParameters, _>(&curve.id().to_be_bytes());
        let params = curve.params();
        assert_eq!((detail.curve_id.0, detail.key_size), (curve.id(), curve.bits()));
        assert_eq!((&*detail.p, &*detail.n, &*detail.h), (params.p, params.n, params.h));
        // Zero is one byte, whatever the curve.
        let a = if matches!(curve, Curve::BnP256 | Curve::BnP638) { &[0][..] } else { params.a };
        assert_eq!((&*detail.a, &*detail.b), (a, params.b));
        let kdf = detail.kdf.map(|kdf| (kdf.scheme, kdf.hash_alg));
        let expected = match curve.id() {
            1..=3 => Some(TpmiAlgHash::Sha256),
            4 => Some(TpmiAlgHash::Sha384),
            5 => Some(TpmiAlgHash::Sha512),
            0x20 => Some(TpmiAlgHash::Sm3),
            _ => None,
        };
        assert_eq!(kdf, expected.map(|hash| (TpmiAlgKdf::Kdf1Sp800_56a, hash)));
        assert_eq!((&*detail.g_x, &*detail.g_y), (params.gx, params.gy));
        assert!(detail.sign.is_none());
    }
    refused_at(chip.send::<EccParameters>(&[], &[], &[0, 0x7F]), Rc::CURVE, EccParameters::curve_id);
}
