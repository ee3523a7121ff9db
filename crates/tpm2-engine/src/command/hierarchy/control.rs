use crate::context::{Action, Context};
use tpm2_wire::{HierarchyControl, HierarchyControlReply, Rc, TpmRh};

/// Part 3, 24.2.
impl Action for HierarchyControl {
    fn run(self, cx: &mut Context<'_>) -> Result<HierarchyControlReply, Rc> {
        let (auth, which, enable) = (self.auth_handle.0, self.enable.0, self.state.yes());
        let state = &mut *cx.state;
        // A hierarchy's own authorization switches it off, and only the platform's switches it on again. The
        // platform hierarchy comes back with a restart: while it is off, nothing can authorize.
        let own = which == auth && (!enable || state.hierarchy_enabled(which));
        if auth != TpmRh::PLATFORM && !own {
            return Err(Rc::AUTH_TYPE);
        }
        let selected = match which {
            TpmRh::OWNER => &mut state.clear.owner_enable,
            TpmRh::ENDORSEMENT => &mut state.clear.endorsement_enable,
            TpmRh::PLATFORM => &mut state.volatile.platform_enable,
            _ => &mut state.clear.platform_nv_enable,
        };
        let disabled = *selected && !enable;
        *selected = enable;
        if disabled && which != TpmRh::PLATFORM_NV {
            // Persistent objects stay, but cannot be used.
            state.flush_transient(which);
        }
        Ok(HierarchyControlReply {})
    }
}
