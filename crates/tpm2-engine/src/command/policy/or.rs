use crate::context::{Action, Context};
use alloc::vec::Vec;
use tpm2_wire::{Command, PolicyOr, PolicyOrReply, Rc};

/// Part 3, 23.6.
impl Action for PolicyOr {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyOrReply, Rc> {
        let (_, policy) = cx.policy(self.policy_session)?;
        if !policy.trial && !self.p_hash_list.contains(&policy.digest) {
            return Err(Rc::VALUE.at(Self::p_hash_list));
        }
        cx.restart_policy_digest(self.policy_session)?;
        let code = Self::SHAPE.code.to_be_bytes();
        let mut parts: Vec<&[u8]> = alloc::vec![&code];
        parts.extend(self.p_hash_list.iter().map(|digest| &**digest));
        cx.extend_policy(self.policy_session, &parts)?;
        Ok(PolicyOrReply {})
    }
}
