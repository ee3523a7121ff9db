//! TPM2_CreateLoaded: primary, ordinary and derived objects (Part 3, 12.9; Part 1, 25).
mod common;

use common::keys::{AES, DATA, ECDSA, HMAC, NULL, OWN, SIGNING, STORAGE, ecc, keyed_hash, rsa, storage};
use common::{Chip, refused, refused_at, sized};
use tpm2_crypto::{Curve, HashAlg, RUST};
use tpm2_wire::{
    Create, CreateLoaded, Load, Rc, Sign, Sized2b, Tpm2bName, Tpm2bPrivate, TpmRh, TpmaObject, TpmtPublic,
    TpmtSignature, TpmuPublicId, Unseal, Wire, to_vec,
};

/// A template of any kind, and its answer.
struct Loaded {
    handle: u32,
    private: Tpm2bPrivate,
    public: TpmtPublic,
    name: Tpm2bName,
}
fn create_loaded(
    chip: &mut Chip,
    parent: u32,
    auth: &str,
    data: &[u8],
    template: &[u8],
) -> Result<Loaded, Rc> {
    let sensitive = [sized(auth.as_bytes()), sized(data)].concat();
    let reply = chip.send::<CreateLoaded>(&[parent], &[], &[sized(&sensitive), sized(template)].concat())?;
    let mut r = reply.reader();
    let private = Tpm2bPrivate::read(&mut r).expect("a private area");
    let public = Sized2b::<TpmtPublic>::read(&mut r).expect("a public area").0;
    let name = Tpm2bName::read(&mut r).expect("a name");
    r.finish().expect("nothing more");
    Ok(Loaded { handle: reply.handle.expect("a handle"), private, public, name })
}
/// A key that derives with HMAC-SHA-256, from this secret.
fn derivation_parent(chip: &mut Chip, hierarchy: u32, secret: &[u8], fixed: bool) -> u32 {
    let attributes =
        TpmaObject::RESTRICTED | TpmaObject::DECRYPT | TpmaObject::USER_WITH_AUTH | TpmaObject::NO_DA;
    let attributes = if fixed {
        attributes | TpmaObject::FIXED_TPM | TpmaObject::FIXED_PARENT | TpmaObject::SENSITIVE_DATA_ORIGIN
    } else {
        attributes
    };
    let xor = [0, 0x0A, 0, 0x0B, 0, 0x22];
    let params = common::keys::create_params("", secret, &keyed_hash(attributes, &xor, &[]));
    let reply = chip.send::<tpm2_wire::CreatePrimary>(&[hierarchy], &[], &params).expect("a parent");
    reply.handle.expect("a handle")
}
/// A template for derivation: the label and the context stand where the unique field would.
fn derived(template: &[u8], unique: usize, label: &[u8], context: &[u8]) -> Vec<u8> {
    [&template[..template.len() - unique], &sized(label), &sized(context)].concat()
}
/// The attributes of what is derived below a parent that is not fixed to the TPM.
const DERIVED: TpmaObject = TpmaObject(
    TpmaObject::FIXED_PARENT.0 | TpmaObject::USER_WITH_AUTH.0 | TpmaObject::NO_DA.0 | TpmaObject::SIGN.0,
);
const SECRET: &[u8] = &[7; 32];

#[test]
fn a_primary_object_is_that_of_create_primary() {
    let mut chip = Chip::new();
    for hierarchy in [TpmRh::OWNER, TpmRh::ENDORSEMENT, TpmRh::PLATFORM, TpmRh::NULL, TpmRh::FW_OWNER] {
        for template in [storage(), rsa(STORAGE, AES, NULL), keyed_hash(SIGNING, HMAC, &[])] {
            let made = create_loaded(&mut chip, hierarchy, "", &[], &template).expect("an object");
            assert!(made.private.is_empty());
            let other = chip.primary(hierarchy, "", &template).expect("an object");
            let (public, name) = chip.read_public(other);
            assert_eq!((made.public, made.name), (public, name));
            assert_eq!(chip.read_public(made.handle), chip.read_public(other));
            chip.flush(made.handle);
            chip.flush(other);
        }
    }
}

