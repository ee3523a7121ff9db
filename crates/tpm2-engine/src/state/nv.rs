//! NV indices: public area, authorization and data; and what of an orderly index is durable.
//!
//! Most indices are durable as they are. One with `TPMA_NV_ORDERLY` has its changes in memory (Part 1, 34.2.4): they
//! are made durable by `TPM2_Shutdown`, and lost when there is none. What must not be lost is made durable at once:
//! that a counter counted past what start-up adds to it, a lock that lasts, an authorization value.
use super::State;
use alloc::{sync::Arc, vec::Vec};
use tpm2_crypto::CryptoProvider;
use tpm2_wire::{Rc, Tpm2bAuth, Tpm2bName, TpmNt, TpmaNv, TpmsNvPublic, to_vec};
use zeroize::Zeroizing;

saved! {
    /// One index. Its data are present once written, at the full size of the index.
    NvIndex {
        1 public: TpmsNvPublic,
        2 auth: Tpm2bAuth,
        3 data: Bytes,
    }
}

/// The data of an index: wiped when dropped.
#[derive(Clone, Default)]
pub(crate) struct Bytes(pub(crate) Zeroizing<Vec<u8>>);
impl crate::saved::Saved for Bytes {
    fn save(&self, w: &mut Vec<u8>) {
        (self.0.len() as u32).save(w);
        w.extend_from_slice(&self.0);
    }
    fn load(r: &mut tpm2_wire::Reader<'_>) -> Result<Self, crate::saved::LoadError> {
        let len = u32::load(r)?;
        Ok(Bytes(Zeroizing::new(crate::saved::take(r, len as usize)?.to_vec())))
    }
}

/// `MAX_ORDERLY_COUNT`: how far an orderly counter can be ahead of its durable copy. Of the form 2^n - 1.
pub(crate) const MAX_ORDERLY_COUNT: u64 = 0xFF;
/// What an index takes of NV memory beside its data, in bytes.
const OVERHEAD: usize = 256;
/// What a counter takes of NV memory, in bytes.
pub(crate) const COUNTER_FOOTPRINT: usize = 8 + OVERHEAD;

impl NvIndex {
    /// Attributes.
    pub(crate) fn attributes(&self) -> TpmaNv {
        self.public.attributes
    }
    /// The type of the index.
    pub(crate) fn kind(&self) -> TpmNt {
        self.public.attributes.kind().unwrap_or(TpmNt::Ordinary)
    }
    /// Was it ever written?
    pub(crate) fn written(&self) -> bool {
        self.public.attributes.has(TpmaNv::WRITTEN)
    }
    /// The Name (Part 1, 16): nameAlg and the digest of the public area.
    pub(crate) fn name(&self, crypto: &CryptoProvider) -> Result<Tpm2bName, Rc> {
        crate::crypt::name(crypto, self.public.name_alg, &to_vec(&self.public))
    }
    /// The data as a number, for counters, bit fields and PINs; zero when not written.
    pub(crate) fn number(&self) -> u64 {
        self.data.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }
    /// What it takes of NV memory, in bytes.
    pub(crate) fn footprint(&self) -> usize {
        usize::from(self.public.data_size) + OVERHEAD
    }
}

