//! What goes when a hierarchy goes.
use crate::state::State;
use crate::state::limited::base;
use crate::state::object::Loaded;
use alloc::sync::Arc;
use alloc::vec::Vec;
use tpm2_wire::TpmaNv;

impl State {
    /// Flushes the transient objects of a hierarchy. Sequences belong to none.
    pub(super) fn flush_transient(&mut self, hierarchy: u32) {
        self.volatile.objects.retain(|_, loaded| match loaded {
            Loaded::Object(object) => base(object.hierarchy) != hierarchy,
            Loaded::Sequence(_) => true,
        });
    }
    /// Flushes the transient and removes the persistent objects of a hierarchy.
    pub(super) fn flush_objects(&mut self, hierarchy: u32) {
        self.flush_transient(hierarchy);
        if self.persistent.objects.values().any(|object| base(object.hierarchy) == hierarchy) {
            Arc::make_mut(&mut self.persistent.objects).retain(|_, object| base(object.hierarchy) != hierarchy);
        }
    }
    /// Removes the NV indices that the owner defined.
    pub(super) fn flush_owner_indices(&mut self) {
        let all = self.persistent.nv.iter();
        let owners: Vec<u32> = all
            .filter(|(_, index)| !index.attributes().has(TpmaNv::PLATFORMCREATE))
            .map(|(handle, _)| *handle)
            .collect();
        owners.into_iter().for_each(|handle| self.undefine_index(handle));
    }
}
