//! Sessions: HMAC, policy and trial.
use super::{State, Volatile};
use crate::profile::Active;
use crate::saved::{LoadError, Saved, bad};
use alloc::{sync::Arc, vec::Vec};
use tpm2_crypto::HashAlg;
use tpm2_wire::{
    MAX_ACTIVE_SESSIONS, Rc, Reader, Secret, Tpm2bDigest, Tpm2bNonce, TpmHt, TpmaLocality, TpmtSymDef,
};

saved! {
    /// A loaded session.
    Session {
        1 auth_hash: HashAlg,
        2 symmetric: Option<TpmtSymDef>,
        3 nonce_tpm: Tpm2bNonce,
        4 key: Secret<64>,
        /// What the session is bound to: Name and authorization, hashed. Unbound by becoming an audit session.
        5 bound: Option<Tpm2bDigest>,
        /// Bound to an entity under dictionary-attack protection.
        6 da_bound: bool,
        /// Bound to lockout.
        7 lockout_bound: bool,
        /// The session audit digest, once the session has audited a command.
        8 audit: Option<Tpm2bDigest>,
        9 policy: Option<Policy>,
    }
    /// The secure channel that a policy asks for (Part 3, 23.25).
    Channel {
        /// By the key of the requester.
        1 requester: bool,
        /// By the key of the TPM.
        2 tpm: bool,
        /// The digest of the Names of those keys; what is not asked for is an empty Name.
        3 names: Tpm2bDigest,
    }
    /// What a policy session has gathered.
    Policy {
        1 trial: bool,
        2 digest: Tpm2bDigest,
        3 command_code: Option<u32>,
        /// Zero: any locality.
        4 locality: TpmaLocality,
        5 hash: Option<PolicyHash>,
        6 physical_presence: bool,
        7 auth_value: bool,
        8 password: bool,
        9 nv_written: Option<bool>,
        /// `TPM2_PolicyPCR` was checked when the PCR update counter had this value.
        10 pcr_counter: Option<u32>,
        /// When the policy expires, in milliseconds of `Volatile::time`.
        11 timeout: Option<u64>,
        12 time_epoch: u32,
        /// When the session, or its present use, began.
        13 start_time: u64,
        /// `TPM2_PolicyTransportSPDM`.
        14 channel: Option<Channel> = None,
    }
}

/// The one digest that a policy can be limited to (Part 1, 19.7.11).
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum PolicyHash {
    /// `TPM2_PolicyCpHash` and its like.
    Command(Tpm2bDigest),
    /// `TPM2_PolicyNameHash`, `TPM2_PolicyDuplicationSelect`.
    Names(Tpm2bDigest),
    /// `TPM2_PolicyTemplate`.
    Template(Tpm2bDigest),
    /// `TPM2_PolicyParameters`.
    Parameters(Tpm2bDigest),
}
impl Saved for PolicyHash {
    fn save(&self, w: &mut Vec<u8>) {
        let (kind, digest) = match self {
            PolicyHash::Command(digest) => (0u8, digest),
            PolicyHash::Names(digest) => (1, digest),
            PolicyHash::Template(digest) => (2, digest),
            PolicyHash::Parameters(digest) => (3, digest),
        };
        kind.save(w);
        digest.save(w);
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        let make = match u8::load(r)? {
            0 => PolicyHash::Command,
            1 => PolicyHash::Names,
            2 => PolicyHash::Template,
            3 => PolicyHash::Parameters,
            _ => return Err(bad("unknown kind of policy hash")),
        };
        Saved::load(r).map(make)
    }
}

impl Policy {
    /// The policy of a session that has just begun, or begins again (`TPM2_PolicyRestart`).
    pub(crate) fn new(alg: HashAlg, trial: bool, volatile: &Volatile) -> Policy {
        Policy {
            trial,
            digest: Tpm2bDigest::from(&*tpm2_crypto::Digest::zero(alg)),
            command_code: None,
            locality: TpmaLocality(0),
            hash: None,
            physical_presence: false,
            auth_value: false,
            password: false,
            nv_written: None,
            pcr_counter: None,
            timeout: None,
            time_epoch: volatile.time_epoch,
            start_time: volatile.time,
            channel: None,
        }
    }
    /// Does the authorization value of the entity enter the HMAC, or the password?
    pub(crate) fn uses_auth(&self) -> bool {
        self.auth_value || self.password
    }
}

/// The low bits of a session handle, shared by both types of session.
pub(crate) const fn index(handle: u32) -> u32 {
    handle & 0x00FF_FFFF
}

impl State {
    /// The loaded session of this handle.
    pub(crate) fn session(&self, handle: u32) -> Option<&Session> {
        self.volatile.sessions.get(&handle).map(Arc::as_ref)
    }
    /// The same, to be changed.
    pub(crate) fn session_mut(&mut self, handle: u32) -> Option<&mut Session> {
        self.volatile.sessions.get_mut(&handle).map(Arc::make_mut)
    }
    /// The code for a session that is not loaded; where one of the other type is, the handle itself is wrong (Part 3,
    /// 5.5).
    pub(crate) fn not_loaded(&self, handle: u32, otherwise: Rc) -> Rc {
        let other = self.volatile.sessions.keys().any(|loaded| index(*loaded) == index(handle));
        if other { Rc::HANDLE } else { otherwise }
    }
    /// Is the session of this handle saved?
    pub(crate) fn session_saved(&self, handle: u32) -> bool {
        self.reset.saved_sessions.contains_key(&index(handle))
            && !self.volatile.sessions.contains_key(&handle)
    }
    /// Would the context that is saved next be too far from the oldest (Part 1, 27.5; `TPM_PT_CONTEXT_GAP_MAX`)? The
    /// oldest has to be loaded, or flushed, first.
    pub(crate) fn context_gap(&self, profile: &Active) -> bool {
        let next = self.reset.context_counter.saturating_add(1);
        let oldest = self.reset.saved_sessions.values().min();
        oldest.is_some_and(|oldest| next - oldest > u64::from(profile.context_gap()))
    }
    /// Is there that gap, and one slot left, which the oldest context needs?
    pub(crate) fn last_slot_in_gap(&self, profile: &Active) -> bool {
        self.volatile.sessions.len() + 1 >= profile.loaded_sessions && self.context_gap(profile)
    }
    /// A free handle for a new session of this type (`TpmHt`).
    pub(crate) fn free_session(&self, profile: &Active, kind: u8) -> Result<u32, Rc> {
        debug_assert!(kind == TpmHt::HMAC_SESSION || kind == TpmHt::POLICY_SESSION);
        if self.volatile.sessions.len() >= profile.loaded_sessions {
            return Err(Rc::SESSION_MEMORY);
        }
        if self.last_slot_in_gap(profile) {
            return Err(Rc::CONTEXT_GAP);
        }
        (0..MAX_ACTIVE_SESSIONS)
            .find(|n| {
                !self.reset.saved_sessions.contains_key(n)
                    && !self.volatile.sessions.keys().any(|handle| index(*handle) == *n)
            })
            .map(|n| u32::from(kind) << 24 | n)
            .ok_or(Rc::SESSION_HANDLES)
    }
    /// Ends a session, loaded or saved.
    pub(crate) fn flush_session(&mut self, handle: u32) {
        self.volatile.sessions.remove(&handle);
        self.reset.saved_sessions.remove(&index(handle));
        if self.volatile.exclusive_audit == Some(handle) {
            self.volatile.exclusive_audit = None;
        }
    }
}
