use crate::context::{Action, Context};
use crate::crypt::hash;
use tpm2_wire::{PcrExtend, PcrExtendReply, Rc};

/// Part 3, 22.2.
impl Action for PcrExtend {
    fn run(self, cx: &mut Context<'_>) -> Result<PcrExtendReply, Rc> {
        // Without a PCR, the caller only wanted to know which hashes there are.
        let Some(pcr) = self.pcr_handle else { return Ok(PcrExtendReply {}) };
        cx.check_extend(pcr.0)?;
        for digest in &*self.digests {
            cx.extend_pcr(hash(digest.hash_alg)?, pcr.0, &digest.digest);
        }
        Ok(PcrExtendReply {})
    }
}
