//! Multiplication of points by scalars: secret ones in constant time, public ones faster.

use zeroize::{Zeroize, Zeroizing};

use super::field::{Element, nonzero, select};
use super::group::{Affine, Group, Projective};

/// Bits of a signed digit of a secret scalar: -16 to 16.
const WIDTH: usize = 5;
/// Multiples 1 to 16.
pub(crate) const MULTIPLES: usize = 16;
/// Digits of the longest scalar.
const MAX_DIGITS: usize = 640 / WIDTH;

/// A curve as a type, so that each has its own machine code with its constants in it.
pub(crate) trait Curve<const L: usize> {
    const GROUP: &'static Group<L>;
    /// Multiples of `2^(5 STEP i) G` in row i; empty when the curve has no table.
    const COMB: &'static [Row<L>] = &[];
    /// Digits that share a row.
    const STEP: usize = 1;
}

/// The multiples 1 to 16 of a point.
pub(crate) type Row<const L: usize> = [Affine<L>; MULTIPLES];

/// `kG` for a secret k below the order.
pub(crate) fn base_mul<C: Curve<L>, const L: usize>(k: &Element<L>) -> Projective<L> {
    if C::COMB.is_empty() {
        return mul::<C, L>(&C::GROUP.generator, k);
    }
    let digits = Digits::new(k, C::GROUP.bits);
    let mut sum = C::GROUP.infinity();
    for step in (0..C::STEP).rev() {
        if step + 1 != C::STEP {
            sum = double::<C, L>(&sum, WIDTH);
        }
        for (row, digit) in C::COMB.iter().zip(digits.0.iter().skip(step).step_by(C::STEP)) {
            let (magnitude, sign) = split(*digit);
            let mut term = Affine { x: [0; L], y: [0; L] };
            for (i, entry) in (1..).zip(row) {
                let here = equal(i, magnitude);
                for l in 0..L {
                    term.x[l] |= entry.x[l] & here;
                    term.y[l] |= entry.y[l] & here;
                }
            }
            negate_if::<C, L>(&mut term.y, sign);
            let with = add_affine::<C, L>(&sum, &term);
            sum = choose(&sum, &with, !equal(0, magnitude));
            term.x.zeroize();
            term.y.zeroize();
        }
    }
    sum
}

/// `kP` for a secret k below the order.
pub(crate) fn mul<C: Curve<L>, const L: usize>(p: &Affine<L>, k: &Element<L>) -> Projective<L> {
    let digits = Digits::new(k, C::GROUP.bits);
    let p = C::GROUP.projective(p);
    let mut table = [p; MULTIPLES];
    for i in 2..=MULTIPLES {
        table[i - 1] =
            if i % 2 == 0 { double::<C, L>(&table[i / 2 - 1], 1) } else { add::<C, L>(&table[i - 2], &p) };
    }
    let mut sum = C::GROUP.infinity();
    for (i, digit) in digits.0.iter().enumerate().take(count(C::GROUP.bits)).rev() {
        if i + 1 != count(C::GROUP.bits) {
            sum = double::<C, L>(&sum, WIDTH);
        }
        let (magnitude, sign) = split(*digit);
        // Infinity for the digit 0.
        let mut term = Projective { x: [0; L], y: [0; L], z: [0; L] };
        term.y = select(&term.y, &C::GROUP.field.one, equal(0, magnitude));
        for (i, entry) in (1..).zip(&table) {
            let here = equal(i, magnitude);
            for l in 0..L {
                term.x[l] |= entry.x[l] & here;
                term.y[l] |= entry.y[l] & here;
                term.z[l] |= entry.z[l] & here;
            }
        }
        negate_if::<C, L>(&mut term.y, sign);
        sum = add::<C, L>(&sum, &term);
    }
    sum
}

/// `aG + bP` for **public** a and b below the order.
pub(crate) fn mul_add_public<C: Curve<L>, const L: usize>(
    a: &Element<L>,
    p: &Affine<L>,
    b: &Element<L>,
) -> Projective<L> {
    let sum = base_mul_public::<C, L>(a);
    let product = mul_public::<C, L>(p, b);
    add::<C, L>(&sum, &product)
}

fn base_mul_public<C: Curve<L>, const L: usize>(k: &Element<L>) -> Projective<L> {
    if C::COMB.is_empty() {
        return mul_public::<C, L>(&C::GROUP.generator, k);
    }
    let digits = Digits::new(k, C::GROUP.bits);
    let mut sum = C::GROUP.infinity();
    for step in (0..C::STEP).rev() {
        if step + 1 != C::STEP {
            sum = double::<C, L>(&sum, WIDTH);
        }
        for (row, digit) in C::COMB.iter().zip(digits.0.iter().skip(step).step_by(C::STEP)) {
            let (magnitude, sign) = split(*digit);
            if let Some(term) = row.get((magnitude as usize).wrapping_sub(1)) {
                let mut term = *term;
                negate_if::<C, L>(&mut term.y, sign);
                sum = add_affine::<C, L>(&sum, &term);
            }
        }
    }
    sum
}

