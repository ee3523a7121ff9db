use crate::context::{Action, Context};
use crate::state::pcr::wire_alg;
use tpm2_wire::{List, PcrEvent, PcrEventReply, Rc, TpmtHa};

/// Part 3, 22.3. A digest is returned for each bank, whether it has the PCR or not.
impl Action for PcrEvent {
    fn run(self, cx: &mut Context<'_>) -> Result<PcrEventReply, Rc> {
        if let Some(pcr) = self.pcr_handle {
            cx.check_extend(pcr.0)?;
        }
        let mut digests = List::default();
        for alg in cx.state.volatile.pcrs.algs() {
            let digest = cx.crypto.digest(alg, &[&self.event_data]);
            if let Some(pcr) = self.pcr_handle {
                cx.extend_pcr(alg, pcr.0, &digest);
            }
            digests.0.push(TpmtHa { hash_alg: wire_alg(alg), digest: digest.to_vec() });
        }
        Ok(PcrEventReply { digests })
    }
}
