//! Audit of sessions and of commands (Part 1, 30).
use super::Call;
use super::sessions::Sessions;
use crate::Tpm;
use crate::crypt::{digest_2b, hash};
use crate::state::State;
use alloc::sync::Arc;
use tpm2_crypto::{CryptoProvider, Digest, HashAlg};
use tpm2_wire::{Rc, Tpm2bDigest, TpmaSession};

/// `rpHash`: success, command code, parameters as they leave.
pub(super) fn rp_hash(crypto: &CryptoProvider, code: u32, alg: HashAlg, parameters: &[u8]) -> Tpm2bDigest {
    digest_2b(&crypto.digest(alg, &[&Rc::SUCCESS.0.to_be_bytes(), &code.to_be_bytes(), parameters]))
}

impl Tpm {
    /// Extends the session audit digest, and says in the attributes whether the session is still exclusive.
    pub(super) fn audit_session(
        &self,
        next: &mut State,
        call: &Call<'_>,
        sessions: &mut Sessions,
        parameters: &[u8],
    ) -> Result<(), Rc> {
        let Some(auth) = sessions.all.iter_mut().find(|auth| auth.attributes.has(TpmaSession::AUDIT)) else {
            if super::sessions_allowed(call.shape) {
                next.volatile.exclusive_audit = None;
            }
            return Ok(());
        };
        let Some(session) = next.session(auth.handle) else { return Ok(()) };
        let alg = session.auth_hash;
        let begins = session.audit.is_none() || auth.attributes.has(TpmaSession::AUDIT_RESET);
        if begins {
            next.volatile.exclusive_audit = Some(auth.handle);
        } else if next.volatile.exclusive_audit != Some(auth.handle) {
            next.volatile.exclusive_audit = None;
        }
        let exclusive = next.volatile.exclusive_audit == Some(auth.handle);
        auth.attributes = auth.attributes.with(TpmaSession::AUDIT_EXCLUSIVE, exclusive);
        let cp_hash = self.cp_hash(call, alg)?;
        let rp_hash = rp_hash(self.crypto, call.shape.code, alg, parameters);
        if let Some(session) = next.session_mut(auth.handle) {
            let before = match session.audit.take() {
                Some(digest) if !begins => digest,
                _ => {
                    session.bound = None;
                    digest_2b(&Digest::zero(alg))
                }
            };
            session.audit = Some(digest_2b(&self.crypto.digest(alg, &[&before, &cp_hash, &rp_hash])));
        }
        Ok(())
    }
    /// Extends the command audit digest if the command is audited.
    pub(super) fn audit_command(
        &self,
        next: &mut State,
        call: &Call<'_>,
        parameters: &[u8],
    ) -> Result<(), Rc> {
        let audit = &next.persistent.audit;
        // A change of the hash is its own evidence (Part 3, 21.2); in failure mode nothing is audited (21.1).
        let audited = audit.commands.contains(&call.shape.code)
            && audit.alg == self.state.persistent.audit.alg
            && self.failure.is_none();
        let Some(alg) = audit.alg.filter(|_| audited) else { return Ok(()) };
        let alg = hash(alg)?;
        let before = match next.reset.command_audit_digest.take() {
            Some(digest) => digest,
            None => {
                let audit = Arc::make_mut(&mut next.persistent.audit);
                audit.counter = audit.counter.saturating_add(1);
                digest_2b(&Digest::zero(alg))
            }
        };
        let cp_hash = self.cp_hash(call, alg)?;
        let rp_hash = rp_hash(self.crypto, call.shape.code, alg, parameters);
        next.reset.command_audit_digest =
            Some(digest_2b(&self.crypto.digest(alg, &[&before, &cp_hash, &rp_hash])));
        Ok(())
    }
}
