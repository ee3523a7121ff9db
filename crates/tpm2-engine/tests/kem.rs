//! Key encapsulation (Part 3, 14.10 and 14.11), and storage keys of ML-KEM (Part 1, 47).
mod common;

use common::keys::{AES, ECDSA, NULL, OWN, SIGNING, STORAGE, dhkem, ecc, mlkem, portable};
use common::session::{Begin, Session};
use common::{Chip, refused, refused_at, sized};
use tpm2_crypto::{Curve, Drbg, HashAlg, MlKem, RUST};
use tpm2_wire::{
    ActivateCredential, Create, CreatePrimary, Decapsulate, Encapsulate, LoadExternal, MakeCredential, Rc,
    ReadPublic, Secret, StartAuthSession, Tpm2bDigest, Tpm2bIdObject, Tpm2bKemCiphertext, Tpm2bSharedSecret,
    TpmRh, TpmaObject, TpmaSession, TpmtSensitive, TpmuPublicId, TpmuSensitiveComposite, Wire, to_vec,
};

const DECRYPT: TpmaObject = TpmaObject(OWN.0 | TpmaObject::DECRYPT.0);

fn encapsulate(chip: &mut Chip, key: u32) -> Result<(Vec<u8>, Vec<u8>), Rc> {
    let reply = chip.send::<Encapsulate>(&[key], &[], &[])?;
    let mut r = reply.reader();
    let secret = Tpm2bSharedSecret::read(&mut r).expect("a secret");
    let ciphertext = Tpm2bKemCiphertext::read(&mut r).expect("a ciphertext");
    r.finish().expect("nothing after it");
    Ok((secret.to_vec(), ciphertext.0))
}
fn decapsulate(chip: &mut Chip, key: u32, ciphertext: &[u8]) -> Result<Vec<u8>, Rc> {
    Ok(chip.send::<Decapsulate>(&[key], &[], &sized(ciphertext))?.value::<Tpm2bSharedSecret>().to_vec())
}
/// The encapsulation key of an object.
fn public_key(chip: &mut Chip, handle: u32) -> Vec<u8> {
    match chip.read_public(handle).0.unique {
        TpmuPublicId::Mlkem(key) => key.0,
        _ => panic!("not an ML-KEM key"),
    }
}
fn rng() -> Drbg {
    Drbg::from_entropy(&RUST, &[b"test"])
}

#[test]
fn what_is_encapsulated_comes_out_again() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    for set in MlKem::ALL {
        let key = chip.child(srk, "auth", &[], &mlkem(DECRYPT, NULL, set.id() as u8)).expect("a key");
        let public = public_key(&mut chip, key);
        assert_eq!(public.len(), set.public_size());
        // Made here, and by someone outside.
        let (secret, ciphertext) = encapsulate(&mut chip, key).expect("a secret");
        let other = encapsulate(&mut chip, key).expect("a secret");
        assert!(secret != other.0 && ciphertext != other.1);
        let outside = RUST.mlkem_encapsulate(set, &public, &mut rng()).expect("a secret");
        for (secret, ciphertext) in [(&secret[..], &ciphertext), (&outside.secret[..], &outside.ciphertext)] {
            let reply = chip.send::<Decapsulate>(&[key], &["auth"], &sized(ciphertext)).expect("a secret");
            assert_eq!(reply.value::<Tpm2bSharedSecret>()[..], *secret);
        }
        refused(
            decapsulate(&mut chip, key, &ciphertext).map(drop),
            Rc::BAD_AUTH.at(tpm2_wire::At::Session(1)),
        );
        // A ciphertext that nobody made gives a secret that nobody has.
        let mut bad = ciphertext.clone();
        bad[7] ^= 1;
        let reply = chip.send::<Decapsulate>(&[key], &["auth"], &sized(&bad)).expect("a secret");
        assert_ne!(reply.value::<Tpm2bSharedSecret>()[..], secret);
        let short = chip.send::<Decapsulate>(&[key], &["auth"], &sized(&ciphertext[1..]));
        refused_at(short, Rc::SIZE, Decapsulate::ciphertext);
        let long = chip.send::<Decapsulate>(&[key], &["auth"], &sized(&[0; 1569]));
        refused_at(long, Rc::SIZE, Decapsulate::ciphertext);
        chip.flush(key);
    }
}

