use crate::context::{Action, Context};
use crate::crypt::hash;
use crate::objects::secret::{Label, recover};
use crate::state::session::{Policy, Session};
use alloc::sync::Arc;
use alloc::vec::Vec;
use tpm2_wire::{
    Buffer, Rc, Secret, StartAuthSession, StartAuthSessionReply, TpmHt, TpmNt, TpmRh, TpmSe, TpmaObject,
    TpmiAlgSymMode, TpmiShAuthSession, TpmtSymDef,
};
use zeroize::Zeroizing;

/// The shortest nonce, in bytes.
const MIN_NONCE: usize = 16;

/// Part 3, 11.1.
impl Action for StartAuthSession {
    fn run(self, cx: &mut Context<'_>) -> Result<StartAuthSessionReply, Rc> {
        let auth_hash = hash(self.auth_hash)?;
        if self.nonce_caller.len() < MIN_NONCE || self.nonce_caller.len() > auth_hash.digest_size() {
            return Err(Rc::SIZE.at(Self::nonce_caller));
        }
        let salt = salt(&self, cx)?;
        let bind = self.bind.map(|handle| handle.0);
        if let Some(handle) = bind {
            check_bind(cx, handle)?;
        }
        if let Some(TpmtSymDef::Cipher(cipher)) = self.symmetric
            && cipher.mode != Some(TpmiAlgSymMode::Cfb)
        {
            return Err(Rc::MODE.at(Self::symmetric));
        }
        let nonce_tpm = Buffer(cx.random(self.nonce_caller.len())?.to_vec());

        // sessionKey = KDFa(authHash, authValue(bind) || salt, "ATH", nonceTPM, nonceCaller, bits)
        let mut secret = Zeroizing::new(Vec::with_capacity(128));
        if let Some(handle) = bind {
            secret.extend_from_slice(&cx.state.auth_value(handle));
        }
        secret.extend_from_slice(&salt);
        let key = if bind.is_none() && self.tpm_key.is_none() {
            Secret::default()
        } else {
            let bits = auth_hash.digest_size() * 8;
            Secret::from(&cx.crypto.kdfa(auth_hash, &secret, b"ATH", &nonce_tpm, &self.nonce_caller, bits)[..])
        };
        let policy = match self.session_type {
            TpmSe::Hmac => None,
            kind => Some(Policy::new(auth_hash, kind == TpmSe::Trial, &cx.state.volatile)),
        };
        let bound = match bind {
            Some(handle) if policy.is_none() => Some(cx.state.binding(cx.crypto, handle)?),
            _ => None,
        };
        let kind = if policy.is_some() { TpmHt::POLICY_SESSION } else { TpmHt::HMAC_SESSION };
        let handle = cx.state.free_session(cx.profile, kind)?;
        let session = Session {
            auth_hash,
            symmetric: self.symmetric,
            nonce_tpm: nonce_tpm.clone(),
            key,
            bound,
            da_bound: bind.is_some_and(|handle| !cx.state.da_exempt(handle)),
            lockout_bound: bind == Some(TpmRh::LOCKOUT),
            audit: None,
            policy,
        };
        cx.state.volatile.sessions.insert(handle, Arc::new(session));
        Ok(StartAuthSessionReply { session_handle: TpmiShAuthSession(handle), nonce_tpm })
    }
}

/// The salt that the caller encrypted to a key of this TPM.
fn salt(command: &StartAuthSession, cx: &mut Context<'_>) -> Result<Zeroizing<Vec<u8>>, Rc> {
    let Some(handle) = command.tpm_key else {
        let none = command.encrypted_salt.is_empty();
        return if none { Ok(Zeroizing::default()) } else { Err(Rc::VALUE.at(StartAuthSession::encrypted_salt)) };
    };
    let key = cx.object(handle, Rc::KEY, StartAuthSession::tpm_key)?;
    if !key.has_labeled_kem() {
        return Err(Rc::KEY.at(StartAuthSession::tpm_key));
    }
    if command.encrypted_salt.is_empty() {
        return Err(Rc::VALUE.at(StartAuthSession::encrypted_salt));
    }
    if key.public_only() {
        return Err(Rc::HANDLE.at(StartAuthSession::tpm_key));
    }
    if !key.has(TpmaObject::DECRYPT) {
        return Err(Rc::ATTRIBUTES.at(StartAuthSession::tpm_key));
    }
    recover(cx, &key, Label::Secret, &command.encrypted_salt).map_err(|rc| match rc {
        Rc::FAILURE => rc,
        _ => Rc::VALUE.at(StartAuthSession::encrypted_salt),
    })
}
/// Can a session be bound to this entity?
fn check_bind(cx: &Context<'_>, handle: u32) -> Result<(), Rc> {
    // What has no secret here, or one that counts its uses, cannot be bound to.
    let unusable = match TpmHt::of(handle) {
        TpmHt::TRANSIENT | TpmHt::PERSISTENT => cx.state.object(handle).is_some_and(|o| o.public_only()),
        TpmHt::NV_INDEX => {
            cx.state.nv(handle).is_some_and(|nv| matches!(nv.kind(), TpmNt::PinFail | TpmNt::PinPass))
        }
        _ => false,
    };
    if unusable { Err(Rc::HANDLE.at(StartAuthSession::bind)) } else { Ok(()) }
}
