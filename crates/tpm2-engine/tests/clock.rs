//! Part 3, 29: clock.
mod common;

use common::{Chip, refused_at};
use tpm2_wire::{ClockRateAdjust, ClockSet, Rc, ReadClock, TpmRh, TpmSu, TpmsTimeInfo};

fn time(chip: &mut Chip) -> TpmsTimeInfo {
    chip.ask::<ReadClock, _>(&[])
}
fn set(chip: &mut Chip, clock: u64) -> Result<(), Rc> {
    chip.send::<ClockSet>(&[TpmRh::OWNER], &[], &clock.to_be_bytes()).map(drop)
}
fn adjust(chip: &mut Chip, rate: u8) -> Result<(), Rc> {
    chip.send::<ClockRateAdjust>(&[TpmRh::PLATFORM], &[], &[rate]).map(drop)
}

#[test]
fn time_and_clock() {
    let mut chip = Chip::new();
    let start = time(&mut chip);
    assert_eq!((start.time, start.clock_info.clock), (0, 0));
    chip.wait(1234);
    let now = time(&mut chip);
    assert_eq!((now.time, now.clock_info.clock), (1234, 1234));
    assert_eq!((now.clock_info.reset_count, now.clock_info.restart_count), (1, 0));
    // Clock goes on over an orderly shutdown; Time begins anew.
    chip.cycle(TpmSu::State, TpmSu::State);
    chip.wait(1);
    let now = time(&mut chip);
    assert_eq!((now.time, now.clock_info.clock, now.clock_info.safe.yes()), (1, 1235, true));
    assert_eq!((now.clock_info.reset_count, now.clock_info.restart_count), (1, 1));
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    assert_eq!(time(&mut chip).clock_info.reset_count, 2);
    // Reading it touches no disk.
    let before = chip.deltas.len();
    chip.wait(100);
    time(&mut chip);
    assert_eq!(chip.deltas.len(), before);
    chip.restart(TpmSu::Clear).expect("start-up");
    assert!(!time(&mut chip).clock_info.safe.yes(), "the clock may have been ahead");
}

#[test]
fn what_time_changes_is_made_durable() {
    let mut chip = Chip::new();
    let before = chip.deltas.len();
    chip.wait(1 << 22);
    time(&mut chip);
    assert_eq!(chip.deltas.len(), before + 1, "the clock, although the command only reads");
    chip.check_durable();
    // Power goes without a warning: no more than the interval is lost.
    chip.wait((1 << 22) - 1);
    time(&mut chip);
    assert_eq!(chip.deltas.len(), before + 1);
    chip.reload();
    let now = time(&mut chip).clock_info;
    assert_eq!((now.clock, now.safe.yes()), (1 << 22, false));
}

#[test]
fn clock_is_set_forward_only() {
    let mut chip = Chip::new();
    chip.wait(50);
    set(&mut chip, 50).expect("the time that it is");
    refused_at(set(&mut chip, 49), Rc::VALUE, ClockSet::new_time);
    set(&mut chip, 1 << 30).expect("a time");
    let now = time(&mut chip);
    assert_eq!((now.time, now.clock_info.clock), (50, 1 << 30));
    chip.check_durable();
    // That was further than the clock goes without being made durable.
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    assert_eq!(time(&mut chip).clock_info.clock, 1 << 30);
    refused_at(set(&mut chip, 0xFFFF_0000_0000_0001), Rc::VALUE, ClockSet::new_time);
    set(&mut chip, 0xFFFF_0000_0000_0000).expect("the last time");
}

#[test]
fn the_rate_is_adjusted() {
    let mut chip = Chip::new();
    let pass = |chip: &mut Chip, rate: u8| {
        adjust(chip, rate).expect("a rate");
        let before = time(chip);
        for _ in 0..10_000 {
            chip.wait(1);
            time(chip);
        }
        let after = time(chip);
        assert_eq!(after.time - before.time, after.clock_info.clock - before.clock_info.clock);
        after.time - before.time
    };
    assert_eq!(pass(&mut chip, 0), 10_000);
    assert_eq!(pass(&mut chip, 3), 10_100, "a hundredth faster, in steps of a millisecond");
    assert_eq!(pass(&mut chip, 2), 10_110);
    assert_eq!(pass(&mut chip, 1), 10_111);
    assert_eq!(pass(&mut chip, 0xFD), 10_011);
    assert_eq!(pass(&mut chip, 0xFE), 10_001);
    assert_eq!(pass(&mut chip, 0xFF), 10_000);
    assert_eq!(pass(&mut chip, 0xFF), 9_999);
    refused_at(adjust(&mut chip, 4), Rc::VALUE, ClockRateAdjust::rate_adjust);
    refused_at(adjust(&mut chip, 0xFC), Rc::VALUE, ClockRateAdjust::rate_adjust);
    // A power cycle sets it back.
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    assert_eq!(pass(&mut chip, 0), 10_000);
}

#[test]
fn the_rate_stays_near_the_platforms() {
    for (step, away) in [(3, 1150), (0xFD, 850)] {
        let mut chip = Chip::new();
        for _ in 0..15 {
            adjust(&mut chip, step).expect("a rate");
        }
        refused_at(adjust(&mut chip, step), Rc::VALUE, ClockRateAdjust::rate_adjust);
        let before = time(&mut chip).time;
        chip.wait(1000);
        assert_eq!(time(&mut chip).time - before, away);
    }
}
