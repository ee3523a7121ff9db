//! The little integer arithmetic that the prime search needs, over little-endian 64-bit limbs.
//!
//! Too small for a dependency, and free of any provider: what it computes decides which primes a seed gives.
//! No branch depends on a value.

use alloc::{vec, vec::Vec};

use zeroize::Zeroizing;

pub(crate) type Limbs = Zeroizing<Vec<u64>>;

/// From big-endian bytes, a multiple of 8 of them.
pub(crate) fn from_be(bytes: &[u8]) -> Limbs {
    Zeroizing::new(bytes.as_rchunks::<8>().1.iter().rev().map(|c| u64::from_be_bytes(*c)).collect())
}

/// To big-endian bytes.
pub(crate) fn to_be(a: &[u64]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(a.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect())
}

/// `a mod m`.
pub(crate) fn rem_u32(a: &[u64], m: u32) -> u32 {
    let m = u64::from(m);
    let step = |r: u64, half: u64| ((r << 32) | half) % m;
    a.iter().rev().fold(0, |r, limb| step(step(r, limb >> 32), limb & 0xFFFF_FFFF)) as u32
}

/// `a mod m`, by multiplying with a reciprocal of m: a division instruction takes its time, and by its operands.
pub(crate) fn rem_u64(a: &[u64], m: u64) -> u64 {
    let shift = m.leading_zeros();
    let d = m << shift;
    // Möller and Granlund, "Improved division by invariant integers", algorithm 4.
    let reciprocal = (u128::MAX / u128::from(d)) as u64;
    let mut r = a.last().map_or(0, |top| top.checked_shr(64 - shift).unwrap_or(0));
    for (i, limb) in a.iter().enumerate().rev() {
        let below = i.checked_sub(1).and_then(|i| a.get(i)).copied().unwrap_or(0);
        let low = limb << shift | below.checked_shr(64 - shift).unwrap_or(0);
        let q = (u128::from(reciprocal) * u128::from(r)).wrapping_add(u128::from(r) << 64 | u128::from(low));
        let quotient = ((q >> 64) as u64).wrapping_add(1);
        r = low.wrapping_sub(quotient.wrapping_mul(d));
        r = r.wrapping_add(d & u64::from(r > q as u64).wrapping_neg());
        r = r.wrapping_sub(d & u64::from(r >= d).wrapping_neg());
    }
    r >> shift
}

/// `a += b`; a carry out is lost.
pub(crate) fn add_u32(a: &mut [u64], b: u32) {
    let mut carry = u64::from(b);
    for limb in a {
        let (sum, over) = limb.overflowing_add(carry);
        *limb = sum;
        carry = u64::from(over);
    }
}

/// `a -= b`; a borrow out is lost.
pub(crate) fn sub_u32(a: &mut [u64], b: u32) {
    let mut borrow = u64::from(b);
    for limb in a {
        let (diff, under) = limb.overflowing_sub(borrow);
        *limb = diff;
        borrow = u64::from(under);
    }
}

/// `|a - b|` of equally long numbers.
pub(crate) fn abs_diff(a: &[u64], b: &[u64]) -> Limbs {
    let sub = |a: &[u64], b: &[u64]| {
        let mut borrow = false;
        let diff: Limbs = Zeroizing::new(
            a.iter()
                .zip(b)
                .map(|(x, y)| {
                    let (d, b1) = x.overflowing_sub(*y);
                    let (d, b2) = d.overflowing_sub(u64::from(borrow));
                    borrow = b1 | b2;
                    d
                })
                .collect(),
        );
        (diff, borrow)
    };
    let (mut diff, negative) = sub(a, b);
    let (other, _) = sub(b, a);
    let mask = u64::from(negative).wrapping_neg();
    diff.iter_mut().zip(other.iter()).for_each(|(d, o)| *d ^= mask & (*d ^ *o));
    diff
}

/// `a >> n`, as many limbs as asked for; `n` is public.
pub(crate) fn shr(a: &[u64], n: usize, len: usize) -> Limbs {
    let limb = |i: usize| a.get(i).copied().unwrap_or(0);
    let (skip, shift) = (n / 64, n % 64);
    let shifted = |i| limb(i) >> shift | limb(i + 1).checked_shl(64 - shift as u32).unwrap_or(0);
    Zeroizing::new((skip..skip + len).map(shifted).collect())
}

