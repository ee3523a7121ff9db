//! Encryption to a point, as SM2 has it (Part 1, 45.2.4; GB/T 32918.4), over any curve and hash.

use alloc::vec::Vec;

use zeroize::{Zeroize, Zeroizing};

use super::{Curve, MAX_TRIES, Point};
use crate::{CryptoProvider, Digest, Error, HashAlg, Rng, ct_eq};

/// What encryption gives.
pub struct Encrypted {
    /// The ephemeral public key.
    pub c1: Point,
    /// The message under the mask.
    pub c2: Vec<u8>,
    /// The digest that says whether it was recovered.
    pub c3: Digest,
}

impl CryptoProvider {
    /// Encrypts to the key `public`, with KDF2 over `hash`. [`Error::BadPoint`] when the key is off the curve.
    pub fn ecc_encrypt(
        &self,
        curve: Curve,
        hash: HashAlg,
        public: &Point,
        message: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<Encrypted, Error> {
        for _ in 0..MAX_TRIES {
            let (k, c1) = self.ec_generate(rng, curve)?;
            let mut shared = self.ec_mul(curve, public, &k)?;
            let mut mask = self.sm2_mask(hash, &shared, message.len());
            // A mask of nothing but zeros is none (GB/T 32918.4, 6.1, step A5).
            if !message.is_empty() && mask.iter().all(|byte| *byte == 0) {
                continue;
            }
            mask.iter_mut().zip(message).for_each(|(mask, byte)| *mask ^= byte);
            let c3 = self.digest(hash, &[&shared.x, message, &shared.y]);
            shared.zeroize();
            return Ok(Encrypted { c1, c2: core::mem::take(&mut mask), c3 });
        }
        Err(Error::Rng)
    }

    /// Recovers the message. [`Error::Decryption`] when `c3` is not its digest, [`Error::BadPoint`] when `c1` is off
    /// the curve.
    pub fn ecc_decrypt(
        &self,
        curve: Curve,
        hash: HashAlg,
        d: &[u8],
        c1: &Point,
        c2: &[u8],
        c3: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut shared = self.ec_mul(curve, c1, d)?;
        let mut message = self.sm2_mask(hash, &shared, c2.len());
        message.iter_mut().zip(c2).for_each(|(mask, byte)| *mask ^= byte);
        let mut digest = self.digest(hash, &[&shared.x, &message, &shared.y]);
        shared.zeroize();
        let valid = ct_eq(&digest, c3);
        digest.zeroize();
        if valid { Ok(message) } else { Err(Error::Decryption) }
    }

    fn sm2_mask(&self, hash: HashAlg, shared: &Point, len: usize) -> Zeroizing<Vec<u8>> {
        let z = Zeroizing::new([&shared.x[..], &shared.y].concat());
        self.kdf2(hash, &z, &[], len * 8)
    }
}
