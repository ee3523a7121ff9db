use crate::context::{Action, Context};
use crate::crypt::digest_2b;
use crate::state::session::Channel;
use alloc::vec::Vec;
use tpm2_wire::{
    At, Command, PolicyTransportSpdm, PolicyTransportSpdmReply, Rc, Reader, Tpm2bName, TpmiAlgHash, Wire, to_vec,
};

/// Part 3, 23.25. Whether there is a secure channel, and between which keys, is the embedder's to say when the policy
/// is used ([`crate::Platform::secure_channel`]).
impl Action for PolicyTransportSpdm {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyTransportSpdmReply, Rc> {
        let (session, policy) = cx.policy(self.policy_session)?;
        if policy.channel.is_some() {
            return Err(Rc::VALUE);
        }
        check_name(cx, &self.req_key_name, Self::req_key_name)?;
        check_name(cx, &self.tpm_key_name, Self::tpm_key_name)?;
        let (requester, tpm) = (!self.req_key_name.is_empty(), !self.tpm_key_name.is_empty());
        let names = [to_vec(&self.req_key_name), to_vec(&self.tpm_key_name)];
        let names = digest_2b(&cx.crypto.digest(session.auth_hash, &[&names[0], &names[1]]));
        let code = Self::SHAPE.code.to_be_bytes();
        let mut parts: Vec<&[u8]> = alloc::vec![&code];
        if requester || tpm {
            parts.push(&names);
        }
        cx.extend_policy(self.policy_session, &parts)?;
        cx.policy_mut(self.policy_session)?.channel = Some(Channel { requester, tpm, names });
        Ok(PolicyTransportSpdmReply {})
    }
}

/// A Name that is given is one of an object: an algorithm of the profile, and a digest of its size.
fn check_name(cx: &Context<'_>, name: &Tpm2bName, at: At) -> Result<(), Rc> {
    if name.is_empty() {
        return Ok(());
    }
    let mut r = Reader::new(name, &cx.profile.accept);
    let alg = TpmiAlgHash::read(&mut r).map_err(|rc| match rc {
        Rc::INSUFFICIENT => Rc::SIZE.at(at),
        _ => rc.at(at),
    })?;
    if r.rest().len() == alg.digest_size() { Ok(()) } else { Err(Rc::SIZE.at(at)) }
}
