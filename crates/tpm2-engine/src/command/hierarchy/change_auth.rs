use crate::context::{Action, Context};
use crate::crypt::strip;
use alloc::sync::Arc;
use tpm2_wire::{HierarchyChangeAuth, HierarchyChangeAuthReply, Rc, TpmRh};

/// Part 3, 24.8. The value may be as long as a digest of the hash that protects contexts; as that is the
/// longest there is, a `TPM2B_AUTH` cannot be too long.
impl Action for HierarchyChangeAuth {
    fn run(self, cx: &mut Context<'_>) -> Result<HierarchyChangeAuthReply, Rc> {
        let auth = strip(&self.new_auth);
        let hierarchies = &mut cx.state.persistent.hierarchies;
        match self.auth_handle.0 {
            TpmRh::OWNER => Arc::make_mut(hierarchies).owner_auth = auth,
            TpmRh::ENDORSEMENT => Arc::make_mut(hierarchies).endorsement_auth = auth,
            TpmRh::LOCKOUT => Arc::make_mut(hierarchies).lockout_auth = auth,
            _ => cx.state.clear.platform_auth = auth,
        }
        Ok(HierarchyChangeAuthReply {})
    }
}
