//! Wraps state keys (RFC 9180, base mode; X25519, HKDF-SHA256, ChaCha20-Poly1305): for a guardian,
//! to be kept beside the state as its *protector*, and for one run of a trustlet, to be released to.
//!
//! A protector is `"DNJP"`, `u8` version 1, 16 bytes state id, 32 bytes guardian's public key, and
//! the wrapped key. A released key is the wrapped key alone. Both are bound to the state id, and the
//! two kinds cannot be put in each other's place.

use std::convert::Infallible;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal_with_rng};
use zeroize::Zeroizing;

const MAGIC: &[u8; 4] = b"DNJP";
const VERSION: u8 = 1;
const PUBLIC: usize = 32;
const ENCAPSULATED: usize = 32;
const PROTECT: &[u8] = b"donjon state key protector v1";
const RELEASE: &[u8] = b"donjon state key release v1";

type Secret = <X25519HkdfSha256 as Kem>::PrivateKey;
type Public = <X25519HkdfSha256 as Kem>::PublicKey;
type Encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey;

/// Why a key is not unwrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProtectError {
    #[error("the key protector is malformed: restore a backup of the TPM state")]
    Malformed,
    #[error("the key protector was made for another guardian: use the guardian key that the TPM state was made with")]
    OtherGuardian,
    #[error("the wrapped key does not open: it was altered, or is not for this key")]
    Altered,
    #[error("the public key to wrap a key for is malformed")]
    PublicKey,
}

/// A key pair that keys are wrapped for.
pub(crate) struct KeyPair {
    secret: Secret,
    public: Public,
}

impl KeyPair {
    /// The pair that follows from 32 random bytes (RFC 9180, 7.1.3).
    pub(crate) fn from_seed(seed: &[u8; 32]) -> KeyPair {
        let (secret, public) = X25519HkdfSha256::derive_keypair(seed);
        KeyPair { secret, public }
    }

    /// The public key's 32 bytes.
    pub(crate) fn public(&self) -> Vec<u8> {
        self.public.to_bytes().to_vec()
    }

    /// As a trustlet: takes a released key.
    pub(crate) fn open_released(&self, state: &[u8; 16], released: &[u8]) -> Result<Zeroizing<Vec<u8>>, ProtectError> {
        self.open(RELEASE, state, released)
    }

    /// As a guardian: unwraps the key in a protector and wraps it for `recipient`.
    pub(crate) fn release(
        &self,
        protector: &[u8],
        recipient: &[u8],
        entropy: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Vec<u8>, ProtectError> {
        let rest = protector.strip_prefix(MAGIC).ok_or(ProtectError::Malformed)?;
        let (version, rest) = rest.split_first().ok_or(ProtectError::Malformed)?;
        let (state, rest) = rest.split_first_chunk::<16>().ok_or(ProtectError::Malformed)?;
        let (guardian, wrapped) = rest.split_first_chunk::<PUBLIC>().ok_or(ProtectError::Malformed)?;
        if *version != VERSION {
            return Err(ProtectError::Malformed);
        }
        if guardian.as_slice() != self.public() {
            return Err(ProtectError::OtherGuardian);
        }
        let key = self.open(PROTECT, state, wrapped)?;
        seal(recipient, RELEASE, state, &key, entropy)
    }

    fn open(&self, info: &[u8], state: &[u8; 16], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, ProtectError> {
        let (encapsulated, sealed) = wrapped.split_at_checked(ENCAPSULATED).ok_or(ProtectError::Malformed)?;
        let encapsulated = Encapsulated::from_bytes(encapsulated).map_err(|_| ProtectError::Malformed)?;
        let mode = OpModeR::Base;
        single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &mode,
            &self.secret,
            &encapsulated,
            info,
            sealed,
            state,
        )
        .map(Zeroizing::new)
        .map_err(|_| ProtectError::Altered)
    }
}

/// Wraps a state key for a guardian: the protector.
pub(crate) fn protect(
    guardian: &[u8],
    state: &[u8; 16],
    key: &[u8],
    entropy: &mut dyn FnMut(&mut [u8]),
) -> Result<Vec<u8>, ProtectError> {
    let wrapped = seal(guardian, PROTECT, state, key, entropy)?;
    Ok([MAGIC.as_slice(), &[VERSION], state, guardian, &wrapped].concat())
}

fn seal(
    public: &[u8],
    info: &[u8],
    state: &[u8; 16],
    key: &[u8],
    entropy: &mut dyn FnMut(&mut [u8]),
) -> Result<Vec<u8>, ProtectError> {
    let public = Public::from_bytes(public).map_err(|_| ProtectError::PublicKey)?;
    let (encapsulated, sealed) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &public,
        info,
        key,
        state,
        &mut Entropy(entropy),
    )
    .map_err(|_| ProtectError::PublicKey)?;
    Ok([encapsulated.to_bytes().as_slice(), &sealed].concat())
}

