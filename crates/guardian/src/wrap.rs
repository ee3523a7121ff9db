//! Wraps 32-byte keys for an X25519 public key: RFC 9180 in base mode with DHKEM(X25519, HKDF-SHA256),
//! HKDF-SHA256 and ChaCha20-Poly1305, one message per encapsulated key.

use std::convert::Infallible;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal_with_rng,
};
use zeroize::Zeroizing;

use crate::PublicKey;

/// Encapsulated key, bytes.
pub(crate) const ENC: usize = 32;
/// A wrapped key and its tag, bytes.
pub(crate) const WRAPPED: usize = 32 + 16;

/// A key pair that keys are wrapped for. The private key is wiped when dropped.
pub(crate) struct KeyPair {
    private: <X25519HkdfSha256 as Kem>::PrivateKey,
    public: PublicKey,
}

impl KeyPair {
    /// The pair that follows from 32 random bytes (`DeriveKeyPair`, RFC 9180, 7.1.3). Other seed, other pair:
    /// unlike with a private key, no bit of a seed is ignored.
    pub(crate) fn from_seed(seed: &[u8; 32]) -> KeyPair {
        let (private, public) = X25519HkdfSha256::derive_keypair(seed);
        KeyPair { private, public: PublicKey(public.to_bytes().into()) }
    }

    pub(crate) fn public(&self) -> PublicKey {
        self.public
    }

    /// Unwraps; nothing, when a bit of any argument is not as it was.
    pub(crate) fn open(
        &self,
        info: &[u8],
        aad: &[u8],
        enc: &[u8; ENC],
        wrapped: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let enc = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(enc).ok()?;
        let opened = single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.private,
            &enc,
            info,
            wrapped,
            aad,
        );
        opened.ok().map(Zeroizing::new)
    }
}

/// Wraps `secret`: the encapsulated key, and the ciphertext with its tag. Nothing, when no secret can be
/// shared with `public`.
pub(crate) fn seal(
    public: &PublicKey,
    info: &[u8],
    aad: &[u8],
    secret: &[u8],
    entropy: &mut dyn FnMut(&mut [u8]),
) -> Option<([u8; ENC], Vec<u8>)> {
    let public = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&public.0).ok()?;
    let (enc, wrapped) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &public,
        info,
        secret,
        aad,
        &mut Entropy(entropy),
    )
    .ok()?;
    Some((enc.to_bytes().into(), wrapped))
}

/// The caller's entropy, as `hpke` asks for it.
struct Entropy<'a>(&'a mut dyn FnMut(&mut [u8]));

impl hpke::rand_core::TryRng for Entropy<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = Zeroizing::new([0; 4]);
        (self.0)(bytes.as_mut_slice());
        Ok(u32::from_le_bytes(*bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = Zeroizing::new([0; 8]);
        (self.0)(bytes.as_mut_slice());
        Ok(u64::from_le_bytes(*bytes))
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

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
    }

    fn array(hex: &str) -> [u8; 32] {
        bytes(hex).try_into().unwrap()
    }

    /// RFC 7748, 6.1: the public keys of both sides.
    #[test]
    fn the_public_keys_of_rfc_7748() {
        let pairs = [
            (
                "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
                "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
            ),
            (
                "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
                "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
            ),
        ];
        for (private, public) in pairs {
            let private = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&array(private)).unwrap();
            assert_eq!(X25519HkdfSha256::sk_to_pk(&private).to_bytes().as_slice(), array(public));
        }
    }

    /// RFC 9180, A.2.1 (base mode, DHKEM(X25519), ChaCha20-Poly1305), sequence number 0: both ways.
    #[test]
    fn the_first_message_of_rfc_9180_a_2_1() {
        let keys =
            KeyPair::from_seed(&array("1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df"));
        let public = array("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a");
        assert_eq!(keys.public(), PublicKey(public));
        let enc = array("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a");
        let info = bytes("4f6465206f6e2061204772656369616e2055726e");
        let aad = bytes("436f756e742d30");
        let plain = bytes("4265617574792069732074727574682c20747275746820626561757479");
        let cipher = bytes(
            "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
        );
        assert_eq!(keys.open(&info, &aad, &enc, &cipher).unwrap().as_slice(), plain);
        let ephemeral = array("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b");
        let sealed = seal(&keys.public(), &info, &aad, &plain, &mut |out| out.copy_from_slice(&ephemeral));
        assert_eq!(sealed, Some((enc, cipher)));
    }

    /// RFC 7748, 6.1: the all-zero secret of a point of small order is refused.
    #[test]
    fn no_secret_is_shared_with_a_point_of_small_order() {
        let mut one = [0; 32];
        one[0] = 1;
        let order_8 = array("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
        for point in [[0; 32], one, order_8] {
            assert_eq!(seal(&PublicKey(point), b"", b"", &[7; 32], &mut |out| out.fill(9)), None);
            let keys = KeyPair::from_seed(&[3; 32]);
            assert!(keys.open(b"", b"", &point, &[0; WRAPPED]).is_none());
        }
    }
}
