//! How commands change PCRs: counted (Part 3, 22.1), from the localities that the platform specification
//! names.
use crate::context::Context;
use crate::state::State;
use crate::state::pcr::{allows, attributes};
use alloc::sync::Arc;
use tpm2_crypto::{CryptoProvider, Digest, HashAlg};
use tpm2_wire::Rc;

impl Context<'_> {
    /// May the caller's locality extend the PCR?
    pub(crate) fn check_extend(&self, pcr: u32) -> Result<(), Rc> {
        if allows(attributes(pcr).extend, self.locality) { Ok(()) } else { Err(Rc::LOCALITY) }
    }
    /// Extends a PCR of one bank; where the bank has no such PCR, nothing happens.
    pub(crate) fn extend_pcr(&mut self, alg: HashAlg, pcr: u32, digest: &[u8]) {
        self.state.extend_pcr(self.crypto, alg, pcr, digest);
    }
}

impl State {
    /// Extends a PCR of one bank, which counts as one change; where the bank has no such PCR, nothing happens.
    pub(crate) fn extend_pcr(&mut self, crypto: &CryptoProvider, alg: HashAlg, pcr: u32, digest: &[u8]) {
        if Arc::make_mut(&mut self.volatile.pcrs).extend(crypto, alg, pcr, digest) {
            self.count_pcr_change(pcr);
        }
    }
    /// Sets a PCR to zero in all banks, which counts as one change.
    pub(super) fn zero_pcr(&mut self, pcr: u32) {
        Arc::make_mut(&mut self.volatile.pcrs).set(pcr, Digest::zero);
        self.count_pcr_change(pcr);
    }
    /// Counts a change of a PCR, unless the platform specification exempts it.
    pub(crate) fn count_pcr_change(&mut self, pcr: u32) {
        if !attributes(pcr).no_increment {
            self.reset.pcr_counter = self.reset.pcr_counter.wrapping_add(1);
        }
    }
}
