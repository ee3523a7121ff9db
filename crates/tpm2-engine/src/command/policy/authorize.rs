use crate::context::{Action, Context};
use crate::crypt::hash;
use tpm2_crypto::ct_eq;
use tpm2_wire::{Command, PolicyAuthorize, PolicyAuthorizeReply, Rc, Reader, TpmSt, TpmiAlgHash, Wire};

/// Part 3, 23.16: a policy that a key has approved stands for all that it may approve.
impl Action for PolicyAuthorize {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyAuthorizeReply, Rc> {
        let mut r = Reader::new(&self.key_sign, &cx.profile.accept);
        let alg = TpmiAlgHash::read(&mut r).map_err(|rc| match rc {
            Rc::INSUFFICIENT => Rc::SIZE.at(Self::key_sign),
            _ => rc.at(Self::key_sign),
        })?;
        if r.rest().len() != alg.digest_size() {
            return Err(Rc::SIZE.at(Self::key_sign));
        }
        let (_, policy) = cx.policy(self.policy_session)?;
        if !policy.trial {
            if policy.digest != self.approved_policy {
                return Err(Rc::VALUE.at(Self::approved_policy));
            }
            let ticket = &self.check_ticket;
            let to_be_signed = [&self.approved_policy[..], &self.policy_ref].concat();
            // What was verified: the message itself, or a digest of it.
            let digest_alg = match ticket.tag {
                TpmSt::MESSAGE_VERIFIED => None,
                TpmSt::DIGEST_VERIFIED => Some(ticket.metadata.ok_or(Rc::VALUE.at(Self::check_ticket))?),
                _ => Some(alg),
            };
            let signed = match digest_alg {
                Some(alg) => cx.crypto.digest(hash(alg)?, &[&to_be_signed]).to_vec(),
                None => to_be_signed,
            };
            let expected = cx.state.verified(cx.crypto, ticket, &signed, &self.key_sign);
            if !ct_eq(&expected, &ticket.hmac) {
                return Err(Rc::VALUE.at(Self::check_ticket));
            }
        }
        cx.restart_policy_digest(self.policy_session)?;
        cx.update_policy(self.policy_session, Self::SHAPE.code, &self.key_sign, &self.policy_ref)?;
        Ok(PolicyAuthorizeReply {})
    }
}
