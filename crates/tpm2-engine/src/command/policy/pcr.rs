use crate::context::{Action, Context};
use crate::crypt::digest_2b;
use tpm2_wire::{Command, PolicyPcr, PolicyPcrReply, Rc, to_vec};

/// Part 3, 23.7.
impl Action for PolicyPcr {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyPcrReply, Rc> {
        let (session, policy) = cx.policy(self.policy_session)?;
        let counter = cx.state.reset.pcr_counter;
        let (current, selection) = cx.state.volatile.pcrs.digest(cx.crypto, session.auth_hash, &self.pcrs);
        let mut digest = digest_2b(&current);
        if policy.trial {
            if !self.pcr_digest.is_empty() {
                digest = self.pcr_digest;
            }
        } else {
            if policy.pcr_counter.is_some_and(|before| before != counter) {
                return Err(Rc::PCR_CHANGED);
            }
            if !self.pcr_digest.is_empty() && self.pcr_digest != digest {
                return Err(Rc::VALUE.at(Self::pcr_digest));
            }
        }
        let trial = policy.trial;
        cx.extend_policy(self.policy_session, &[&Self::SHAPE.code.to_be_bytes(), &to_vec(&selection), &digest])?;
        if !trial {
            cx.policy_mut(self.policy_session)?.pcr_counter = Some(counter);
        }
        Ok(PolicyPcrReply {})
    }
}
