//! What the platform tells the TPM beside commands: `_TPM_Hash_*` and `tpmEstablished` (Part 1, 34.2; Part 3, 22.9).
use crate::state::pcr;
use crate::state::sequence::{Kind, Sequence};
use crate::{Delta, Platform, Tpm};
use alloc::sync::Arc;
use tpm2_crypto::Digest;
use tpm2_wire::Tpm2bAuth;

/// The PCR that a dynamic launch measures into.
const DRTM_PCR: u32 = 17;
/// The PCR that the H-CRTM measures into, before `TPM2_Startup`.
const H_CRTM_PCR: u32 = 0;
/// The locality of `_TPM_Hash_*`.
const DRTM_LOCALITY: u8 = 4;

impl Tpm {
    /// `_TPM_Hash_Start`: opens the event sequence, in the place of one that is open.
    pub fn hash_start(&mut self, platform: &mut dyn Platform) {
        self.pass_time(platform);
        if self.failure.is_some() || self.test_banks().is_err() {
            return;
        }
        let hashers =
            self.state.volatile.pcrs.algs().into_iter().map(|alg| self.crypto.hasher(alg)).collect();
        let kind = Kind::Event(hashers);
        self.state.volatile.event = Some(Arc::new(Sequence { auth: Tpm2bAuth::default(), kind, safe: None }));
    }
    /// `_TPM_Hash_Data`: ignored when no sequence is open.
    pub fn hash_data(&mut self, data: &[u8]) {
        if let Some(event) = &mut self.state.volatile.event {
            Arc::make_mut(event).update(data);
        }
    }
    /// `_TPM_Hash_End`: measures the event. Before `TPM2_Startup` it is the H-CRTM's and goes to PCR 0; after, a
    /// dynamic launch begins: the DRTM's PCRs are reset and PCR 17 is extended.
    pub fn hash_end(&mut self, platform: &mut dyn Platform) -> Option<Delta> {
        self.pass_time(platform);
        let event = self.state.volatile.event.take()?;
        let Kind::Event(hashers) = Arc::unwrap_or_clone(event).kind else { return None };
        let volatile = &mut self.state.volatile;
        let pcrs = Arc::make_mut(&mut volatile.pcrs);
        let target = if volatile.started {
            for n in
                (0..tpm2_wire::PCR_COUNT).filter(|n| pcr::allows(pcr::attributes(*n).reset, DRTM_LOCALITY))
            {
                if pcr::starts_with_ones(n) {
                    pcrs.set(n, Digest::zero);
                }
            }
            Arc::make_mut(&mut self.state.persistent.counters).established = true;
            DRTM_PCR
        } else {
            // PCR 0 tells that the H-CRTM measured: it starts at 4 (PTP, 4.6.2).
            volatile.h_crtm = true;
            pcrs.set(H_CRTM_PCR, |alg| pcr::starting_at(alg, DRTM_LOCALITY));
            H_CRTM_PCR
        };
        for hasher in hashers {
            // Before start-up the count does not matter: it begins anew, or where it was kept.
            self.state.extend_pcr(self.crypto, hasher.alg(), target, &hasher.finish());
        }
        self.delta()
    }
    /// `tpmEstablished`: a dynamic launch took place since it was last reset.
    #[must_use]
    pub fn established(&self) -> bool {
        self.state.persistent.counters.established
    }
    /// Resets `tpmEstablished`, from locality 3 or 4. False when refused.
    pub fn reset_established(&mut self, locality: u8) -> (bool, Option<Delta>) {
        if !(3..=4).contains(&locality) {
            return (false, None);
        }
        if !self.established() {
            return (true, None);
        }
        Arc::make_mut(&mut self.state.persistent.counters).established = false;
        (true, self.delta())
    }
}