#[test]
fn which_keys_encapsulate_and_decapsulate() {
    let mut chip = Chip::new();
    let restricted = chip.primary(TpmRh::OWNER, "", &mlkem(STORAGE, AES, 1)).expect("a key");
    // Encapsulation looks at no attributes; decapsulation does.
    let (_, ciphertext) = encapsulate(&mut chip, restricted).expect("a secret");
    let answer = decapsulate(&mut chip, restricted, &ciphertext);
    refused_at(answer, Rc::ATTRIBUTES, Decapsulate::key_handle);
    let signing = chip.child(restricted, "", &[], &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
    refused_at(encapsulate(&mut chip, signing), Rc::KEY, Encapsulate::key_handle);
    refused_at(decapsulate(&mut chip, signing, &ciphertext), Rc::KEY, Decapsulate::key_handle);
    // The public part is enough to encapsulate.
    let key = chip.child(restricted, "", &[], &mlkem(DECRYPT, NULL, 1)).expect("a key");
    let area = to_vec(&chip.read_public(key).0);
    let public = chip.external(None, &area, TpmRh::OWNER).expect("a public key");
    let (secret, ciphertext) = encapsulate(&mut chip, public).expect("a secret");
    assert_eq!(decapsulate(&mut chip, key, &ciphertext).expect("a secret"), secret);
    let answer = decapsulate(&mut chip, public, &ciphertext);
    refused(answer, Rc::AUTH_UNAVAILABLE);
}

#[test]
fn secrets_travel_encrypted() {
    let mut chip = Chip::new();
    let key = chip.primary(TpmRh::OWNER, "", &mlkem(DECRYPT, NULL, 2)).expect("a key");
    let begin = Begin { bind: TpmRh::OWNER, symmetric: &[0, 6, 0, 128, 0, 0x43], ..Begin::default() };
    let mut session = Session::begin(&mut chip, &begin).expect("a session");
    session.attributes = TpmaSession::CONTINUE | TpmaSession::ENCRYPT;
    let name = chip.read_public(key).1;
    let reply =
        chip.send_sessions::<Encapsulate>(&[key], &[&name], &mut [&mut session], &[]).expect("a secret");
    let mut r = reply.reader();
    let secret = Tpm2bSharedSecret::read(&mut r).expect("a secret");
    let ciphertext = Tpm2bKemCiphertext::read(&mut r).expect("a ciphertext");
    assert_eq!(decapsulate(&mut chip, key, &ciphertext).expect("a secret")[..], secret[..]);
}

#[test]
fn templates_of_ml_kem() {
    let mut chip = Chip::new();
    let mut primary = |area: &[u8]| chip.primary(TpmRh::OWNER, "", area).map(|handle| chip.flush(handle));
    let at = CreatePrimary::in_public;
    primary(&mlkem(DECRYPT, NULL, 3)).expect("a key");
    // It decrypts and nothing else; a storage key has a cipher and no other has one.
    refused_at(primary(&mlkem(SIGNING, NULL, 1)), Rc::ATTRIBUTES, at);
    refused_at(primary(&mlkem(DECRYPT | TpmaObject::SIGN, NULL, 1)), Rc::ATTRIBUTES, at);
    refused_at(primary(&mlkem(OWN, NULL, 1)), Rc::ATTRIBUTES, at);
    refused_at(primary(&mlkem(DECRYPT, AES, 1)), Rc::SYMMETRIC, at);
    refused_at(primary(&mlkem(STORAGE, NULL, 1)), Rc::SYMMETRIC, at);
    refused_at(primary(&mlkem(DECRYPT, NULL, 0)), Rc::PARMS, at);
    refused_at(primary(&mlkem(DECRYPT, NULL, 4)), Rc::PARMS, at);
    let chosen = DECRYPT.with(TpmaObject::SENSITIVE_DATA_ORIGIN, false);
    refused_at(primary(&mlkem(chosen, NULL, 1)), Rc::ATTRIBUTES, at);
    // Below a parent that is fixed, a storage key protects as its parent does.
    let srk = chip.srk();
    let aes_256: &[u8] = &[0, 6, 1, 0, 0, 0x43];
    let answer = chip.create(srk, "", &[], &mlkem(STORAGE, aes_256, 1)).map(drop);
    refused_at(answer, Rc::SYMMETRIC, Create::in_public);
}

#[test]
fn a_storage_key_of_ml_kem_is_a_parent() {
    let mut chip = Chip::new();
    let parent = chip.primary(TpmRh::OWNER, "", &mlkem(STORAGE, AES, 2)).expect("a key");
    let child = chip.create(parent, "", &[], &mlkem(STORAGE, AES, 1)).expect("a key");
    let loaded = chip.load_made(parent, &child).expect("the key");
    let grandchild = chip.child(loaded, "", &[], &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
    let before = chip.read_public(grandchild).1;
    assert_eq!(before.len(), 34);
    // The same template and seed, the same key; power makes no difference.
    let first = public_key(&mut chip, parent);
    chip.restart(tpm2_wire::TpmSu::Clear).expect("start-up");
    let again = chip.primary(TpmRh::OWNER, "", &mlkem(STORAGE, AES, 2)).expect("a key");
    assert_eq!(public_key(&mut chip, again), first);
    chip.load_made(again, &child).expect("the key");
}

#[test]
fn external_keys_of_ml_kem() {
    let mut chip = Chip::new();
    let loose = portable(DECRYPT).with(TpmaObject::SENSITIVE_DATA_ORIGIN, false);
    let private = RUST.mlkem_private(MlKem::MlKem512, &[9; 64]).expect("a key");
    let area = |public: &[u8]| {
        let mut area = mlkem(loose, NULL, 1);
        area.truncate(area.len() - 2);
        [area, sized(public)].concat()
    };
    let sensitive = |seed: &[u8]| TpmtSensitive {
        auth_value: Secret::default(),
        seed_value: Secret::default(),
        sensitive: TpmuSensitiveComposite::Mlkem(Secret::from(seed)),
    };
    let good = area(private.public());
    let key = chip.external(Some(&sensitive(&[9; 64])), &good, TpmRh::NULL).expect("a key");
    let made = RUST.mlkem_encapsulate(MlKem::MlKem512, private.public(), &mut rng()).expect("a secret");
    assert_eq!(decapsulate(&mut chip, key, &made.ciphertext).expect("a secret")[..], made.secret[..]);
    // The parts belong together, and each is whole.
    refused(chip.external(Some(&sensitive(&[8; 64])), &good, TpmRh::NULL), Rc::BINDING);
    let short = chip.external(Some(&sensitive(&[9; 63])), &good, TpmRh::NULL);
    refused_at(short, Rc::KEY_SIZE, LoadExternal::in_private);
    let mut unreduced = private.public().to_vec();
    (unreduced[0], unreduced[1]) = (0xFF, 0xFF);
    for public in [&unreduced[..], &private.public()[1..]] {
        refused_at(chip.external(None, &area(public), TpmRh::NULL), Rc::KEY, LoadExternal::in_public);
    }
    let mut other = sensitive(&[9; 64]);
    other.sensitive = TpmuSensitiveComposite::Mldsa(Secret::from(&[9; 32][..]));
    refused_at(chip.external(Some(&other), &good, TpmRh::NULL), Rc::TYPE, LoadExternal::in_private);
}

/// KDFa of the shared secret under a label, over ciphertext and public key (Part 1, equation 67).
fn labeled(shared: &[u8], label: &[u8], ciphertext: &[u8], public: &[u8]) -> Vec<u8> {
    RUST.kdfa(HashAlg::Sha256, shared, label, ciphertext, public, 256).to_vec()
}

#[test]
fn salts_and_credentials_are_as_part_1_says() {
    let mut chip = Chip::new();
    let ek = chip.primary(TpmRh::ENDORSEMENT, "", &mlkem(STORAGE, AES, 2)).expect("a key");
    let public = public_key(&mut chip, ek);
    let made = RUST.mlkem_encapsulate(MlKem::MlKem768, &public, &mut rng()).expect("a secret");

    let salt = labeled(&made.secret[..], b"SECRET", &made.ciphertext, &public);
    let begin = Begin { tpm_key: ek, salt: (&salt, &made.ciphertext), ..Begin::default() };
    let mut session = Session::begin(&mut chip, &begin).expect("a session");
    session.attributes = session.attributes | TpmaSession::AUDIT;
    let name = chip.read_public(ek).1;
    // The response's HMAC is right only if both have the salt.
    chip.send_sessions::<ReadPublic>(&[ek], &[&name], &mut [&mut session], &[]).expect("a public area");
    let begin = Begin { tpm_key: ek, salt: (&salt, &made.ciphertext[1..]), ..Begin::default() };
    refused_at(Session::begin(&mut chip, &begin), Rc::VALUE, StartAuthSession::encrypted_salt);

    // A credential that the engine did not make: CFB under "STORAGE", HMAC under "INTEGRITY" (Part 1, 21).
    let ak = chip.child(ek, "", &[], &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
    let name = chip.read_public(ak).1;
    let seed = labeled(&made.secret[..], b"IDENTITY", &made.ciphertext, &public);
    let key = RUST.kdfa(HashAlg::Sha256, &seed, b"STORAGE", &name, &[], 128);
    let mut body = sized(b"credential");
    RUST.cfb(tpm2_crypto::SymAlg::Aes, tpm2_crypto::Direction::Encrypt, &key, &mut [0; 16], &mut body)
        .expect("a cipher");
    let key = RUST.kdfa(HashAlg::Sha256, &seed, b"INTEGRITY", &[], &[], 256);
    let blob = [sized(&RUST.hmac(HashAlg::Sha256, &key, &[&body, &name])), body].concat();
    let activate = |chip: &mut Chip, secret: &[u8]| {
        chip.send::<ActivateCredential>(&[ak, ek], &[], &[sized(&blob), sized(secret)].concat())
    };
    let reply = activate(&mut chip, &made.ciphertext).expect("a credential");
    assert_eq!(reply.value::<Tpm2bDigest>().0, b"credential");
    refused_at(activate(&mut chip, &made.ciphertext[1..]), Rc::SIZE, ActivateCredential::secret);
    let mut bad = made.ciphertext.clone();
    bad[0] ^= 1;
    refused_at(activate(&mut chip, &bad), Rc::INTEGRITY, ActivateCredential::credential_blob);
    // And one that it made.
    let params = [sized(b"other"), to_vec(&name)].concat();
    let reply = chip.send::<MakeCredential>(&[ek], &[], &params).expect("a credential");
    let mut r = reply.reader();
    Tpm2bIdObject::read(&mut r).expect("a blob");
    assert_eq!(r.rest().len(), 2 + MlKem::MlKem768.ciphertext_size());
    let reply = chip.send::<ActivateCredential>(&[ak, ek], &[], &reply.params).expect("the credential");
    assert_eq!(reply.value::<Tpm2bDigest>().0, b"other");
}

const ECDH: &[u8] = &[0, 0x19, 0, 0x0B];
const HKDF: &[u8] = &[0, 0x1F, 0, 0x0B];

#[test]
fn ec_keys_with_a_kdf_encapsulate_too() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let key = chip.child(srk, "", &[], &dhkem(DECRYPT, ECDH, HKDF)).expect("a key");
    let point = chip.point(key);
    let (secret, ciphertext) = encapsulate(&mut chip, key).expect("a secret");
    assert_eq!((secret.len(), ciphertext.len(), ciphertext[0]), (32, 65, 4));
    assert_eq!(decapsulate(&mut chip, key, &ciphertext).expect("a secret"), secret);
    let outside = RUST.dhkem_encapsulate(Curve::P256, HashAlg::Sha256, &point, &mut rng()).expect("a secret");
    assert_eq!(decapsulate(&mut chip, key, &outside.1).expect("a secret")[..], outside.0[..]);
    for bad in [&ciphertext[1..], &[], &[0; 65]] {
        refused_at(decapsulate(&mut chip, key, bad), Rc::SIZE, Decapsulate::ciphertext);
    }
    let mut off = ciphertext.clone();
    off[64] ^= 1;
    refused_at(decapsulate(&mut chip, key, &off), Rc::ECC_POINT, Decapsulate::ciphertext);
    // The public part alone; and one that is on no curve, which can be loaded without a Name.
    let area = to_vec(&chip.read_public(key).0);
    let public = chip.external(None, &area, TpmRh::OWNER).expect("a public key");
    let (secret, ciphertext) = encapsulate(&mut chip, public).expect("a secret");
    assert_eq!(decapsulate(&mut chip, key, &ciphertext).expect("a secret"), secret);
    let mut nameless = area.clone();
    nameless[2..4].copy_from_slice(NULL);
    let last = nameless.len() - 1;
    nameless[last] ^= 1;
    let off = chip.external(None, &nameless, TpmRh::OWNER).expect("a public key");
    refused_at(encapsulate(&mut chip, off), Rc::KEY, Encapsulate::key_handle);
    // Without a KDF it is no key of a KEM.
    let plain = chip.child(srk, "", &[], &dhkem(DECRYPT, ECDH, NULL)).expect("a key");
    refused_at(encapsulate(&mut chip, plain), Rc::KEY, Encapsulate::key_handle);
    refused_at(decapsulate(&mut chip, plain, &ciphertext), Rc::KEY, Decapsulate::key_handle);
}

#[test]
fn which_ec_keys_have_a_kdf() {
    let mut chip = Chip::new();
    let mut primary = |area: &[u8]| chip.primary(TpmRh::OWNER, "", area).map(|handle| chip.flush(handle));
    let at = CreatePrimary::in_public;
    primary(&dhkem(DECRYPT, ECDH, HKDF)).expect("a key");
    // HKDF alone, with the hash that RFC 9180 has for the curve, for a key of ECDH that is no storage key.
    refused_at(primary(&dhkem(DECRYPT, ECDH, &[0, 0x1F, 0, 0x0C])), Rc::KDF, at);
    refused_at(primary(&dhkem(DECRYPT, ECDH, &[0, 0x20, 0, 0x0B])), Rc::KDF, at);
    refused_at(primary(&dhkem(DECRYPT, NULL, HKDF)), Rc::KDF, at);
    refused_at(primary(&dhkem(SIGNING, ECDSA, HKDF)), Rc::KDF, at);
    refused_at(primary(&dhkem(DECRYPT | TpmaObject::SIGN, NULL, HKDF)), Rc::KDF, at);
    let mut storage = ecc(STORAGE, AES, NULL, &[]);
    let end = storage.len() - 6;
    storage.splice(end..end + 2, HKDF.iter().copied());
    refused_at(primary(&storage), Rc::KDF, at);
}
