//! Objects and their duplication (Part 3, 12 and 13).
mod common;

use common::keys::{
    AES, DATA, ECDSA, HMAC, NULL, OWN, SIGNING, STORAGE, ecc, keyed_hash, mlkem, portable, rsa, storage,
};
use common::{Chip, refused, refused_at, sized};
use tpm2_crypto::{Direction, HashAlg, RUST, SymAlg};
use tpm2_wire::{
    ActivateCredential, Command, Create, CreatePrimary, Duplicate, Import, Load, LoadExternal,
    MakeCredential, ObjectChangeAuth, Rc, Reader, Secret, Tpm2bData, Tpm2bDigest, Tpm2bPrivate, TpmRh, TpmSe,
    TpmaObject, TpmtSensitive, TpmuSensitiveComposite, Unseal, Wire, to_vec,
};

#[test]
fn sealed_data() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let made = chip.create(srk, "right", b"secret", &keyed_hash(DATA, NULL, &[])).expect("an object");
    assert!(!made.private.windows(6).any(|six| six == b"secret"));
    let item = chip.load_made(srk, &made).expect("the object");
    assert_eq!(chip.send::<Unseal>(&[item], &["right"], &[]).expect("the datum").params, sized(b"secret"));
    refused_at(chip.send::<Unseal>(&[item], &["wrong"], &[]), Rc::BAD_AUTH, tpm2_wire::At::Session(1));
    refused_at(chip.send::<Unseal>(&[srk], &[], &[]), Rc::TYPE, Unseal::item_handle);
    // A new authorization is in a new private area; the object that is loaded keeps its own.
    let reply = chip.send::<ObjectChangeAuth>(&[item, srk], &["right"], &sized(b"new")).expect("a change");
    let changed = common::keys::Made { private: reply.value(), public: made.public.clone() };
    let again = chip.load_made(srk, &changed).expect("the object");
    chip.send::<Unseal>(&[item], &["right"], &[]).expect("the datum");
    chip.send::<Unseal>(&[again], &["new"], &[]).expect("the datum");
    let other = chip.primary(TpmRh::ENDORSEMENT, "", &storage()).expect("a key");
    let elsewhere = chip.send::<ObjectChangeAuth>(&[item, other], &["right"], &sized(b"new"));
    refused_at(elsewhere, Rc::TYPE, ObjectChangeAuth::parent_handle);
    let long = chip.send::<ObjectChangeAuth>(&[item, srk], &["right"], &sized(&[1; 33]));
    refused_at(long, Rc::SIZE, ObjectChangeAuth::new_auth);
    // Only its parent loads it, and not a bit changed.
    refused_at(chip.load_made(other, &made), Rc::INTEGRITY, Load::in_private);
    for at in [0, 2, 33, 40, 60, made.private.len() - 1] {
        let mut private = made.private.clone();
        private.0[at] ^= 1;
        let changed = common::keys::Made { private, public: made.public.clone() };
        assert!(chip.load_made(srk, &changed).is_err(), "byte {at}");
    }
    let mut changed = made.public.clone();
    changed[7] ^= 4; // noDA
    let changed = common::keys::Made { private: made.private.clone(), public: changed };
    refused_at(chip.load_made(srk, &changed), Rc::INTEGRITY, Load::in_private);
    let empty = common::keys::Made { private: Tpm2bPrivate::default(), public: made.public };
    refused_at(chip.load_made(srk, &empty), Rc::SIZE, Load::in_private);
}