#[test]
fn an_ordinary_object_can_be_loaded_again() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let made =
        create_loaded(&mut chip, srk, "right", b"secret", &keyed_hash(DATA, NULL, &[])).expect("a datum");
    assert_eq!(chip.send::<Unseal>(&[made.handle], &["right"], &[]).expect("it").params, sized(b"secret"));
    let params = [to_vec(&made.private), sized(&to_vec(&made.public))].concat();
    let again = chip.send::<Load>(&[srk], &[], &params).expect("the object");
    assert_eq!(again.value::<Tpm2bName>(), made.name);
    let again = again.handle.expect("a handle");
    assert_eq!(chip.send::<Unseal>(&[again], &["right"], &[]).expect("it").params, sized(b"secret"));
    // It is random: another is another.
    let one = create_loaded(&mut chip, srk, "", &[], &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
    let two = create_loaded(&mut chip, srk, "", &[], &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
    assert_ne!(one.public.unique, two.public.unique);
}

#[test]
fn derived_keys_are_functions_of_secret_label_and_context() {
    let mut chip = Chip::new();
    let parent = derivation_parent(&mut chip, TpmRh::OWNER, SECRET, false);
    let template = ecc(DERIVED, NULL, ECDSA, &[]);
    let made = create_loaded(&mut chip, parent, "", &[], &derived(&template, 4, b"label", b"context"))
        .expect("a key");
    assert!(made.private.is_empty());
    // Computed apart from the engine: SP 800-108, then FIPS 186-5, A.2.1.
    let stream = RUST.kdfa(HashAlg::Sha256, SECRET, b"label", b"context", &[], 8192);
    let mut rng = Fixed(stream[..40].to_vec());
    let (_, q) = RUST.ec_generate(&mut rng, Curve::P256).expect("a key");
    let TpmuPublicId::Ecc(point) = &made.public.unique else { panic!("not a point") };
    assert_eq!((&point.x.0, &point.y.0), (&q.x, &q.y));
    assert_eq!(chip.read_public(made.handle), (made.public.clone(), made.name.clone()));
    chip.flush(made.handle);

    let mut unique = |data: &[u8], label: &[u8], context: &[u8]| {
        let made = create_loaded(&mut chip, parent, "", data, &derived(&template, 4, label, context))
            .expect("a key");
        chip.flush(made.handle);
        made.public.unique
    };
    let key = made.public.unique;
    // From the sensitive data what the template leaves empty; what it says itself comes first.
    assert_eq!(unique(&[sized(b"label"), sized(b"context")].concat(), &[], &[]), key);
    assert_eq!(unique(&[sized(b"label"), sized(b"other")].concat(), &[], b"context"), key);
    assert_eq!(unique(&[sized(b"other"), sized(b"context")].concat(), b"label", &[]), key);
    // A label that ends with a zero does not get another.
    assert_eq!(unique(&[], b"label\0", b"context"), key);
    for (label, context) in
        [(&b"other"[..], &b"context"[..]), (b"label", b"other"), (b"", b"context"), (b"", b"")]
    {
        assert_ne!(unique(&[], label, context), key);
    }
    // Other attributes do not make another key (Part 1, 25.2), and nor does the hierarchy of the parent.
    let exchange = TpmaObject(DERIVED.0 & !TpmaObject::SIGN.0 | TpmaObject::DECRYPT.0);
    let template = derived(&ecc(exchange, NULL, NULL, &[]), 4, b"label", b"context");
    let made = create_loaded(&mut chip, parent, "", &[], &template).expect("a key");
    assert_eq!(made.public.unique, key);
    chip.flush(made.handle);
    let elsewhere = derivation_parent(&mut chip, TpmRh::NULL, SECRET, false);
    let made = create_loaded(&mut chip, elsewhere, "", &[], &template).expect("a key");
    assert_eq!(made.public.unique, key);
    let other = derivation_parent(&mut chip, TpmRh::OWNER, &[8; 32], false);
    let made = create_loaded(&mut chip, other, "", &[], &template).expect("a key");
    assert_ne!(made.public.unique, key);
}
/// These bytes and no more.
struct Fixed(Vec<u8>);
impl tpm2_crypto::Rng for Fixed {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), tpm2_crypto::Error> {
        let rest = self.0.split_off(out.len());
        out.copy_from_slice(&self.0);
        self.0 = rest;
        Ok(())
    }
}

