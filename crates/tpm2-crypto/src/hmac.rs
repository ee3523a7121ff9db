//! HMAC (FIPS 198-1) over exportable hash states.

use alloc::vec::Vec;

use zeroize::{Zeroize, Zeroizing};

use crate::{CryptoProvider, Digest, Error, HashAlg, Hasher};

/// A running HMAC. Both hashes are already keyed, so the key itself is not kept. Zeroized on drop.
#[derive(Clone)]
pub struct Hmac {
    inner: Hasher,
    outer: Hasher,
}

impl CryptoProvider {
    /// The HMAC of the concatenation of `parts`.
    pub fn hmac(&self, alg: HashAlg, key: &[u8], parts: &[&[u8]]) -> Digest {
        let mut hmac = self.hmac_state(alg, key);
        for part in parts {
            hmac.update(part);
        }
        hmac.finish()
    }

    /// Starts an HMAC; a key longer than the block is hashed first, as the standard says.
    pub fn hmac_state(&self, alg: HashAlg, key: &[u8]) -> Hmac {
        let block = alg.block_size();
        let mut pad = Zeroizing::new([0u8; HashAlg::MAX_BLOCK]);
        if key.len() > block {
            let mut hashed = self.digest(alg, &[key]);
            pad[..hashed.len()].copy_from_slice(&hashed);
            hashed.zeroize();
        } else {
            pad[..key.len()].copy_from_slice(key);
        }
        let mut keyed = |flip: u8| {
            pad.iter_mut().for_each(|b| *b ^= flip);
            let mut hasher = self.hasher(alg);
            hasher.update(&pad[..block]);
            hasher
        };
        Hmac { inner: keyed(0x36), outer: keyed(0x36 ^ 0x5C) }
    }

    /// Resumes an HMAC from [`Hmac::export`].
    pub fn import_hmac(&self, alg: HashAlg, exported: &[u8]) -> Result<Hmac, Error> {
        let (len, rest) = exported.split_first_chunk::<2>().ok_or(Error::BadState)?;
        let (inner, outer) =
            rest.split_at_checked(usize::from(u16::from_be_bytes(*len))).ok_or(Error::BadState)?;
        Ok(Hmac { inner: self.import_hasher(alg, inner)?, outer: self.import_hasher(alg, outer)? })
    }
}

impl Hmac {
    /// The hash algorithm.
    pub fn alg(&self) -> HashAlg {
        self.inner.alg()
    }

    /// Adds bytes.
    pub fn update(&mut self, data: &[u8]) {
        self.inner.update(data);
    }

    /// The code over everything added.
    pub fn finish(self) -> Digest {
        let Hmac { inner, mut outer } = self;
        let mut digest = inner.finish();
        outer.update(&digest);
        digest.zeroize();
        outer.finish()
    }

    /// The whole state, for [`CryptoProvider::import_hmac`]; as secret as the key.
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        let (inner, outer) = (self.inner.export(), self.outer.export());
        let mut out = Vec::with_capacity(2 + inner.len() + outer.len());
        out.extend_from_slice(&(inner.len() as u16).to_be_bytes());
        out.extend_from_slice(&inner);
        out.extend_from_slice(&outer);
        Zeroizing::new(out)
    }
}
