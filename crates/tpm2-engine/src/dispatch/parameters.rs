//! Encryption of the first parameter by a session (Part 1, 21).
use super::Call;
use super::sessions::{Sessions, at};
use crate::Tpm;
use crate::crypt::{cipher, hash};
use crate::state::State;
use crate::state::session::Session;
use alloc::vec::Vec;
use tpm2_crypto::{CryptoProvider, Direction};
use tpm2_wire::{Accept, Rc, Reader, TpmtSymDef, Wire};
use zeroize::Zeroizing;

impl Tpm {
    /// The parameters in clear.
    pub(super) fn decrypt(&self, call: &Call<'_>, sessions: &Sessions) -> Result<Zeroizing<Vec<u8>>, Rc> {
        let mut parameters = Zeroizing::new(call.parameters.to_vec());
        let Some(i) = sessions.decrypt else { return Ok(parameters) };
        let auth = sessions.all.get(i).ok_or(Rc::HANDLE)?;
        let session = self.state.session(auth.handle).ok_or(Rc::HANDLE)?;
        let key = self.state.hmac_key(&session.key, auth.entity);
        let data = first_parameter(&mut parameters).map_err(|rc| rc.at(at(i)))?;
        crypt(self.crypto, session, Direction::Decrypt, &key, &auth.nonce_caller, &session.nonce_tpm, data)?;
        Ok(parameters)
    }
}

/// Encrypts the first response parameter in place, with the nonce that the TPM has just made.
pub(super) fn encrypt(
    crypto: &CryptoProvider,
    state: &State,
    sessions: &Sessions,
    parameters: &mut [u8],
) -> Result<(), Rc> {
    let Some(i) = sessions.encrypt else { return Ok(()) };
    let auth = sessions.all.get(i).ok_or(Rc::HANDLE)?;
    let session = state.session(auth.handle).ok_or(Rc::HANDLE)?;
    let key = state.hmac_key(&session.key, auth.entity);
    let data = first_parameter(parameters)?;
    crypt(crypto, session, Direction::Encrypt, &key, &session.nonce_tpm, &auth.nonce_caller, data)
}

/// The bytes of a leading `TPM2B`.
fn first_parameter(parameters: &mut [u8]) -> Result<&mut [u8], Rc> {
    let size = usize::from(u16::read(&mut Reader::new(parameters, &Accept::ALL))?);
    parameters.get_mut(2..2 + size).ok_or(Rc::SIZE)
}

fn crypt(
    crypto: &CryptoProvider,
    session: &Session,
    direction: Direction,
    key: &[u8],
    nonce_newer: &[u8],
    nonce_older: &[u8],
    data: &mut [u8],
) -> Result<(), Rc> {
    match session.symmetric.ok_or(Rc::SYMMETRIC)? {
        TpmtSymDef::Xor(alg) => {
            crypto.xor_obfuscate(hash(alg)?, key, nonce_newer, nonce_older, data);
            Ok(())
        }
        TpmtSymDef::Cipher(symmetric) => {
            let (alg, bits) = (cipher(&symmetric)?, usize::from(symmetric.key_bits));
            let total = bits + alg.block_size() * 8;
            let material = crypto.kdfa(session.auth_hash, key, b"CFB", nonce_newer, nonce_older, total);
            let (key, iv) = material.split_at_checked(bits / 8).ok_or(Rc::SYMMETRIC)?;
            let mut iv = Zeroizing::new(iv.to_vec());
            crypto.cfb(alg, direction, key, &mut iv, data).map_err(|_| Rc::SYMMETRIC)
        }
    }
}
