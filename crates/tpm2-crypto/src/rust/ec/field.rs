//! Arithmetic modulo a prime, in constant time: the coordinates and the scalars of a curve.
//!
//! Numbers are little-endian limbs below the modulus, in Montgomery form: a stands for `a / 2^(64 L)`. No branch and
//! no index depends on a value. Everything is a `const fn`, so that the compiler makes the tables of base points
//! with the very code that uses them; a [`Modulus`] that is a constant is folded into the code.

/// A number below a modulus.
pub(crate) type Element<const L: usize> = [u64; L];

/// Limbs of the product of the largest numbers; shorter ones use the beginning.
const WIDE: usize = 20;

/// Which way a product is reduced. Primes near a power of two need few or no multiplications.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Form {
    /// Montgomery's way, for any odd modulus.
    Any,
    /// `2^256 - 2^224 + 2^192 + 2^96 - 1`.
    P256,
    /// `2^384 - 2^128 - 2^96 + 2^32 - 1`.
    P384,
    /// `2^521 - 1`, for which a number stands for itself.
    P521,
}

/// An odd prime and what goes with it.
pub(crate) struct Modulus<const L: usize> {
    pub(crate) m: Element<L>,
    /// What stands for 1: `2^(64 L)`.
    pub(crate) one: Element<L>,
    /// `2^(128 L)`: multiplying by it brings a number into form.
    r2: Element<L>,
    /// `-1 / m` modulo 2^64.
    k: u64,
    form: Form,
}

#[inline(always)]
const fn mac(sum: u64, a: u64, b: u64, carry: u64) -> (u64, u64) {
    let wide = a as u128 * b as u128 + sum as u128 + carry as u128;
    (wide as u64, (wide >> 64) as u64)
}

/// The carry is a `bool`, for so the compiler finds the machine's instruction.
#[inline(always)]
const fn adc(a: u64, b: u64, carry: bool) -> (u64, bool) {
    let (sum, over) = a.overflowing_add(b);
    let (sum, over_again) = sum.overflowing_add(carry as u64);
    (sum, over | over_again)
}

#[inline(always)]
const fn sbb(a: u64, b: u64, borrow: bool) -> (u64, bool) {
    let (diff, under) = a.overflowing_sub(b);
    let (diff, under_again) = diff.overflowing_sub(borrow as u64);
    (diff, under | under_again)
}

/// All ones, or none.
#[inline(always)]
const fn mask(bit: bool) -> u64 {
    (bit as u64).wrapping_neg()
}

/// A loop over the limbs, unrolled: the compiler does not unroll those of the longer numbers by itself.
macro_rules! each_limb {
    ($i:ident, $body:block) => {
        each_limb!($i, $body, 0 1 2 3 4 5 6 7 8 9)
    };
    ($i:ident, $body:block, $($n:literal)*) => {
        $(if $n < L { let $i = $n; $body })*
    };
}

/// All ones when `a` is not zero.
#[inline(always)]
pub(crate) const fn nonzero<const L: usize>(a: &Element<L>) -> u64 {
    let (mut any, mut i) = (0, 0);
    while i < L {
        any |= a[i];
        i += 1;
    }
    ((any | any.wrapping_neg()) >> 63).wrapping_neg()
}

/// `b` where the mask has ones, else `a`.
#[inline(always)]
pub(crate) const fn select<const L: usize>(a: &Element<L>, b: &Element<L>, mask: u64) -> Element<L> {
    let (mut out, mut i) = (*a, 0);
    while i < L {
        out[i] ^= (a[i] ^ b[i]) & mask;
        i += 1;
    }
    out
}

/// Limbs of at most 8 L big-endian bytes.
pub(crate) const fn from_be<const L: usize>(bytes: &[u8]) -> Element<L> {
    assert!(bytes.len() <= 8 * L);
    let (mut out, mut i) = ([0; L], 0);
    while i < bytes.len() {
        out[i / 8] |= (bytes[bytes.len() - 1 - i] as u64) << (8 * (i % 8));
        i += 1;
    }
    out
}

