use super::message::{Scheme, verify_digest};
use super::support::hmac_signature;
use crate::command::hash_sequence::signing;
use crate::context::{Action, Context};
use crate::crypt::digest_2b;
use crate::state::sequence::Fed;
use tpm2_crypto::ct_eq;
use tpm2_wire::{
    Rc, Tpm2bDigest, TpmRh, TpmSt, TpmiRhHierarchy, TpmtSignature, TpmtTkVerified, VerifySequenceComplete,
    VerifySequenceCompleteReply,
};

/// Part 3, 20.3.
impl Action for VerifySequenceComplete {
    fn run(self, cx: &mut Context<'_>) -> Result<VerifySequenceCompleteReply, Rc> {
        let mut sequence = signing(cx, self.sequence_handle, true, Self::sequence_handle)?;
        let key = cx.object(self.key_handle, Rc::KEY, Self::key_handle)?;
        sequence.check_key(cx, &key).map_err(|rc| rc.at(Self::key_handle))?;
        let context = core::mem::take(&mut sequence.context);
        let scheme = Scheme::of(&key).and_then(|scheme| scheme.with(&context));
        let scheme = scheme.ok_or(Rc::SCHEME.at(Self::key_handle))?;
        if !scheme.made(&key, &self.signature) {
            return Err(Rc::SCHEME.at(Self::signature));
        }
        match sequence.fed {
            Fed::Digest(hasher) => {
                verify_digest(cx, &key, scheme.context, &hasher.finish(), &self.signature)
            }
            Fed::Hmac(hmac) => match (hmac_signature(&scheme.scheme, &hmac.finish())?, &self.signature) {
                (TpmtSignature::Hmac(ours), TpmtSignature::Hmac(theirs)) if ct_eq(&ours.digest, &theirs.digest) => {
                    Ok(())
                }
                _ => Err(Rc::SIGNATURE),
            },
        }
        .map_err(|rc| rc.at(Self::signature))?;
        let (hierarchy, hmac) = match sequence.ticket {
            Some(mut ticket) => {
                ticket.update(&key.name);
                (key.hierarchy, digest_2b(&ticket.finish()))
            }
            None => (TpmRh::NULL, Tpm2bDigest::default()),
        };
        cx.state.volatile.objects.remove(&self.sequence_handle.0);
        let validation = TpmtTkVerified {
            tag: TpmSt::MESSAGE_VERIFIED,
            hierarchy: TpmiRhHierarchy(hierarchy),
            metadata: None,
            hmac,
        };
        Ok(VerifySequenceCompleteReply { validation })
    }
}
