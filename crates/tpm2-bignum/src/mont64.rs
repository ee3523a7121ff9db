//! Montgomery multiplication in integer registers, 64 bits at a time: the portable code, and the code that the
//! compiler makes of it when it may use `mulx`.

use alloc::vec;
use core::num::NonZeroU32;

use zeroize::{Zeroize, Zeroizing};

use crate::{
    engine::Power,
    limbs::{self, mac},
    modulus::Modulus,
};

/// Bits of the exponent that one multiplication takes up.
const WINDOW: usize = 5;

/// `a * b / R mod m`, below m if `a * b < R m`.
#[inline(always)]
pub(crate) fn mul<const L: usize>(a: &[u64; L], b: &[u64; L], modulus: &Modulus<L>) -> [u64; L] {
    let m = &modulus.m;
    let mut t = [0; L];
    let mut top = 0;
    for bi in b {
        // One row of the product and one of the reduction together, shifted down by a limb.
        let (t0, mut carry_a) = mac(t[0], a[0], *bi, 0);
        let q = t0.wrapping_mul(modulus.k0);
        let (_, mut carry_m) = mac(t0, m[0], q, 0);
        for j in 1..L {
            let (x, c) = mac(t[j], a[j], *bi, carry_a);
            carry_a = c;
            let (y, c) = mac(x, m[j], q, carry_m);
            carry_m = c;
            t[j - 1] = y;
        }
        let sum = u128::from(top) + u128::from(carry_a) + u128::from(carry_m);
        t[L - 1] = sum as u64;
        top = (sum >> 64) as u64;
    }
    limbs::reduce_once(top != 0, &t, m)
}

/// `base^exponent mod m`, constant time in all three.
#[inline(always)]
pub(crate) fn pow<const L: usize>(power: &Power<'_, L>) -> [u64; L] {
    let m = power.modulus;
    let mut one = [0; L];
    one[0] = 1;
    let base = mul(power.base, &m.rr, m);
    let mut table = Zeroizing::new(vec![[0; L]; 1 << WINDOW]);
    table[0] = mul(&m.rr, &one, m);
    for i in 1..1 << WINDOW {
        table[i] = mul(&table[i - 1], &base, m);
    }
    let mut at = 64 * L - 64 * L % WINDOW;
    let mut x = pick(&table, limbs::window(power.exponent, at, WINDOW));
    while at > 0 {
        at -= WINDOW;
        for _ in 0..WINDOW {
            x = mul(&x, &x, m);
        }
        let mut factor = pick(&table, limbs::window(power.exponent, at, WINDOW));
        x = mul(&x, &factor, m);
        factor.zeroize();
    }
    mul(&x, &one, m)
}

/// `base^exponent mod m`, constant time in the base only.
#[inline(always)]
pub(crate) fn pow_public<const L: usize>(base: &[u64; L], exponent: NonZeroU32, m: &Modulus<L>) -> [u64; L] {
    let x = mul(base, &m.rr, m);
    let mut power = x;
    let (bits, exponent) = (exponent.ilog2(), exponent.get());
    for bit in (0..bits).rev() {
        power = mul(&power, &power, m);
        if bit > 0 && exponent >> bit & 1 == 1 {
            power = mul(&power, &x, m);
        }
    }
    // A last factor that is not in Montgomery form takes the product out of it.
    let mut last = *base;
    if bits == 0 || exponent & 1 == 0 {
        last = [0; L];
        last[0] = 1;
    }
    mul(&power, &last, m)
}

/// The entry of that index, by looking at all of them.
#[inline(always)]
fn pick<const L: usize>(table: &[[u64; L]], index: u64) -> [u64; L] {
    let mut out = [0; L];
    for (i, entry) in (0u64..).zip(table) {
        let difference = i ^ index;
        // All ones where they are equal: zero has no bit below its own borrow.
        let mask = core::hint::black_box((difference.wrapping_sub(1) & !difference) >> 63).wrapping_neg();
        out.iter_mut().zip(entry).for_each(|(o, e)| *o |= e & mask);
    }
    out
}
