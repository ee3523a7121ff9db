//! The response: parameter encryption, audit, session HMACs (Part 1, 18.10 and 19.6.8).
use super::audit::rp_hash;
use super::sessions::{Auth, Sessions};
use super::{Call, parameters};
use crate::Tpm;
use crate::crypt::{digest_2b, random};
use crate::state::State;
use crate::state::session::Policy;
use alloc::vec::Vec;
use tpm2_wire::{Buffer, Rc, Tpm2bDigest, Tpm2bNonce, TpmSt, TpmaSession, Wire};
use zeroize::Zeroizing;

impl Tpm {
    /// The whole response of a command that succeeded; sessions move on in `next`.
    pub(super) fn respond(
        &mut self,
        next: &mut State,
        call: &Call<'_>,
        sessions: &mut Sessions,
        tag: u16,
        handle: &[u8],
        mut out: Zeroizing<Vec<u8>>,
    ) -> Result<Vec<u8>, Rc> {
        for auth in sessions.all.iter().filter(|auth| !auth.is_password()) {
            if let Some(session) = next.session_mut(auth.handle) {
                let size = session.nonce_tpm.len();
                session.nonce_tpm = Buffer(random(&mut self.rng, size)?.to_vec());
            }
        }
        parameters::encrypt(self.crypto, next, sessions, &mut out)?;
        self.audit_session(next, call, sessions, &out)?;
        self.audit_command(next, call, &out)?;

        let mut areas = Vec::new();
        for auth in &sessions.all {
            self.respond_session(next, call, auth, &out, &mut areas);
        }
        let sized = tag == TpmSt::SESSIONS;
        let size = 10 + handle.len() + if sized { 4 } else { 0 } + out.len() + areas.len();
        let mut w = Vec::with_capacity(size);
        tag.write(&mut w);
        (size as u32).write(&mut w);
        Rc::SUCCESS.0.write(&mut w);
        w.extend_from_slice(handle);
        if sized {
            (out.len() as u32).write(&mut w);
        }
        w.extend_from_slice(&out);
        w.extend_from_slice(&areas);
        Ok(w)
    }

    fn respond_session(&self, next: &mut State, call: &Call<'_>, auth: &Auth, out: &[u8], w: &mut Vec<u8>) {
        if auth.is_password() {
            Tpm2bNonce::default().write(w);
            auth.attributes.with(TpmaSession::CONTINUE, true).write(w);
            Tpm2bDigest::default().write(w);
            return;
        }
        // A command can have flushed its own session; then there is nothing left to prove.
        let (nonce, hmac) = match next.session(auth.handle) {
            Some(session) => (session.nonce_tpm.clone(), self.response_hmac(next, call, auth, out)),
            None => (Tpm2bNonce::default(), Tpm2bDigest::default()),
        };
        nonce.write(w);
        auth.attributes.write(w);
        hmac.write(w);
        if !auth.attributes.has(TpmaSession::CONTINUE) {
            next.flush_session(auth.handle);
        } else if auth.is_policy() {
            // A policy authorizes once.
            let fresh = next
                .session(auth.handle)
                .map(|session| Policy::new(session.auth_hash, false, &next.volatile));
            if let Some(session) = next.session_mut(auth.handle) {
                session.policy = fresh;
            }
        }
    }

    fn response_hmac(&self, next: &State, call: &Call<'_>, auth: &Auth, out: &[u8]) -> Tpm2bDigest {
        let Some(session) = next.session(auth.handle) else { return Tpm2bDigest::default() };
        if session.policy.as_ref().is_some_and(|policy| policy.password) {
            return Tpm2bDigest::default();
        }
        // The authorization value is the one after the command: a change of it is proven by the new one. What is
        // gone has none.
        let key = next.hmac_key(&session.key, auth.entity.filter(|_| auth.include_auth));
        if key.is_empty() && auth.value.is_empty() {
            return Tpm2bDigest::default();
        }
        let rp_hash = rp_hash(self.crypto, call.shape.code, session.auth_hash, out);
        let attributes = [auth.attributes.0];
        let parts: [&[u8]; 4] = [&rp_hash, &session.nonce_tpm, &auth.nonce_caller, &attributes];
        digest_2b(&self.crypto.hmac(session.auth_hash, &key, &parts))
    }
}
