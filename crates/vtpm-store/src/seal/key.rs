//! The state key, and the keys derived from it for one run and epoch.

use aes_gcm_siv::{Aes256GcmSiv, Key, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::StateId;

const RECORD_INFO: &[u8] = b"donjon state record key v1";
const KEY_ID_INFO: &[u8] = b"donjon state key id v1";

/// The 256-bit key that seals one TPM's state.
///
/// Lives on the heap, so that moving it leaves no copy on the stack; wiped when dropped; has no `Debug`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct StateKey(Box<[u8; 32]>);

impl StateKey {
    /// A new key from the caller's entropy.
    pub fn generate(entropy: &mut dyn FnMut(&mut [u8])) -> Self {
        let mut key = Box::new([0; 32]);
        entropy(key.as_mut_slice());
        Self(key)
    }

    /// Takes a copy of 32 bytes; `None` for any other length. The caller wipes its own.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != 32 {
            return None;
        }
        let mut key = Box::new([0; 32]);
        key.copy_from_slice(bytes);
        Some(Self(key))
    }

    /// The key itself, for wrapping it.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Tells two keys apart without saying anything else about them. Goes into each record, so that a wrong
    /// key is not mistaken for an altered record.
    pub(super) fn id(&self, state: StateId) -> [u8; 16] {
        let mut id = [0; 16];
        expand(&self.derivation(None), &[KEY_ID_INFO, state.as_bytes()], &mut id);
        id
    }

    /// The cipher for the records of one run and epoch.
    pub(super) fn cipher(&self, state: StateId, salt: &[u8; 16], epoch: u64) -> Aes256GcmSiv {
        let mut key = Zeroizing::new([0; 32]);
        let info: [&[u8]; 3] = [RECORD_INFO, state.as_bytes(), &epoch.to_le_bytes()];
        expand(&self.derivation(Some(salt)), &info, key.as_mut_slice());
        Aes256GcmSiv::new(&Key::<Aes256GcmSiv>::from(*key))
    }

    fn derivation(&self, salt: Option<&[u8]>) -> Hkdf<Sha256> {
        Hkdf::new(salt, self.0.as_slice())
    }
}

/// HKDF-Expand of at most 32 bytes, far below the limit at which it could fail.
fn expand(derivation: &Hkdf<Sha256>, info: &[&[u8]], out: &mut [u8]) {
    debug_assert!(out.len() <= 32);
    let done = derivation.expand_multi_info(info, out);
    debug_assert!(done.is_ok());
}
