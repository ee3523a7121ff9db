use crate::command::nv::access::check_read;
use crate::context::{Action, Context};
use crate::crypt::parse_prefix;
use tpm2_crypto::HashAlg;
use tpm2_wire::{Command, PolicyAuthorizeNv, PolicyAuthorizeNvReply, Rc, TpmtHa};

/// Part 3, 23.22: the policy that an NV index holds is as good as what it approves.
impl Action for PolicyAuthorizeNv {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyAuthorizeNvReply, Rc> {
        let index = cx.state.nv(self.nv_index.0).ok_or(Rc::HANDLE.at(Self::nv_index))?.clone();
        let (session, policy) = cx.policy(self.policy_session)?;
        if !policy.trial {
            check_read(self.auth_handle, &index, self.nv_index)?;
            let approved: TpmtHa = parse_prefix(&index.data.0, &cx.profile.accept)?;
            if HashAlg::from_id(approved.hash_alg.id()) != Some(session.auth_hash) {
                return Err(Rc::HASH);
            }
            if approved.digest != policy.digest.0 {
                return Err(Rc::VALUE);
            }
        }
        let name = index.name(cx.crypto)?;
        cx.restart_policy_digest(self.policy_session)?;
        cx.extend_policy(self.policy_session, &[&Self::SHAPE.code.to_be_bytes(), &name])?;
        Ok(PolicyAuthorizeNvReply {})
    }
}
