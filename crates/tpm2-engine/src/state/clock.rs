//! Time and clock (Part 1, 36): how both advance, and what follows them.
use super::State;
use alloc::sync::Arc;
use tpm2_wire::{TpmiYesNo, TpmsClockInfo, TpmsTimeInfo};

saved! {
    /// How fast Time and Clock run, against the platform's clock.
    Rate {
        /// What is added to `Rate::UNIT` for each millisecond of the platform, in two's complement.
        1 adjustment: u32,
        /// What has not made a whole millisecond yet.
        2 fraction: u32,
    }
}
impl Rate {
    /// The platform's own rate.
    pub(crate) const NOMINAL: Rate = Rate { adjustment: 0, fraction: 0 };
    /// Parts of a millisecond.
    pub(crate) const UNIT: u32 = 30_000;
    /// The adjustment, in parts of `UNIT`.
    pub(crate) fn adjustment(&self) -> i32 {
        self.adjustment.cast_signed()
    }
    /// The milliseconds here that `elapsed` milliseconds of the platform are.
    fn scale(&mut self, elapsed: u64) -> u64 {
        let per_ms = i128::from(Self::UNIT) + i128::from(self.adjustment());
        let parts = u128::from(elapsed) * u128::try_from(per_ms).unwrap_or(0) + u128::from(self.fraction);
        let unit = u128::from(Self::UNIT);
        self.fraction = u32::try_from(parts % unit).unwrap_or(0);
        u64::try_from(parts / unit).unwrap_or(u64::MAX)
    }
}

impl State {
    /// Lets `elapsed` milliseconds of the platform pass. The clock becomes durable each `interval` milliseconds.
    pub(crate) fn advance(&mut self, elapsed: u64, interval: u32) {
        let elapsed = self.volatile.rate.scale(elapsed);
        self.volatile.time = self.volatile.time.saturating_add(elapsed);
        if !self.volatile.started {
            return;
        }
        self.count_down(elapsed);
        self.move_clock(elapsed, interval);
        self.self_heal();
    }
    /// Sets Clock forward by `ms` without letting time pass: what waits for time to pass waits on.
    pub(crate) fn jump(&mut self, ms: u64, interval: u32) {
        self.orderly.self_heal_timer = self.orderly.self_heal_timer.saturating_add(ms);
        self.orderly.lockout_timer = self.orderly.lockout_timer.saturating_add(ms);
        self.move_clock(ms, interval);
    }
    fn move_clock(&mut self, ms: u64, interval: u32) {
        let interval = u64::from(interval.max(1));
        let before = self.orderly.clock;
        self.orderly.clock = before.saturating_add(ms);
        if before / interval != self.orderly.clock / interval {
            self.orderly.clock_safe = true;
            self.keep_clock();
        }
    }
    /// Makes the clock durable with the next delta.
    pub(crate) fn keep_clock(&mut self) {
        self.persistent.orderly = Arc::new(self.orderly.clone());
    }
    /// Lowers the count of failed authorizations as time passes (Part 1, 16.8.4). Time is what counts, not Clock: the
    /// timers are kept as values of Clock, and move with it when it is set. Without a recovery time there is no
    /// protection, and what was counted is forgotten (Part 3, 25.3).
    fn self_heal(&mut self) {
        let da = &self.persistent.da;
        if da.recovery_time == 0 && da.failed_tries > 0 {
            Arc::make_mut(&mut self.persistent.da).failed_tries = 0;
        }
        let da = &self.persistent.da;
        let clock = self.orderly.clock;
        let interval = u64::from(da.recovery_time).saturating_mul(1000);
        let mut forgiven = 0;
        if da.failed_tries > 0 && interval > 0 {
            let steps = clock.saturating_sub(self.orderly.self_heal_timer) / interval;
            forgiven = u32::try_from(steps).unwrap_or(u32::MAX).min(da.failed_tries);
        }
        let enable = !da.lockout_auth_enabled
            && da.lockout_recovery != 0
            && clock.saturating_sub(self.orderly.lockout_timer)
                >= u64::from(da.lockout_recovery).saturating_mul(1000);
        if forgiven > 0 || enable {
            let da = Arc::make_mut(&mut self.persistent.da);
            da.failed_tries -= forgiven;
            da.lockout_auth_enabled |= enable;
            self.orderly.self_heal_timer =
                self.orderly.self_heal_timer.saturating_add(interval.saturating_mul(u64::from(forgiven)));
            self.keep_clock();
        }
    }
    /// `TPMS_CLOCK_INFO`.
    pub(crate) fn clock_info(&self) -> TpmsClockInfo {
        TpmsClockInfo {
            clock: self.orderly.clock,
            reset_count: self.persistent.counters.reset_count,
            restart_count: self.reset.restart_count,
            safe: TpmiYesNo::from(self.orderly.clock_safe),
        }
    }
    /// `TPMS_TIME_INFO`.
    pub(crate) fn time_info(&self) -> TpmsTimeInfo {
        TpmsTimeInfo { time: self.volatile.time, clock_info: self.clock_info() }
    }
}