/// Digits that are odd or 0, at least four zeros after each that is not (wNAF).
fn mul_public<C: Curve<L>, const L: usize>(p: &Affine<L>, k: &Element<L>) -> Projective<L> {
    let p = C::GROUP.projective(p);
    let twice = double::<C, L>(&p, 1);
    let mut odd = [p; 8];
    for i in 1..8 {
        odd[i] = add::<C, L>(&odd[i - 1], &twice);
    }
    let (mut digits, mut carry, mut at) = ([0i8; 8 * MAX_DIGITS], 0, 0);
    while at <= C::GROUP.bits {
        let window = window(k, at, WIDTH) + carry;
        if window % 2 == 0 {
            at += 1;
            continue;
        }
        carry = window >> 4;
        digits[at] = window as i8 - ((carry as i8) << 5);
        at += WIDTH;
    }
    let (mut sum, mut doublings) = (C::GROUP.infinity(), 0);
    for digit in digits.iter().rev().skip_while(|d| **d == 0) {
        doublings += 1;
        if *digit != 0 {
            sum = double::<C, L>(&sum, doublings);
            doublings = 0;
            let (magnitude, sign) = split(*digit);
            let mut term = odd[magnitude as usize / 2];
            negate_if::<C, L>(&mut term.y, sign);
            sum = add::<C, L>(&sum, &term);
        }
    }
    double::<C, L>(&sum, doublings)
}

/// Signed digits of a secret scalar, the lowest first; cleared on drop.
struct Digits(Zeroizing<[i8; MAX_DIGITS]>);

const fn count(bits: usize) -> usize {
    bits / WIDTH + 1
}

impl Digits {
    fn new<const L: usize>(k: &Element<L>, bits: usize) -> Self {
        let (mut digits, mut carry) = (Zeroizing::new([0; MAX_DIGITS]), 0);
        for (i, digit) in digits.iter_mut().enumerate().take(count(bits)) {
            let value = window(k, i * WIDTH, WIDTH) + carry;
            // 17 to 32 become -15 to 0, and one is carried.
            carry = (16u64.wrapping_sub(value)) >> 63;
            *digit = (value as i8).wrapping_sub((carry as i8) << WIDTH);
        }
        Digits(digits)
    }
}

/// `width` bits of k from bit `at`.
#[inline(always)]
fn window<const L: usize>(k: &Element<L>, at: usize, width: usize) -> u64 {
    let limb = |i: usize| if i < L { k[i] } else { 0 };
    let pair = u128::from(limb(at / 64)) | u128::from(limb(at / 64 + 1)) << 64;
    (pair >> (at % 64)) as u64 & ((1 << width) - 1)
}

/// The magnitude of a digit, and all ones when it is negative.
#[inline(always)]
fn split(digit: i8) -> (u64, u64) {
    let (digit, sign) = (i64::from(digit), i64::from(digit) >> 63);
    (((digit ^ sign) - sign) as u64, sign as u64)
}

/// All ones when a is b.
#[inline(always)]
fn equal(a: u64, b: u64) -> u64 {
    !nonzero(&[a ^ b])
}

#[inline(always)]
fn negate_if<C: Curve<L>, const L: usize>(y: &mut Element<L>, mask: u64) {
    *y = select(y, &C::GROUP.field.sub(&[0; L], y), mask);
}

#[inline(always)]
fn choose<const L: usize>(a: &Projective<L>, b: &Projective<L>, mask: u64) -> Projective<L> {
    Projective { x: select(&a.x, &b.x, mask), y: select(&a.y, &b.y, mask), z: select(&a.z, &b.z, mask) }
}

#[inline(never)]
fn add<C: Curve<L>, const L: usize>(p: &Projective<L>, q: &Projective<L>) -> Projective<L> {
    C::GROUP.add(p, q)
}

#[inline(never)]
pub(crate) fn add_affine<C: Curve<L>, const L: usize>(p: &Projective<L>, q: &Affine<L>) -> Projective<L> {
    C::GROUP.add_affine(p, q)
}

#[inline(never)]
fn double<C: Curve<L>, const L: usize>(p: &Projective<L>, times: usize) -> Projective<L> {
    C::GROUP.double(p, times)
}

/// The table of a curve: rows of multiples of `2^(5 step i) G`.
#[cfg(test)]
pub(crate) fn comb<const L: usize>(group: &Group<L>, rows: usize, step: usize) -> alloc::vec::Vec<Row<L>> {
    let mut base = group.projective(&group.generator);
    let mut row = |_| {
        let mut point = group.infinity();
        let multiples = core::array::from_fn(|_| {
            point = group.add(&point, &base);
            group.affine(&point)
        });
        base = group.double(&base, WIDTH * step);
        multiples
    };
    (0..rows).map(&mut row).collect()
}
