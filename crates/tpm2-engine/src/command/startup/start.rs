use crate::context::{Action, Context};
use crate::state::pcr::{self, Pcrs};
use crate::state::{ClearState, ResetState, shutdown};
use alloc::sync::Arc;
use tpm2_wire::{PCR_COUNT, Rc, Secret, Startup, StartupReply, TpmSu};

/// The kinds of start-up (Part 1, 12.2.3).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Reset,
    Restart,
    Resume,
}

/// Part 3, 9.3.
impl Action for Startup {
    fn run(self, cx: &mut Context<'_>) -> Result<StartupReply, Rc> {
        // The localities of a static root of trust (PTP, 4.6.2); an H-CRTM overrides.
        if cx.locality != 0 && cx.locality != 3 {
            return Err(Rc::LOCALITY);
        }
        let kept = cx.state.persistent.kept.clone();
        let h_crtm = cx.state.volatile.h_crtm;
        let kept = (*kept).clone().filter(|_| cx.state.persistent.counters.shutdown == shutdown::STATE);
        let how = cx.state.persistent.counters.shutdown;
        let orderly = shutdown::orderly(how);
        let (kind, reset, clear) = match (self.startup_type, kept) {
            // The root of trust must be the one of before; where an H-CRTM was it, the locality does not count.
            (TpmSu::State, Some(kept))
                if kept.h_crtm != h_crtm || !h_crtm && kept.startup_locality != cx.locality =>
            {
                return Err(Rc::LOCALITY);
            }
            (TpmSu::State, Some(kept)) => (Kind::Resume, kept.reset, kept.clear),
            // Nothing was kept: to go on with default values would let PCRs be forged (CVE-2018-6622).
            (TpmSu::State, None) => return Err(Rc::VALUE.at(Self::startup_type)),
            (TpmSu::Clear, Some(kept)) => (Kind::Restart, kept.reset, ClearState::new()),
            (TpmSu::Clear, None) => {
                let (proof, seed) = (cx.random(64)?, cx.random(64)?);
                (Kind::Reset, ResetState::new(Secret::from(&proof[..]), Secret::from(&seed[..])), ClearState::new())
            }
        };
        let epoch = cx.random(4)?;
        let locality = cx.locality;
        let state = &mut *cx.state;
        state.reset = reset;
        state.clear = clear;

        let counters = Arc::make_mut(&mut state.persistent.counters);
        counters.shutdown = shutdown::NONE;
        if kind == Kind::Reset {
            counters.total_reset_count = counters.total_reset_count.saturating_add(1);
            counters.reset_count = counters.reset_count.wrapping_add(1);
        } else {
            state.reset.restart_count = state.reset.restart_count.wrapping_add(1);
        }
        if kind == Kind::Restart {
            // Contexts of objects with stClear end here.
            state.reset.clear_count = state.reset.clear_count.wrapping_add(1);
        }
        state.persistent.kept = Arc::new(None);
        if !orderly {
            state.orderly.clock_safe = false;
            state.keep_clock();
        }
        start_dictionary_attack(state, how == shutdown::DA_USED);
        if kind == Kind::Resume {
            state.resume_timers();
        } else {
            state.start_nv(kind == Kind::Reset, orderly);
        }
        start_pcrs(state, kind, locality);

        let volatile = &mut state.volatile;
        volatile.started = true;
        volatile.platform_enable = true;
        volatile.time = 0;
        volatile.time_epoch = epoch.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
        volatile.startup_locality = locality;
        volatile.orderly = orderly;
        Ok(StartupReply {})
    }
}

/// Without a lockout recovery time it is start-up that gives lockout authorization back (Part 3, 25.3). A run that used a protected authorization
/// value and was cut off counts as one failure (16.8.6): who cuts off learns nothing for it.
fn start_dictionary_attack(state: &mut crate::state::State, cut_off: bool) {
    let da = &state.persistent.da;
    if da.lockout_recovery == 0 && !da.lockout_auth_enabled {
        Arc::make_mut(&mut state.persistent.da).lockout_auth_enabled = true;
    }
    let da = &state.persistent.da;
    if cut_off && da.recovery_time != 0 && da.failed_tries < da.max_tries {
        state.count_failure();
    }
}

/// PCRs start anew, which counts as a change of each; a resume brings back those that the platform says are kept.
fn start_pcrs(state: &mut crate::state::State, kind: Kind, locality: u8) {
    let h_crtm = state.volatile.h_crtm;
    let fresh = Pcrs::new(&state.persistent.banks);
    let now = core::mem::replace(&mut state.volatile.pcrs, Arc::new(fresh));
    let kept = state.clear.pcrs.take().filter(|_| kind == Kind::Resume);
    let pcrs = Arc::make_mut(&mut state.volatile.pcrs);
    match kept {
        Some(kept) => {
            for n in (0..PCR_COUNT).filter(|n| pcr::attributes(*n).state_save) {
                pcrs.set(n, |alg| kept.get(alg, n).copied().unwrap_or(tpm2_crypto::Digest::zero(alg)));
            }
        }
        None if h_crtm => pcrs.set(0, |alg| now.get(alg, 0).copied().unwrap_or(tpm2_crypto::Digest::zero(alg))),
        None => pcrs.set(0, |alg| pcr::starting_at(alg, locality)),
    }
    for n in (0..PCR_COUNT).filter(|n| kind != Kind::Resume || !pcr::attributes(*n).state_save) {
        state.count_pcr_change(n);
    }
}
