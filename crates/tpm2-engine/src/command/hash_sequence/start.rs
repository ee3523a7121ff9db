//! TPM2_HMAC_Start (Part 3, 17.2) and TPM2_HashSequenceStart (17.4).
use super::hmac::key;
use crate::context::{Action, Context};
use crate::crypt::{hash, strip};
use crate::state::object::Loaded;
use crate::state::sequence::{Kind, Sequence};
use alloc::sync::Arc;
use tpm2_wire::{HashSequenceStart, HashSequenceStartReply, HmacStart, HmacStartReply, Rc, Tpm2bAuth, TpmiDhObject};

pub(super) fn load(cx: &mut Context<'_>, auth: &Tpm2bAuth, kind: Kind) -> Result<TpmiDhObject, Rc> {
    let sequence = Sequence { auth: strip(auth), kind, safe: None };
    cx.load(Loaded::Sequence(Arc::new(sequence))).map(TpmiDhObject)
}

impl Action for HmacStart {
    fn run(self, cx: &mut Context<'_>) -> Result<HmacStartReply, Rc> {
        let (key, alg) = key(cx, self.handle, self.hash_alg, Self::handle, Self::hash_alg)?;
        let secret = key.sensitive.as_ref().ok_or(Rc::KEY.at(Self::handle))?;
        let kind = Kind::Hmac(cx.crypto.hmac_state(hash(alg)?, secret.sensitive.bytes()));
        Ok(HmacStartReply { sequence_handle: load(cx, &self.auth, kind)? })
    }
}

impl Action for HashSequenceStart {
    fn run(self, cx: &mut Context<'_>) -> Result<HashSequenceStartReply, Rc> {
        let kind = match self.hash_alg {
            Some(alg) => Kind::Hash(cx.crypto.hasher(hash(alg)?)),
            // An event, for all banks.
            None => {
                let algs = cx.state.volatile.pcrs.algs();
                Kind::Event(algs.into_iter().map(|alg| cx.crypto.hasher(alg)).collect())
            }
        };
        Ok(HashSequenceStartReply { sequence_handle: load(cx, &self.auth, kind)? })
    }
}
