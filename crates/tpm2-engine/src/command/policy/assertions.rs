//! Assertions that need nothing but the session: what the command must be, and what its caller must know.
use crate::context::{Action, Context};
use crate::state::session::PolicyHash;
use tpm2_wire::{
    Command, PolicyAuthValue, PolicyAuthValueReply, PolicyCommandCode, PolicyCommandCodeReply, PolicyCpHash,
    PolicyCpHashReply, PolicyDuplicationSelect, PolicyDuplicationSelectReply, PolicyGetDigest, PolicyGetDigestReply,
    PolicyLocality, PolicyLocalityReply, PolicyNameHash, PolicyNameHashReply, PolicyNvWritten, PolicyNvWrittenReply,
    PolicyParameters, PolicyParametersReply, PolicyPassword, PolicyPasswordReply, PolicyPhysicalPresence,
    PolicyPhysicalPresenceReply, PolicyTemplate, PolicyTemplateReply, Rc, TpmaLocality,
};

/// Part 3, 23.8.
impl Action for PolicyLocality {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyLocalityReply, Rc> {
        let new = self.locality.0;
        let before = cx.policy(self.policy_session)?.1.locality.0;
        let extended = |locality: u8| locality >= 32;
        // Several assertions narrow the set; extended localities are not sets and must agree.
        let both = match (before, new) {
            (_, 0) => None,
            (0, new) => Some(new),
            (before, new) if extended(before) != extended(new) => None,
            (before, new) if extended(new) => (before == new).then_some(new),
            (before, new) => Some(before & new).filter(|both| *both != 0),
        };
        let both = both.ok_or(Rc::RANGE.at(Self::locality))?;
        cx.extend_policy(self.policy_session, &[&Self::SHAPE.code.to_be_bytes(), &[new]])?;
        cx.policy_mut(self.policy_session)?.locality = TpmaLocality(both);
        Ok(PolicyLocalityReply {})
    }
}

/// Part 3, 23.11.
impl Action for PolicyCommandCode {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyCommandCodeReply, Rc> {
        let before = cx.policy(self.policy_session)?.1.command_code;
        if before.is_some_and(|before| before != self.code) {
            return Err(Rc::VALUE.at(Self::code));
        }
        if cx.profile.command(self.code).is_none() {
            return Err(Rc::POLICY_CC.at(Self::code));
        }
        cx.extend_policy(self.policy_session, &[&Self::SHAPE.code.to_be_bytes(), &self.code.to_be_bytes()])?;
        cx.policy_mut(self.policy_session)?.command_code = Some(self.code);
        Ok(PolicyCommandCodeReply {})
    }
}

/// Part 3, 23.13.
impl Action for PolicyCpHash {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyCpHashReply, Rc> {
        check_size(cx, self.policy_session, self.cp_hash_a.len()).map_err(|rc| rc.at(Self::cp_hash_a))?;
        cx.limit_policy(self.policy_session, PolicyHash::Command(self.cp_hash_a.clone()))?;
        cx.extend_policy(self.policy_session, &[&Self::SHAPE.code.to_be_bytes(), &self.cp_hash_a])?;
        Ok(PolicyCpHashReply {})
    }
}

/// Part 3, 23.14.
impl Action for PolicyNameHash {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyNameHashReply, Rc> {
        check_size(cx, self.policy_session, self.name_hash.len()).map_err(|rc| rc.at(Self::name_hash))?;
        unlimited(cx, self.policy_session)?;
        cx.limit_policy(self.policy_session, PolicyHash::Names(self.name_hash.clone()))?;
        cx.extend_policy(self.policy_session, &[&Self::SHAPE.code.to_be_bytes(), &self.name_hash])?;
        Ok(PolicyNameHashReply {})
    }
}

/// Part 3, 23.15: duplication of this object to this parent alone.
impl Action for PolicyDuplicationSelect {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyDuplicationSelectReply, Rc> {
        unlimited(cx, self.policy_session)?;
        let (session, policy) = cx.policy(self.policy_session)?;
        if policy.command_code.is_some() {
            return Err(Rc::COMMAND_CODE);
        }
        let names = cx.crypto.digest(session.auth_hash, &[&self.object_name, &self.new_parent_name]);
        let code = Self::SHAPE.code.to_be_bytes();
        let include = [self.include_object.value()];
        if self.include_object.yes() {
            cx.extend_policy(self.policy_session, &[&code, &self.object_name, &self.new_parent_name, &include])?;
        } else {
            cx.extend_policy(self.policy_session, &[&code, &self.new_parent_name, &include])?;
        }
        let policy = cx.policy_mut(self.policy_session)?;
        policy.hash = Some(PolicyHash::Names(crate::crypt::digest_2b(&names)));
        policy.command_code = Some(tpm2_wire::Duplicate::SHAPE.code);
        Ok(PolicyDuplicationSelectReply {})
    }
}

