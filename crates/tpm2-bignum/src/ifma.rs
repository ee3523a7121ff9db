//! Montgomery multiplication with AVX-512 IFMA: numbers in digits of 52 bits, four of them to a vector.
//!
//! Gueron and Krasnov's "almost Montgomery multiplication": for R >= 4m, operands below 2m give a product below
//! 2m, so nothing is subtracted on the way; the result is reduced once at the end. Several independent
//! multiplications run interleaved, for each waits for its own multiplier.

#![allow(clippy::needless_range_loop, reason = "vectors are numbered, and several arrays go by one number")]

use alloc::vec;
use core::{arch::x86_64::*, num::NonZeroU32};

use fearless_simd::{SimdFrom, kernel, u64x4, x86::Avx512};
use zeroize::{Zeroize, Zeroizing};

use crate::{engine::Power, limbs, modulus::Modulus};

const MASK: u64 = (1 << 52) - 1;

/// Bits of the exponent that one multiplication takes up.
const WINDOW: usize = 5;

/// N vectors of four digits, the lowest first.
type Digits<const N: usize> = [[u64; 4]; N];

/// What the kernels take: no const generics may cross into them.
struct Job<'a> {
    m: &'a [u64],
    k0: u64,
    rr: &'a [u64],
    base: &'a [u64],
    exponent: &'a [u64],
}

impl<'a> Job<'a> {
    fn new<const L: usize>(m: &'a Modulus<L>, base: &'a [u64; L], exponent: &'a [u64]) -> Self {
        Job { m: &m.m, k0: m.k0, rr: &m.rr, base, exponent }
    }
}

