//! SM2 signatures over the digest `e = H(Z || M)` that the caller made (Part 1, 45.2.2; GB/T 32918.2).

use super::{Curve, MAX_TRIES, Point, Signature, is_zero};
use crate::{CryptoProvider, Digest, Error, HashAlg, Rng};

impl CryptoProvider {
    /// Z, which an SM2 signer hashes before each message (GB/T 32918.2, 5.5): of its identity, at most 8191 bytes, the
    /// curve and the public key. [`Error::BadInput`] for a longer identity, [`Error::BadPoint`] for coordinates that
    /// are too long.
    ///
    /// The length of the identity counts in bits, as GB/T 32918 says; Part 1, 45.2.2.1, which cites it, says octets, and
    /// whoever took that literally would make signatures that nobody else can verify.
    pub fn sm2_z(&self, curve: Curve, hash: HashAlg, public: &Point, id: &[u8]) -> Result<Digest, Error> {
        let bits = u16::try_from(id.len() * 8).map_err(|_| Error::BadInput)?;
        let params = curve.params();
        let mut z = self.hasher(hash);
        z.update(&bits.to_be_bytes());
        z.update(id);
        for number in [params.a, params.b, params.gx, params.gy, &public.x, &public.y] {
            z.update(&curve.fit(number).ok_or(Error::BadPoint)?);
        }
        Ok(z.finish())
    }

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

    /// GM/T 0003.5-2012, annex A.2: Z of the recommended curve's example.
    #[test]
    fn the_identity_of_the_example() {
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
        };
        let public = Point {
            x: hex("09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"),
            y: hex("ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"),
        };
        let z = RUST.sm2_z(Curve::Sm2P256, HashAlg::Sm3, &public, b"1234567812345678").unwrap();
        assert_eq!(z[..], hex("b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"));
        let e = RUST.digest(HashAlg::Sm3, &[&z, b"message digest"]);
        assert_eq!(e[..], hex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"));
        let long = [0; 8192];
        assert_eq!(RUST.sm2_z(Curve::Sm2P256, HashAlg::Sm3, &public, &long).err(), Some(Error::BadInput));
    }

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
