//! Carries and borrows over little-endian 64-bit limbs. No branch depends on a value.

/// `t + a * b + carry`, as (low, high); never overflows.
#[inline(always)]
pub(crate) fn mac(t: u64, a: u64, b: u64, carry: u64) -> (u64, u64) {
    let wide = u128::from(a) * u128::from(b) + u128::from(t) + u128::from(carry);
    (wide as u64, (wide >> 64) as u64)
}

/// `a - b` and the borrow.
#[inline(always)]
pub(crate) fn sub<const L: usize>(a: &[u64; L], b: &[u64; L]) -> ([u64; L], bool) {
    let mut borrow = false;
    let mut out = [0; L];
    for ((o, x), y) in out.iter_mut().zip(a).zip(b) {
        let (d, b1) = x.overflowing_sub(*y);
        let (d, b2) = d.overflowing_sub(u64::from(borrow));
        *o = d;
        borrow = b1 | b2;
    }
    (out, borrow)
}

/// `a + b` and the carry.
#[inline(always)]
pub(crate) fn add<const L: usize>(a: &[u64; L], b: &[u64; L]) -> ([u64; L], bool) {
    let mut carry = false;
    let mut out = [0; L];
    for ((o, x), y) in out.iter_mut().zip(a).zip(b) {
        let (s, c1) = x.overflowing_add(*y);
        let (s, c2) = s.overflowing_add(u64::from(carry));
        *o = s;
        carry = c1 | c2;
    }
    (out, carry)
}

/// `a` where `choice`, else `b`.
#[inline(always)]
pub(crate) fn select<const L: usize>(choice: bool, a: &[u64; L], b: &[u64; L]) -> [u64; L] {
    // The compiler must not learn that the mask is one of two, or it may branch.
    let mask = core::hint::black_box(u64::from(choice).wrapping_neg());
    core::array::from_fn(|i| b[i] ^ (mask & (a[i] ^ b[i])))
}

/// `high * 2^(64 L) + a`, which is below 2m, reduced once.
#[inline(always)]
pub(crate) fn reduce_once<const L: usize>(high: bool, a: &[u64; L], m: &[u64; L]) -> [u64; L] {
    let (less, borrow) = sub(a, m);
    select(high | !borrow, &less, a)
}

/// `2a mod m` for `a < m`.
#[inline(always)]
pub(crate) fn double_mod<const L: usize>(a: &[u64; L], m: &[u64; L]) -> [u64; L] {
    let (sum, carry) = add(a, a);
    reduce_once(carry, &sum, m)
}

/// `-1/a mod 2^64` for odd a, by Newton's iteration from five good bits.
#[inline(always)]
pub(crate) fn negative_inverse(a: u64) -> u64 {
    let mut x = a.wrapping_mul(3) ^ 2;
    for _ in 0..4 {
        x = x.wrapping_mul(2u64.wrapping_sub(a.wrapping_mul(x)));
    }
    x.wrapping_neg()
}

/// `width` bits from bit `at` on, zeros above the end. `at` is public.
#[inline(always)]
pub(crate) fn window(number: &[u64], at: usize, width: usize) -> u64 {
    let (limb, shift) = (at / 64, at % 64);
    let low = number.get(limb).map_or(0, |l| l >> shift);
    let high = number.get(limb + 1).map_or(0, |l| l.checked_shl(64 - shift as u32).unwrap_or(0));
    (low | high) & ((1 << width) - 1)
}
