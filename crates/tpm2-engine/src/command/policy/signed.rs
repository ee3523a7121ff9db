use super::support::{Authorization, Blame};
use crate::context::{Action, Context};
use crate::command::signing::verify_message;
use tpm2_wire::{Command, PolicySigned, PolicySignedReply, Rc, TpmSt};

/// Part 3, 23.3.
impl Action for PolicySigned {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicySignedReply, Rc> {
        let authorization = Authorization {
            session: self.policy_session,
            nonce_tpm: &self.nonce_tpm,
            cp_hash_a: &self.cp_hash_a,
            policy_ref: &self.policy_ref,
            expiration: self.expiration,
        };
        let timeout = authorization.timeout(cx)?;
        let key = cx.object(self.auth_object, Rc::KEY, Self::auth_object)?;
        if !cx.policy(self.policy_session)?.1.trial {
            let blame =
                Blame { nonce_tpm: Self::nonce_tpm, cp_hash_a: Self::cp_hash_a, expiration: Self::expiration };
            authorization.check(cx, timeout, &blame)?;
            // toBeSigned := nonceTPM || expiration || cpHashA || policyRef
            let parts: [&[u8]; 4] =
                [&self.nonce_tpm, &self.expiration.to_be_bytes(), &self.cp_hash_a, &self.policy_ref];
            verify_message(cx, &key, &parts.concat(), &self.auth).map_err(|rc| rc.at(Self::auth))?;
        }
        let name = key.name.clone();
        authorization.apply(cx, Self::SHAPE.code, &name, timeout)?;
        let (timeout, policy_ticket) =
            authorization.ticket(cx, TpmSt::AUTH_SIGNED, key.hierarchy, &name, timeout)?;
        Ok(PolicySignedReply { timeout, policy_ticket })
    }
}