#[test]
fn templates_that_make_no_sense() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let without = |attributes: TpmaObject, bit: TpmaObject| attributes.with(bit, false);
    let at = Create::in_public;
    let cases: &[(Vec<u8>, &[u8], Rc)] = &[
        (ecc(without(SIGNING, TpmaObject::FIXED_PARENT), NULL, ECDSA, &[]), &[], Rc::ATTRIBUTES),
        (ecc(without(SIGNING, TpmaObject::SENSITIVE_DATA_ORIGIN), NULL, ECDSA, &[]), b"x", Rc::ATTRIBUTES),
        (ecc(SIGNING, NULL, ECDSA, &[]), b"x", Rc::ATTRIBUTES),
        (ecc(OWN, NULL, NULL, &[]), &[], Rc::ATTRIBUTES),
        (ecc(SIGNING | STORAGE, AES, NULL, &[]), &[], Rc::ATTRIBUTES),
        (ecc(SIGNING | TpmaObject::RESTRICTED, NULL, NULL, &[]), &[], Rc::SCHEME),
        (ecc(SIGNING, AES, ECDSA, &[]), &[], Rc::SYMMETRIC),
        (ecc(STORAGE, NULL, NULL, &[]), &[], Rc::SYMMETRIC),
        (ecc(STORAGE, &[0, 6, 1, 0, 0, 0x43], NULL, &[]), &[], Rc::SYMMETRIC),
        (ecc(STORAGE, AES, ECDSA, &[]), &[], Rc::SCHEME),
        (ecc(SIGNING | TpmaObject::ENCRYPTED_DUPLICATION, NULL, ECDSA, &[]), &[], Rc::ATTRIBUTES),
        (ecc(SIGNING | TpmaObject::FIRMWARE_LIMITED, NULL, ECDSA, &[]), &[], Rc::ATTRIBUTES),
        (ecc(SIGNING, NULL, ECDSA, &[1; 31]), &[], Rc::SIZE),
        (keyed_hash(SIGNING, NULL, &[]), &[], Rc::SCHEME),
        (keyed_hash(OWN, NULL, &[]), &[], Rc::ATTRIBUTES),
        (keyed_hash(DATA, NULL, &[]), &[], Rc::ATTRIBUTES),
        (keyed_hash(DATA, HMAC, &[]), b"x", Rc::SCHEME),
    ];
    for (i, (area, data, rc)) in cases.iter().enumerate() {
        let answer = chip.create(srk, "", data, area).map(|_| i);
        refused_at(answer, *rc, at);
    }
    // An exponent that is small or no prime; a parent that is none; a value longer than the digest.
    for e in [3u32, 65535, 65541] {
        let mut area = rsa(SIGNING, NULL, NULL);
        let place = area.len() - 6;
        area[place..place + 4].copy_from_slice(&e.to_be_bytes());
        refused(chip.create(srk, "", &[], &area).map(drop), Rc::RANGE);
    }
    let signer = chip.child(srk, "", &[], &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
    let below = chip.create(signer, "", &[], &ecc(SIGNING, NULL, ECDSA, &[])).map(drop);
    refused_at(below, Rc::TYPE, Create::parent_handle);
    let long = "x".repeat(33);
    let answer = chip.create(srk, &long, &[], &ecc(SIGNING, NULL, ECDSA, &[])).map(drop);
    refused_at(answer, Rc::SIZE, Create::in_sensitive);
    let bare = chip.primary(TpmRh::OWNER, "", &ecc(SIGNING, AES, ECDSA, &[]));
    refused_at(bare, Rc::SYMMETRIC, CreatePrimary::in_public);
}

#[test]
fn external_keys() {
    let mut chip = Chip::new();
    let key = |secret: &[u8]| TpmtSensitive {
        auth_value: Secret::default(),
        seed_value: Secret::from(&[1; 32][..]),
        sensitive: TpmuSensitiveComposite::Bits(Secret::from(secret)),
    };
    let loose = TpmaObject::SIGN | TpmaObject::USER_WITH_AUTH | TpmaObject::NO_DA;
    let unique = tpm2_crypto::RUST.digest(tpm2_crypto::HashAlg::Sha256, &[&[1; 32], b"key"]);
    let area = |attributes: TpmaObject| {
        let mut area = keyed_hash(attributes, HMAC, &[]);
        area.truncate(area.len() - 2);
        [area, sized(&unique)].concat()
    };
    chip.external(Some(&key(b"key")), &area(loose), TpmRh::NULL).expect("a key");
    refused(chip.external(Some(&key(b"yek")), &area(loose), TpmRh::NULL), Rc::BINDING);
    let owned = chip.external(Some(&key(b"key")), &area(loose), TpmRh::OWNER);
    refused_at(owned, Rc::HIERARCHY, LoadExternal::hierarchy);
    for own in [TpmaObject::FIXED_TPM, TpmaObject::FIXED_PARENT, TpmaObject::RESTRICTED] {
        let answer = chip.external(Some(&key(b"key")), &area(loose | own), TpmRh::NULL);
        refused_at(answer, Rc::ATTRIBUTES, LoadExternal::in_public);
    }
    let mut short = key(b"key");
    short.seed_value = Secret::from(&[1; 31][..]);
    refused_at(
        chip.external(Some(&short), &area(loose), TpmRh::NULL),
        Rc::KEY_SIZE,
        LoadExternal::in_private,
    );
    refused_at(
        chip.external(Some(&key(&[1; 65])), &area(loose), TpmRh::NULL),
        Rc::KEY_SIZE,
        LoadExternal::in_private,
    );
}