/// Part 3, 23.17.
impl Action for PolicyAuthValue {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyAuthValueReply, Rc> {
        cx.extend_policy(self.policy_session, &[&Self::SHAPE.code.to_be_bytes()])?;
        let policy = cx.policy_mut(self.policy_session)?;
        policy.auth_value = true;
        policy.password = false;
        Ok(PolicyAuthValueReply {})
    }
}

/// Part 3, 23.18: the digest is that of TPM2_PolicyAuthValue; how the value is shown is the caller's choice.
impl Action for PolicyPassword {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyPasswordReply, Rc> {
        cx.extend_policy(self.policy_session, &[&PolicyAuthValue::SHAPE.code.to_be_bytes()])?;
        let policy = cx.policy_mut(self.policy_session)?;
        policy.password = true;
        policy.auth_value = false;
        Ok(PolicyPasswordReply {})
    }
}

/// Part 3, 23.19.
impl Action for PolicyGetDigest {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyGetDigestReply, Rc> {
        Ok(PolicyGetDigestReply { policy_digest: cx.policy(self.policy_session)?.1.digest.clone() })
    }
}

/// Part 3, 23.20.
impl Action for PolicyNvWritten {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyNvWrittenReply, Rc> {
        let written = self.written_set.yes();
        if cx.policy(self.policy_session)?.1.nv_written.is_some_and(|before| before != written) {
            return Err(Rc::VALUE.at(Self::written_set));
        }
        cx.extend_policy(self.policy_session, &[&Self::SHAPE.code.to_be_bytes(), &[self.written_set.value()]])?;
        cx.policy_mut(self.policy_session)?.nv_written = Some(written);
        Ok(PolicyNvWrittenReply {})
    }
}

/// Part 3, 23.21.
impl Action for PolicyTemplate {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyTemplateReply, Rc> {
        cx.limit_policy(self.policy_session, PolicyHash::Template(self.template_hash.clone()))?;
        check_size(cx, self.policy_session, self.template_hash.len()).map_err(|rc| rc.at(Self::template_hash))?;
        cx.extend_policy(self.policy_session, &[&Self::SHAPE.code.to_be_bytes(), &self.template_hash])?;
        Ok(PolicyTemplateReply {})
    }
}

/// Part 3, 23.12.
impl Action for PolicyPhysicalPresence {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyPhysicalPresenceReply, Rc> {
        cx.extend_policy(self.policy_session, &[&Self::SHAPE.code.to_be_bytes()])?;
        cx.policy_mut(self.policy_session)?.physical_presence = true;
        Ok(PolicyPhysicalPresenceReply {})
    }
}

/// Part 3, 23.24.
impl Action for PolicyParameters {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyParametersReply, Rc> {
        check_size(cx, self.policy_session, self.p_hash.len()).map_err(|rc| rc.at(Self::p_hash))?;
        unlimited(cx, self.policy_session)?;
        cx.limit_policy(self.policy_session, PolicyHash::Parameters(self.p_hash.clone()))?;
        cx.extend_policy(self.policy_session, &[&Self::SHAPE.code.to_be_bytes(), &self.p_hash])?;
        Ok(PolicyParametersReply {})
    }
}

/// A digest that limits a policy is of the session's hash.
fn check_size(cx: &Context<'_>, session: tpm2_wire::TpmiShPolicy, size: usize) -> Result<(), Rc> {
    if size == cx.policy(session)?.0.auth_hash.digest_size() { Ok(()) } else { Err(Rc::SIZE) }
}
/// Names can be limited once only.
fn unlimited(cx: &Context<'_>, session: tpm2_wire::TpmiShPolicy) -> Result<(), Rc> {
    if cx.policy(session)?.1.hash.is_some() { Err(Rc::CPHASH) } else { Ok(()) }
}
