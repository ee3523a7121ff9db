use super::change_seeds::replace;
use crate::context::{Action, Context};
use crate::state::{DictionaryAttack, Hierarchies, Orderly};
use alloc::sync::Arc;
use tpm2_wire::{Clear, ClearReply, Rc, Tpm2bAuth, TpmRh};

/// Part 3, 24.6: the owner's things go.
impl Action for Clear {
    fn run(self, cx: &mut Context<'_>) -> Result<ClearReply, Rc> {
        if cx.state.persistent.hierarchies.disable_clear {
            return Err(Rc::DISABLED);
        }
        // All that the old seed and proofs vouched for is worth nothing from here on.
        replace(cx, |seeds| &mut seeds.storage)?;
        replace(cx, |seeds| &mut seeds.storage_proof)?;
        replace(cx, |seeds| &mut seeds.endorsement_proof)?;

        let state = &mut *cx.state;
        state.clear.owner_enable = true;
        state.clear.endorsement_enable = true;
        state.persistent.hierarchies = Arc::new(Hierarchies::new());
        state.flush_objects(TpmRh::OWNER);
        state.flush_objects(TpmRh::ENDORSEMENT);
        state.flush_owner_indices();
        state.persistent.da = Arc::new(DictionaryAttack::new(cx.profile));
        state.orderly = Orderly { clock: 0, clock_safe: true, self_heal_timer: 0, lockout_timer: 0 };
        state.keep_clock();
        Arc::make_mut(&mut state.persistent.counters).reset_count = 0;
        state.reset.restart_count = 0;
        // clear_count stays: were it to start anew, contexts of the platform that a Restart had ended would be valid again.
        Arc::make_mut(&mut state.persistent.audit).counter = 0;
        state.clear.pcr_auth = Tpm2bAuth::default();
        // A policy session that began with TPM2_PolicyPCR ends here.
        state.reset.pcr_counter = state.reset.pcr_counter.wrapping_add(1);
        Ok(ClearReply {})
    }
}
