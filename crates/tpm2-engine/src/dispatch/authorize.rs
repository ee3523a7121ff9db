//! Who may run a command: roles, passwords, HMACs, dictionary-attack protection (Part 1, 19; Part 3, 5.6).
use super::Call;
use super::sessions::{Auth, Sessions, at};
use crate::crypt::strip;
use crate::entity::timer_number;
use crate::state::State;
use crate::state::nv::Bytes;
use crate::state::object::Loaded;
use crate::state::pcr::attributes;
use crate::state::shutdown;
use crate::{Platform, Tpm};
use alloc::sync::Arc;
use tpm2_crypto::ct_eq;
use tpm2_wire::{Command, PpCommands, Rc, Role, Shape, TpmHt, TpmNt, TpmRh, TpmaNv, TpmaObject, TpmaSession};
use zeroize::Zeroizing;

impl Tpm {
    /// Checks every session of the command. What a failure costs (Part 1, 19.8) is charged to the state at once and
    /// stays charged although the command fails.
    pub(super) fn authorize(
        &mut self,
        platform: &mut dyn Platform,
        call: &Call<'_>,
        sessions: &mut Sessions,
    ) -> Result<(), Rc> {
        for (i, role) in call.shape.roles.iter().enumerate().filter(|(_, role)| **role != Role::None) {
            debug_assert_ne!(*role, Role::None);
            if let Some(auth) = sessions.all.get_mut(i) {
                auth.entity = call.handles.get(i).copied();
            }
        }
        for i in 0..sessions.all.len() {
            self.authorize_one(platform, call, sessions, i).map_err(|rc| rc.at(at(i)))?;
        }
        Ok(())
    }

    fn authorize_one(
        &mut self,
        platform: &mut dyn Platform,
        call: &Call<'_>,
        sessions: &mut Sessions,
        i: usize,
    ) -> Result<(), Rc> {
        let Some(auth) = sessions.all.get(i) else { return Ok(()) };
        if auth.is_password() {
            if auth.entity.is_none() {
                return Err(Rc::HANDLE);
            }
        } else {
            let session = self.state.session(auth.handle).ok_or(Rc::HANDLE)?;
            if session.policy.as_ref().is_some_and(|policy| policy.trial) {
                return Err(Rc::ATTRIBUTES);
            }
            if session.da_bound {
                let lockout = session.lockout_bound;
                self.state.check_lockout(lockout)?;
            }
        }
        match auth.entity {
            Some(entity) => self.authorize_entity(platform, call, sessions, i, entity),
            None => {
                // A session that authorizes nothing must do something.
                if !auth.attributes.any(TpmaSession::AUDIT | TpmaSession::ENCRYPT | TpmaSession::DECRYPT) {
                    return Err(Rc::ATTRIBUTES);
                }
                self.check_hmac(call, sessions, i)
            }
        }
    }

    fn authorize_entity(
        &mut self,
        platform: &mut dyn Platform,
        call: &Call<'_>,
        sessions: &mut Sessions,
        i: usize,
        entity: u32,
    ) -> Result<(), Rc> {
        if entity == TpmRh::PLATFORM && self.state.needs_presence(call.shape) && !platform.physical_presence()
        {
            return Err(Rc::PP);
        }
        let Some(auth) = sessions.all.get_mut(i) else { return Ok(()) };
        let role = call.shape.roles.get(i).copied().unwrap_or(Role::None);
        auth.include_auth = match self.state.session(auth.handle) {
            None => true,
            Some(session) => match &session.policy {
                Some(policy) => policy.uses_auth(),
                None => session.bound.as_ref() != Some(&self.state.binding(self.crypto, entity)?),
            },
        };
        let auth_used = auth.include_auth;
        if auth_used && !self.state.da_exempt(entity) {
            self.state.check_lockout(entity == TpmRh::LOCKOUT)?;
        }
        let by_password = if auth.is_policy() {
            if !self.state.policy_available(call, role, entity) {
                return Err(Rc::AUTH_UNAVAILABLE);
            }
            self.check_policy(platform, call, sessions, i, role, entity)?
        } else {
            if self.state.policy_required(role, entity) {
                return Err(Rc::AUTH_TYPE);
            }
            if !self.state.auth_available(call, role, entity) {
                return Err(Rc::AUTH_UNAVAILABLE);
            }
            auth.is_password()
        };
        if self.state.reads_unwritten(call, entity) {
            return Err(Rc::NV_UNINITIALIZED);
        }
        let outcome = if by_password {
            self.check_password(sessions, i, entity)
        } else {
            self.check_hmac(call, sessions, i)
        };
        if auth_used {
            self.state.count_pin(entity, outcome.is_ok());
        }
        outcome
    }

