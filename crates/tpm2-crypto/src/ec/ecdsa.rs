//! ECDSA (FIPS 186-5, 6.4), with nonces that survive a repeated random number generator.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{Curve, MAX_TRIES, Point, Signature, is_zero};
use crate::{CryptoProvider, Error, Rng};

impl CryptoProvider {
    /// Signs `digest` with `d`: (r, s), each [`Curve::size`] bytes.
    ///
    /// The nonce is derived from the key, the digest and 32 fresh random bytes together. A virtual machine
    /// can be resumed twice from one snapshot, generator state included; two signatures with one nonce would
    /// then give the key away, whereas here different digests have different nonces regardless.
    pub fn ecdsa_sign(
        &self,
        curve: Curve,
        d: &[u8],
        digest: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<Signature, Error> {
        let d = curve.private(d)?;
        for _ in 0..MAX_TRIES {
            let k = self.hedged_nonce(curve, b"ECDSA nonce", &d, digest, rng)?;
            if let Some(signature) = self.ecdsa_sign_with(curve, &d, digest, &k)? {
                return Ok(signature);
            }
        }
        Err(Error::Rng)
    }

    /// Whether (r, s) signs `digest` under the key `public`. Any error in the parameters means no.
    pub fn ecdsa_verify(&self, curve: Curve, public: &Point, digest: &[u8], r: &[u8], s: &[u8]) -> bool {
        self.try_verify(curve, public, digest, r, s).unwrap_or(false)
    }

    /// The signature with nonce `k`; `None` when k gives a zero.
    fn ecdsa_sign_with(
        &self,
        curve: Curve,
        d: &[u8],
        digest: &[u8],
        k: &[u8],
    ) -> Result<Option<Signature>, Error> {
        let r = curve.scalar(&self.ec.base_mul(curve, k)?.x);
        let e = curve.digest_scalar(digest);
        let sum = self.ec.scalar_add(curve, &e, &self.ec.scalar_mul(curve, &r, d)?)?;
        let s = self.ec.scalar_mul(curve, &self.ec.scalar_invert(curve, k)?, &sum)?;
        Ok((!is_zero(&r) && !is_zero(&s)).then(|| (r.to_vec(), s.to_vec())))
    }

    fn try_verify(
        &self,
        curve: Curve,
        public: &Point,
        digest: &[u8],
        r: &[u8],
        s: &[u8],
    ) -> Result<bool, Error> {
        let r = curve.positive(r).ok_or(Error::BadInput)?;
        let s = curve.positive(s).ok_or(Error::BadInput)?;
        let public = curve.fit_point(public).ok_or(Error::BadPoint)?;
        if !self.ec.is_on_curve(curve, &public) {
            return Ok(false);
        }
        let w = self.ec.scalar_invert(curve, &s)?;
        let u1 = self.ec.scalar_mul(curve, &curve.digest_scalar(digest), &w)?;
        let u2 = self.ec.scalar_mul(curve, &r, &w)?;
        let sum = self.ec.mul_add_public(curve, &u1, &public, &u2)?;
        Ok(*curve.scalar(&sum.x) == *r)
    }
}

impl Curve {
    /// The leftmost bits of a digest, as many as the order has, modulo the order.
    fn digest_scalar(self, digest: &[u8]) -> Zeroizing<Vec<u8>> {
        let taken = digest.get(..self.size()).unwrap_or(digest);
        let excess = (8 * taken.len()).saturating_sub(usize::from(self.bits()));
        let mut bytes = Zeroizing::new(taken.to_vec());
        if excess > 0 {
            // P-521 and a digest of 66 bytes or more: seven bits too many.
            let mut carry = 0;
            for byte in bytes.iter_mut() {
                let low = *byte;
                *byte = (low >> excess) | carry;
                carry = low << (8 - excess);
            }
        }
        self.scalar(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HashAlg, RUST};

    fn hex(text: &str) -> Vec<u8> {
        text.as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    /// RFC 6979, A.2.5 to A.2.7: message "sample", whose nonces are printed there.
    #[test]
    fn published_nonces_give_published_signatures() {
        let vectors = [
            (
                Curve::P256,
                HashAlg::Sha256,
                "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
                "A6E3C57DD01ABE90086538398355DD4C3B17AA873382B0F24D6129493D8AAD60",
                "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
                "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
            ),
            (
                // A digest longer than the order.
                Curve::P256,
                HashAlg::Sha512,
                "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
                "5FA81C63109BADB88C1F367B47DA606DA28CAD69AA22C4FE6AD7DF73A7173AA5",
                "8496A60B5E9B47C825488827E0495B0E3FA109EC4568FD3F8D1097678EB97F00",
                "2362AB1ADBE2B8ADF9CB9EDAB740EA6049C028114F2460F96554F61FAE3302FE",
            ),
            (
                Curve::P384,
                HashAlg::Sha384,
                "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8\
                 96D5724E4C70A825F872C9EA60D2EDF5",
                "94ED910D1A099DAD3254E9242AE85ABDE4BA15168EAF0CA87A555FD56D10FBCA\
                 2907E3E83BA95368623B8C4686915CF9",
                "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C\
                 81A648152E44ACF96E36DD1E80FABE46",
                "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F\
                 A329C145786E679E7B82C71A38628AC8",
            ),
            (
                Curve::P521,
                HashAlg::Sha512,
                "00FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75\
                 CAA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83538",
                "01DAE2EA071F8110DC26882D4D5EAE0621A3256FC8847FB9022E2B7D28E6F101\
                 98B1574FDD03A9053C08A1854A168AA5A57470EC97DD5CE090124EF52A2F7ECBFFD3",
                "00C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F\
                 174E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E377FA",
                "00617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF\
                 282623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A67A",
            ),
        ];
        for (curve, hash, d, k, r, s) in vectors {
            let [d, k, r, s] = [d, k, r, s].map(hex);
            let digest = RUST.digest(hash, &[b"sample"]);
            let signature = RUST.ecdsa_sign_with(curve, &d, &digest, &k).unwrap().unwrap();
            assert_eq!(signature, (r.clone(), s.clone()), "{curve:?} {hash:?}");
            let public = RUST.ec_public(curve, &d).unwrap();
            assert!(RUST.ecdsa_verify(curve, &public, &digest, &r, &s));
        }
    }

    #[test]
    fn long_digests_lose_their_last_bits() {
        let mut digest = alloc::vec![0u8; 70];
        digest[65] = 0x80;
        assert_eq!(Curve::P521.digest_scalar(&digest).last(), Some(&1));
        digest.truncate(64);
        digest[63] = 7;
        assert_eq!(Curve::P521.digest_scalar(&digest).last(), Some(&7));
        // A digest above the order wraps round.
        assert_ne!(*Curve::P256.digest_scalar(&[0xFF; 32]), [0xFF; 32]);
    }
}
