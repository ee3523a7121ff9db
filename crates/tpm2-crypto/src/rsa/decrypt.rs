//! Decryption: padding is removed without a branch on what the cipher text contained.
//!
//! Manger's and Bleichenbacher's attacks need to know *which* check failed, or how soon. All checks here are
//! made, their results are summed in a mask, and there is one exit with one error.

use alloc::vec::Vec;

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};
use zeroize::{Zeroize, Zeroizing};

use super::{RsaPad, RsaPrivate};
use crate::{CryptoProvider, Error, HashAlg, Rng};

impl CryptoProvider {
    /// Decrypts. [`Error::BadInput`] when the cipher text is not as long as n or not below it,
    /// [`Error::Decryption`] for whatever is wrong inside. The length of a good message is not hidden.
    pub fn rsa_decrypt(
        &self,
        key: &RsaPrivate,
        pad: RsaPad<'_>,
        cipher_text: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let encoded = self.rsa_private_raw(key, cipher_text, rng)?;
        match pad {
            RsaPad::Raw => Ok(encoded),
            RsaPad::Pkcs1 => pkcs1_decode(&encoded),
            RsaPad::Oaep { hash, label } => self.oaep_decode(&encoded, hash, label),
        }
    }

    /// RFC 8017, 7.1.2, step 3.
    fn oaep_decode(&self, encoded: &[u8], hash: HashAlg, label: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let h_len = hash.digest_size();
        // Public lengths: a key too small for the hash fails for every cipher text.
        if encoded.len() < 2 * h_len + 2 {
            return Err(Error::Decryption);
        }
        let (masked_seed, masked_db) = encoded[1..].split_at(h_len);
        let unmask = |data: &[u8], mask: Zeroizing<Vec<u8>>| -> Zeroizing<Vec<u8>> {
            Zeroizing::new(data.iter().zip(mask.iter()).map(|(d, m)| d ^ m).collect())
        };
        let seed = unmask(masked_seed, self.mgf1(hash, masked_db, h_len));
        let db = unmask(masked_db, self.mgf1(hash, &seed, masked_db.len()));
        let (label_hash, rest) = db.split_at(h_len);
        let mut good = encoded[0].ct_eq(&0) & label_hash.ct_eq(&self.digest(hash, &[label]));
        // Zeros, a one, the message.
        let mut start = 0u32;
        let mut in_zeros = Choice::from(1);
        for (i, byte) in (1u32..).zip(rest) {
            let one = byte.ct_eq(&1);
            start.conditional_assign(&i, in_zeros & one);
            good &= !in_zeros | one | byte.ct_eq(&0);
            in_zeros &= byte.ct_eq(&0);
        }
        finish(rest, start, good & !in_zeros)
    }
}

/// RFC 8017, 7.2.2, step 3.
fn pkcs1_decode(encoded: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let Some((head, rest)) = encoded.split_first_chunk::<2>() else { return Err(Error::Decryption) };
    let mut good = head.ct_eq(&[0, 2]);
    // Non-zero filler, at least eight of it, a zero, the message.
    let mut start = 0u32;
    let mut in_filler = Choice::from(1);
    for (i, byte) in (1u32..).zip(rest) {
        let zero = byte.ct_eq(&0);
        start.conditional_assign(&i, in_filler & zero);
        in_filler &= !zero;
    }
    good &= !in_filler & start.ct_gt(&8);
    finish(rest, start, good)
}

/// The one exit. From here on success, and with it the message's length, is known to the caller anyway.
fn finish(data: &[u8], start: u32, good: Choice) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut start = start;
    let message = if bool::from(good) { data.get(start as usize..) } else { None };
    start.zeroize();
    message.map(|m| Zeroizing::new(m.to_vec())).ok_or(Error::Decryption)
}
