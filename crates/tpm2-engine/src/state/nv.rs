//! An NV index: its public area, its authorization and its data.
use alloc::vec::Vec;
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