#[test]
fn derived_symmetric_keys_and_their_use() {
    let mut chip = Chip::new();
    let parent = derivation_parent(&mut chip, TpmRh::OWNER, SECRET, false);
    let template = derived(&keyed_hash(DERIVED, HMAC, &[]), 2, b"hmac", b"");
    let made = create_loaded(&mut chip, parent, "right", &[], &template).expect("a key");
    // The key is the first digest's worth, the obfuscation value the second.
    let stream = RUST.kdfa(HashAlg::Sha256, SECRET, b"hmac", &[], &[], 8192);
    let unique = RUST.digest(HashAlg::Sha256, &[&stream[32..64], &stream[..32]]);
    assert_eq!(made.public.unique, TpmuPublicId::Keyedhash(unique[..].into()));
    let params = [&sized(&[9; 32])[..], NULL, &[0x80, 0x24, 0x40, 0, 0, 7, 0, 0]].concat();
    let signature = chip.send::<Sign>(&[made.handle], &["right"], &params).expect("an HMAC").value();
    let TpmtSignature::Hmac(hmac) = signature else { panic!("not an HMAC") };
    assert_eq!(hmac.digest, RUST.hmac(HashAlg::Sha256, &stream[..32], &[&[9; 32]]).to_vec());

    let attributes = TpmaObject(DERIVED.0 | TpmaObject::DECRYPT.0);
    let cipher = [&[0, 0x25, 0, 0x0B][..], &attributes.0.to_be_bytes(), &[0, 0], AES, &[0, 0]].concat();
    let made = create_loaded(&mut chip, parent, "", &[], &derived(&cipher, 2, b"aes", b"")).expect("a key");
    let stream = RUST.kdfa(HashAlg::Sha256, SECRET, b"aes", &[], &[], 8192);
    let unique = RUST.digest(HashAlg::Sha256, &[&stream[16..48], &stream[..16]]);
    assert_eq!(made.public.unique, TpmuPublicId::Symcipher(unique[..].into()));
}

#[test]
fn what_cannot_be_derived() {
    let mut chip = Chip::new();
    let parent = derivation_parent(&mut chip, TpmRh::OWNER, SECRET, false);
    let at = CreateLoaded::in_public;
    let key = |attributes: TpmaObject| derived(&ecc(attributes, NULL, ECDSA, &[]), 4, b"l", b"c");
    let rsa = derived(&rsa(DERIVED, NULL, NULL), 2, b"l", b"c");
    refused_at(create_loaded(&mut chip, parent, "", &[], &rsa).map(drop), Rc::TYPE, at);
    // The secret is the parent's, and so is how fixed it is.
    let own = key(DERIVED | TpmaObject::SENSITIVE_DATA_ORIGIN);
    refused(create_loaded(&mut chip, parent, "", &[], &own).map(drop), Rc::ATTRIBUTES);
    let loose = key(DERIVED.with(TpmaObject::FIXED_PARENT, false));
    refused_at(create_loaded(&mut chip, parent, "", &[], &loose).map(drop), Rc::ATTRIBUTES, at);
    let fixed = key(DERIVED | TpmaObject::FIXED_TPM);
    refused_at(create_loaded(&mut chip, parent, "", &[], &fixed).map(drop), Rc::ATTRIBUTES, at);
    let fixed_parent = derivation_parent(&mut chip, TpmRh::OWNER, &[], true);
    create_loaded(&mut chip, fixed_parent, "", &[], &fixed).expect("a key");
    refused_at(create_loaded(&mut chip, fixed_parent, "", &[], &key(DERIVED)).map(drop), Rc::ATTRIBUTES, at);
    // A storage key would have to have its parent's cipher, and this parent has none.
    let storing =
        TpmaObject(DERIVED.0 & !TpmaObject::SIGN.0 | TpmaObject::RESTRICTED.0 | TpmaObject::DECRYPT.0);
    let storing = derived(&ecc(storing, AES, NULL, &[]), 4, b"l", b"c");
    refused_at(create_loaded(&mut chip, parent, "", &[], &storing).map(drop), Rc::SYMMETRIC, at);
    // Labels that are too long, cut short, or followed by something.
    let good = key(DERIVED);
    let long = derived(&ecc(DERIVED, NULL, ECDSA, &[]), 4, &[1; 33], b"c");
    refused_at(create_loaded(&mut chip, parent, "", &[], &long).map(drop), Rc::SIZE, at);
    refused_at(
        create_loaded(&mut chip, parent, "", &[], &good[..good.len() - 1]).map(drop),
        Rc::INSUFFICIENT,
        at,
    );
    refused_at(
        create_loaded(&mut chip, parent, "", &[], &[&good[..], &[0]].concat()).map(drop),
        Rc::SIZE,
        at,
    );
    refused(create_loaded(&mut chip, parent, "", &[0, 9, 1], &good).map(drop), Rc::INSUFFICIENT);
    refused(create_loaded(&mut chip, parent, "", &sized(&[1; 33]), &good).map(drop), Rc::SIZE);
    let long_auth = "an authorization value of more than 32 bytes";
    refused_at(
        create_loaded(&mut chip, parent, long_auth, &[], &good).map(drop),
        Rc::SIZE,
        CreateLoaded::in_sensitive,
    );
    // A derivation parent makes nothing else.
    let params = common::keys::create_params("", &[], &ecc(SIGNING, NULL, ECDSA, &[]));
    refused_at(chip.send::<Create>(&[parent], &[], &params), Rc::TYPE, Create::parent_handle);
}

