//! Reduction modulo a curve's order, in constant time.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::Curve;
use crate::limbs::{self, Limbs};

impl Curve {
    /// `wide mod (n - 1) + 1`: a private scalar from 8 bytes more than it has.
    pub(super) fn private_scalar(self, wide: &[u8]) -> Zeroizing<Vec<u8>> {
        self.reduce(wide, 1)
    }

    /// `number mod n`.
    pub(super) fn scalar(self, number: &[u8]) -> Zeroizing<Vec<u8>> {
        self.reduce(number, 0)
    }

    /// `number mod (n - less) + less`, for a `less` of 0 or 1.
    ///
    /// Long division in base 2: it begins with the top bits of the number, one fewer than the modulus has, and
    /// takes the others one by one, of which there are few: numbers are 8 bytes longer than n at most.
    fn reduce(self, number: &[u8], less: u32) -> Zeroizing<Vec<u8>> {
        let len = usize::from(self.bits()) / 64 + 1;
        let mut modulus = load(self.params().n, len);
        limbs::sub_u32(&mut modulus, less);
        let left = (8 * number.len()).saturating_sub(usize::from(self.bits()) - 1);
        let wide = load(number, number.len().div_ceil(8).max(len));
        let mut rest = limbs::shr(&wide, left, len);
        let mut less_modulus = Zeroizing::new([0; MAX_LIMBS]);
        for position in (0..left).rev() {
            let bit = wide[position / 64] >> (position % 64) & 1;
            limbs::double_plus(&mut rest, bit);
            let borrow = limbs::sub(&rest, &modulus, &mut less_modulus[..]);
            limbs::choose(&mut rest, &less_modulus[..], borrow.wrapping_sub(1));
        }
        limbs::add_u32(&mut rest, less);
        let bytes = limbs::to_be(&rest);
        Zeroizing::new(bytes[bytes.len() - self.size()..].to_vec())
    }
}

/// Limbs of the largest order and one bit (638 + 1 bits).
const MAX_LIMBS: usize = 10;

/// Little-endian limbs, `len` of them, of at most as many big-endian bytes.
fn load(bytes: &[u8], len: usize) -> Limbs {
    let mut out = Zeroizing::new(alloc::vec![0; len]);
    for (limb, chunk) in out.iter_mut().zip(bytes.rchunks(8)) {
        *limb = chunk.iter().fold(0, |limb, byte| limb << 8 | u64::from(*byte));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reduces_modulo_the_order() {
        for curve in Curve::WEIERSTRASS {
            let (n, size) = (curve.params().n, curve.size());
            let number = |last: u8| {
                let mut out = alloc::vec![0; size];
                out[size - 1] = last;
                out
            };
            let near = |by: i8| {
                let mut out = n.to_vec();
                out[size - 1] = out[size - 1].wrapping_add_signed(by);
                out
            };
            assert_eq!(*curve.scalar(n), number(0));
            assert_eq!(*curve.scalar(&near(-1)), near(-1));
            assert_eq!(*curve.scalar(&near(2)), number(2));
            assert_eq!(*curve.scalar(&[7]), number(7));
            assert_eq!(*curve.scalar(&[]), number(0));
            assert_eq!(*curve.private_scalar(&[0; 8]), number(1));
            assert_eq!(*curve.private_scalar(&near(-1)), number(1), "n - 1 is 0");
            assert_eq!(*curve.private_scalar(&near(-2)), near(-1));
            assert_eq!(*curve.private_scalar(n), number(2));
            // 2^64 n + 5
            let wide = [n, &5u64.to_be_bytes()].concat();
            assert_eq!(*curve.scalar(&wide), number(5));
        }
    }
}