impl State {
    /// The NV index of a handle, as it is now.
    pub(crate) fn nv(&self, handle: u32) -> Option<&Arc<NvIndex>> {
        self.volatile.orderly_nv.get(&handle).or_else(|| self.persistent.nv.get(&handle))
    }
    /// All NV indices as they are now, in the order of their handles.
    pub(crate) fn indices(&self) -> impl Iterator<Item = (u32, &Arc<NvIndex>)> {
        let changed = &self.volatile.orderly_nv;
        self.persistent.nv.iter().map(|(handle, kept)| (*handle, changed.get(handle).unwrap_or(kept)))
    }
    /// Changes an index: in memory if that is enough for it.
    pub(crate) fn change_index(&mut self, handle: u32, change: impl FnOnce(&mut NvIndex)) {
        let Some(before) = self.nv(handle).cloned() else { return };
        let mut after = (*before).clone();
        change(&mut after);
        if after.attributes().has(TpmaNv::ORDERLY) && !after.must_last(&before) {
            Arc::make_mut(&mut self.volatile.orderly_nv).insert(handle, Arc::new(after));
        } else {
            self.keep_index(handle, Arc::new(after));
        }
    }
    /// Changes an index for good.
    pub(crate) fn change_index_durably(&mut self, handle: u32, change: impl FnOnce(&mut NvIndex)) {
        let Some(mut index) = self.nv(handle).cloned() else { return };
        change(Arc::make_mut(&mut index));
        self.keep_index(handle, index);
    }
    fn keep_index(&mut self, handle: u32, index: Arc<NvIndex>) {
        if self.volatile.orderly_nv.contains_key(&handle) {
            Arc::make_mut(&mut self.volatile.orderly_nv).remove(&handle);
        }
        Arc::make_mut(&mut self.persistent.nv).insert(handle, index);
    }
    /// Makes orderly indices durable, of which after a TPM Reset only counters will count.
    pub(crate) fn keep_orderly_nv(&mut self, counters_only: bool) {
        for (handle, index) in (*self.volatile.orderly_nv.clone()).clone() {
            if !counters_only || index.kind() == TpmNt::Counter {
                self.keep_index(handle, index);
            }
        }
    }
    /// Removes an index, without a trace.
    pub(crate) fn remove_index(&mut self, handle: u32) {
        Arc::make_mut(&mut self.volatile.orderly_nv).remove(&handle);
        Arc::make_mut(&mut self.persistent.nv).remove(&handle);
    }
    /// What a TPM Reset or a TPM Restart makes of the indices: see [`NvIndex::started`].
    pub(crate) fn start_nv(&mut self, reset: bool, orderly: bool) {
        for (handle, kept) in (*self.persistent.nv.clone()).clone() {
            let Some(started) = kept.started(reset, orderly) else { continue };
            if kept.attributes().has(TpmaNv::ORDERLY) {
                Arc::make_mut(&mut self.volatile.orderly_nv).insert(handle, Arc::new(started));
            } else {
                self.keep_index(handle, Arc::new(started));
            }
        }
    }
}

impl NvIndex {
    /// Is this, after a change of `before`, what an unorderly shutdown must not undo?
    fn must_last(&self, before: &NvIndex) -> bool {
        let counted = self.kind() == TpmNt::Counter
            && (!before.written()
                || self.number() != before.number() && self.number() & MAX_ORDERLY_COUNT == 0);
        let lock = TpmaNv::WRITELOCKED | TpmaNv::WRITEDEFINE;
        counted || self.attributes().has(lock) && !before.attributes().has(lock)
    }
    /// The index after a TPM Reset or a TPM Restart, if that changes it (Part 2, 13.4; Part 1, 34.2.4). A counter that
    /// may be behind what was read of it is set to the most that it can have been.
    fn started(&self, reset: bool, orderly: bool) -> Option<NvIndex> {
        let before = self.attributes();
        let counter = self.kind() == TpmNt::Counter;
        let mut after = before.with(TpmaNv::READLOCKED, false);
        if !counter && (before.has(TpmaNv::CLEAR_STCLEAR) || before.has(TpmaNv::ORDERLY) && reset) {
            after = after.with(TpmaNv::WRITTEN, false);
        }
        if !after.has(TpmaNv::WRITTEN) || !before.has(TpmaNv::WRITEDEFINE) {
            after = after.with(TpmaNv::WRITELOCKED, false);
        }
        let behind = counter && self.written() && before.has(TpmaNv::ORDERLY) && !orderly;
        let count = self.number() | MAX_ORDERLY_COUNT;
        if after == before && !(behind && count != self.number()) {
            return None;
        }
        let mut started = self.clone();
        started.public.attributes = after;
        if behind {
            started.data = Bytes(Zeroizing::new(count.to_be_bytes().to_vec()));
        }
        Some(started)
    }
}
