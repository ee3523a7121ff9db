use crate::context::{Action, Context};
use crate::state::{Kept, shutdown, timer};
use alloc::sync::Arc;
use tpm2_wire::{Rc, Shutdown, ShutdownReply, TpmSu};

/// Part 3, 9.4.
impl Action for Shutdown {
    fn run(self, cx: &mut Context<'_>) -> Result<ShutdownReply, Rc> {
        let state = &mut *cx.state;
        let (how, kept) = match self.shutdown_type {
            TpmSu::Clear => (shutdown::CLEAR, None),
            TpmSu::State => {
                // Banks that are to change cannot be resumed.
                if state.volatile.banks_changed {
                    return Err(Rc::TYPE.at(Self::shutdown_type));
                }
                let mut clear = state.clear.clone();
                clear.pcrs = Some((*state.volatile.pcrs).clone());
                clear.timers = timer::kept(&clear.timers);
                (shutdown::STATE, Some(Kept {
                    reset: state.reset.clone(),
                    clear,
                    startup_locality: state.volatile.startup_locality,
                    h_crtm: state.volatile.h_crtm,
                }))
            }
        };
        state.persistent.kept = Arc::new(kept);
        state.keep_orderly_nv(how == shutdown::CLEAR);
        state.orderly.clock_safe = true;
        state.keep_clock();
        let counters = Arc::make_mut(&mut state.persistent.counters);
        counters.shutdown = how;
        Ok(ShutdownReply {})
    }
}
