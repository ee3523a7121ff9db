//! EC Schnorr signatures, and the half of ECDAA that the TPM signs (Part 1, 44.3.3 and 44.3.4).

use alloc::{vec, vec::Vec};

use crypto_bigint::U640;
use zeroize::Zeroizing;

use super::{Curve, MAX_TRIES, Point, Signature, is_zero};
use crate::{CryptoProvider, Error, HashAlg, Rng};

impl CryptoProvider {
    /// Signs `digest` with `d`: (r, s), each [`Curve::size`] bytes. The nonce is hedged as with ECDSA.
    ///
    /// r is a digest cut to the size of the order. One that is not below the order is not used: the
    /// verifiers in the field refuse it.
    pub fn ecschnorr_sign(
        &self,
        curve: Curve,
        hash: HashAlg,
        d: &[u8],
        digest: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<Signature, Error> {
        let d = curve.private(d)?;
        for _ in 0..MAX_TRIES {
            let k = self.hedged_nonce(curve, b"ECSCHNORR nonce", &d, digest, rng)?;
            if let Some(signature) = self.ecschnorr_sign_with(curve, hash, &d, digest, &k)? {
                return Ok(signature);
            }
        }
        Err(Error::Rng)
    }

    /// Whether (r, s) signs `digest` under the key `public`. Any error in the parameters means no.
    pub fn ecschnorr_verify(
        &self,
        curve: Curve,
        hash: HashAlg,
        public: &Point,
        digest: &[u8],
        r: &[u8],
        s: &[u8],
    ) -> bool {
        let valid = || {
            let (r, s) = (curve.positive(r)?, curve.positive(s)?);
            let public = curve.fit_point(public).filter(|q| self.ec.is_on_curve(curve, q))?;
            let e = self.ec.mul_add_public(curve, &s, &public, &curve.negate_public(&r)).ok()?;
            Some(self.challenge(curve, hash, &e.x, digest) == *r)
        };
        valid().unwrap_or(false)
    }

    /// The TPM's half of an ECDAA signature: (k, s) with `s = r + H(k || digest) d`, where `r` is the private
    /// key of a commitment that must not be used again. k is random, and s is [`Curve::size`] bytes as it is.
    ///
    /// [`Error::BadKey`] when d or r is out of range.
    pub fn ecdaa_sign(
        &self,
        curve: Curve,
        hash: HashAlg,
        d: &[u8],
        r: &[u8],
        digest: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<Signature, Error> {
        let (d, r) = (curve.private(d)?, curve.private(r)?);
        for _ in 0..MAX_TRIES {
            let mut wide = Zeroizing::new(vec![0; curve.size() + 8]);
            rng.fill(&mut wide)?;
            let k = curve.private_scalar(&wide);
            let t = curve.scalar(&self.digest(hash, &[&k, digest]));
            if let Some(s) = self.schnorr_s(curve, &r, &t, &d)? {
                return Ok((k.to_vec(), s));
            }
        }
        Err(Error::Rng)
    }

    /// The point `(H(s2) mod p, y2)` of a commitment (Part 1, 44.2.3); `None` when it is not on the curve.
    pub fn ec_base_point(&self, curve: Curve, hash: HashAlg, s2: &[u8], y2: &[u8]) -> Option<Point> {
        let modulus = crypto_bigint::NonZero::new(number(curve.params().p)).into_option()?;
        let x = number(&self.digest(hash, &[s2])).rem_vartime(&modulus).to_be_bytes();
        let point = curve.fit_point(&Point { x: x.as_ref().to_vec(), y: y2.to_vec() })?;
        self.ec.is_on_curve(curve, &point).then_some(point)
    }

    /// The signature with nonce `k`; `None` when r or s is unfit.
    fn ecschnorr_sign_with(
        &self,
        curve: Curve,
        hash: HashAlg,
        d: &[u8],
        digest: &[u8],
        k: &[u8],
    ) -> Result<Option<Signature>, Error> {
        let e = self.ec.base_mul(curve, k)?;
        let r = self.challenge(curve, hash, &e.x, digest);
        if curve.positive(&r).is_none() {
            return Ok(None);
        }
        Ok(self.schnorr_s(curve, k, &r, d)?.map(|s| (r, s)))
    }

    /// `H(x || digest)`, cut to the bytes of the order (TRUNC), with leading zeros where it is shorter.
    fn challenge(&self, curve: Curve, hash: HashAlg, x: &[u8], digest: &[u8]) -> Vec<u8> {
        let full = self.digest(hash, &[x, digest]);
        let cut = full.get(..curve.size()).unwrap_or(&full);
        let mut r = vec![0; curve.size() - cut.len()];
        r.extend_from_slice(cut);
        r
    }

    /// `s = k + r d mod n`; `None` when it is zero, or r is.
    fn schnorr_s(&self, curve: Curve, k: &[u8], r: &[u8], d: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let s = self.ec.scalar_add(curve, k, &self.ec.scalar_mul(curve, r, d)?)?;
        Ok((!is_zero(r) && !is_zero(&s)).then(|| s.to_vec()))
    }
}

/// A public number of at most 80 bytes.
fn number(bytes: &[u8]) -> U640 {
    let mut buffer = [0; 80];
    let (_, tail) = buffer.split_at_mut(80 - bytes.len());
    tail.copy_from_slice(bytes);
    U640::from_be_slice(&buffer)
}
