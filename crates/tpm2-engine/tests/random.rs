//! Part 3, 16: random numbers.
mod common;

use common::{Chip, refused, sized};
use tpm2_wire::{GetRandom, Rc, StirRandom, Tpm2bDigest};

fn random(chip: &mut Chip, bytes: u16) -> Tpm2bDigest {
    chip.ask::<GetRandom, _>(&bytes.to_be_bytes())
}

#[test]
fn as_much_as_asked_for_but_no_more_than_a_digest() {
    let mut chip = Chip::new();
    assert_eq!(random(&mut chip, 0).len(), 0);
    assert_eq!(random(&mut chip, 16).len(), 16);
    assert_eq!(random(&mut chip, 64).len(), 64);
    assert_eq!(random(&mut chip, 65).len(), 64);
    assert_ne!(random(&mut chip, 32), random(&mut chip, 32));
    assert!(chip.deltas.len() == 1, "random numbers touch no disk beyond start-up");
}

#[test]
fn stirring_changes_what_follows() {
    let (mut stirred, mut other, mut same) = (Chip::new(), Chip::new(), Chip::new());
    assert!(stirred.send::<StirRandom>(&[], &[], &sized(b"spoon")).is_ok());
    assert!(other.send::<StirRandom>(&[], &[], &sized(b"ladle")).is_ok());
    assert!(same.send::<StirRandom>(&[], &[], &sized(b"spoon")).is_ok());
    let bytes = random(&mut stirred, 32);
    assert_eq!(bytes, random(&mut same, 32), "the test's platform is deterministic");
    assert_ne!(bytes, random(&mut other, 32));
    assert_ne!(bytes, random(&mut Chip::new(), 32));
}

#[test]
fn no_more_than_128_bytes_are_stirred_in() {
    let mut chip = Chip::new();
    assert!(chip.send::<StirRandom>(&[], &[], &sized(&[1; 128])).is_ok());
    refused(chip.send::<StirRandom>(&[], &[], &sized(&[1; 129])), Rc::SIZE.at(StirRandom::in_data));
}

#[test]
fn without_entropy_there_is_no_stirring() {
    let mut chip = Chip::new();
    chip.bench.dry = true;
    refused(chip.send::<StirRandom>(&[], &[], &sized(b"x")), Rc::FAILURE);
    refused(chip.send::<GetRandom>(&[], &[], &[0, 8]), Rc::FAILURE);
}
