//! An odd modulus with its Montgomery constants, and single operations modulo it.

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{limbs, mont64};

/// An odd modulus of up to `L` limbs (8, 16, 24, 32, 48 or 64), and R^2 modulo it for R = 2^(64 L).
///
/// Numbers are little-endian. Zeroized on drop, for it may be a prime; has no `Debug`.
#[derive(Clone)]
pub struct Modulus<const L: usize> {
    pub(crate) m: [u64; L],
    /// -1/m mod 2^64.
    pub(crate) k0: u64,
    pub(crate) rr: [u64; L],
}

impl<const L: usize> Modulus<L> {
    /// Prepares a modulus; `None` when it is even or below 3. Constant time in all but the number of bits.
    pub fn new(m: &[u64; L]) -> Option<Self> {
        let bits = bit_length(m);
        if m[0] & 1 == 0 || bits < 2 {
            return None;
        }
        let mut modulus = Modulus { m: *m, k0: limbs::negative_inverse(m[0]), rr: [0; L] };
        // 2^(bits - 1) is below m. Doubled up to R * 2^L, six Montgomery squarings make R * 2^(64 L) of it,
        // because a squaring takes R * x to R * x^2.
        let mut x = [0; L];
        x[(bits - 1) / 64] = 1 << ((bits - 1) % 64);
        for _ in bits - 1..65 * L {
            x = limbs::double_mod(&x, m);
        }
        for _ in 0..6 {
            x = modulus.square(&x);
        }
        modulus.rr = x;
        Some(modulus)
    }

    /// The modulus itself.
    pub fn value(&self) -> &[u64; L] {
        &self.m
    }

    /// `a * b / R mod m`, for operands whose product is below R m. Written for all sizes alike, not for speed.
    pub fn mul_mont(&self, a: &[u64; L], b: &[u64; L]) -> [u64; L] {
        mont64::mul(a, b, self)
    }

    /// `a * b mod m`, for operands below m.
    pub fn mul(&self, a: &[u64; L], b: &[u64; L]) -> [u64; L] {
        mont64::mul(&mont64::mul(a, &self.rr, self), b, self)
    }

    /// `a R mod m`: into Montgomery form; a may be any number of L limbs.
    pub fn to_mont(&self, a: &[u64; L]) -> [u64; L] {
        mont64::mul(a, &self.rr, self)
    }

    /// `a + b mod m`, for operands below m.
    pub fn add(&self, a: &[u64; L], b: &[u64; L]) -> [u64; L] {
        let (sum, carry) = limbs::add(a, b);
        limbs::reduce_once(carry, &sum, &self.m)
    }

    /// `a - b mod m`, for operands below m.
    pub fn sub(&self, a: &[u64; L], b: &[u64; L]) -> [u64; L] {
        let (difference, borrow) = limbs::sub(a, b);
        let (wrapped, _) = limbs::add(&difference, &self.m);
        limbs::select(borrow, &wrapped, &difference)
    }

    /// `a mod m` for any number of L limbs.
    pub fn reduce(&self, a: &[u64; L]) -> [u64; L] {
        let mut one = [0; L];
        one[0] = 1;
        mont64::mul(&mont64::mul(a, &self.rr, self), &one, self)
    }

    fn square(&self, a: &[u64; L]) -> [u64; L] {
        mont64::mul(a, a, self)
    }
}

impl<const L: usize> Drop for Modulus<L> {
    fn drop(&mut self) {
        self.m.zeroize();
        self.k0.zeroize();
        self.rr.zeroize();
    }
}

impl<const L: usize> ZeroizeOnDrop for Modulus<L> {}

/// Bits without leading zeros.
fn bit_length(a: &[u64]) -> usize {
    let top = a.iter().rposition(|limb| *limb != 0);
    top.map_or(0, |i| 64 * i + 64 - a[i].leading_zeros() as usize)
}
