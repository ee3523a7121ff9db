//! The TPM's key derivation functions (Part 1, 11.4.10), MGF1 and XOR obfuscation.

use alloc::{vec, vec::Vec};

use zeroize::Zeroizing;

use crate::{CryptoProvider, Error, HashAlg, Rng};

/// The most that a derived object is made of, in bits (`TPM_MAX_DERIVATION_BITS`); part of the derivation.
pub const MAX_DERIVATION_BITS: usize = 8192;

/// The output of KDFa, given out as a source of random bytes: what derived objects are made of (Part 1, 25.4).
pub struct KdfStream {
    bytes: Zeroizing<Vec<u8>>,
    at: usize,
}

impl KdfStream {
    /// As much as `bits` of KDFa. The label may come with its NUL; another is not appended then.
    pub fn new(
        p: &CryptoProvider,
        alg: HashAlg,
        key: &[u8],
        label: &[u8],
        context_u: &[u8],
        context_v: &[u8],
        bits: usize,
    ) -> Self {
        let label = label.strip_suffix(&[0]).unwrap_or(label);
        KdfStream { bytes: p.kdfa(alg, key, label, context_u, context_v, bits), at: 0 }
    }
}

impl Rng for KdfStream {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        let end = self.at.checked_add(out.len()).ok_or(Error::Rng)?;
        out.copy_from_slice(self.bytes.get(self.at..end).ok_or(Error::Rng)?);
        self.at = end;
        Ok(())
    }
}

impl CryptoProvider {
    /// KDFa (Part 1, 11.4.10.2): SP 800-108 in counter mode with HMAC.
    ///
    /// `label` comes without its NUL, which is appended here. Returns `bits` rounded up to bytes; excess
    /// bits of the first byte are zero.
    pub fn kdfa(
        &self,
        alg: HashAlg,
        key: &[u8],
        label: &[u8],
        context_u: &[u8],
        context_v: &[u8],
        bits: usize,
    ) -> Zeroizing<Vec<u8>> {
        let total = (bits as u32).to_be_bytes();
        let keyed = self.hmac_state(alg, key);
        expand(alg, bits, |counter| {
            let mut hmac = keyed.clone();
            for part in [&counter.to_be_bytes()[..], label, &[0], context_u, context_v, &total] {
                hmac.update(part);
            }
            hmac.finish()
        })
    }

    /// KDFe (Part 1, 11.4.10.3): SP 800-56A concatenation KDF over an ECDH result `z` (its x coordinate, as
    /// long as the field). `label` without its NUL; `party_u` and `party_v` are x coordinates.
    pub fn kdfe(
        &self,
        alg: HashAlg,
        z: &[u8],
        label: &[u8],
        party_u: &[u8],
        party_v: &[u8],
        bits: usize,
    ) -> Zeroizing<Vec<u8>> {
        expand(alg, bits, |counter| {
            self.digest(alg, &[&counter.to_be_bytes(), z, label, &[0], party_u, party_v])
        })
    }

    /// MGF1 (RFC 8017, B.2.1): `len` bytes of mask.
    pub fn mgf1(&self, alg: HashAlg, seed: &[u8], len: usize) -> Zeroizing<Vec<u8>> {
        // MGF1 counts from zero, the KDFs from one.
        expand(alg, len * 8, |counter| self.digest(alg, &[seed, &(counter - 1).to_be_bytes()]))
    }

    /// KDF2 (IEEE 1363a, 13.2; ISO/IEC 18033-2): `bits` rounded up to bytes from the secret `z`, with `info` that
    /// the parties share.
    pub fn kdf2(&self, alg: HashAlg, z: &[u8], info: &[u8], bits: usize) -> Zeroizing<Vec<u8>> {
        expand(alg, bits, |counter| self.digest(alg, &[z, &counter.to_be_bytes(), info]))
    }

    /// XOR parameter obfuscation (Part 1, 11.4.7.3): `data ^= KDFa(key, "XOR", context_u, context_v)`; its
    /// own inverse.
    pub fn xor_obfuscate(
        &self,
        hash: HashAlg,
        key: &[u8],
        context_u: &[u8],
        context_v: &[u8],
        data: &mut [u8],
    ) {
        let mask = self.kdfa(hash, key, b"XOR", context_u, context_v, data.len() * 8);
        data.iter_mut().zip(mask.iter()).for_each(|(d, m)| *d ^= m);
    }
}

/// `bits` rounded up to bytes, from blocks numbered from 1; excess high bits of the first byte cleared.
fn expand(alg: HashAlg, bits: usize, mut block: impl FnMut(u32) -> crate::Digest) -> Zeroizing<Vec<u8>> {
    use zeroize::Zeroize;
    let mut out = Zeroizing::new(vec![0u8; bits.div_ceil(8)]);
    for (counter, chunk) in (1u32..).zip(out.chunks_mut(alg.digest_size())) {
        let mut digest = block(counter);
        chunk.copy_from_slice(&digest[..chunk.len()]);
        digest.zeroize();
    }
    if let Some(first) = out.first_mut()
        && !bits.is_multiple_of(8)
    {
        *first &= (1u8 << (bits % 8)) - 1;
    }
    out
}
