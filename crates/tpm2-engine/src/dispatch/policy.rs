//! Does a policy session authorize this use of this entity (Part 1, 19.7.5)?
use super::Call;
use super::sessions::Sessions;
use crate::crypt::{digest_2b, hash};
use crate::state::session::PolicyHash;
use crate::{Platform, Tpm};
use tpm2_crypto::ct_eq;
use tpm2_wire::{Command, PolicySecret, Rc, Reader, Role, Tpm2bDigest, Tpm2bName, Wire, to_vec};

impl Tpm {
    /// Checks all that the policy asks for but the authorization value; true when that is to be given as a password.
    pub(super) fn check_policy(
        &self,
        platform: &mut dyn Platform,
        call: &Call<'_>,
        sessions: &Sessions,
        i: usize,
        role: Role,
        entity: u32,
    ) -> Result<bool, Rc> {
        let auth = sessions.all.get(i).ok_or(Rc::HANDLE)?;
        let session = self.state.session(auth.handle).ok_or(Rc::HANDLE)?;
        let policy = session.policy.as_ref().ok_or(Rc::HANDLE)?;
        // A policy that proves no knowledge of a secret cannot stand for one.
        if call.shape.code == PolicySecret::SHAPE.code && !policy.uses_auth() {
            return Err(Rc::MODE);
        }
        if policy.pcr_counter.is_some_and(|counter| counter != self.state.reset.pcr_counter) {
            return Err(Rc::PCR_CHANGED);
        }
        let (alg, digest) = self.state.auth_policy(entity);
        let alg = alg.map(hash).transpose()?;
        if !ct_eq(&policy.digest, &digest) || alg != Some(session.auth_hash) {
            return Err(Rc::POLICY_FAIL);
        }
        if let Some(timeout) = policy.timeout
            && (timeout < self.state.volatile.time || policy.time_epoch != self.state.volatile.time_epoch)
        {
            return Err(Rc::EXPIRED);
        }
        match policy.command_code {
            Some(code) if code != call.shape.code => return Err(Rc::POLICY_CC),
            None if role != Role::User => return Err(Rc::POLICY_FAIL),
            _ => {}
        }
        check_locality(policy.locality.0, call.locality)?;
        if policy.physical_presence && !platform.physical_presence() {
            return Err(Rc::PP);
        }
        if let Some(limit) = &policy.hash {
            let (expected, actual) = match limit {
                PolicyHash::Command(expected) => (expected, self.cp_hash(call, session.auth_hash)?),
                PolicyHash::Names(expected) => (expected, self.name_hash(call, session.auth_hash)?),
                PolicyHash::Template(expected) => (
                    expected,
                    template(call).map_or(Tpm2bDigest::default(), |t| {
                        digest_2b(&self.crypto.digest(session.auth_hash, &[t]))
                    }),
                ),
                PolicyHash::Parameters(expected) => (
                    expected,
                    digest_2b(
                        &self
                            .crypto
                            .digest(session.auth_hash, &[&call.shape.code.to_be_bytes(), call.parameters]),
                    ),
                ),
            };
            if *expected != actual {
                return Err(Rc::POLICY_FAIL);
            }
        }
        if let Some(written) = policy.nv_written
            && self.state.nv(entity).map(|index| index.written()) != Some(written)
        {
            return Err(Rc::POLICY_FAIL);
        }
        if let Some(wanted) = &policy.channel {
            let Some(channel) = platform.secure_channel() else { return Err(Rc::CHANNEL) };
            let name = |asked: bool, name: Tpm2bName| if asked { name } else { Tpm2bName::default() };
            let requester = to_vec(&name(wanted.requester, channel.req_key_name));
            let tpm = to_vec(&name(wanted.tpm, channel.tpm_key_name));
            let names = self.crypto.digest(session.auth_hash, &[&requester, &tpm]);
            if (wanted.requester || wanted.tpm) && digest_2b(&names) != wanted.names {
                return Err(Rc::CHANNEL_KEY);
            }
        }
        Ok(policy.password)
    }

    /// The digest of the Names of the handles.
    fn name_hash(&self, call: &Call<'_>, alg: tpm2_crypto::HashAlg) -> Result<Tpm2bDigest, Rc> {
        let mut hasher = self.crypto.hasher(alg);
        for handle in call.handles {
            hasher.update(&self.state.name(self.crypto, *handle)?);
        }
        Ok(digest_2b(&hasher.finish()))
    }
}

/// Is the command's locality among those of the policy (`TPMA_LOCALITY`; zero is any)?
fn check_locality(allowed: u8, locality: u8) -> Result<(), Rc> {
    let ok = match (allowed, locality) {
        (0, _) => true,
        (_, 0..=4) => allowed < 32 && allowed >> locality & 1 == 1,
        (_, 32..) => allowed == locality,
        _ => false,
    };
    if ok { Ok(()) } else { Err(Rc::LOCALITY) }
}

/// The bytes of the template parameter of a command that creates.
fn template<'a>(call: &Call<'a>) -> Option<&'a [u8]> {
    if !matches!(call.shape.name, "Create" | "CreatePrimary" | "CreateLoaded") {
        return None;
    }
    let mut r = Reader::new(call.parameters, &tpm2_wire::Accept::ALL);
    let size = u16::read(&mut r).ok()?;
    r.take(usize::from(size)).ok()?;
    let size = u16::read(&mut r).ok()?;
    r.take(usize::from(size)).ok()
}