impl<const L: usize> Modulus<L> {
    /// For the big-endian `prime`, of the form that is said.
    pub(crate) const fn new(prime: &[u8], form: Form) -> Self {
        let m: Element<L> = from_be(prime);
        // Newton's iteration doubles the bits that are right; six times from one.
        let (mut inverse, mut i) = (1u64, 0);
        while i < 6 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(m[0].wrapping_mul(inverse)));
            i += 1;
        }
        let mut one = [0; L];
        one[0] = 1;
        let mut out = Modulus { m, one, r2: one, k: inverse.wrapping_neg(), form };
        if !matches!(form, Form::P521) {
            out.one = out.doubled(one, 64 * L);
            out.r2 = out.doubled(one, 128 * L);
        }
        out
    }

    const fn doubled(&self, mut a: Element<L>, times: usize) -> Element<L> {
        let mut i = 0;
        while i < times {
            a = self.add(&a, &a);
            i += 1;
        }
        a
    }

    /// Brings a number below the modulus into form.
    #[inline(always)]
    pub(crate) const fn enter(&self, a: &Element<L>) -> Element<L> {
        self.mul(a, &self.r2)
    }

    /// The number that an element stands for.
    #[inline(always)]
    pub(crate) const fn leave(&self, a: &Element<L>) -> Element<L> {
        let mut one = [0; L];
        one[0] = 1;
        self.mul(a, &one)
    }

    /// Whether a number is below the modulus: all ones, or none.
    #[inline(always)]
    pub(crate) const fn contains(&self, a: &Element<L>) -> u64 {
        let (mut borrow, mut i) = (false, 0);
        while i < L {
            (_, borrow) = sbb(a[i], self.m[i], borrow);
            i += 1;
        }
        mask(borrow)
    }

    /// `a + b`.
    #[inline]
    pub(crate) const fn add(&self, a: &Element<L>, b: &Element<L>) -> Element<L> {
        let (mut sum, mut carry, mut i) = ([0; L], false, 0);
        while i < L {
            (sum[i], carry) = adc(a[i], b[i], carry);
            i += 1;
        }
        self.less_once(&sum, carry)
    }

    /// `a - b`.
    #[inline]
    pub(crate) const fn sub(&self, a: &Element<L>, b: &Element<L>) -> Element<L> {
        let (mut out, mut borrow, mut i) = ([0; L], false, 0);
        while i < L {
            (out[i], borrow) = sbb(a[i], b[i], borrow);
            i += 1;
        }
        self.plus_modulus(&out, mask(borrow)).0
    }

    /// `a`, or `a + m` where the mask has ones, and the carry.
    #[inline]
    const fn plus_modulus(&self, a: &Element<L>, mask: u64) -> (Element<L>, bool) {
        let (mut out, mut carry, mut i) = ([0; L], false, 0);
        while i < L {
            (out[i], carry) = adc(a[i], self.m[i] & mask, carry);
            i += 1;
        }
        (out, carry)
    }

    /// `a / 2`: made even, and shifted.
    #[inline]
    pub(crate) const fn half(&self, a: &Element<L>) -> Element<L> {
        let (even, carry) = self.plus_modulus(a, mask(a[0] & 1 == 1));
        let (mut out, mut i) = ([0; L], 0);
        while i < L {
            let above = if i + 1 < L { even[i + 1] } else { carry as u64 };
            out[i] = even[i] >> 1 | above << 63;
            i += 1;
        }
        out
    }

    /// `2a`.
    #[inline]
    pub(crate) const fn double(&self, a: &Element<L>) -> Element<L> {
        self.add(a, a)
    }

    /// `3a`.
    #[inline]
    pub(crate) const fn triple(&self, a: &Element<L>) -> Element<L> {
        self.add(&self.add(a, a), a)
    }

    /// `a` below twice the modulus, with a bit more: subtracts the modulus if it can.
    #[inline]
    const fn less_once(&self, a: &Element<L>, top: bool) -> Element<L> {
        let (mut less, mut borrow, mut i) = ([0; L], false, 0);
        while i < L {
            (less[i], borrow) = sbb(a[i], self.m[i], borrow);
            i += 1;
        }
        select(&less, a, mask(borrow & !top))
    }

    /// `ab`.
    #[inline(always)]
    pub(crate) const fn mul(&self, a: &Element<L>, b: &Element<L>) -> Element<L> {
        // Where it pays most, in every place; else one function for all moduli of a length, or the compiler has
        // much to do for little.
        if matches!(self.form, Form::P256) { self.mul_here(a, b) } else { self.mul_called(a, b) }
    }

    #[inline(never)]
    const fn mul_called(&self, a: &Element<L>, b: &Element<L>) -> Element<L> {
        self.mul_here(a, b)
    }

    #[inline(always)]
    const fn mul_here(&self, a: &Element<L>, b: &Element<L>) -> Element<L> {
        let mut t = [0; WIDE];
        each_limb!(i, {
            let (mut carry, mut j) = (0, 0);
            while j < L {
                (t[i + j], carry) = mac(t[i + j], a[j], b[i], carry);
                j += 1;
            }
            t[i + L] = carry;
        });
        self.reduce(t)
    }

    /// `a^2`.
    #[inline(always)]
    pub(crate) const fn square(&self, a: &Element<L>) -> Element<L> {
        if matches!(self.form, Form::P256) { self.square_here(a) } else { self.square_called(a) }
    }

    #[inline(never)]
    const fn square_called(&self, a: &Element<L>) -> Element<L> {
        self.square_here(a)
    }

    /// The products of unlike limbs once, doubled, and the squares of the limbs.
    #[inline(always)]
    const fn square_here(&self, a: &Element<L>) -> Element<L> {
        let mut t = [0; WIDE];
        each_limb!(i, {
            let (mut carry, mut j) = (0, i + 1);
            while j < L {
                (t[i + j], carry) = mac(t[i + j], a[i], a[j], carry);
                j += 1;
            }
            t[i + L] = carry;
        });
        let (mut top, mut carry) = (0, false);
        each_limb!(i, {
            let (low, high) = (t[2 * i] << 1 | top, t[2 * i + 1] << 1 | t[2 * i] >> 63);
            top = t[2 * i + 1] >> 63;
            let square = a[i] as u128 * a[i] as u128;
            (t[2 * i], carry) = adc(low, square as u64, carry);
            (t[2 * i + 1], carry) = adc(high, (square >> 64) as u64, carry);
        });
        let _ = (top, carry); // none is left
        self.reduce(t)
    }

    /// A product, reduced.
    #[inline(always)]
    const fn reduce(&self, t: [u64; WIDE]) -> Element<L> {
        match self.form {
            Form::Any => self.reduce_any(t),
            Form::P256 => self.reduce_p256(&t),
            Form::P384 => self.reduce_p384(&t),
            Form::P521 => self.reduce_p521(&t),
        }
    }

    /// Montgomery: adds the multiple of the modulus that clears the lowest limb, L times.
    #[inline(always)]
    const fn reduce_any(&self, mut t: [u64; WIDE]) -> Element<L> {
        let mut top = false;
        each_limb!(i, {
            let q = t[i].wrapping_mul(self.k);
            let (mut carry, mut j) = (0, 0);
            while j < L {
                (t[i + j], carry) = mac(t[i + j], q, self.m[j], carry);
                j += 1;
            }
            (t[i + L], top) = adc(t[i + L], carry, top);
        });
        let (mut out, mut i) = ([0; L], 0);
        while i < L {
            out[i] = t[i + L];
            i += 1;
        }
        self.less_once(&out, top)
    }

    /// The lower half of a product, reduced alone to `low` below 2^(64 L), and the upper half.
    #[inline(always)]
    const fn plus_upper(&self, low: &[u64], t: &[u64; WIDE]) -> Element<L> {
        let (mut out, mut carry, mut i) = ([0; L], false, 0);
        while i < L {
            (out[i], carry) = adc(t[i + L], low[i], carry);
            i += 1;
        }
        self.less_once(&out, carry)
    }

    /// Montgomery for P-256: the lowest limb of p is -1, so that the multiple is the limb q itself, and
    /// `q p = (2^64 - 2^32 + 1) q 2^192 + q 2^96 - q`.
    #[inline(always)]
    const fn reduce_p256(&self, t: &[u64; WIDE]) -> Element<L> {
        let (mut low, mut i) = ([t[0], t[1], t[2], t[3]], 0);
        while i < 4 {
            let q = low[0];
            let (s0, borrow) = sbb(q, q << 32, false);
            let (s1, _) = sbb(q, q >> 32, borrow);
            let mut carry;
            (low[0], carry) = adc(low[1], q << 32, false);
            (low[1], carry) = adc(low[2], q >> 32, carry);
            (low[2], carry) = adc(low[3], s0, carry);
            // No overflow: s1 is at most 2^64 - 2^32.
            (low[3], _) = adc(s1, 0, carry);
            i += 1;
        }
        self.plus_upper(&low, t)
    }

    /// Montgomery for P-384: `-1 / p = 2^32 + 1` modulo 2^64, and
    /// `q p = q 2^384 - (2^128 + 2^96 - 2^32 + 1) q`.
    #[inline(always)]
    const fn reduce_p384(&self, t: &[u64; WIDE]) -> Element<L> {
        let (mut low, mut i) = ([t[0], t[1], t[2], t[3], t[4], t[5]], 0);
        while i < 6 {
            let q = low[0].wrapping_add(low[0] << 32);
            // The subtrahend's limbs; its lowest is low[0], so that there it leaves zero and no borrow.
            let (_, borrow) = sbb(q, q << 32, false);
            let (s1, borrow) = sbb(q << 32, q >> 32, borrow);
            let (s2, borrow) = sbb(q, 0, borrow);
            let (s2, carry) = adc(s2, q >> 32, false);
            let s3 = (carry as u64).wrapping_sub(borrow as u64);
            let mut borrow;
            (low[0], borrow) = sbb(low[1], s1, false);
            (low[1], borrow) = sbb(low[2], s2, borrow);
            (low[2], borrow) = sbb(low[3], s3, borrow);
            (low[3], borrow) = sbb(low[4], 0, borrow);
            (low[4], borrow) = sbb(low[5], 0, borrow);
            // Not below zero, for q p is not.
            (low[5], _) = sbb(q, 0, borrow);
            i += 1;
        }
        self.plus_upper(&low, t)
    }

    /// `2^521 = 1`: what is above bit 521 is added below.
    #[inline(always)]
    const fn reduce_p521(&self, t: &[u64; WIDE]) -> Element<L> {
        let (mut out, mut carry, mut i) = ([0; L], false, 0);
        while i < L {
            let low = if i == L - 1 { t[i] & 0x1FF } else { t[i] };
            (out[i], carry) = adc(low, t[L - 1 + i] >> 9 | t[L + i] << 55, carry);
            i += 1;
        }
        self.less_once(&out, carry)
    }

    /// `1 / a`, and 0 for 0: `a^(m - 2)`, four bits at a time. The exponent is public.
    pub(crate) const fn invert(&self, a: &Element<L>) -> Element<L> {
        let (mut powers, mut i) = ([self.one; 16], 1);
        while i < 16 {
            powers[i] = self.mul(&powers[i - 1], a);
            i += 1;
        }
        let (mut exponent, mut borrow, mut i) = (self.m, false, 0);
        while i < L {
            (exponent[i], borrow) = sbb(exponent[i], if i == 0 { 2 } else { 0 }, borrow);
            i += 1;
        }
        let (mut out, mut i) = (self.one, 16 * L);
        while i > 0 {
            i -= 1;
            out = self.square(&self.square(&self.square(&self.square(&out))));
            let window = exponent[i / 16] >> (4 * (i % 16)) & 15;
            if window != 0 {
                out = self.mul(&out, &powers[window as usize]);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::{curves::*, multiply::Curve};
    use super::*;
    use alloc::vec::Vec;
    use crypto_bigint::{NonZero, U1280, Uint};

    /// Numbers at the edges, and others.
    fn operands<const L: usize>(m: &Modulus<L>) -> Vec<Element<L>> {
        let mut one = [0; L];
        one[0] = 1;
        let mut all =
            alloc::vec![[0; L], one, m.one, m.r2, m.half(&one), m.sub(&[0; L], &one), m.sub(&[0; L], &m.one)];
        let mut seed = 0x9E37_79B9_7F4A_7C15u64;
        let mut word = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        while all.len() < 60 {
            // Limbs of zeros and of ones make the carries run.
            let number = core::array::from_fn(|_| match word() % 4 {
                0 => 0,
                1 => u64::MAX,
                2 => 1 << (word() % 64),
                _ => word(),
            });
            let number = select(&number, &m.sub(&m.m, &number), m.contains(&number));
            if m.contains(&number) != 0 {
                all.push(number);
            } else {
                let mut number = number;
                number[L - 1] %= m.m[L - 1];
                all.push(number);
            }
        }
        all
    }

    fn big<const L: usize>(a: &Element<L>) -> U1280 {
        Uint::<L>::from_words(*a).resize()
    }

    fn check<const L: usize>(m: &Modulus<L>) {
        let modulus = NonZero::new(big(&m.m)).unwrap();
        let equal = |is: &Element<L>, ought: U1280| {
            assert!(m.contains(is) != 0);
            assert_eq!(big(is), ought.rem(&modulus));
        };
        // What an element stands for, times this, is the element.
        let r = big(&m.one);
        let all = operands(m);
        for a in &all {
            for b in &all {
                equal(&m.add(a, b), big(a).wrapping_add(&big(b)));
                equal(&m.sub(a, b), big(a).wrapping_add(&modulus).wrapping_sub(&big(b)));
                let product = m.mul(a, b);
                assert_eq!(
                    big(&product).wrapping_mul(&r).rem(&modulus),
                    big(a).wrapping_mul(&big(b)).rem(&modulus)
                );
            }
            assert_eq!(m.square(a), m.mul(a, a));
            let half = m.half(a);
            assert!(m.contains(&half) != 0);
            assert_eq!(m.double(&half), *a);
            assert_eq!(m.triple(a), m.add(a, &m.double(a)));
            assert_eq!(m.leave(&m.enter(a)), *a);
            equal(&m.enter(a), big(a).wrapping_mul(&r));
            let inverse = m.invert(a);
            let one = if nonzero(a) == 0 { [0; L] } else { m.one };
            assert_eq!(m.mul(a, &inverse), one);
        }
        assert_eq!((m.contains(&m.m), m.contains(&[u64::MAX; L])), (0, 0));
    }

    #[test]
    fn every_modulus_and_order_as_crypto_bigint() {
        fn both<C: Curve<L>, const L: usize>() {
            check(&C::GROUP.field);
            check(&C::GROUP.order);
        }
        both::<P192, 3>();
        both::<P224, 4>();
        both::<P256, 4>();
        both::<P384, 6>();
        both::<P521, 9>();
        both::<BnP256, 4>();
        both::<BnP638, 10>();
        both::<Sm2P256, 4>();
    }
}
