//! Authenticated countdown timers (Part 1, 40).
use super::State;
use alloc::collections::BTreeMap;
use tpm2_wire::TpmaAct;

saved! {
    /// One timer. It counts while the TPM is powered and started, in failure mode too.
    Timer {
        /// Its policy; its authorization value is the platform's.
        1 policy: super::Policy,
        /// Milliseconds until it expires; zero when it does not run.
        2 remaining: u64,
        3 signaled: bool,
        /// It signaled before the last TPM Resume.
        4 preserved: bool,
        /// `TPM2_ACT_SetTimeout` has set it since the last `TPM2_Startup`.
        5 set: bool,
    }
}

impl Timer {
    /// A timer after a TPM Reset or a TPM Restart.
    pub(crate) fn new() -> Timer {
        let policy = super::Policy::none();
        Timer { policy, remaining: 0, signaled: false, preserved: false, set: false }
    }
    /// What is left, in whole seconds: those that have begun count.
    pub(crate) fn seconds(&self) -> u32 {
        u32::try_from(self.remaining.div_ceil(1000)).unwrap_or(u32::MAX)
    }
    /// `TPMA_ACT`.
    pub(crate) fn attributes(&self) -> TpmaAct {
        TpmaAct::default()
            .with(TpmaAct::SIGNALED, self.signaled)
            .with(TpmaAct::PRESERVE_SIGNALED, self.preserved)
    }
    /// As `TPM2_Shutdown(STATE)` keeps it. A timer that was not set since start-up is kept with half of its time:
    /// or it could be kept from expiring for ever by suspending right after each resume.
    fn kept(&self) -> Timer {
        let mut kept = self.clone();
        let seconds = self.seconds();
        if !self.set && seconds > 1 && seconds != u32::MAX {
            kept.remaining = u64::from(seconds / 2) * 1000;
        }
        kept
    }
    /// As a TPM Resume finds it.
    fn resumed(&self) -> Timer {
        Timer { preserved: self.preserved || self.signaled, set: false, ..self.clone() }
    }
}

/// Timers as `TPM2_Shutdown(STATE)` keeps them.
pub(crate) fn kept(timers: &BTreeMap<u8, Timer>) -> BTreeMap<u8, Timer> {
    timers.iter().map(|(number, timer)| (*number, timer.kept())).collect()
}

impl State {
    /// The timer of a number.
    pub(crate) fn timer(&self, number: u8) -> Timer {
        self.clear.timers.get(&number).cloned().unwrap_or_else(Timer::new)
    }
    /// The same, to be changed.
    pub(crate) fn timer_mut(&mut self, number: u8) -> &mut Timer {
        self.clear.timers.entry(number).or_insert_with(Timer::new)
    }
    /// Lets time pass for the timers.
    pub(super) fn count_down(&mut self, ms: u64) {
        for timer in self.clear.timers.values_mut().filter(|timer| timer.remaining > 0) {
            timer.remaining = timer.remaining.saturating_sub(ms);
            timer.signaled |= timer.remaining == 0;
        }
    }
    /// What a TPM Resume does to the timers.
    pub(crate) fn resume_timers(&mut self) {
        for timer in self.clear.timers.values_mut() {
            *timer = timer.resumed();
        }
    }
    /// The timers that signal, as bits.
    pub(crate) fn signaled(&self) -> u16 {
        let signaled = self.clear.timers.iter().filter(|(_, timer)| timer.signaled);
        signaled.fold(0, |bits, (number, _)| bits | 1 << (number & 15))
    }
    /// Milliseconds until the next timer expires.
    pub(crate) fn next_expiry(&self) -> Option<u64> {
        self.clear.timers.values().map(|timer| timer.remaining).filter(|left| *left > 0).min()
    }
}