#[test]
fn parents_and_templates_that_are_refused() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let signing = chip.primary(TpmRh::OWNER, "", &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
    let at = CreateLoaded::in_public;
    let template = storage();
    let parent_at = CreateLoaded::parent_handle;
    refused_at(create_loaded(&mut chip, signing, "", &[], &template).map(drop), Rc::TYPE, parent_at);
    for parent in [srk, TpmRh::OWNER] {
        let mut refuse = |data: &[u8], template: &[u8], rc: Rc| {
            refused_at(create_loaded(&mut chip, parent, "", data, template).map(drop), rc, at);
        };
        refuse(&[], &[], Rc::INSUFFICIENT);
        refuse(&[], &template[..template.len() - 1], Rc::INSUFFICIENT);
        refuse(&[], &[&template[..], &[0]].concat(), Rc::SIZE);
        refuse(&[], &ecc(OWN, NULL, NULL, &[]), Rc::ATTRIBUTES);
        refuse(
            b"x",
            &ecc(SIGNING.with(TpmaObject::SENSITIVE_DATA_ORIGIN, false), NULL, ECDSA, &[]),
            Rc::ATTRIBUTES,
        );
        refuse(&[], &keyed_hash(DATA, NULL, &[]), Rc::ATTRIBUTES);
        refuse(&[], &ecc(SIGNING, AES, ECDSA, &[]), Rc::SYMMETRIC);
        refuse(&[], &ecc(STORAGE, AES, ECDSA, &[]), Rc::SCHEME);
        refuse(&[], &ecc(SIGNING, NULL, ECDSA, &[1; 31]), Rc::SIZE);
        let mut nameless = template.clone();
        nameless[2..4].copy_from_slice(NULL);
        refuse(&[], &nameless, Rc::HASH);
        let mut unknown = template.clone();
        unknown[..2].copy_from_slice(&[0, 0x24]);
        refuse(&[], &unknown, Rc::TYPE);
        // The authorization value is looked at before the attributes are.
        let long = "an authorization value of more than 32 bytes";
        let both = create_loaded(&mut chip, parent, long, &[], &ecc(OWN, NULL, NULL, &[]));
        refused_at(both.map(drop), Rc::SIZE, CreateLoaded::in_sensitive);
    }
    // No slot is free.
    while chip.primary(TpmRh::OWNER, "", &template).is_ok() {}
    refused(create_loaded(&mut chip, srk, "", &[], &template).map(drop), Rc::OBJECT_MEMORY);
    refused(create_loaded(&mut chip, TpmRh::OWNER, "", &[], &[]).map(drop), Rc::OBJECT_MEMORY);
    refused_at(create_loaded(&mut chip, signing, "", &[], &template).map(drop), Rc::TYPE, parent_at);
}
