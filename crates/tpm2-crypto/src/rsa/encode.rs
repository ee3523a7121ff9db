//! Signing, verifying and encrypting: the encodings of RFC 8017 from data to number.

use alloc::{vec, vec::Vec};

use zeroize::Zeroizing;

use super::{RsaPad, RsaPrivate, RsaSig, exponent, left_padded};
use crate::{CryptoProvider, Error, HashAlg, Rng};

impl CryptoProvider {
    /// Signs `digest`, which is `hash`'s (else [`Error::BadInput`]). A PSS salt is as long as the digest, or
    /// what fits: the limit of FIPS 186-5, 5.4, as the reference keeps it (Part 1, B.7).
    pub fn rsa_sign(
        &self,
        key: &RsaPrivate,
        scheme: RsaSig,
        hash: HashAlg,
        digest: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<Vec<u8>, Error> {
        let encoded = match scheme {
            RsaSig::Pkcs1 => pkcs1_signature(key.n.len(), hash, digest)?,
            RsaSig::Pss => self.pss_encode(key.n.len(), hash, digest, rng)?,
        };
        self.rsa_private_raw(key, &encoded, rng).map(|s| s.to_vec())
    }

    /// Whether `signature` is one of `digest`. Any error in the parameters means no. PSS salts of any length
    /// are accepted.
    pub fn rsa_verify(
        &self,
        n: &[u8],
        e: u32,
        scheme: RsaSig,
        hash: HashAlg,
        digest: &[u8],
        signature: &[u8],
    ) -> bool {
        if signature.len() != n.len() {
            return false;
        }
        let Ok(encoded) = self.rsa_public_raw(n, e, signature) else { return false };
        match scheme {
            RsaSig::Pkcs1 => pkcs1_signature(n.len(), hash, digest).is_ok_and(|expected| encoded == expected),
            RsaSig::Pss => self.pss_verify(&encoded, hash, digest).is_some(),
        }
    }

    /// Encrypts `message`; [`Error::BadInput`] when it is too long for the padding or, raw, not below n.
    pub fn rsa_encrypt(
        &self,
        n: &[u8],
        e: u32,
        pad: RsaPad<'_>,
        message: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<Vec<u8>, Error> {
        let encoded = match pad {
            RsaPad::Raw => left_padded(message, n.len()).ok_or(Error::BadInput)?,
            RsaPad::Pkcs1 => pkcs1_encryption(n.len(), message, rng)?,
            RsaPad::Oaep { hash, label } => self.oaep_encode(n.len(), hash, label, message, rng)?,
        };
        self.rsa_public_raw(n, exponent(e)?, &encoded)
    }

    /// RFC 8017, 9.1.1, for moduli whose length is a multiple of 8 bits.
    fn pss_encode(
        &self,
        len: usize,
        hash: HashAlg,
        digest: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<Vec<u8>, Error> {
        let h_len = hash.digest_size();
        let room = len.checked_sub(h_len + 2).ok_or(Error::BadInput)?;
        if digest.len() != h_len {
            return Err(Error::BadInput);
        }
        let mut salt = vec![0; room.min(h_len)];
        rng.fill(&mut salt)?;
        let h = self.digest(hash, &[&[0; 8], digest, &salt]);
        let mut out = vec![0; room - salt.len()];
        out.push(1);
        out.extend_from_slice(&salt);
        let mask = self.mgf1(hash, &h, out.len());
        out.iter_mut().zip(mask.iter()).for_each(|(o, m)| *o ^= m);
        if let Some(first) = out.first_mut() {
            *first &= 0x7F;
        }
        out.extend_from_slice(&h);
        out.push(0xBC);
        Ok(out)
    }

    /// RFC 8017, 9.1.2, finding the salt's length by itself. All values are public.
    fn pss_verify(&self, encoded: &[u8], hash: HashAlg, digest: &[u8]) -> Option<()> {
        let h_len = hash.digest_size();
        let (&trailer, rest) = encoded.split_last()?;
        let (masked, h) = rest.split_at_checked(rest.len().checked_sub(h_len)?)?;
        if trailer != 0xBC || digest.len() != h_len || masked.first()? & 0x80 != 0 {
            return None;
        }
        let mask = self.mgf1(hash, h, masked.len());
        let mut db: Vec<u8> = masked.iter().zip(mask.iter()).map(|(d, m)| d ^ m).collect();
        *db.first_mut()? &= 0x7F;
        let zeros = db.iter().position(|b| *b != 0)?;
        let (&one, salt) = db.get(zeros..)?.split_first()?;
        (one == 1 && *self.digest(hash, &[&[0; 8], digest, salt]) == *h).then_some(())
    }

    /// RFC 8017, 7.1.1, step 2.
    fn oaep_encode(
        &self,
        len: usize,
        hash: HashAlg,
        label: &[u8],
        message: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let h_len = hash.digest_size();
        let fill = len.checked_sub(2 * h_len + 2 + message.len()).ok_or(Error::BadInput)?;
        let mut db = Zeroizing::new(Vec::with_capacity(len - h_len - 1));
        db.extend_from_slice(&self.digest(hash, &[label]));
        db.resize(h_len + fill, 0);
        db.push(1);
        db.extend_from_slice(message);
        let mut seed = Zeroizing::new(vec![0; h_len]);
        rng.fill(&mut seed)?;
        xor(&mut db, &self.mgf1(hash, &seed, len - h_len - 1));
        xor(&mut seed, &self.mgf1(hash, &db, h_len));
        let mut out = Zeroizing::new(Vec::with_capacity(len));
        out.push(0);
        out.extend_from_slice(&seed);
        out.extend_from_slice(&db);
        Ok(out)
    }
}

/// RFC 8017, 9.2.
fn pkcs1_signature(len: usize, hash: HashAlg, digest: &[u8]) -> Result<Vec<u8>, Error> {
    let der = digest_info(hash).ok_or(Error::Unsupported)?;
    let fill = len.checked_sub(der.len() + digest.len() + 3).ok_or(Error::BadInput)?;
    if digest.len() != hash.digest_size() || fill < 8 {
        return Err(Error::BadInput);
    }
    let mut out = vec![0, 1];
    out.resize(2 + fill, 0xFF);
    out.push(0);
    out.extend_from_slice(&der);
    out.extend_from_slice(digest);
    Ok(out)
}

/// The DER of DigestInfo up to the digest (RFC 8017, 9.2, note 1; GM/T 0006 for SM3's identifier). `None` for
/// hashes that have no identifier of their own length.
fn digest_info(hash: HashAlg) -> Option<Vec<u8>> {
    /// 2.16.840.1.101.3.4.2: NIST's hashes.
    const NIST: [u8; 8] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
    let nist = |arc: u8| [&NIST[..], &[arc]].concat();
    let oid = match hash {
        HashAlg::Sha1 => vec![0x2B, 0x0E, 0x03, 0x02, 0x1A],
        HashAlg::Sha256 => nist(1),
        HashAlg::Sha384 => nist(2),
        HashAlg::Sha512 => nist(3),
        HashAlg::Sha3_256 => nist(8),
        HashAlg::Sha3_384 => nist(9),
        HashAlg::Sha3_512 => nist(10),
        HashAlg::Sm3 => vec![0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x83, 0x11],
        HashAlg::Sha256_192 | HashAlg::Shake256_192 | HashAlg::Shake256_256 | HashAlg::Shake256_512 => {
            return None;
        }
    };
    let (oid_size, size) = (oid.len() as u8, hash.digest_size() as u8);
    let mut der = vec![0x30, oid_size + size + 8, 0x30, oid_size + 4, 0x06, oid_size];
    der.extend_from_slice(&oid);
    der.extend_from_slice(&[5, 0, 4, size]);
    Some(der)
}

/// RFC 8017, 7.2.1, step 2. A zero among the random bytes becomes 0x55, as in the reference.
fn pkcs1_encryption(len: usize, message: &[u8], rng: &mut dyn Rng) -> Result<Zeroizing<Vec<u8>>, Error> {
    let fill = len.checked_sub(message.len() + 3).filter(|fill| *fill >= 8).ok_or(Error::BadInput)?;
    let mut random = vec![0; fill];
    rng.fill(&mut random)?;
    random.iter_mut().filter(|b| **b == 0).for_each(|b| *b = 0x55);
    let mut out = Zeroizing::new(Vec::with_capacity(len));
    out.extend_from_slice(&[0, 2]);
    out.extend_from_slice(&random);
    out.push(0);
    out.extend_from_slice(message);
    Ok(out)
}

fn xor(data: &mut [u8], mask: &[u8]) {
    data.iter_mut().zip(mask).for_each(|(d, m)| *d ^= m);
}
