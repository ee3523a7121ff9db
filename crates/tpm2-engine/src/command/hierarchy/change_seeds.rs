//! TPM2_ChangePPS (Part 3, 24.4) and TPM2_ChangeEPS (24.5).
use crate::context::{Action, Context};
use crate::state::{Policy, Seeds};
use alloc::sync::Arc;
use tpm2_wire::{ChangeEps, ChangeEpsReply, ChangePps, ChangePpsReply, Rc, Secret, Tpm2bAuth, TpmRh};

impl Action for ChangePps {
    fn run(self, cx: &mut Context<'_>) -> Result<ChangePpsReply, Rc> {
        replace(cx, |seeds| &mut seeds.platform)?;
        replace(cx, |seeds| &mut seeds.platform_proof)?;
        cx.state.clear.platform_policy = Policy::none();
        Arc::make_mut(&mut cx.state.persistent.platform).pcr_policy = Policy::none();
        // NV indices of the platform stay: what they hold is configuration.
        cx.state.flush_objects(TpmRh::PLATFORM);
        Ok(ChangePpsReply {})
    }
}

impl Action for ChangeEps {
    fn run(self, cx: &mut Context<'_>) -> Result<ChangeEpsReply, Rc> {
        replace(cx, |seeds| &mut seeds.endorsement)?;
        replace(cx, |seeds| &mut seeds.endorsement_proof)?;
        let state = &mut *cx.state;
        state.clear.endorsement_enable = true;
        let hierarchies = Arc::make_mut(&mut state.persistent.hierarchies);
        hierarchies.endorsement_auth = Tpm2bAuth::default();
        hierarchies.endorsement_policy = Policy::none();
        state.flush_objects(TpmRh::ENDORSEMENT);
        Ok(ChangeEpsReply {})
    }
}

/// Gives a seed or a proof a new random value. How RSA primes derive from a seed stays as the TPM has it.
pub(super) fn replace<const N: usize>(
    cx: &mut Context<'_>,
    which: impl FnOnce(&mut Seeds) -> &mut Secret<N>,
) -> Result<(), Rc> {
    let fresh = cx.random(N)?;
    *which(Arc::make_mut(&mut cx.state.persistent.seeds)) = Secret::from(&fresh[..]);
    Ok(())
}
