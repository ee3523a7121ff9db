//! A duplicate on its way gets another outer wrapper (Part 3, 13.2).
mod common;

use common::keys::{ECDSA, NULL, SIGNING, ecc, portable, storage};
use common::{Chip, refused_at, sized};
use tpm2_wire::{
    Command, Duplicate, Import, Rc, Reader, Rewrap, Tpm2bData, Tpm2bEncryptedSecret, Tpm2bName, Tpm2bPrivate,
    TpmRh, TpmSe, Wire, to_vec,
};

/// A private area and the seed of its wrapper.
#[derive(Clone)]
struct Wrapped {
    private: Vec<u8>,
    seed: Vec<u8>,
}
/// A key that may be duplicated: its public area, its Name, and a duplicate for `parent`.
fn duplicate(chip: &mut Chip, from: u32, parent: u32) -> (Vec<u8>, Tpm2bName, Wrapped) {
    let (session, policy) = chip.policy(TpmSe::Policy, Duplicate::SHAPE.code);
    let key = chip.child(from, "", &[], &ecc(portable(SIGNING), NULL, ECDSA, &policy)).expect("a key");
    let (public, name) = chip.read_public(key);
    let params = [&[0, 0], NULL].concat();
    let reply =
        chip.send_policy::<Duplicate>(&[key, parent], &[Some(session)], &params).expect("a duplicate");
    let mut r = reply.reader();
    Tpm2bData::read(&mut r).expect("no inner key");
    let wrapped = read(&mut r);
    chip.flush(key);
    chip.flush(session);
    (to_vec(&public), name, wrapped)
}
fn read(r: &mut Reader<'_>) -> Wrapped {
    let private = Tpm2bPrivate::read(r).expect("a private area").0;
    Wrapped { private, seed: Tpm2bEncryptedSecret::read(r).expect("a seed").0 }
}
fn rewrap(chip: &mut Chip, old: u32, new: u32, name: &Tpm2bName, wrapped: &Wrapped) -> Result<Wrapped, Rc> {
    let params = [sized(&wrapped.private), to_vec(name), sized(&wrapped.seed)].concat();
    let reply = chip.send::<Rewrap>(&[old, new], &[], &params)?;
    Ok(read(&mut reply.reader()))
}
fn import(chip: &mut Chip, parent: u32, public: &[u8], wrapped: &Wrapped) -> Result<u32, Rc> {
    let params =
        [&[0, 0][..], &sized(public), &sized(&wrapped.private), &sized(&wrapped.seed), NULL].concat();
    let private = chip.send::<Import>(&[parent], &[], &params)?.value();
    chip.load_made(parent, &common::keys::Made { private, public: public.to_vec() })
}

#[test]
fn a_duplicate_changes_its_wrapper() {
    let mut chip = Chip::new();
    let source = chip.srk();
    let [old, new] =
        [TpmRh::ENDORSEMENT, TpmRh::PLATFORM].map(|h| chip.primary(h, "", &storage()).expect("a key"));
    let (public, name, wrapped) = duplicate(&mut chip, source, old);
    // From one parent to another, of which the public part is enough;
    let area = to_vec(&chip.read_public(new).0);
    let there = chip.external(None, &area, TpmRh::OWNER).expect("a public key");
    let moved = rewrap(&mut chip, old, there, &name, &wrapped).expect("another wrapper");
    refused_at(import(&mut chip, old, &public, &moved), Rc::INTEGRITY, Import::duplicate);
    let key = import(&mut chip, new, &public, &moved).expect("the key");
    assert_eq!(chip.read_public(key).1, name);
    chip.flush(key);
    // out of the wrapper; and into one again.
    let bare = rewrap(&mut chip, old, TpmRh::NULL, &name, &wrapped).expect("no wrapper");
    assert!(bare.seed.is_empty());
    let key = import(&mut chip, source, &public, &bare).expect("the key");
    chip.flush(key);
    let again = rewrap(&mut chip, TpmRh::NULL, old, &name, &bare).expect("a wrapper");
    let key = import(&mut chip, old, &public, &again).expect("the key");
    chip.flush(key);
    // And nothing at all happens between nobody and nobody.
    let same = rewrap(&mut chip, TpmRh::NULL, TpmRh::NULL, &name, &bare).expect("the same");
    assert_eq!((same.private, same.seed), (bare.private, bare.seed));
}

#[test]
fn rewrapping_that_is_refused() {
    let mut chip = Chip::new();
    let source = chip.srk();
    let [old, new] =
        [TpmRh::ENDORSEMENT, TpmRh::PLATFORM].map(|h| chip.primary(h, "", &storage()).expect("a key"));
    let (_, name, wrapped) = duplicate(&mut chip, source, old);
    let with = |f: fn(&mut Wrapped)| {
        let mut wrapped = wrapped.clone();
        f(&mut wrapped);
        wrapped
    };
    let seedless = with(|w| w.seed.clear());
    let signing = chip.primary(TpmRh::OWNER, "", &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
    let mut refuse = |old, new, name: &Tpm2bName, wrapped: &Wrapped, rc, at| {
        refused_at(rewrap(&mut chip, old, new, name, wrapped).map(drop), rc, at);
    };
    // A seed without a parent, a parent without a seed.
    refuse(TpmRh::NULL, signing, &name, &wrapped, Rc::HANDLE, Rewrap::old_parent);
    refuse(old, signing, &name, &seedless, Rc::HANDLE, Rewrap::old_parent);
    // Parents that are none.
    refuse(signing, signing, &name, &wrapped, Rc::TYPE, Rewrap::old_parent);
    refuse(old, signing, &name, &wrapped, Rc::TYPE, Rewrap::new_parent);
    refuse(TpmRh::NULL, signing, &name, &seedless, Rc::TYPE, Rewrap::new_parent);
    // A seed that is none, or another's; another Name; a changed area; one that is cut short.
    let changed = with(|w| w.seed[5] ^= 1);
    refuse(old, signing, &name, &changed, Rc::VALUE, Rewrap::in_sym_seed);
    refuse(new, signing, &name, &wrapped, Rc::INTEGRITY, Rewrap::in_duplicate);
    refuse(old, signing, &Tpm2bName::default(), &wrapped, Rc::INTEGRITY, Rewrap::in_duplicate);
    refuse(old, signing, &name, &with(|w| w.private[40] ^= 1), Rc::INTEGRITY, Rewrap::in_duplicate);
    refuse(old, signing, &name, &with(|w| w.private.truncate(20)), Rc::INSUFFICIENT, Rewrap::in_duplicate);
    refuse(old, signing, &name, &with(|w| w.private.clear()), Rc::INSUFFICIENT, Rewrap::in_duplicate);
    // What is as large as can be has no room for a wrapper.
    let large = Wrapped { private: vec![0; tpm2_wire::MAX_PRIVATE], seed: Vec::new() };
    refuse(TpmRh::NULL, old, &name, &large, Rc::VALUE, Rewrap::in_duplicate);
}
