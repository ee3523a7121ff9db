use crate::command::timer;
use crate::context::{Action, Context};
use crate::entity::timer_number;
use crate::state::Policy;
use alloc::sync::Arc;
use tpm2_wire::{Rc, SetPrimaryPolicy, SetPrimaryPolicyReply, TpmRh};

/// Part 3, 24.3.
impl Action for SetPrimaryPolicy {
    fn run(self, cx: &mut Context<'_>) -> Result<SetPrimaryPolicyReply, Rc> {
        if self.auth_policy.len() != self.hash_alg.map_or(0, |alg| alg.digest_size()) {
            return Err(Rc::SIZE.at(Self::auth_policy));
        }
        let policy = Policy { alg: self.hash_alg, digest: self.auth_policy };
        let hierarchies = &mut cx.state.persistent.hierarchies;
        match self.auth_handle.0 {
            TpmRh::OWNER => Arc::make_mut(hierarchies).owner_policy = policy,
            TpmRh::ENDORSEMENT => Arc::make_mut(hierarchies).endorsement_policy = policy,
            TpmRh::LOCKOUT => Arc::make_mut(hierarchies).lockout_policy = policy,
            TpmRh::PLATFORM => cx.state.clear.platform_policy = policy,
            timer => {
                let present = timer::handles(cx.profile).any(|handle| handle == timer);
                let number = timer_number(timer).filter(|_| present).ok_or(Rc::VALUE.at(Self::auth_handle))?;
                cx.state.timer_mut(number).policy = policy;
            }
        }
        Ok(SetPrimaryPolicyReply {})
    }
}
