//! Part 3, 16: random numbers.
mod common;

use common::{Chip, refused, sized};
use tpm2_wire::{Command, GetRandom, GetTestResult, Rc, StirRandom, Tpm2bDigest};

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

/// A source that is stuck is found, named, and no numbers are made of it (SP 800-90B, 4.4).
#[test]
fn a_source_that_is_stuck_ends_in_failure_mode() {
    let told = |chip: &mut Chip| {
        let reply = chip.send::<GetTestResult>(&[], &[], &[]).expect("a result");
        assert!(reply.params.ends_with(&Rc::FAILURE.0.to_be_bytes()));
        String::from_utf8_lossy(&reply.params).into_owned()
    };
    let mut chip = Chip::new();
    chip.bench.stuck = true;
    refused(chip.send::<StirRandom>(&[], &[], &sized(b"x")), Rc::FAILURE);
    assert!(told(&mut chip).contains("entropy: the source repeats itself"));
    refused(chip.send::<GetRandom>(&[], &[], &[0, 8]), Rc::FAILURE);
    // At power-on likewise; and a sound source is none the worse for it.
    refused(chip.restart(tpm2_wire::TpmSu::Clear), Rc::FAILURE);
    assert!(told(&mut chip).contains("entropy: the source repeats itself"));
    chip.bench.stuck = false;
    chip.restart(tpm2_wire::TpmSu::Clear).expect("start-up");
    assert_eq!(random(&mut chip, 32).len(), 32);
}

/// Volatile state that is loaded twice makes two TPMs: their numbers differ, though all else is the same.
#[test]
fn restored_state_does_not_repeat_numbers() {
    let mut chip = Chip::new();
    let volatile = chip.tpm.save_volatile();
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let mut tpm = chip.load();
        tpm.load_volatile(&mut chip.bench, &volatile).expect("the state");
        let command = common::assemble(&GetRandom::SHAPE, &[], &[], &[0, 32]);
        numbers.push(tpm.execute(&mut chip.bench, 0, &command).response);
    }
    assert_ne!(numbers[0], numbers[1]);
    // In the same TPM, too.
    let before = random(&mut chip, 32);
    chip.tpm.load_volatile(&mut chip.bench, &volatile).expect("the state");
    assert_ne!(random(&mut chip, 32), before);
    chip.bench.dry = true;
    chip.tpm.load_volatile(&mut chip.bench, &volatile).expect("the state");
    refused(chip.send::<GetRandom>(&[], &[], &[0, 8]), Rc::FAILURE);
}
