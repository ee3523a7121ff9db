//! What the policy commands share: the session, its digest, and the checks of an authorization that expires.
use crate::context::Context;
use crate::crypt::digest_2b;
use crate::state::session::{Policy, PolicyHash, Session};
use tpm2_crypto::Digest;
use tpm2_wire::{At, Rc, Tpm2bDigest, Tpm2bName, Tpm2bNonce, Tpm2bTimeout, TpmRh, TpmiRhHierarchy, TpmiShPolicy, TpmtTkAuth};
use alloc::vec::Vec;

impl Context<'_> {
    /// The policy session of a handle, which dispatch has found to be loaded.
    pub(crate) fn policy(&self, handle: TpmiShPolicy) -> Result<(&Session, &Policy), Rc> {
        let session = self.state.session(handle.0).ok_or(Rc::HANDLE)?;
        Ok((session, session.policy.as_ref().ok_or(Rc::HANDLE)?))
    }
    /// The same, to be changed.
    pub(crate) fn policy_mut(&mut self, handle: TpmiShPolicy) -> Result<&mut Policy, Rc> {
        self.state.session_mut(handle.0).and_then(|session| session.policy.as_mut()).ok_or(Rc::HANDLE)
    }
    /// `policyDigest := H(policyDigest ‖ parts)`.
    pub(crate) fn extend_policy(&mut self, handle: TpmiShPolicy, parts: &[&[u8]]) -> Result<(), Rc> {
        let (session, policy) = self.policy(handle)?;
        let mut all: Vec<&[u8]> = alloc::vec![&policy.digest];
        all.extend_from_slice(parts);
        let digest = digest_2b(&self.crypto.digest(session.auth_hash, &all));
        self.policy_mut(handle)?.digest = digest;
        Ok(())
    }
    /// The digest begins anew: with zeros.
    pub(crate) fn restart_policy_digest(&mut self, handle: TpmiShPolicy) -> Result<(), Rc> {
        let zero = digest_2b(&Digest::zero(self.policy(handle)?.0.auth_hash));
        self.policy_mut(handle)?.digest = zero;
        Ok(())
    }
    /// `PolicyUpdate()` (Part 3, 23.2.3): the command and a Name, then the policyRef.
    pub(crate) fn update_policy(
        &mut self,
        handle: TpmiShPolicy,
        code: u32,
        name: &Tpm2bName,
        policy_ref: &Tpm2bNonce,
    ) -> Result<(), Rc> {
        self.extend_policy(handle, &[&code.to_be_bytes(), name])?;
        self.extend_policy(handle, &[policy_ref])
    }
    /// Limits the policy to one digest. `TPM_RC_CPHASH` when it is limited to another.
    pub(crate) fn limit_policy(&mut self, handle: TpmiShPolicy, limit: PolicyHash) -> Result<(), Rc> {
        let policy = self.policy_mut(handle)?;
        if policy.hash.as_ref().is_some_and(|before| *before != limit) {
            return Err(Rc::CPHASH);
        }
        policy.hash = Some(limit);
        Ok(())
    }
}

/// An authorization that a policy takes over: from a signature, a secret or a ticket.
pub(crate) struct Authorization<'a> {
    pub(crate) session: TpmiShPolicy,
    pub(crate) nonce_tpm: &'a Tpm2bNonce,
    pub(crate) cp_hash_a: &'a Tpm2bDigest,
    pub(crate) policy_ref: &'a Tpm2bNonce,
    pub(crate) expiration: i32,
}
/// Where its parameters stand.
pub(crate) struct Blame {
    pub(crate) nonce_tpm: At,
    pub(crate) cp_hash_a: At,
    pub(crate) expiration: At,
}

