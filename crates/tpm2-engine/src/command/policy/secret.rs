use super::support::{Authorization, Blame, entity_hierarchy};
use crate::context::{Action, Context};
use tpm2_wire::{Command, PolicySecret, PolicySecretReply, Rc, TpmNt, TpmSt};

/// Part 3, 23.4: the session of the handle has proven the knowledge of the secret.
impl Action for PolicySecret {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicySecretReply, Rc> {
        // The use of a PIN would be counted.
        let pin = cx.state.nv(self.auth_handle.0).map(|index| index.kind());
        if cx.state.clear.read_only && matches!(pin, Some(TpmNt::PinPass | TpmNt::PinFail)) {
            return Err(Rc::READ_ONLY);
        }
        let authorization = Authorization {
            session: self.policy_session,
            nonce_tpm: &self.nonce_tpm,
            cp_hash_a: &self.cp_hash_a,
            policy_ref: &self.policy_ref,
            expiration: self.expiration,
        };
        let timeout = authorization.timeout(cx)?;
        if !cx.policy(self.policy_session)?.1.trial {
            let blame =
                Blame { nonce_tpm: Self::nonce_tpm, cp_hash_a: Self::cp_hash_a, expiration: Self::expiration };
            authorization.check(cx, timeout, &blame)?;
        }
        let name = cx.state.name(cx.crypto, self.auth_handle.0)?;
        authorization.apply(cx, Self::SHAPE.code, &name, timeout)?;
        let hierarchy = entity_hierarchy(cx, self.auth_handle.0);
        // Each use of a PIN is counted: no ticket stands for it.
        let timeout = timeout.filter(|_| pin != Some(TpmNt::PinPass));
        let (timeout, policy_ticket) = authorization.ticket(cx, TpmSt::AUTH_SECRET, hierarchy, &name, timeout)?;
        Ok(PolicySecretReply { timeout, policy_ticket })
    }
}
