use crate::context::{Action, Context};
use crate::crypt::{digest_2b, hash, null_hashcheck};
use tpm2_wire::{Hash, HashReply, Rc, TPM_GENERATED, TpmRh};

/// Part 3, 15.4.
impl Action for Hash {
    fn run(self, cx: &mut Context<'_>) -> Result<HashReply, Rc> {
        cx.state.check_ticket_hierarchy(self.hierarchy, Self::hierarchy)?;
        let digest = cx.crypto.digest(hash(self.hash_alg)?, &[&self.data]);
        let safe = !self.data.starts_with(&TPM_GENERATED.to_be_bytes());
        let validation = if safe && self.hierarchy.0 != TpmRh::NULL {
            cx.state.hashcheck(cx.crypto, self.hierarchy, self.hash_alg, &digest)
        } else {
            null_hashcheck()
        };
        Ok(HashReply { out_hash: digest_2b(&digest), validation })
    }
}