#[test]
fn credentials() {
    let mut chip = Chip::new();
    for parent in [storage(), rsa(STORAGE, AES, NULL), mlkem(STORAGE, AES, 2)] {
        let ek = chip.primary(TpmRh::ENDORSEMENT, "", &parent).expect("a key");
        let ak = chip.child(ek, "", &[], &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
        let name = chip.read_public(ak).1;
        let params = [sized(b"credential"), to_vec(&name)].concat();
        let made = chip.send::<MakeCredential>(&[ek], &[], &params).expect("a credential");
        let reply = chip.send::<ActivateCredential>(&[ak, ek], &[], &made.params).expect("the credential");
        assert_eq!(reply.value::<Tpm2bDigest>().0, b"credential");
        // It is for this object alone, and whole.
        let other = chip.child(ek, "", &[], &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
        let answer = chip.send::<ActivateCredential>(&[other, ek], &[], &made.params);
        refused_at(answer, Rc::INTEGRITY, ActivateCredential::credential_blob);
        let answer = chip.send::<ActivateCredential>(&[ak, ak], &[], &made.params);
        refused_at(answer, Rc::TYPE, ActivateCredential::key_handle);
        refused_at(chip.send::<MakeCredential>(&[ak], &[], &params), Rc::TYPE, MakeCredential::handle);
        let long = [sized(&[1; 33]), to_vec(&name)].concat();
        refused_at(chip.send::<MakeCredential>(&[ek], &[], &long), Rc::SIZE, MakeCredential::credential);
        for handle in [ek, ak, other] {
            chip.flush(handle);
        }
    }
    // A symmetric storage key receives nothing.
    let symmetric = [&[0, 0x25, 0, 0x0B][..], &STORAGE.0.to_be_bytes(), &[0, 0], AES, &[0, 0]].concat();
    let key = chip.primary(TpmRh::OWNER, "", &symmetric).expect("a key");
    let params = [sized(b"credential"), sized(&[1; 34])].concat();
    refused_at(chip.send::<MakeCredential>(&[key], &[], &params), Rc::TYPE, MakeCredential::handle);
    chip.child(key, "", b"secret", &keyed_hash(DATA, NULL, &[])).expect("a child");
}

/// A key that may be duplicated by this command alone, loaded, and the session that may.
fn movable(chip: &mut Chip, parent: u32, more: TpmaObject) -> (u32, u32) {
    let (session, policy) = chip.policy(TpmSe::Policy, Duplicate::SHAPE.code);
    let area = ecc(portable(SIGNING) | more, NULL, ECDSA, &policy);
    (chip.child(parent, "auth", &[], &area).expect("a key"), session)
}
/// The parts of a duplicate: inner key, private area, seed.
fn parts(params: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let mut r = Reader::new(params, &tpm2_wire::Accept::ALL);
    let inner = Tpm2bData::read(&mut r).expect("a key");
    let private = Tpm2bPrivate::read(&mut r).expect("a private area");
    (inner.0, private.0, r.rest().to_vec())
}

#[test]
fn duplicates_go_from_one_tpm_to_another() {
    let mut from = Chip::new();
    let mut to = Chip::seeded(2);
    for target in [storage(), rsa(STORAGE, AES, NULL), mlkem(STORAGE, AES, 3)] {
        let new_parent = to.primary(TpmRh::OWNER, "", &target).expect("a key");
        let public = to_vec(&to.read_public(new_parent).0);
        let parent = from.srk();
        let there = from.external(None, &public, TpmRh::OWNER).expect("a public key");
        for symmetric in [NULL, AES] {
            let (key, session) = movable(&mut from, parent, TpmaObject(0));
            let name = from.read_public(key).1;
            let area = to_vec(&from.read_public(key).0);
            let reply = from
                .send_policy::<Duplicate>(&[key, there], &[Some(session)], &[&[0, 0], symmetric].concat())
                .expect("a duplicate");
            let (inner, private, seed) = parts(&reply.params);
            assert_eq!(inner.len(), if symmetric == NULL { 0 } else { 16 });
            let import = |chip: &mut Chip, private: &[u8]| {
                let all = [&sized(&inner)[..], &sized(&area), &sized(private), &seed, symmetric].concat();
                chip.send::<Import>(&[new_parent], &[], &all)
            };
            let mut changed = private.clone();
            changed[40] ^= 1;
            refused_at(import(&mut to, &changed).map(drop), Rc::INTEGRITY, Import::duplicate);
            let imported = import(&mut to, &private).expect("an import");
            let made = common::keys::Made { private: imported.value(), public: area.clone() };
            let arrived = to.load_made(new_parent, &made).expect("the key");
            assert_eq!(to.read_public(arrived).1, name);
            to.flush(arrived);
            from.flush(key);
            from.flush(session);
        }
        to.flush(new_parent);
        from.flush(there);
        from.flush(parent);
    }
}

#[test]
fn what_cannot_be_duplicated() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let (key, session) = movable(&mut chip, srk, TpmaObject(0));
    let duplicate = |chip: &mut Chip, key: u32, parent: u32, session: Option<u32>, params: &[u8]| {
        chip.send_policy::<Duplicate>(&[key, parent], &[session], params).map(drop)
    };
    // Only by policy;
    refused_at(
        duplicate(&mut chip, key, srk, None, &[&[0, 0], NULL].concat()),
        Rc::AUTH_TYPE,
        tpm2_wire::At::Session(1),
    );
    // with a key of the right size, and none without a cipher;
    let long = [&sized(&[1; 15])[..], AES].concat();
    let size = Duplicate::encryption_key_in;
    refused_at(duplicate(&mut chip, key, srk, Some(session), &long), Rc::SIZE, size);
    let needless = [&sized(&[1; 16])[..], NULL].concat();
    refused_at(duplicate(&mut chip, key, srk, Some(session), &needless), Rc::SIZE, size);
    // to a storage key.
    let plain = [&[0, 0], NULL].concat();
    refused_at(duplicate(&mut chip, key, key, Some(session), &plain), Rc::TYPE, Duplicate::new_parent_handle);
    // In clear, where the object allows it.
    duplicate(&mut chip, key, TpmRh::NULL, Some(session), &plain).expect("a duplicate in clear");
    let (strict, session) = movable(&mut chip, srk, TpmaObject::ENCRYPTED_DUPLICATION);
    let answer = duplicate(&mut chip, strict, srk, Some(session), &plain);
    refused_at(answer, Rc::SYMMETRIC, Duplicate::symmetric_alg);
    let answer = duplicate(&mut chip, strict, TpmRh::NULL, Some(session), &[&[0, 0], AES].concat());
    refused_at(answer, Rc::HIERARCHY, Duplicate::new_parent_handle);
    let area = sized(&to_vec(&chip.read_public(strict).0));
    let unwrapped = [&[0, 0][..], &area, &sized(&[1; 60]), &[0, 0], NULL].concat();
    let answer = chip.send::<Import>(&[srk], &[], &unwrapped);
    refused_at(answer, Rc::ATTRIBUTES, Import::encryption_key);
    let seedless = [&sized(&[1; 16])[..], &area, &sized(&[1; 60]), &[0, 0], AES].concat();
    refused_at(chip.send::<Import>(&[srk], &[], &seedless), Rc::ATTRIBUTES, Import::in_sym_seed);
    // What is fixed stays, and nobody sends what would be.
    let (session, policy) = chip.policy(TpmSe::Policy, Duplicate::SHAPE.code);
    let fixed = chip.child(srk, "", &[], &ecc(SIGNING, NULL, ECDSA, &policy)).expect("a key");
    let answer = duplicate(&mut chip, fixed, srk, Some(session), &plain);
    refused_at(answer, Rc::ATTRIBUTES, Duplicate::object_handle);
    let area = sized(&to_vec(&chip.read_public(fixed).0));
    let forged = [&[0, 0][..], &area, &sized(&[1; 60]), &[0, 0], NULL].concat();
    refused_at(chip.send::<Import>(&[srk], &[], &forged), Rc::ATTRIBUTES, Import::object_public);
}

/// What the holder of a parent's seed can wrap, by the formulas of Part 1, 22 and 23: HMAC, IV and cipher text.
fn wrap(seed: &[u8], name: &[u8], plain: &[u8]) -> Tpm2bPrivate {
    let iv = [3; 16];
    let mut body = plain.to_vec();
    let key = RUST.kdfa(HashAlg::Sha256, seed, b"STORAGE", name, &[], 128);
    RUST.cfb(SymAlg::Aes, Direction::Encrypt, &key, &mut iv.clone(), &mut body).expect("a cipher");
    let encrypted = [sized(&iv), body].concat();
    let key = RUST.kdfa(HashAlg::Sha256, seed, b"INTEGRITY", &[], &[], 256);
    let hmac = RUST.hmac(HashAlg::Sha256, &key, &[&encrypted, name]);
    Tpm2bPrivate::from(&[sized(&hmac), encrypted].concat()[..])
}

/// A parent that others know vouches for nothing: what it protects is looked at when it is loaded, and an import below
/// it is not (Part 3, 12.2 and 13.3).
#[test]
fn below_a_parent_that_others_know() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let seed = [5; 32];
    // A storage key of the test's own making, imported in clear.
    let attributes = portable(STORAGE).with(TpmaObject::SENSITIVE_DATA_ORIGIN, false);
    let q = RUST.ec_public(tpm2_crypto::Curve::P256, &[9]).expect("a point");
    let area = ecc(attributes, AES, NULL, &[]);
    let area = [&area[..area.len() - 4], &sized(&q.x), &sized(&q.y)].concat();
    let sensitive = TpmtSensitive {
        auth_value: Secret::default(),
        seed_value: Secret::from(&seed[..]),
        sensitive: TpmuSensitiveComposite::Ecc(Secret::from(&[9][..])),
    };
    let params = [&[0, 0][..], &sized(&area), &sized(&sized(&to_vec(&sensitive))), &[0, 0], NULL].concat();
    let private = chip.send::<Import>(&[srk], &[], &params).expect("an import").value();
    let made = common::keys::Made { private, public: area };
    let parent = chip.load_made(srk, &made).expect("a parent");

    // A datum below it, well wrapped; its public area does not belong to it.
    let child = keyed_hash(portable(DATA), NULL, &[]);
    let child = [&child[..child.len() - 2], &sized(&[1; 32])].concat();
    let name = [&[0, 0x0B][..], &RUST.digest(HashAlg::Sha256, &[&child])].concat();
    let datum = TpmtSensitive {
        auth_value: Secret::default(),
        seed_value: Secret::from(&[6; 32][..]),
        sensitive: TpmuSensitiveComposite::Bits(Secret::from(&b"datum"[..])),
    };
    let plain = sized(&to_vec(&datum));
    let load = |chip: &mut Chip, plain: &[u8]| {
        let private = wrap(&seed, &name, plain);
        chip.load_made(parent, &common::keys::Made { private, public: child.clone() })
    };
    refused(load(&mut chip, &plain), Rc::BINDING);
    // What was authenticated and makes no sense is told apart from what was changed.
    refused(load(&mut chip, &plain[..plain.len() - 1]), Rc::SENSITIVE);
    refused(load(&mut chip, &[&plain[..], &[0]].concat()), Rc::SENSITIVE);
    refused(load(&mut chip, &[]), Rc::SENSITIVE);
    // It can be imported there, but not below a parent that is fixed to this TPM.
    let import = [&[0, 0][..], &sized(&child), &sized(&plain), &[0, 0], NULL].concat();
    let private = chip.send::<Import>(&[parent], &[], &import).expect("an import").value();
    refused(chip.load_made(parent, &common::keys::Made { private, public: child.clone() }), Rc::BINDING);
    refused(chip.send::<Import>(&[srk], &[], &import), Rc::BINDING);
}

/// An object is made where one could be loaded, as the reference has it.
#[test]
fn no_object_is_made_when_no_slot_is_free() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let data = keyed_hash(DATA, NULL, &[]);
    while chip.child(srk, "", b"datum", &data).is_ok() {}
    refused(chip.create(srk, "", b"datum", &data).map(drop), Rc::OBJECT_MEMORY);
    // A parent that is none is found out before.
    let create = common::keys::create_params("", b"datum", &data);
    let signer = 0x8000_0001;
    refused_at(chip.send::<Create>(&[signer], &[], &create), Rc::TYPE, Create::parent_handle);
}
