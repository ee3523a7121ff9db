use crate::context::{Action, Context};
use crate::crypt::hash;
use tpm2_crypto::mldsa::is_pre_hash;
use tpm2_wire::{Rc, TestParms, TestParmsReply, TpmtPublicParms};

/// Part 3, 30.3: parameters that could be read are parameters that the TPM supports, but for what goes together.
impl Action for TestParms {
    fn run(self, _: &mut Context<'_>) -> Result<TestParmsReply, Rc> {
        if let TpmtPublicParms::HashMldsa(parms) = &self.parameters
            && !is_pre_hash(hash(parms.hash_alg)?)
        {
            return Err(Rc::HASH.at(Self::parameters));
        }
        Ok(TestParmsReply {})
    }
}
