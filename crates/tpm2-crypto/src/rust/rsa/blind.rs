//! Blinding: a private operation never sees the number that was asked about.
//!
//! For a fresh secret r, `(c r^e)^d / r = c^d`. r has 64 bits, so that its inverse costs next to nothing: whoever
//! measures does not know which of 2^63 numbers the private exponents were applied to.

use crypto_bigint::{Limb, NonZero, Odd, U64, Uint};
use tpm2_bignum::Modulus;
use zeroize::Zeroizing;

use crate::Error;

/// r and 1/r modulo n.
pub(super) struct Blind<const W: usize> {
    pub(super) factor: Zeroizing<[u64; W]>,
    pub(super) inverse: Zeroizing<[u64; W]>,
}

impl<const W: usize> Blind<W> {
    /// From fresh random bytes, of which the first eight are used. [`Error::Rng`] when they are zero;
    /// [`Error::Fault`] when r divides into n, which is then no product of two large primes.
    pub(super) fn new(random: &[u8], n: &Modulus<W>) -> Result<Self, Error> {
        let bytes = random.first_chunk().ok_or(Error::Rng)?;
        let r = Zeroizing::new(u64::from_be_bytes(*bytes));
        if *r == 0 {
            return Err(Error::Rng);
        }
        // Odd, so that it can be divided by modulo 2^64.
        let r = Zeroizing::new(*r | 1);
        let mut factor = Zeroizing::new([0; W]);
        factor[0] = *r;
        Ok(Blind { factor, inverse: Zeroizing::new(inverse(*r, n.value()).ok_or(Error::Fault)?) })
    }
}

/// `1/r mod n` as `(1 + t n) / r` with `t = -1/n mod r`; `None` when r has a factor of n. Constant time.
fn inverse<const W: usize>(r: u64, n: &[u64; W]) -> Option<[u64; W]> {
    if r == 1 {
        let mut one = [0; W];
        one[0] = 1;
        return Some(one);
    }
    let modulus = Odd::new(U64::from(r)).into_option()?;
    let rest = Uint::<W>::from_words(*n).rem_limb(NonZero::new(Limb(r)).into_option()?);
    let t = r - U64::from(rest.0).invert_odd_mod(&modulus).into_option()?.to_words()[0];
    let inverse_r = U64::from(r).invert_mod2k(64).into_option()?.to_words()[0];
    // The exact quotient, from the lowest limb up: what is left of it modulo 2^64 gives the next limb.
    let (mut carry, mut borrow) = (1, 0);
    let mut out = [0; W];
    for (o, limb) in out.iter_mut().zip(n) {
        let sum = u128::from(t) * u128::from(*limb) + u128::from(carry);
        carry = (sum >> 64) as u64;
        let (digit, under) = (sum as u64).overflowing_sub(borrow);
        *o = digit.wrapping_mul(inverse_r);
        borrow = ((u128::from(*o) * u128::from(r)) >> 64) as u64 + u64::from(under);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses() {
        let mut n = [0x9E37_79B9_7F4A_7C15u64; 16];
        for round in 0..200u64 {
            n.iter_mut().for_each(|limb| *limb = limb.rotate_left(7).wrapping_mul(0xD134_2543_DE82_EF95) | 1);
            let modulus = Modulus::new(&n).unwrap();
            let r =
                [1, 3, 5, u64::MAX, 1 << 63 | 1].get(round as usize).copied().unwrap_or(n[3] ^ round << 1);
            let mut factor = [0; 16];
            factor[0] = r;
            let Some(inverse) = inverse(r, &n) else {
                // Then they do have a factor in common.
                let rest = n.iter().rev().fold(0u128, |x, l| (x << 64 | u128::from(*l)) % u128::from(r));
                let (mut a, mut b) = (r, rest as u64);
                while b != 0 {
                    (a, b) = (b, a % b);
                }
                assert_ne!(a, 1, "{r}");
                continue;
            };
            let one = modulus.mul(&factor, &inverse);
            assert!(one[0] == 1 && one[1..].iter().all(|l| *l == 0), "{r:x}");
        }
    }

    #[test]
    fn no_blinding_is_an_error() {
        let modulus = Modulus::new(&[u64::MAX; 16]).unwrap();
        assert!(Blind::new(&[0; 64], &modulus).is_err());
        assert!(Blind::new(&[1; 7], &modulus).is_err());
        assert!(Blind::new(&[0, 0, 0, 0, 0, 0, 0, 1], &modulus).is_ok());
    }
}
