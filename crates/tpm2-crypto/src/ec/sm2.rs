//! SM2 signatures over the digest `e = H(Z || M)` that the caller made (Part 1, 45.2.2; GB/T 32918.2).

use super::{Curve, MAX_TRIES, Point, Signature, is_zero};
use crate::{CryptoProvider, Error, Rng};

impl CryptoProvider {
    /// Signs the digest `e` with `d`: (r, s), each [`Curve::size`] bytes. The nonce is hedged as with ECDSA.
    ///
    /// [`Error::BadKey`] unless `1 <= d < n - 1`: the last private key that ECDSA allows is none of SM2.
    pub fn sm2_sign(&self, curve: Curve, d: &[u8], e: &[u8], rng: &mut dyn Rng) -> Result<Signature, Error> {
        let d = curve.private(d)?;
        for _ in 0..MAX_TRIES {
            let k = self.hedged_nonce(curve, b"SM2 nonce", &d, e, rng)?;
            if let Some(signature) = self.sm2_sign_with(curve, &d, e, &k)? {
                return Ok(signature);
            }
        }
        Err(Error::Rng)
    }

    /// Whether (r, s) signs the digest `e` under the key `public`. Any error in the parameters means no.
    pub fn sm2_verify(&self, curve: Curve, public: &Point, e: &[u8], r: &[u8], s: &[u8]) -> bool {
        let valid = || {
            let (r, s) = (curve.positive(r)?, curve.positive(s)?);
            let public = curve.fit_point(public).filter(|q| self.ec.is_on_curve(curve, q))?;
            let t = self.ec.scalar_add(curve, &r, &s).ok().filter(|t| !is_zero(t))?;
            let sum = self.ec.mul_add_public(curve, &s, &public, &t).ok()?;
            let expected = self.ec.scalar_add(curve, &curve.scalar(e), &curve.scalar(&sum.x)).ok()?;
            Some(*expected == *r)
        };
        valid().unwrap_or(false)
    }

    /// The signature with nonce `k`; `None` when k is unfit.
    fn sm2_sign_with(&self, curve: Curve, d: &[u8], e: &[u8], k: &[u8]) -> Result<Option<Signature>, Error> {
        let x = curve.scalar(&self.ec.base_mul(curve, k)?.x);
        let r = self.ec.scalar_add(curve, &curve.scalar(e), &x)?;
        let sum = self.ec.scalar_add(curve, k, &r)?;
        if is_zero(&r) || is_zero(&sum) {
            return Ok(None);
        }
        // (k - r d) / (1 + d) is (k + r) / (1 + d) - r: no subtraction of a secret is needed.
        let one = curve.scalar(&[1]);
        let inverse =
            self.ec.scalar_invert(curve, &self.ec.scalar_add(curve, d, &one)?).map_err(|_| Error::BadKey)?;
        let quotient = self.ec.scalar_mul(curve, &inverse, &sum)?;
        let s = self.ec.scalar_add(curve, &quotient, &curve.negate_public(&r))?;
        Ok((!is_zero(&s)).then(|| (r.to_vec(), s.to_vec())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RUST;
    use alloc::vec::Vec;

    /// With k + r = 0 mod n the last step would give away the key.
    #[test]
    fn an_unfit_nonce_is_not_used() {
        let curve = Curve::P256;
        let (d, k) = (curve.scalar(&[7]), curve.scalar(&[5]));
        let x = curve.scalar(&RUST.ec.base_mul(curve, &k).unwrap().x);
        let minus = |v: &[u8]| -> Vec<u8> { curve.negate_public(v).to_vec() };
        // e = -x makes r zero; e = -x - k makes r + k zero.
        assert!(RUST.sm2_sign_with(curve, &d, &minus(&x), &k).unwrap().is_none());
        let e = RUST.ec.scalar_add(curve, &minus(&x), &minus(&k)).unwrap();
        assert!(RUST.sm2_sign_with(curve, &d, &e, &k).unwrap().is_none());
        assert!(RUST.sm2_sign_with(curve, &d, &[1], &k).unwrap().is_some());
    }
}