    fn check_password(&mut self, sessions: &Sessions, i: usize, entity: u32) -> Result<(), Rc> {
        let Some(auth) = sessions.all.get(i) else { return Ok(()) };
        if ct_eq(&strip(&auth.value), &self.state.auth_value(entity)) {
            Ok(())
        } else {
            Err(self.failed(auth))
        }
    }
    fn check_hmac(&mut self, call: &Call<'_>, sessions: &Sessions, i: usize) -> Result<(), Rc> {
        let Some(auth) = sessions.all.get(i) else { return Ok(()) };
        let expected = self.command_hmac(call, sessions, i)?;
        if ct_eq(&auth.value, &expected) { Ok(()) } else { Err(self.failed(auth)) }
    }

    /// An authorization failed: charges it to the dictionary-attack protection, if the entity is under it.
    fn failed(&mut self, auth: &Auth) -> Rc {
        let mut entity = auth.entity.unwrap_or(TpmRh::UNASSIGNED);
        let exempt = self.state.da_exempt(entity);
        if auth.is_password() {
            if exempt {
                return Rc::BAD_AUTH;
            }
        } else if let Some(session) = self.state.session(auth.handle) {
            if session.lockout_bound {
                entity = TpmRh::LOCKOUT;
            }
            if !session.da_bound && (exempt || !auth.include_auth) {
                return Rc::BAD_AUTH;
            }
        }
        self.state.charge(entity);
        Rc::AUTH_FAIL
    }
}

