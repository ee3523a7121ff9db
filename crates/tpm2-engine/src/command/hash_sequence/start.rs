//! TPM2_MAC_Start (Part 3, 17.3) and TPM2_HashSequenceStart (17.4).
use super::super::symmetric::mac;
use crate::context::{Action, Context};
use crate::crypt::{hash, strip};
use crate::state::object::Loaded;
use crate::state::sequence::{Kind, Sequence};
use alloc::sync::Arc;
use tpm2_wire::{HashSequenceStart, HashSequenceStartReply, MacStart, MacStartReply, Rc, Tpm2bAuth, TpmiDhObject};

pub(super) fn load(cx: &mut Context<'_>, auth: &Tpm2bAuth, kind: Kind) -> Result<TpmiDhObject, Rc> {
    let sequence = Sequence { auth: strip(auth), kind, safe: None };
    cx.load(Loaded::Sequence(Arc::new(sequence))).map(TpmiDhObject)
}

impl Action for MacStart {
    fn run(self, cx: &mut Context<'_>) -> Result<MacStartReply, Rc> {
        let kind = mac::start(cx, self.handle, self.in_scheme, Self::handle, Self::in_scheme)?;
        Ok(MacStartReply { sequence_handle: load(cx, &self.auth, kind)? })
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