/// The caller's entropy, as `hpke` asks for it.
struct Entropy<'a>(&'a mut dyn FnMut(&mut [u8]));

impl hpke::rand_core::TryRng for Entropy<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        (self.0)(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        (self.0)(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        (self.0)(bytes);
        Ok(())
    }
}

impl hpke::rand_core::TryCryptoRng for Entropy<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: [u8; 16] = *b"0123456789abcdef";
    const KEY: [u8; 32] = [0x5a; 32];

    /// Different bytes at every call.
    fn entropy() -> impl FnMut(&mut [u8]) {
        let mut n = 0_u8;
        move |out| {
            for byte in out {
                n = n.wrapping_mul(37).wrapping_add(11);
                *byte = n;
            }
        }
    }

    #[test]
    fn a_key_goes_through_its_guardian_to_its_trustlet() {
        let (guardian, run) = (KeyPair::from_seed(&[1; 32]), KeyPair::from_seed(&[2; 32]));
        let mut entropy = entropy();
        let protector = protect(&guardian.public(), &STATE, &KEY, &mut entropy).unwrap();
        let released = guardian.release(&protector, &run.public(), &mut entropy).unwrap();
        assert_eq!(run.open_released(&STATE, &released).unwrap().as_slice(), KEY);
        // Never twice the same bytes, and the key in none of them.
        let again = guardian.release(&protector, &run.public(), &mut entropy).unwrap();
        assert_ne!(again, released);
        for bytes in [&protector, &released] {
            assert!(!bytes.windows(8).any(|w| w == &KEY[..8]));
        }
    }

    #[test]
    fn nobody_else_and_nothing_else_opens_it() {
        let (guardian, run) = (KeyPair::from_seed(&[1; 32]), KeyPair::from_seed(&[2; 32]));
        let mut entropy = entropy();
        let protector = protect(&guardian.public(), &STATE, &KEY, &mut entropy).unwrap();
        let released = guardian.release(&protector, &run.public(), &mut entropy).unwrap();
        let other = KeyPair::from_seed(&[3; 32]);
        assert_eq!(other.release(&protector, &run.public(), &mut entropy), Err(ProtectError::OtherGuardian));
        assert_eq!(other.open_released(&STATE, &released), Err(ProtectError::Altered));
        assert_eq!(run.open_released(b"another state id", &released), Err(ProtectError::Altered));
        // A protector's wrapped key is no released key, even for the guardian itself.
        assert_eq!(guardian.open_released(&STATE, &protector[53..]), Err(ProtectError::Altered));
        for at in 0..protector.len() {
            let mut altered = protector.clone();
            altered[at] ^= 0x40;
            assert!(guardian.release(&altered, &run.public(), &mut entropy).is_err(), "byte {at}");
            assert!(guardian.release(&protector[..at], &run.public(), &mut entropy).is_err(), "cut at {at}");
        }
        assert_eq!(protect(&[0; 5], &STATE, &KEY, &mut entropy), Err(ProtectError::PublicKey));
    }
}
