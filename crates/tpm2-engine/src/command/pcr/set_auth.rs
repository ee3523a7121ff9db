//! TPM2_PCR_SetAuthPolicy (Part 3, 22.6) and TPM2_PCR_SetAuthValue (22.7): of the one set of PCRs that has both.
use crate::context::{Action, Context};
use crate::crypt::strip;
use crate::state::Policy;
use crate::state::pcr::attributes;
use alloc::sync::Arc;
use tpm2_wire::{
    PcrSetAuthPolicy, PcrSetAuthPolicyReply, PcrSetAuthValue, PcrSetAuthValueReply, Rc, Tpm2bAuth,
};

impl Action for PcrSetAuthPolicy {
    fn run(self, cx: &mut Context<'_>) -> Result<PcrSetAuthPolicyReply, Rc> {
        if self.auth_policy.len() != self.hash_alg.map_or(0, |alg| alg.digest_size()) {
            return Err(Rc::SIZE.at(Self::auth_policy));
        }
        if !attributes(self.pcr_num.0).authorized {
            return Err(Rc::VALUE.at(Self::pcr_num));
        }
        let policy = Policy { alg: self.hash_alg, digest: self.auth_policy };
        Arc::make_mut(&mut cx.state.persistent.platform).pcr_policy = policy;
        Ok(PcrSetAuthPolicyReply {})
    }
}

impl Action for PcrSetAuthValue {
    fn run(self, cx: &mut Context<'_>) -> Result<PcrSetAuthValueReply, Rc> {
        // Without a position, as other implementations have it.
        if !attributes(self.pcr_handle.0).authorized {
            return Err(Rc::VALUE);
        }
        let auth = Tpm2bAuth::from(&self.auth[..]);
        cx.state.clear.pcr_auth = strip(&auth);
        Ok(PcrSetAuthValueReply {})
    }
}