impl State {
    /// Refuses while authorizations are locked out. That a protected value is used is made durable with the outcome:
    /// a run that is cut off cannot hide that it tried (Part 1, 16.8.6).
    fn check_lockout(&mut self, lockout: bool) -> Result<(), Rc> {
        let da = &self.persistent.da;
        let locked = if lockout { !da.lockout_auth_enabled } else { da.failed_tries >= da.max_tries };
        if locked {
            return Err(Rc::LOCKOUT);
        }
        if !lockout && self.persistent.counters.shutdown != shutdown::DA_USED {
            Arc::make_mut(&mut self.persistent.counters).shutdown = shutdown::DA_USED;
            self.persistent.kept = Arc::new(None);
        }
        Ok(())
    }
    /// Counts a failure (Part 1, 19.8.3). Durable before the response leaves, so a power cut cannot undo it.
    fn charge(&mut self, entity: u32) {
        if entity == TpmRh::LOCKOUT {
            Arc::make_mut(&mut self.persistent.da).lockout_auth_enabled = false;
            self.orderly.lockout_timer = self.orderly.clock;
            self.keep_clock();
        } else if self.persistent.da.recovery_time != 0 {
            self.count_failure();
        }
    }
    /// One more failed try.
    pub(crate) fn count_failure(&mut self) {
        let da = Arc::make_mut(&mut self.persistent.da);
        da.failed_tries = da.failed_tries.saturating_add(1);
        self.orderly.self_heal_timer = self.orderly.clock;
        self.keep_clock();
    }
    /// Counts uses of a PIN index (Part 1, 37.2.8).
    fn count_pin(&mut self, entity: u32, success: bool) {
        let Some(index) = self.nv(entity).filter(|index| index.written()) else { return };
        let pin = index.number();
        let (count, limit) = (pin >> 32, pin & 0xFFFF_FFFF);
        let count = match (index.kind(), success) {
            (TpmNt::PinFail, true) => 0,
            (TpmNt::PinFail, false) | (TpmNt::PinPass, true) => (count + 1).min(0xFFFF_FFFF),
            _ => return,
        };
        let data = (count << 32 | limit).to_be_bytes().to_vec();
        self.change_index(entity, |index| index.data = Bytes(Zeroizing::new(data)));
    }
    /// Must the entity be authorized by a policy (Part 1, 19.2)?
    fn policy_required(&self, role: Role, entity: u32) -> bool {
        match role {
            Role::Dup => true,
            Role::Admin => match self.object(entity) {
                Some(object) => object.has(TpmaObject::ADMIN_WITH_POLICY),
                None => !matches!(self.volatile.objects.get(&entity), Some(Loaded::Sequence(_))),
            },
            _ => TpmHt::of(entity) == TpmHt::PCR && self.auth_policy(entity).0.is_some(),
        }
    }
    /// Must physical presence confirm the platform's authorization of this command (Part 1, 16.3)?
    pub(crate) fn needs_presence(&self, shape: &Shape) -> bool {
        shape.code == PpCommands::SHAPE.code || self.persistent.platform.presence.contains(&shape.code)
    }
    /// Can the entity be authorized by its authorization value?
    fn auth_available(&self, call: &Call<'_>, role: Role, entity: u32) -> bool {
        match TpmHt::of(entity) {
            TpmHt::TRANSIENT | TpmHt::PERSISTENT => match self.object(entity) {
                Some(object) => {
                    !object.public_only()
                        && (object.has(TpmaObject::USER_WITH_AUTH)
                            || role == Role::Admin && !object.has(TpmaObject::ADMIN_WITH_POLICY))
                }
                None => true, // a sequence
            },
            TpmHt::NV_INDEX => self.nv(entity).is_some_and(|index| {
                if writes_nv(call) {
                    index.attributes().has(TpmaNv::AUTHWRITE)
                } else if matches!(index.kind(), TpmNt::PinFail | TpmNt::PinPass) {
                    State::pin_available(index)
                } else {
                    index.attributes().has(TpmaNv::AUTHREAD)
                }
            }),
            // The authorization value of a timer is the platform's.
            TpmHt::PERMANENT if timer_number(entity).is_some() => self.volatile.platform_enable,
            _ => true,
        }
    }
    /// Has the entity a policy that can authorize this?
    fn policy_available(&self, call: &Call<'_>, role: Role, entity: u32) -> bool {
        match TpmHt::of(entity) {
            TpmHt::TRANSIENT | TpmHt::PERSISTENT => {
                self.object(entity).is_some_and(|object| !object.public_only())
            }
            TpmHt::NV_INDEX => self.nv(entity).is_some_and(|index| {
                let allowed = if writes_nv(call) { TpmaNv::POLICYWRITE } else { TpmaNv::POLICYREAD };
                !index.public.auth_policy.is_empty()
                    && (self.policy_required(role, entity) || index.attributes().has(allowed))
            }),
            TpmHt::PERMANENT => !self.auth_policy(entity).1.is_empty(),
            TpmHt::PCR => attributes(entity).authorized,
            _ => false,
        }
    }
}

impl State {
    /// Would the command read the index that authorizes it, and that was never written? Part 3, 31.1 has that refused
    /// before the index's authorization value is compared, so that it costs no try. A trial policy reads nothing.
    fn reads_unwritten(&self, call: &Call<'_>, entity: u32) -> bool {
        let reads = match call.shape.name {
            "NvRead" | "NvCertify" => true,
            "PolicyNv" | "PolicyAuthorizeNv" => {
                let session = call.handles.last().and_then(|handle| self.session(*handle));
                !session.and_then(|session| session.policy.as_ref()).is_some_and(|policy| policy.trial)
            }
            _ => false,
        };
        let itself = call.handles.iter().filter(|handle| **handle == entity).count() > 1;
        reads && itself && self.nv(entity).is_some_and(|index| !index.written())
    }
}

/// Does the command write an NV index, so that it is the write attributes that count? Locking for writing does.
fn writes_nv(call: &Call<'_>) -> bool {
    matches!(call.shape.name, "NvWrite" | "NvIncrement" | "NvSetBits" | "NvExtend" | "NvWriteLock")
}
