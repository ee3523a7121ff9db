//! The protector: a state key wrapped for a guardian, kept beside the sealed state.
//!
//! JSON, one object: `version` (1), `state_id` and `guardian_id` (32 hex digits each), `algorithm`, `enc`
//! (the encapsulated key, 64 hex digits) and `wrapped` (key and tag, 96 hex digits). All of it is bound to
//! the wrapped key, and only the bytes that [`Protector::to_bytes`] writes are read back: no two files are
//! the same protector.

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::hex::{self, Hex};
use crate::wrap::{self, ENC, KeyPair, WRAPPED};
use crate::{GuardianId, Message, PublicKey, ReleaseError};

/// How keys are wrapped: RFC 9180, base mode, with these parts.
pub const ALGORITHM: &str = "HPKE-X25519-HKDF-SHA256-ChaCha20Poly1305";

const WHAT: Message = Message::Protector;
const VERSION: u64 = 1;
const LARGEST: usize = 4096;
const INFO: &[u8] = b"donjon state key protector v1";

/// A state key wrapped for a guardian. Holds no secret in the clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protector {
    state_id: [u8; 16],
    guardian_id: GuardianId,
    enc: [u8; ENC],
    wrapped: [u8; WRAPPED],
}

/// Wraps the key of state `state_id` for a guardian.
///
/// # Errors
/// [`ReleaseError::PublicKey`] when no secret can be shared with the guardian.
pub fn protect(
    state_key: &[u8; 32],
    state_id: &[u8; 16],
    guardian: &PublicKey,
    entropy: &mut dyn FnMut(&mut [u8]),
) -> Result<Protector, ReleaseError> {
    let guardian_id = guardian.guardian_id();
    let wrapped = wrap::seal(guardian, INFO, &bound(state_id, &guardian_id), state_key, entropy)
        .and_then(|(enc, wrapped)| Some((enc, wrapped.try_into().ok()?)));
    let (enc, wrapped) = wrapped.ok_or(ReleaseError::PublicKey { whose: "guardian's" })?;
    Ok(Protector { state_id: *state_id, guardian_id, enc, wrapped })
}

impl Protector {
    /// Reads a protector.
    ///
    /// # Errors
    /// [`ReleaseError::Malformed`], [`ReleaseError::UnsupportedVersion`] and
    /// [`ReleaseError::UnsupportedAlgorithm`]. An alteration that leaves it well-formed is found by
    /// [`LocalGuardian::release`](crate::LocalGuardian::release).
    pub fn parse(bytes: &[u8]) -> Result<Protector, ReleaseError> {
        let malformed = |why| ReleaseError::Malformed { what: WHAT, why };
        check_version(bytes, WHAT, VERSION, LARGEST)?;
        let text: Text<'_> =
            serde_json::from_slice(bytes).map_err(|_| malformed("its fields are not a protector's"))?;
        check_algorithm(text.algorithm, WHAT)?;
        let protector = Protector {
            state_id: *hex::read(text.state_id).ok_or(malformed("its state_id is not 32 hex digits"))?,
            guardian_id: GuardianId::read(text.guardian_id)
                .ok_or(malformed("its guardian_id is not 32 hex digits"))?,
            enc: *hex::read(text.enc).ok_or(malformed("its enc is not 64 hex digits"))?,
            wrapped: *hex::read(text.wrapped).ok_or(malformed("its wrapped is not 96 hex digits"))?,
        };
        match protector.to_bytes() == bytes {
            true => Ok(protector),
            false => Err(malformed("it is not laid out as it was written")),
        }
    }

    /// Its bytes, to be kept beside the state.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Protector { state_id, guardian_id, enc, wrapped } = self;
        let (state_id, enc, wrapped) = (Hex(*state_id), Hex(*enc), Hex(*wrapped));
        format!(
            "{{\n  \"version\": {VERSION},\n  \"state_id\": \"{state_id}\",\n  \"guardian_id\": \"{guardian_id}\",\n  \
             \"algorithm\": \"{ALGORITHM}\",\n  \"enc\": \"{enc}\",\n  \"wrapped\": \"{wrapped}\"\n}}\n"
        )
        .into_bytes()
    }

    /// Whose key it says it holds. Proved only by a release.
    #[must_use]
    pub fn state_id(&self) -> &[u8; 16] {
        &self.state_id
    }

    /// Who it says can unwrap it.
    #[must_use]
    pub fn guardian_id(&self) -> GuardianId {
        self.guardian_id
    }

    pub(crate) fn unwrap_with(&self, keys: &KeyPair) -> Option<Zeroizing<Vec<u8>>> {
        keys.open(INFO, &bound(&self.state_id, &self.guardian_id), &self.enc, &self.wrapped)
    }
}

/// What a wrapped key is bound to: `u64` version, then `u64` length and bytes of the algorithm's name, the
/// state id and the guardian id.
fn bound(state_id: &[u8; 16], guardian_id: &GuardianId) -> Vec<u8> {
    let mut bound = VERSION.to_be_bytes().to_vec();
    for part in [ALGORITHM.as_bytes(), state_id, guardian_id.as_bytes()] {
        bound.extend((part.len() as u64).to_be_bytes());
        bound.extend_from_slice(part);
    }
    bound
}

/// The version decides what the other fields mean, so it is read first and alone.
pub(crate) fn check_version(
    bytes: &[u8],
    what: Message,
    known: u64,
    largest: usize,
) -> Result<(), ReleaseError> {
    #[derive(Deserialize)]
    struct Version {
        version: u64,
    }
    if bytes.len() > largest {
        return Err(ReleaseError::Malformed { what, why: "it is too long" });
    }
    // What serde says may quote what it read, which may be a secret.
    let version: Version = serde_json::from_slice(bytes)
        .map_err(|_| ReleaseError::Malformed { what, why: "it is no JSON object with a version" })?;
    match version.version == known {
        true => Ok(()),
        false => Err(ReleaseError::UnsupportedVersion { what, found: version.version, known }),
    }
}

pub(crate) fn check_algorithm(found: &str, what: Message) -> Result<(), ReleaseError> {
    if found == ALGORITHM {
        return Ok(());
    }
    Err(ReleaseError::UnsupportedAlgorithm { what, known: ALGORITHM })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text<'a> {
    #[serde(rename = "version")]
    _version: u64,
    state_id: &'a str,
    guardian_id: &'a str,
    algorithm: &'a str,
    enc: &'a str,
    wrapped: &'a str,
}
