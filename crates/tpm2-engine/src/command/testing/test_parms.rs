use crate::context::{Action, Context};
use crate::crypt::hash;
use crate::objects::keys;
use tpm2_crypto::mldsa::is_pre_hash;
use tpm2_wire::{Rc, TestParms, TestParmsReply, TpmtPublicParms};

/// Part 3, 30.3: parameters that could be read are parameters that the TPM supports, but for what goes together.
impl Action for TestParms {
    fn run(self, _: &mut Context<'_>) -> Result<TestParmsReply, Rc> {
        let fits = match &self.parameters {
            TpmtPublicParms::HashMldsa(parms) if !is_pre_hash(hash(parms.hash_alg)?) => Err(Rc::HASH),
            TpmtPublicParms::Ecc(parms) if parms.kdf.is_some() && !keys::has_use_of_kdf(parms) => Err(Rc::KDF),
            _ => Ok(()),
        };
        fits.map_err(|rc| rc.at(Self::parameters))?;
        Ok(TestParmsReply {})
    }
}
