//! The release: a state key on its way from a guardian to one run of a trustlet.
//!
//! The message is `u8` version 1, the encapsulated key (32 bytes), and the wrapped key and tag (48 bytes).

use zeroize::Zeroizing;

use crate::hex::Hex;
use crate::wrap::{self, ENC, KeyPair, WRAPPED};
use crate::{Message, PublicKey, ReleaseError};

const WHAT: Message = Message::Released;
const VERSION: u8 = 1;
const INFO: &[u8] = b"donjon state key release v1";

/// A state key that only its recipient can open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    enc: [u8; ENC],
    wrapped: [u8; WRAPPED],
}

impl Released {
    /// Reads a message.
    ///
    /// # Errors
    /// [`ReleaseError::Malformed`] and [`ReleaseError::UnsupportedVersion`].
    pub fn parse(bytes: &[u8]) -> Result<Released, ReleaseError> {
        let malformed = |why| ReleaseError::Malformed { what: WHAT, why };
        let (version, rest) = bytes.split_first().ok_or(malformed("it is empty"))?;
        if *version != VERSION {
            let (found, known) = (u64::from(*version), u64::from(VERSION));
            return Err(ReleaseError::UnsupportedVersion { what: WHAT, found, known });
        }
        let length = || malformed("it is not 81 bytes");
        let (enc, wrapped) = rest.split_first_chunk().ok_or_else(length)?;
        Ok(Released { enc: *enc, wrapped: wrapped.try_into().map_err(|_| length())? })
    }

    /// The message.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [&[VERSION], self.enc.as_slice(), &self.wrapped].concat()
    }
}

/// The key pair of one run, to which a state key is released, once. Wiped when dropped; has no `Debug`.
pub struct Recipient(Box<KeyPair>);

impl Recipient {
    /// A new key pair from 32 bytes of the caller's entropy.
    pub fn new(entropy: &mut dyn FnMut(&mut [u8])) -> Recipient {
        let mut seed = Zeroizing::new([0; 32]);
        entropy(seed.as_mut_slice());
        Recipient(Box::new(KeyPair::from_seed(&seed)))
    }

    /// What the guardian is to release the key to.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.0.public()
    }

    /// Takes the state key. This uses the key pair up, so that no message can be played to it twice.
    ///
    /// # Errors
    /// [`ReleaseError::NotReleasedToThis`] when the message was altered, or released to another recipient,
    /// state or context.
    pub fn open(
        self,
        released: &Released,
        state_id: &[u8; 16],
        context: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, ReleaseError> {
        let refused = || ReleaseError::NotReleasedToThis { state: Hex(*state_id) };
        let opened = self.0.open(INFO, &bound(state_id, context), &released.enc, &released.wrapped);
        let opened = opened.filter(|key| key.len() == 32).ok_or_else(refused)?;
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&opened);
        Ok(key)
    }
}

/// Wraps an unwrapped state key for a recipient.
pub(crate) fn release(
    key: &[u8],
    state_id: &[u8; 16],
    recipient: &PublicKey,
    context: &[u8],
    entropy: &mut dyn FnMut(&mut [u8]),
) -> Result<Released, ReleaseError> {
    let wrapped = wrap::seal(recipient, INFO, &bound(state_id, context), key, entropy)
        .and_then(|(enc, wrapped)| Some(Released { enc, wrapped: wrapped.try_into().ok()? }));
    wrapped.ok_or(ReleaseError::PublicKey { whose: "recipient's" })
}

/// What a released key is bound to: `u8` version, the state id, and the context. No length is needed: all
/// but the last have a fixed one.
fn bound(state_id: &[u8; 16], context: &[u8]) -> Vec<u8> {
    [&[VERSION], state_id.as_slice(), context].concat()
}
