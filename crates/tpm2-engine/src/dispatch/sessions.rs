//! The authorization area of a command: read, and checked as far as it can be without secrets (Part 3, 5.5).
use super::sessions_allowed;
use crate::state::State;
use alloc::vec::Vec;
use tpm2_wire::{
    At, Rc, Reader, Role, Secret, Shape, Tpm2bNonce, TpmHt, TpmRh, TpmaSession, TpmiShAuthSession, Wire,
};

/// The smallest authorization area: a handle, an empty nonce, attributes, an empty HMAC.
const MIN_AUTH_SIZE: usize = 9;
/// `MAX_SESSION_NUM`.
const MAX_SESSIONS: usize = 3;

/// One session of a command.
pub(crate) struct Auth {
    /// The session, or `TPM_RS_PW`.
    pub(crate) handle: u32,
    pub(crate) nonce_caller: Tpm2bNonce,
    pub(crate) attributes: TpmaSession,
    /// The HMAC or the password.
    pub(crate) value: Secret<64>,
    /// What it authorizes.
    pub(crate) entity: Option<u32>,
    /// The entity's authorization value enters the HMAC key.
    pub(crate) include_auth: bool,
}
impl Auth {
    pub(crate) fn is_password(&self) -> bool {
        self.handle == TpmRh::PW
    }
    pub(crate) fn is_policy(&self) -> bool {
        TpmHt::of(self.handle) == TpmHt::POLICY_SESSION
    }
}

/// The sessions of a command.
#[derive(Default)]
pub(crate) struct Sessions {
    pub(crate) all: Vec<Auth>,
    /// Which of them decrypts the first parameter.
    pub(crate) decrypt: Option<usize>,
    /// Which of them encrypts the first response parameter.
    pub(crate) encrypt: Option<usize>,
}

/// The position of a session, for error codes.
pub(crate) fn at(index: usize) -> At {
    At::Session(index as u8 + 1)
}

impl Sessions {
    /// A command without sessions, which must need none.
    pub(crate) fn none(shape: &Shape) -> Result<Sessions, Rc> {
        if shape.authorized() > 0 { Err(Rc::AUTH_MISSING) } else { Ok(Sessions::default()) }
    }
    /// Reads the area, its size included.
    pub(crate) fn read(state: &State, shape: &Shape, r: &mut Reader<'_>) -> Result<Sessions, Rc> {
        let size = u32::read(r)? as usize;
        if size < MIN_AUTH_SIZE || size > r.rest().len() {
            return Err(Rc::AUTHSIZE);
        }
        let mut area = Reader::new(r.take(size)?, r.accept());
        if !sessions_allowed(shape) {
            return Err(Rc::AUTH_CONTEXT);
        }
        let mut sessions = Sessions::default();
        while !area.rest().is_empty() {
            let i = sessions.all.len();
            if i == MAX_SESSIONS {
                return Err(Rc::SIZE.at(at(i)));
            }
            let auth = Self::read_one(&mut area).map_err(|rc| rc.at(at(i)))?;
            sessions.admit(state, shape, i, &auth).map_err(|rc| rc.at(at(i)))?;
            sessions.all.push(auth);
        }
        // Each handle that needs authorization has the session of its place.
        let last = shape.roles.iter().rposition(|role| *role != Role::None);
        if last.is_some_and(|last| last >= sessions.all.len()) {
            return Err(Rc::AUTH_MISSING);
        }
        Ok(sessions)
    }
    fn read_one(r: &mut Reader<'_>) -> Result<Auth, Rc> {
        let mut ahead = *r;
        let handle = if u32::read(&mut ahead)? == TpmRh::PW {
            *r = ahead;
            TpmRh::PW
        } else {
            TpmiShAuthSession::read(r)?.0
        };
        Ok(Auth {
            handle,
            nonce_caller: Wire::read(r)?,
            attributes: Wire::read(r)?,
            value: Wire::read(r)?,
            entity: None,
            include_auth: false,
        })
    }
    /// Checks session `i` against the command and the sessions before it.
    fn admit(&mut self, state: &State, shape: &Shape, i: usize, auth: &Auth) -> Result<(), Rc> {
        let attributes = auth.attributes;
        if auth.is_password() {
            let none = TpmaSession::ENCRYPT
                | TpmaSession::DECRYPT
                | TpmaSession::AUDIT
                | TpmaSession::AUDIT_EXCLUSIVE
                | TpmaSession::AUDIT_RESET;
            if attributes.any(none) {
                return Err(Rc::ATTRIBUTES);
            }
            return if auth.nonce_caller.is_empty() { Ok(()) } else { Err(Rc::NONCE) };
        }
        let session = state
            .session(auth.handle)
            .ok_or_else(|| state.not_loaded(auth.handle, Rc::reference_session(i as u8)))?;
        if self.all.iter().any(|other| other.handle == auth.handle) {
            return Err(Rc::HANDLE);
        }
        if attributes.has(TpmaSession::DECRYPT) {
            if !shape.decrypt || self.decrypt.is_some() {
                return Err(Rc::ATTRIBUTES);
            }
            session.symmetric.ok_or(Rc::SYMMETRIC)?;
            self.decrypt = Some(i);
        }
        if attributes.has(TpmaSession::ENCRYPT) {
            if !shape.encrypt || self.encrypt.is_some() {
                return Err(Rc::ATTRIBUTES);
            }
            session.symmetric.ok_or(Rc::SYMMETRIC)?;
            self.encrypt = Some(i);
        }
        if attributes.has(TpmaSession::AUDIT) {
            let another = self.all.iter().any(|other| other.attributes.has(TpmaSession::AUDIT));
            if another || auth.is_policy() {
                return Err(Rc::ATTRIBUTES);
            }
            let lost = attributes.has(TpmaSession::AUDIT_EXCLUSIVE)
                && !attributes.has(TpmaSession::AUDIT_RESET)
                && session.audit.is_some()
                && state.volatile.exclusive_audit != Some(auth.handle);
            if lost {
                return Err(Rc::EXCLUSIVE);
            }
        }
        Ok(())
    }
}
