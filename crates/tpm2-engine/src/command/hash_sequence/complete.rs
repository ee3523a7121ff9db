//! TPM2_SequenceUpdate (Part 3, 17.5), TPM2_SequenceComplete (17.6) and TPM2_EventSequenceComplete (17.7).
use crate::context::{Action, Context};
use crate::crypt::{digest_2b, null_hashcheck};
use crate::state::object::Loaded;
use crate::state::pcr::wire_alg;
use crate::state::sequence::{Kind, Sequence};
use alloc::sync::Arc;
use tpm2_wire::{
    At, EventSequenceComplete, EventSequenceCompleteReply, Rc, SequenceComplete, SequenceCompleteReply, SequenceUpdate,
    SequenceUpdateReply, TpmRh, TpmiDhObject, TpmtHa,
};

fn sequence<'a>(cx: &'a mut Context<'_>, handle: TpmiDhObject, at: At) -> Result<&'a mut Sequence, Rc> {
    match cx.state.volatile.objects.get_mut(&handle.0) {
        Some(Loaded::Sequence(sequence)) => Ok(Arc::make_mut(sequence)),
        _ => Err(Rc::MODE.at(at)),
    }
}

impl Action for SequenceUpdate {
    fn run(self, cx: &mut Context<'_>) -> Result<SequenceUpdateReply, Rc> {
        sequence(cx, self.sequence_handle, Self::sequence_handle)?.update(&self.buffer);
        Ok(SequenceUpdateReply {})
    }
}

impl Action for SequenceComplete {
    fn run(self, cx: &mut Context<'_>) -> Result<SequenceCompleteReply, Rc> {
        cx.state.check_ticket_hierarchy(self.hierarchy, Self::hierarchy)?;
        let sequence = sequence(cx, self.sequence_handle, Self::sequence_handle)?;
        sequence.update(&self.buffer);
        let sequence = sequence.clone();
        let safe = sequence.safe();
        let (result, validation) = match sequence.kind {
            Kind::Hash(hasher) => {
                let alg = wire_alg(hasher.alg());
                let digest = hasher.finish();
                let validation = if safe && self.hierarchy.0 != TpmRh::NULL {
                    cx.state.hashcheck(cx.crypto, self.hierarchy, alg, &digest)
                } else {
                    null_hashcheck()
                };
                (digest, validation)
            }
            Kind::Hmac(hmac) => (hmac.finish(), null_hashcheck()),
            Kind::Cmac(cmac) => (cmac.finish(), null_hashcheck()),
            Kind::Event(_) | Kind::Signing(_) => return Err(Rc::MODE.at(Self::sequence_handle)),
        };
        cx.state.volatile.objects.remove(&self.sequence_handle.0);
        Ok(SequenceCompleteReply { result: digest_2b(&result), validation })
    }
}

impl Action for EventSequenceComplete {
    fn run(self, cx: &mut Context<'_>) -> Result<EventSequenceCompleteReply, Rc> {
        let sequence = sequence(cx, self.sequence_handle, Self::sequence_handle)?;
        sequence.update(&self.buffer);
        let Kind::Event(hashers) = sequence.clone().kind else {
            return Err(Rc::MODE.at(Self::sequence_handle));
        };
        let pcr = self.pcr_handle.map(|handle| handle.0);
        if let Some(n) = pcr {
            cx.check_extend(n)?;
        }
        let results = hashers
            .into_iter()
            .map(|hasher| {
                let alg = hasher.alg();
                let digest = hasher.finish();
                if let Some(n) = pcr {
                    cx.extend_pcr(alg, n, &digest);
                }
                TpmtHa { hash_alg: wire_alg(alg), digest: digest.to_vec() }
            })
            .collect();
        cx.state.volatile.objects.remove(&self.sequence_handle.0);
        Ok(EventSequenceCompleteReply { results })
    }
}
