//! What several commands do to indices.
use crate::state::State;
use crate::state::nv::{Bytes, NvIndex};
use alloc::sync::Arc;
use tpm2_wire::{At, Rc, TpmNt, TpmaNv};
use zeroize::Zeroizing;

impl State {
    /// The index of a handle in a command.
    pub(super) fn index(&self, handle: u32, at: At) -> Result<Arc<NvIndex>, Rc> {
        self.nv(handle).cloned().ok_or(Rc::HANDLE.at(at))
    }
    /// Sets attributes of an index; one that has them all is not made durable again.
    pub(super) fn set_attributes(&mut self, handle: u32, attributes: TpmaNv) {
        if self.nv(handle).is_some_and(|index| !index.attributes().has(attributes)) {
            self.change_index(handle, |index| {
                index.public.attributes = index.attributes().with(attributes, true)
            });
        }
    }
    /// Writes `bytes` at `offset`, with zeros around them in an index that was not written before. What would
    /// change nothing is not made durable again (Part 3, 31.7.1). The caller has checked that it fits.
    pub(super) fn write_index(&mut self, handle: u32, offset: usize, bytes: &[u8]) -> Result<(), Rc> {
        let index = self.nv(handle).ok_or(Rc::HANDLE)?;
        // What an index held before TPMA_NV_WRITTEN was cleared at start-up is gone.
        let mut data = match index.written() {
            true => index.data.0.clone(),
            false => Zeroizing::new(alloc::vec![0; usize::from(index.public.data_size)]),
        };
        let range = offset..offset.checked_add(bytes.len()).ok_or(Rc::NV_RANGE)?;
        data.get_mut(range).ok_or(Rc::NV_RANGE)?.copy_from_slice(bytes);
        if !index.written() || *data != *index.data.0 {
            self.change_index(handle, |index| {
                index.public.attributes = index.attributes().with(TpmaNv::WRITTEN, true);
                index.data = Bytes(data);
            });
        }
        Ok(())
    }
    /// Removes an index, if it is there. What a counter has reached is remembered.
    pub(crate) fn undefine_index(&mut self, handle: u32) {
        let Some(index) = self.nv(handle).cloned() else { return };
        if let Some(count) = count(&index)
            && count > self.persistent.counters.highest_counter
        {
            Arc::make_mut(&mut self.persistent.counters).highest_counter = count;
        }
        self.remove_index(handle);
    }
    /// The highest count that any counter has or had: where a new one begins (Part 3, 31.2).
    pub(super) fn highest_count(&self) -> u64 {
        let defined = self.indices().filter_map(|(_, index)| count(index)).max().unwrap_or(0);
        defined.max(self.persistent.counters.highest_counter)
    }
    /// The NV memory that is in use, in bytes.
    pub(crate) fn nv_used(&self) -> usize {
        self.persistent.nv.values().map(|index| index.footprint()).sum()
    }
}

/// The count of a counter that was incremented.
fn count(index: &NvIndex) -> Option<u64> {
    (index.kind() == TpmNt::Counter && index.written()).then(|| index.number())
}
