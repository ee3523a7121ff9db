use super::message::{Scheme, sign_digest, sign_message};
use super::support::hmac_signature;
use crate::command::hash_sequence::signing;
use crate::context::{Action, Context};
use crate::state::sequence::Fed;
use tpm2_wire::{Rc, SignSequenceComplete, SignSequenceCompleteReply, TpmaObject, TpmtSigScheme};

/// Part 3, 20.6.
impl Action for SignSequenceComplete {
    fn run(self, cx: &mut Context<'_>) -> Result<SignSequenceCompleteReply, Rc> {
        let mut sequence = signing(cx, self.sequence_handle, false, Self::sequence_handle)?;
        let key = cx.object(self.key_handle, Rc::KEY, Self::key_handle)?;
        sequence.check_key(cx, &key).map_err(|rc| rc.at(Self::key_handle))?;
        let context = core::mem::take(&mut sequence.context);
        let scheme = Scheme::of(&key).and_then(|scheme| scheme.with(&context));
        let scheme = scheme.ok_or(Rc::SCHEME.at(Self::key_handle))?;
        let whole = !sequence.updated;
        sequence.update(&self.buffer);
        if key.has(TpmaObject::RESTRICTED) && sequence.seems_generated() {
            return Err(Rc::VALUE.at(Self::buffer));
        }
        let signature = match sequence.fed {
            // What came in one piece is signed the faster way.
            Fed::Digest(_) if whole && scheme.scheme == TpmtSigScheme::Mldsa => {
                sign_message(cx, &key, &scheme, &self.buffer)?
            }
            Fed::Digest(hasher) => sign_digest(cx, &key, &scheme, &hasher.finish())?,
            Fed::Hmac(hmac) => hmac_signature(&scheme.scheme, &hmac.finish())?,
        };
        cx.state.volatile.objects.remove(&self.sequence_handle.0);
        Ok(SignSequenceCompleteReply { signature })
    }
}
