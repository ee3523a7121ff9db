use super::support::{Authorization, Blame, EXPIRES_ON_RESET, auth_ticket};
use crate::context::{Action, Context};
use tpm2_crypto::ct_eq;
use tpm2_wire::{Command, PolicySecret, PolicySigned, PolicyTicket, PolicyTicketReply, Rc, Tpm2bNonce, TpmSt};

/// Part 3, 23.5.
impl Action for PolicyTicket {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyTicketReply, Rc> {
        if cx.policy(self.policy_session)?.1.trial {
            return Err(Rc::ATTRIBUTES.at(Self::policy_session));
        }
        let timeout = self.timeout.0.first_chunk().filter(|_| self.timeout.len() == 8);
        let timeout = u64::from_be_bytes(*timeout.ok_or(Rc::SIZE.at(Self::timeout))?) & !EXPIRES_ON_RESET;
        let none = Tpm2bNonce::default();
        let authorization = Authorization {
            session: self.policy_session,
            nonce_tpm: &none,
            cp_hash_a: &self.cp_hash_a,
            policy_ref: &self.policy_ref,
            expiration: 0,
        };
        let blame = Blame { nonce_tpm: Self::timeout, cp_hash_a: Self::cp_hash_a, expiration: Self::timeout };
        authorization.check(cx, Some(timeout), &blame)?;
        let expected = auth_ticket(
            cx,
            self.ticket.tag,
            self.ticket.hierarchy.0,
            &self.timeout,
            &self.cp_hash_a,
            &self.policy_ref,
            &self.auth_name,
        );
        if !ct_eq(&expected, &self.ticket.digest) {
            return Err(Rc::TICKET.at(Self::ticket));
        }
        let code = match self.ticket.tag {
            TpmSt::AUTH_SIGNED => PolicySigned::SHAPE.code,
            _ => PolicySecret::SHAPE.code,
        };
        authorization.apply(cx, code, &self.auth_name, Some(timeout))?;
        Ok(PolicyTicketReply {})
    }
}