/// Two secret exponentiations. See [`crate::Engine::pow_pair`].
pub(crate) fn pow_pair<const L: usize>(token: Avx512, powers: &[Power<'_, L>; 2]) -> [[u64; L]; 2] {
    let jobs = powers.each_ref().map(|p| Job::new(p.modulus, p.base, p.exponent));
    let mut out = [[0; L]; 2];
    let [x, y] = &mut out;
    let [high_x, high_y] = secret(token, &jobs, [x, y]);
    let [x, y] = &out;
    [limbs::reduce_once(high_x, x, &powers[0].modulus.m), limbs::reduce_once(high_y, y, &powers[1].modulus.m)]
}

/// One public exponentiation. See [`crate::Engine::pow_public`].
pub(crate) fn pow_public<const L: usize>(
    token: Avx512,
    base: &[u64; L],
    exponent: NonZeroU32,
    modulus: &Modulus<L>,
) -> [u64; L] {
    let mut out = [0; L];
    let high = public(token, &Job::new(modulus, base, &[u64::from(exponent.get())]), &mut out);
    limbs::reduce_once(high, &out, &modulus.m)
}

kernel!(
    fn secret(simd: Avx512, jobs: &[Job<'_>; 2], out: [&mut [u64]; 2]) -> [bool; 2] {
        match jobs[0].m.len() {
            8 => power::<3, 10>(simd, jobs, out),
            16 => power::<5, 20>(simd, jobs, out),
            24 => power::<8, 30>(simd, jobs, out),
            32 => power::<10, 40>(simd, jobs, out),
            48 => power::<15, 60>(simd, jobs, out),
            64 => power::<20, 79>(simd, jobs, out),
            // The type of `Engine::pow_pair` allows other sizes, which nothing uses.
            _ => [false; 2],
        }
    }
);

kernel!(
    fn public(simd: Avx512, job: &Job<'_>, out: &mut [u64]) -> bool {
        match job.m.len() {
            8 => power_public::<3, 10>(simd, job, out),
            16 => power_public::<5, 20>(simd, job, out),
            24 => power_public::<8, 30>(simd, job, out),
            32 => power_public::<10, 40>(simd, job, out),
            48 => power_public::<15, 60>(simd, job, out),
            64 => power_public::<20, 79>(simd, job, out),
            _ => false,
        }
    }
);

/// Both exponentiations in step, by windows of the exponents, each table entry chosen by looking at all.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512ifma,bmi2,adx")]
fn power<const N: usize, const ND: usize>(
    simd: Avx512,
    jobs: &[Job<'_>; 2],
    out: [&mut [u64]; 2],
) -> [bool; 2] {
    let m = &[Modulus52::new::<ND>(simd, &jobs[0]), Modulus52::new::<ND>(simd, &jobs[1])];
    let mul = |a: &[Digits<N>; 2], b: &[Digits<N>; 2]| multiply_pair::<N, ND>(simd, a, b, m);
    let (one, rr) = ([one(); 2], [m[0].rr, m[1].rr]);
    let base = mul(&[to_digits(jobs[0].base), to_digits(jobs[1].base)], &rr);
    let mut table = Zeroizing::new(vec![[[[0; 4]; N]; 2]; 1 << WINDOW]);
    table[0] = mul(&one, &rr);
    for i in 1..1 << WINDOW {
        table[i] = mul(&table[i - 1], &base);
    }
    let bits = 64 * jobs[0].m.len();
    let mut at = bits - bits % WINDOW;
    let index = |at| jobs.each_ref().map(|job| limbs::window(job.exponent, at, WINDOW));
    let mut x = pick(simd, &table, index(at));
    while at > 0 {
        at -= WINDOW;
        for _ in 0..WINDOW {
            x = mul(&x, &x);
        }
        x = mul(&x, &pick(simd, &table, index(at)));
    }
    x = mul(&x, &one);
    let [first, second] = out;
    [from_digits(&x[0], first), from_digits(&x[1], second)]
}

/// Left to right over the bits of a public exponent.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512ifma,bmi2,adx")]
fn power_public<const N: usize, const ND: usize>(simd: Avx512, job: &Job<'_>, out: &mut [u64]) -> bool {
    let m = &Modulus52::<N>::new::<ND>(simd, job);
    let mul = |a: &Digits<N>, b: &Digits<N>| multiply::<N, ND>(simd, a, b, m);
    let plain = to_digits(job.base);
    let base = mul(&plain, &m.rr);
    let exponent = job.exponent[0];
    let mut x = base;
    let bits = exponent.ilog2();
    for bit in (0..bits).rev() {
        x = mul(&x, &x);
        if bit > 0 && exponent >> bit & 1 == 1 {
            x = mul(&x, &base);
        }
    }
    // A last factor that is not in Montgomery form takes the product out of it.
    let last = if bits == 0 || exponent & 1 == 0 { one() } else { plain };
    from_digits(&mul(&x, &last), out)
}

/// A modulus in digits; R is 2^(52 ND).
struct Modulus52<const N: usize> {
    m: Digits<N>,
    k0: u64,
    rr: Digits<N>,
}

impl<const N: usize> Modulus52<N> {
    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512ifma,bmi2,adx")]
    fn new<const ND: usize>(simd: Avx512, job: &Job<'_>) -> Self {
        let mut modulus = Modulus52 { m: to_digits(job.m), k0: job.k0 & MASK, rr: to_digits(job.rr) };
        // From 2^(128 L) to 2^(104 ND), each modulo m: the square, times a small power of two, over R twice.
        let power = 208 * ND - 256 * job.m.len();
        let mut factor = [[0; 4]; N];
        factor[power / 52 / 4][power / 52 % 4] = 1 << (power % 52);
        let square = multiply::<N, ND>(simd, &modulus.rr, &modulus.rr, &modulus);
        modulus.rr = multiply::<N, ND>(simd, &square, &factor, &modulus);
        modulus
    }
}

impl<const N: usize> Drop for Modulus52<N> {
    fn drop(&mut self) {
        self.m.zeroize();
        self.k0.zeroize();
        self.rr.zeroize();
    }
}

/// `a * b / R mod m`, below 2m for operands below 2m; R >= 4m.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512ifma,bmi2,adx")]
fn multiply<const N: usize, const ND: usize>(
    simd: Avx512,
    a: &Digits<N>,
    b: &Digits<N>,
    m: &Modulus52<N>,
) -> Digits<N> {
    let mut product = Product::new();
    for i in 0..ND {
        product.step(simd, a, b[i / 4][i % 4], m);
    }
    product.finish(simd)
}

/// Two independent multiplications, a step of each in turn.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512ifma,bmi2,adx")]
fn multiply_pair<const N: usize, const ND: usize>(
    simd: Avx512,
    a: &[Digits<N>; 2],
    b: &[Digits<N>; 2],
    m: &[Modulus52<N>; 2],
) -> [Digits<N>; 2] {
    let (mut x, mut y) = (Product::new(), Product::new());
    for i in 0..ND {
        x.step(simd, &a[0], b[0][i / 4][i % 4], &m[0]);
        y.step(simd, &a[1], b[1][i / 4][i % 4], &m[1]);
    }
    [x.finish(simd), y.finish(simd)]
}

/// A product that is being summed up and reduced, a digit at a time.
struct Product<const N: usize> {
    sum: [__m256i; N],
    /// The lowest digit is kept apart, for the next multiple of m hangs on it.
    lowest: u64,
}

impl<const N: usize> Product<N> {
    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512ifma,bmi2,adx")]
    fn new() -> Self {
        Product { sum: [_mm256_setzero_si256(); N], lowest: 0 }
    }

    /// Adds `a * digit` and what multiple of m makes the lowest digit zero, and drops that digit.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512ifma,bmi2,adx")]
    fn step(&mut self, simd: Avx512, a: &Digits<N>, digit: u64, m: &Modulus52<N>) {
        let sum = &mut self.sum;
        let t = u128::from(a[0][0]) * u128::from(digit) + u128::from(self.lowest);
        let q = (t as u64).wrapping_mul(m.k0) & MASK;
        let t = t + u128::from(m.m[0][0]) * u128::from(q);
        let (digit, q) = (_mm256_set1_epi64x(digit as i64), _mm256_set1_epi64x(q as i64));
        for j in 0..N {
            sum[j] = _mm256_madd52lo_epu64(sum[j], digit, load(simd, a[j]));
        }
        for j in 0..N {
            sum[j] = _mm256_madd52lo_epu64(sum[j], q, load(simd, m.m[j]));
        }
        for j in 0..N - 1 {
            sum[j] = _mm256_alignr_epi64::<1>(sum[j + 1], sum[j]);
        }
        sum[N - 1] = _mm256_alignr_epi64::<1>(_mm256_setzero_si256(), sum[N - 1]);
        self.lowest = (t >> 52) as u64 + _mm_cvtsi128_si64(_mm256_castsi256_si128(sum[0])) as u64;
        for j in 0..N {
            sum[j] = _mm256_madd52hi_epu64(sum[j], digit, load(simd, a[j]));
        }
        for j in 0..N {
            sum[j] = _mm256_madd52hi_epu64(sum[j], q, load(simd, m.m[j]));
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512ifma,bmi2,adx")]
    fn finish(mut self, simd: Avx512) -> Digits<N> {
        self.sum[0] = _mm256_mask_mov_epi64(self.sum[0], 1, _mm256_set1_epi64x(self.lowest as i64));
        normalise(simd, &self.sum)
    }
}

/// Carries what exceeds 52 bits into the next digit.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512ifma,bmi2,adx")]
fn normalise<const N: usize>(simd: Avx512, sum: &[__m256i; N]) -> Digits<N> {
    let mask = _mm256_set1_epi64x(MASK as i64);
    let mut below = _mm256_setzero_si256();
    let mut digits = *sum;
    // At most 12 bits go up by one digit. After that a digit exceeds 52 bits by one at most.
    let (mut over, mut full) = (0u128, 0u128);
    for j in 0..N {
        let carry = _mm256_srli_epi64::<52>(sum[j]);
        let up = _mm256_alignr_epi64::<3>(carry, below);
        below = carry;
        digits[j] = _mm256_add_epi64(_mm256_and_si256(sum[j], mask), up);
        over |= u128::from(_mm256_cmpgt_epu64_mask(digits[j], mask)) << (4 * j);
        full |= u128::from(_mm256_cmpeq_epi64_mask(digits[j], mask)) << (4 * j);
    }
    // A bit a digit: those that overflow carry into the next, and on through those that are full. An addition
    // of bit masks does all of it.
    let carried = full.wrapping_add(over << 1) ^ full;
    let one = _mm256_set1_epi64x(1);
    core::array::from_fn(|j| {
        let plus_one = _mm256_mask_add_epi64(digits[j], (carried >> (4 * j)) as u8 & 15, digits[j], one);
        store(simd, _mm256_and_si256(plus_one, mask))
    })
}

/// The entry of that index for each of two, by looking at all of them.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512ifma,bmi2,adx")]
fn pick<const N: usize>(simd: Avx512, table: &[[Digits<N>; 2]], index: [u64; 2]) -> [Digits<N>; 2] {
    let mut out = [[_mm256_setzero_si256(); N]; 2];
    for (i, entry) in (0i64..).zip(table) {
        for k in 0..2 {
            let mask = _mm256_cmpeq_epi64_mask(_mm256_set1_epi64x(index[k] as i64), _mm256_set1_epi64x(i));
            for j in 0..N {
                out[k][j] = _mm256_mask_mov_epi64(out[k][j], mask, load(simd, entry[k][j]));
            }
        }
    }
    out.map(|out| out.map(|v| store(simd, v)))
}

#[inline(always)]
fn load(simd: Avx512, digits: [u64; 4]) -> __m256i {
    u64x4::simd_from(simd, digits).into()
}

#[inline(always)]
fn store(simd: Avx512, vector: __m256i) -> [u64; 4] {
    u64x4::simd_from(simd, vector).into()
}

fn one<const N: usize>() -> Digits<N> {
    let mut one = [[0; 4]; N];
    one[0][0] = 1;
    one
}

fn to_digits<const N: usize>(number: &[u64]) -> Digits<N> {
    core::array::from_fn(|j| core::array::from_fn(|i| limbs::window(number, 52 * (4 * j + i), 52)))
}

/// The number, which is below 2m, in `out` and one bit above.
fn from_digits<const N: usize>(digits: &Digits<N>, out: &mut [u64]) -> bool {
    let digits = digits.as_flattened();
    for (i, o) in out.iter_mut().enumerate() {
        // The two or three digits that the limb has a part of.
        let (first, shift) = (64 * i / 52, 64 * i % 52);
        let digit = |n: usize| digits.get(first + n).copied().unwrap_or(0);
        *o = digit(0) >> shift
            | digit(1) << (52 - shift)
            | digit(2).checked_shl(104 - shift as u32).unwrap_or(0);
    }
    let bit = 64 * out.len();
    digits.get(bit / 52).is_some_and(|digit| digit >> (bit % 52) & 1 == 1)
}
