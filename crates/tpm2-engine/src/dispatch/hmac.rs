//! The HMACs of sessions (Part 1, 19.6.5 and 19.6.8) and what they cover.
use super::Call;
use super::sessions::Sessions;
use crate::Tpm;
use crate::crypt::digest_2b;
use crate::state::State;
use alloc::vec::Vec;
use tpm2_crypto::{CryptoProvider, HashAlg};
use tpm2_wire::{Rc, Tpm2bDigest};
use zeroize::Zeroizing;

impl Tpm {
    /// `cpHash`: command code, Names of the handles, parameters as they came.
    pub(super) fn cp_hash(&self, call: &Call<'_>, alg: HashAlg) -> Result<Tpm2bDigest, Rc> {
        let mut hasher = self.crypto.hasher(alg);
        hasher.update(&call.shape.code.to_be_bytes());
        for handle in call.handles {
            hasher.update(&self.state.name(self.crypto, *handle)?);
        }
        hasher.update(call.parameters);
        Ok(digest_2b(&hasher.finish()))
    }
    /// The HMAC that session `i` must show. Empty when there is no key and none was given.
    pub(super) fn command_hmac(
        &self,
        call: &Call<'_>,
        sessions: &Sessions,
        i: usize,
    ) -> Result<Tpm2bDigest, Rc> {
        let auth = sessions.all.get(i).ok_or(Rc::HANDLE)?;
        let session = self.state.session(auth.handle).ok_or(Rc::HANDLE)?;
        let key = self.state.hmac_key(&session.key, auth.entity.filter(|_| auth.include_auth));
        if key.is_empty() && auth.value.is_empty() {
            return Ok(Tpm2bDigest::default());
        }
        let cp_hash = self.cp_hash(call, session.auth_hash)?;
        let attributes = [auth.attributes.0];
        let mut parts: Vec<&[u8]> = alloc::vec![&cp_hash, &auth.nonce_caller, &session.nonce_tpm];
        // The session that authorizes first speaks for those that encrypt.
        if i == 0 && auth.entity.is_some() {
            let decrypt = sessions.decrypt.filter(|d| *d != 0);
            let encrypt = sessions.encrypt.filter(|e| *e != 0 && Some(*e) != sessions.decrypt);
            for other in [decrypt, encrypt].into_iter().flatten() {
                let handle = sessions.all.get(other).map(|auth| auth.handle);
                if let Some(session) = handle.and_then(|handle| self.state.session(handle)) {
                    parts.push(&session.nonce_tpm);
                }
            }
        }
        parts.push(&attributes);
        Ok(digest_2b(&self.crypto.hmac(session.auth_hash, &key, &parts)))
    }
}

impl State {
    /// A session's HMAC key: the session key and, where it counts, the entity's authorization value.
    pub(super) fn hmac_key(&self, session_key: &[u8], entity: Option<u32>) -> Zeroizing<Vec<u8>> {
        let mut key = Zeroizing::new(Vec::with_capacity(128));
        key.extend_from_slice(session_key);
        if let Some(entity) = entity {
            key.extend_from_slice(&self.auth_value(entity));
        }
        key
    }
    /// What a session is bound to: the Name and the authorization value of an entity. Only this TPM compares it.
    pub(crate) fn binding(&self, crypto: &CryptoProvider, entity: u32) -> Result<Tpm2bDigest, Rc> {
        let name = self.name(crypto, entity)?;
        let auth = self.auth_value(entity);
        let size = (name.len() as u16).to_be_bytes();
        Ok(digest_2b(&crypto.digest(crate::crypt::CONTEXT_HASH, &[&size, &name, &auth])))
    }
}
