//! The local guardian: a private key that a root-only file keeps.
//!
//! The file is JSON, one object: `version` (1), `id` (32 hex digits), `algorithm`, and `seed` (64 hex
//! digits), which the key pair follows from (RFC 9180, 7.1.3).

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::hex::{self, Hex};
use crate::protector::{self, ALGORITHM, Protector};
use crate::release::{self, Released};
use crate::wrap::KeyPair;
use crate::{GuardianId, Message, PublicKey, ReleaseError};

const WHAT: Message = Message::GuardianKey;
const VERSION: u64 = 1;

/// A guardian whose private key is at hand. Wiped when dropped; has no `Debug`.
pub struct LocalGuardian {
    // On the heap, so that moving it leaves no copy.
    seed: Box<Zeroizing<[u8; 32]>>,
    keys: Box<KeyPair>,
}

impl LocalGuardian {
    /// No key file is larger, in bytes.
    pub const LARGEST_FILE: usize = 4096;

    /// A new guardian from 32 bytes of the caller's entropy.
    pub fn create(entropy: &mut dyn FnMut(&mut [u8])) -> LocalGuardian {
        let mut seed = Box::new(Zeroizing::new([0; 32]));
        entropy(seed.as_mut_slice());
        Self::from_seed(seed)
    }

    /// Reads the bytes of a key file. No error quotes them.
    ///
    /// # Errors
    /// [`ReleaseError::Malformed`], [`ReleaseError::UnsupportedVersion`] and
    /// [`ReleaseError::UnsupportedAlgorithm`].
    pub fn parse(bytes: &[u8]) -> Result<LocalGuardian, ReleaseError> {
        let malformed = |why| ReleaseError::Malformed { what: WHAT, why };
        protector::check_version(bytes, WHAT, VERSION, Self::LARGEST_FILE)?;
        // Borrowed: a copy of the seed's digits would not be wiped.
        let text: Text<'_> =
            serde_json::from_slice(bytes).map_err(|_| malformed("its fields are not a key's"))?;
        protector::check_algorithm(text.algorithm, WHAT)?;
        let id = GuardianId::read(text.id).ok_or(malformed("its id is not 32 hex digits"))?;
        let digits = hex::read::<32>(text.seed).ok_or(malformed("its seed is not 64 hex digits"))?;
        let mut seed = Box::new(Zeroizing::new([0; 32]));
        seed.copy_from_slice(digits.as_slice());
        let guardian = Self::from_seed(seed);
        if guardian.id() != id {
            return Err(malformed("its id is not that of its key"));
        }
        Ok(guardian)
    }

    /// The bytes of its key file.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // Room for all of it: a buffer that grows leaves a copy behind.
        let mut out = Zeroizing::new(Vec::with_capacity(Self::LARGEST_FILE));
        let id = self.id();
        let head = format!(
            "{{\n  \"version\": {VERSION},\n  \"id\": \"{id}\",\n  \"algorithm\": \"{ALGORITHM}\",\n  \"seed\": \""
        );
        out.extend_from_slice(head.as_bytes());
        hex::push(&mut out, self.seed.as_slice());
        out.extend_from_slice(b"\"\n}\n");
        out
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> GuardianId {
        self.public().guardian_id()
    }

    /// The key that state keys are protected with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.keys.public()
    }

    /// Unwraps the state key of `expected_state` and wraps it for `recipient`. `context` is what else the
    /// release is bound to, and must be the same for [`Recipient::open`](crate::Recipient::open): a nonce of
    /// the recipient's.
    ///
    /// # Errors
    /// [`ReleaseError::WrongState`], [`ReleaseError::WrongGuardian`], [`ReleaseError::AlteredProtector`], and
    /// [`ReleaseError::PublicKey`] of a recipient.
    pub fn release(
        &self,
        protector: &Protector,
        expected_state: &[u8; 16],
        recipient: &PublicKey,
        context: &[u8],
        entropy: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Released, ReleaseError> {
        let state = Hex(*expected_state);
        if protector.state_id() != expected_state {
            return Err(ReleaseError::WrongState { expected: state, found: Hex(*protector.state_id()) });
        }
        if protector.guardian_id() != self.id() {
            let (needed, this) = (protector.guardian_id(), self.id());
            return Err(ReleaseError::WrongGuardian { state, needed, this });
        }
        let key = protector.unwrap_with(&self.keys).ok_or(ReleaseError::AlteredProtector { state })?;
        release::release(&key, expected_state, recipient, context, entropy)
    }

    fn from_seed(seed: Box<Zeroizing<[u8; 32]>>) -> LocalGuardian {
        let keys = Box::new(KeyPair::from_seed(&seed));
        LocalGuardian { seed, keys }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text<'a> {
    #[serde(rename = "version")]
    _version: u64,
    id: &'a str,
    algorithm: &'a str,
    seed: &'a str,
}