impl Authorization<'_> {
    /// When it expires, in milliseconds of the TPM's time (Part 3, 23.2.2): counted from the start of the session
    /// when it names the session's nonce.
    pub(crate) fn timeout(&self, cx: &Context<'_>) -> Result<Option<u64>, Rc> {
        if self.expiration == 0 {
            return Ok(None);
        }
        let lasts = u64::from(self.expiration.unsigned_abs()) * 1000;
        let (_, policy) = cx.policy(self.session)?;
        Ok(Some(if self.nonce_tpm.is_empty() { lasts } else { policy.start_time.saturating_add(lasts) }))
    }
    /// `PolicyParameterChecks()`: nonce, digest and expiry. A trial session takes all.
    pub(crate) fn check(&self, cx: &Context<'_>, timeout: Option<u64>, blame: &Blame) -> Result<(), Rc> {
        let (session, policy) = cx.policy(self.session)?;
        if !self.nonce_tpm.is_empty() && *self.nonce_tpm != session.nonce_tpm {
            return Err(Rc::NONCE.at(blame.nonce_tpm));
        }
        // Time has begun anew since the session began: what was counted from then has run out.
        let volatile = &cx.state.volatile;
        if timeout.is_some_and(|timeout| timeout < volatile.time || policy.time_epoch != volatile.time_epoch) {
            return Err(Rc::EXPIRED.at(blame.expiration));
        }
        if !self.cp_hash_a.is_empty() {
            if self.cp_hash_a.len() != session.auth_hash.digest_size() {
                return Err(Rc::SIZE.at(blame.cp_hash_a));
            }
            if policy.hash.as_ref().is_some_and(|hash| *hash != PolicyHash::Command(self.cp_hash_a.clone())) {
                return Err(Rc::CPHASH);
            }
        }
        Ok(())
    }
    /// Takes it over into the session.
    pub(crate) fn apply(
        &self,
        cx: &mut Context<'_>,
        code: u32,
        name: &Tpm2bName,
        timeout: Option<u64>,
    ) -> Result<(), Rc> {
        cx.update_policy(self.session, code, name, self.policy_ref)?;
        if !self.cp_hash_a.is_empty() {
            cx.limit_policy(self.session, PolicyHash::Command(self.cp_hash_a.clone()))?;
        }
        if let Some(timeout) = timeout {
            let policy = cx.policy_mut(self.session)?;
            policy.timeout = Some(policy.timeout.map_or(timeout, |before| before.min(timeout)));
        }
        Ok(())
    }
    /// The ticket that lets `TPM2_PolicyTicket` take it over again, when it was asked for (a negative expiration).
    pub(crate) fn ticket(
        &self,
        cx: &Context<'_>,
        tag: u16,
        hierarchy: u32,
        name: &Tpm2bName,
        timeout: Option<u64>,
    ) -> Result<(Tpm2bTimeout, TpmtTkAuth), Rc> {
        let trial = cx.policy(self.session)?.1.trial;
        let Some(timeout) = timeout.filter(|_| self.expiration < 0 && !trial) else {
            let null = TpmtTkAuth { tag, hierarchy: TpmiRhHierarchy(TpmRh::NULL), digest: Tpm2bDigest::default() };
            return Ok((Tpm2bTimeout::default(), null));
        };
        // Without a nonce the time is that of this power cycle, and the ticket is void after it.
        let timeout = timeout | if self.nonce_tpm.is_empty() { EXPIRES_ON_RESET } else { 0 };
        let timeout = Tpm2bTimeout::from(&timeout.to_be_bytes()[..]);
        let digest = auth_ticket(cx, tag, hierarchy, &timeout, self.cp_hash_a, self.policy_ref, name);
        Ok((timeout, TpmtTkAuth { tag, hierarchy: TpmiRhHierarchy(hierarchy), digest }))
    }
}

/// The bit of a ticket's timeout that says that a reset ends it.
pub(crate) const EXPIRES_ON_RESET: u64 = 1 << 63;

/// The HMAC of a `TPMT_TK_AUTH` (Part 2, 10.6.6).
pub(crate) fn auth_ticket(
    cx: &Context<'_>,
    tag: u16,
    hierarchy: u32,
    timeout: &[u8],
    cp_hash_a: &[u8],
    policy_ref: &[u8],
    name: &[u8],
) -> Tpm2bDigest {
    let epoch = cx.state.volatile.time_epoch.to_be_bytes();
    let resets = cx.state.persistent.counters.total_reset_count.to_be_bytes();
    let sizes = [cp_hash_a.len() as u8, policy_ref.len() as u8, name.len() as u8];
    let parts: [&[u8]; 7] = [timeout, &epoch, &resets, &sizes, cp_hash_a, policy_ref, name];
    cx.state.ticket(cx.crypto, hierarchy, tag, &parts)
}

/// The hierarchy of what a handle stands for.
pub(crate) fn entity_hierarchy(cx: &Context<'_>, handle: u32) -> u32 {
    use tpm2_wire::{TpmHt, TpmaNv};
    match TpmHt::of(handle) {
        TpmHt::TRANSIENT | TpmHt::PERSISTENT => cx.state.object(handle).map_or(TpmRh::NULL, |object| object.hierarchy),
        TpmHt::NV_INDEX => match cx.state.nv(handle) {
            Some(index) if index.attributes().has(TpmaNv::PLATFORMCREATE) => TpmRh::PLATFORM,
            _ => TpmRh::OWNER,
        },
        TpmHt::PERMANENT if matches!(handle, TpmRh::PLATFORM | TpmRh::ENDORSEMENT | TpmRh::NULL) => handle,
        // Lockout and PCRs are the owner's (Part 1, 14).
        _ => TpmRh::OWNER,
    }
}
