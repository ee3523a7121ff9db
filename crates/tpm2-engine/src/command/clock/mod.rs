//! Part 3, 29: clock.
mod rate_adjust;
mod read;
mod set;

actions! { ReadClock ClockSet ClockRateAdjust }
