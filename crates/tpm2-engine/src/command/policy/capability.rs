use super::nv::compare;
use crate::command::capability::element;
use crate::context::{Action, Context};
use tpm2_wire::{Command, PolicyCapability, PolicyCapabilityReply, Rc, TpmEo};

/// Part 3, 23.23. What is not there differs from everything, and is nothing else.
impl Action for PolicyCapability {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyCapabilityReply, Rc> {
        let (session, policy) = cx.policy(self.policy_session)?;
        let (alg, trial) = (session.auth_hash, policy.trial);
        if !trial {
            let blame = (Self::capability, Self::property);
            match element(cx, self.capability, self.property, blame)? {
                Some(value) => {
                    let range = Rc::SIZE.at(Self::operand_b);
                    compare(&value, self.offset, self.operation, &self.operand_b, Self::offset, range)?;
                }
                None if self.operation == TpmEo::Neq => {}
                None => return Err(Rc::POLICY),
            }
        }
        let args = cx.crypto.digest(
            alg,
            &[
                &self.operand_b,
                &self.offset.to_be_bytes(),
                &self.operation.value().to_be_bytes(),
                &self.capability.value().to_be_bytes(),
                &self.property.to_be_bytes(),
            ],
        );
        cx.extend_policy(self.policy_session, &[&Self::SHAPE.code.to_be_bytes(), &args])?;
        Ok(PolicyCapabilityReply {})
    }
}
