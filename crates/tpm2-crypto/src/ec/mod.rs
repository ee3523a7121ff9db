//! Elliptic curves: identifiers, key generation and ECDH; signatures, key exchange and encryption beside.

mod curve;
mod dhkem;
mod domain;
mod ecdsa;
mod encrypt;
mod exchange;
mod scalar;
mod schnorr;
mod sm2;

use alloc::{vec, vec::Vec};
use core::fmt;

use zeroize::{Zeroize, Zeroizing};

pub use curve::{Curve, CurveParams};
pub use dhkem::{DhEncapsulated, dhkem_id};
pub use encrypt::Encrypted;
pub use exchange::Exchange;

use crate::{CryptoProvider, Error, HashAlg, Rng};

/// Nonces tried before the provider is declared broken. At worst, one in 2^32 is unfit.
const MAX_TRIES: usize = 8;

/// The two numbers of a signature.
type Signature = (Vec<u8>, Vec<u8>);

fn is_zero(scalar: &[u8]) -> bool {
    scalar.iter().fold(0, |any, byte| any | byte) == 0
}

/// An affine point, never the one at infinity; coordinates are big-endian, [`Curve::size`] bytes.
///
/// Input points may have shorter coordinates (a `TPM2B_ECC_PARAMETER` may have lost its leading zeros);
/// output points never have. An ECDH result is a secret: zeroize it.
#[derive(Clone, PartialEq, Eq, Zeroize)]
pub struct Point {
    /// x coordinate.
    pub x: Vec<u8>,
    /// y coordinate.
    pub y: Vec<u8>,
}

/// Shows the size only: a point may be a shared secret.
impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Point({} + {} bytes)", self.x.len(), self.y.len())
    }
}

impl CryptoProvider {
    /// Generates a key pair: the private scalar and its point.
    ///
    /// FIPS 186-5, A.2.1: 8 bytes more than the order has, modulo n - 1, plus 1. With a seeded
    /// [`crate::Drbg`] this is the key that every reference implementation derives (for P-521 from 74 bytes,
    /// none masked). [`Error::Unsupported`] on a Montgomery curve.
    pub fn ec_generate(&self, rng: &mut dyn Rng, curve: Curve) -> Result<(Zeroizing<Vec<u8>>, Point), Error> {
        if !curve.is_weierstrass() {
            return Err(Error::Unsupported);
        }
        let mut wide = Zeroizing::new(vec![0; curve.size() + 8]);
        rng.fill(&mut wide)?;
        let d = curve.private_scalar(&wide);
        let point = self.ec.base_mul(curve, &d)?;
        Ok((d, point))
    }

    /// The public point of `d`; [`Error::BadKey`] unless `1 <= d < n`.
    pub fn ec_public(&self, curve: Curve, d: &[u8]) -> Result<Point, Error> {
        self.ec.base_mul(curve, &curve.private(d)?)
    }

    /// `d * point`, the ECDH primitive. [`Error::BadPoint`] when the point is off the curve,
    /// [`Error::BadKey`] unless `1 <= d < n`; these curves have cofactor 1, so the result is never infinity.
    pub fn ec_mul(&self, curve: Curve, point: &Point, d: &[u8]) -> Result<Point, Error> {
        let d = curve.private(d)?;
        let point = curve.fit_point(point).ok_or(Error::BadPoint)?;
        self.ec.mul(curve, &point, &d)
    }

    /// A nonce from the key, the digest and 32 fresh random bytes together: see [`CryptoProvider::ecdsa_sign`].
    fn hedged_nonce(
        &self,
        curve: Curve,
        label: &[u8],
        d: &[u8],
        digest: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut noise = Zeroizing::new(vec![0; 32]);
        rng.fill(&mut noise)?;
        let wide = self.kdfa(HashAlg::Sha512, d, label, digest, &noise, 8 * (curve.size() + 8));
        Ok(curve.private_scalar(&wide))
    }

    /// Whether both coordinates are field elements and satisfy the equation.
    pub fn ec_on_curve(&self, curve: Curve, point: &Point) -> bool {
        curve.fit_point(point).is_some_and(|point| self.ec.is_on_curve(curve, &point))
    }
}

impl Curve {
    /// A private scalar of [`Curve::size`] bytes; [`Error::BadKey`] unless `1 <= d < n`. In constant time
    /// but for the outcome.
    fn private(self, d: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let d = self.fit(d).ok_or(Error::BadKey)?;
        let below = d.iter().zip(self.params().n).rev().fold(0u16, |borrow, (d, n)| {
            // The borrow of d - n shows in the high byte.
            (u16::from(*d).wrapping_sub(u16::from(*n)).wrapping_sub(borrow) >> 8) & 1
        });
        let zero = d.iter().fold(0, |any, byte| any | byte) == 0;
        if below == 1 && !zero { Ok(d) } else { Err(Error::BadKey) }
    }

    /// Brings a number to [`Curve::size`] bytes: adds leading zeros, or takes some away.
    fn fit(self, bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let excess = bytes.len().saturating_sub(self.size());
        let (zeros, digits) = bytes.split_at(excess);
        if zeros.iter().any(|b| *b != 0) {
            return None;
        }
        let mut out = Zeroizing::new(vec![0; self.size() - digits.len()]);
        out.extend_from_slice(digits);
        Some(out)
    }

    /// A public scalar between 1 and n - 1, brought to [`Curve::size`] bytes.
    fn positive(self, scalar: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.fit(scalar).filter(|s| !is_zero(s) && s.as_slice() < self.params().n)
    }

    /// `n - a` of a public scalar between 1 and n - 1.
    fn negate_public(self, a: &[u8]) -> Vec<u8> {
        let mut borrow = 0;
        let mut out: Vec<u8> = (self.params().n.iter().rev().zip(a.iter().rev()))
            .map(|(n, a)| {
                let (byte, below) = n.overflowing_sub(*a);
                let (byte, again) = byte.overflowing_sub(borrow);
                borrow = u8::from(below | again);
                byte
            })
            .collect();
        out.reverse();
        out
    }

    fn fit_point(self, point: &Point) -> Option<Point> {
        Some(Point { x: self.fit(&point.x)?.to_vec(), y: self.fit(&point.y)?.to_vec() })
    }
}
