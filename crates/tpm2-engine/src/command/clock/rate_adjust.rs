use crate::context::{Action, Context};
use crate::state::clock::Rate;
use tpm2_wire::{ClockRateAdjust, ClockRateAdjustReply, Rc, TpmClockAdjust};

/// A fine, a medium and a coarse step: a ten-thousandth, a thousandth and a hundredth.
const FINE: i32 = Rate::UNIT as i32 / 10_000;
const MEDIUM: i32 = FINE * 10;
const COARSE: i32 = FINE * 100;
/// The rate stays within 15 percent of the platform's.
const LIMIT: i32 = Rate::UNIT as i32 * 15 / 100;

/// Part 3, 29.3.
impl Action for ClockRateAdjust {
    fn run(self, cx: &mut Context<'_>) -> Result<ClockRateAdjustReply, Rc> {
        let step = match self.rate_adjust {
            TpmClockAdjust::CoarseSlower => -COARSE,
            TpmClockAdjust::MediumSlower => -MEDIUM,
            TpmClockAdjust::FineSlower => -FINE,
            TpmClockAdjust::NoChange => 0,
            TpmClockAdjust::FineFaster => FINE,
            TpmClockAdjust::MediumFaster => MEDIUM,
            TpmClockAdjust::CoarseFaster => COARSE,
        };
        let rate = &mut cx.state.volatile.rate;
        let adjustment = rate.adjustment() + step;
        if !(-LIMIT..=LIMIT).contains(&adjustment) {
            return Err(Rc::VALUE.at(Self::rate_adjust));
        }
        rate.adjustment = adjustment.cast_unsigned();
        Ok(ClockRateAdjustReply {})
    }
}