/// `a = 2a + bit`; a carry out is lost.
pub(crate) fn double_plus(a: &mut [u64], bit: u64) {
    a.iter_mut().fold(bit, |carry, limb| {
        let out = *limb >> 63;
        *limb = *limb << 1 | carry;
        out
    });
}

/// `out = a - b` of equally long numbers, and the borrow, 0 or 1.
pub(crate) fn sub(a: &[u64], b: &[u64], out: &mut [u64]) -> u64 {
    a.iter().zip(b).zip(out).fold(0, |borrow, ((a, b), out)| {
        let (diff, under) = a.overflowing_sub(*b);
        let (diff, under_again) = diff.overflowing_sub(borrow);
        *out = diff;
        u64::from(under | under_again)
    })
}

/// `a = b` where `mask` has ones.
pub(crate) fn choose(a: &mut [u64], b: &[u64], mask: u64) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a ^= mask & (*a ^ *b));
}

/// Bits of `a` without leading zeros.
pub(crate) fn bits(a: &[u64]) -> usize {
    (0..)
        .zip(a)
        .filter(|(_, limb)| **limb != 0)
        .map(|(i, limb)| 64 * i + 64 - limb.leading_zeros() as usize)
        .last()
        .unwrap_or(0)
}

/// `a * b`.
pub(crate) fn mul(a: &[u64], b: &[u64]) -> Vec<u64> {
    let mut out = vec![0u64; a.len() + b.len()];
    for (i, x) in a.iter().enumerate() {
        let mut carry = 0u128;
        let (row, rest) = out[i..].split_at_mut(b.len());
        for (o, y) in row.iter_mut().zip(b) {
            carry += u128::from(*x) * u128::from(*y) + u128::from(*o);
            *o = carry as u64;
            carry >>= 64;
        }
        rest[0] = carry as u64;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic() {
        let bytes: Vec<u8> = (1..=24).collect();
        let a = from_be(&bytes);
        assert_eq!(a.as_slice(), [0x1112131415161718, 0x090A0B0C0D0E0F10, 0x0102030405060708]);
        assert_eq!(to_be(&a).as_slice(), bytes.as_slice());
        assert_eq!(rem_u32(&a, 256), 0x18);
        // 2^64 = 1 (mod 3), so the limbs' remainders add up.
        assert_eq!(u64::from(rem_u32(&a, 3)), a.iter().map(|l| l % 3).sum::<u64>() % 3);
        assert_eq!(rem_u32(&[u64::MAX, u64::MAX], u32::MAX), 0);
        for m in [1, 2, 3, 105, u64::from(u32::MAX), 1 << 32, (1 << 63) - 1, 1 << 63, u64::MAX - 1, u64::MAX]
        {
            for number in [&a[..], &[0], &[u64::MAX; 3], &[0, 1 << 63], &[m, m - 1], &[m - 1, m - 1, m - 1]] {
                let wide = |r: u128, limb: &u64| ((r << 64) | u128::from(*limb)) % u128::from(m);
                assert_eq!(u128::from(rem_u64(number, m)), number.iter().rev().fold(0, wide), "{m}");
            }
        }
        let mut c = [u64::MAX, 7];
        add_u32(&mut c, 2);
        assert_eq!(c, [1, 8]);
        sub_u32(&mut c, 3);
        assert_eq!(c, [u64::MAX - 1, 7]);
        assert_eq!(abs_diff(&[1, 5], &[2, 4]).as_slice(), [u64::MAX, 0]);
        assert_eq!(abs_diff(&[2, 4], &[1, 5]).as_slice(), [u64::MAX, 0]);
        assert_eq!((bits(&[0, 0]), bits(&[1, 0]), bits(&[0, 1 << 63])), (0, 1, 128));
        assert_eq!(mul(&[u64::MAX, u64::MAX], &[u64::MAX]), [1, u64::MAX, u64::MAX - 1]);
    }
}
