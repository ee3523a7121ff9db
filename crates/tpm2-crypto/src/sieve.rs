//! The reference's prime sieve: which candidates near a random number are tried, and in which order.
//!
//! The order decides which prime a seed gives, so this follows `CryptPrimeSieve.c` of the reference: the odd
//! numbers from a base divisible by 3 * 5 * 7 up, a field of 16,384 of them, struck by a number of small
//! primes that depends on the candidate's size.

use alloc::{vec, vec::Vec};

use zeroize::Zeroizing;

use crate::{
    Derivation,
    limbs::{self, Limbs},
};

/// Candidates in the field (2,048 bytes of bits in the reference).
const FIELD: usize = 16_384;

/// The last prime of the reference's table. The older derivations stop before it: a fix for RSA-3072 that became
/// part of them.
const TABLE_END: u32 = 65_537;

/// The odd primes below 2^16.
static PRIMES: [u16; 6541] = primes();

/// Candidates that survived, and the rule that picks the next.
pub(crate) struct Sieve {
    base: Limbs,
    /// Bit i stands for `base + 2i`.
    field: Zeroizing<Vec<u64>>,
    left: u32,
    first: u32,
}

impl Sieve {
    /// Sieves around `candidate`, an odd number of at least two limbs.
    pub(crate) fn new(mut candidate: Limbs, derivation: Derivation) -> Self {
        let first = candidate[0] as u32 | 0x8000_0000;
        let limit = prime_limit(limbs::bits(&candidate));
        // Down to a multiple of 105 that is odd.
        let rest = limbs::rem_u32(&candidate, 105);
        limbs::sub_u32(&mut candidate, if rest % 2 == 1 { rest + 105 } else { rest });
        let mut field = Zeroizing::new(vec![u64::MAX; FIELD / 64]);
        let small = &PRIMES[..PRIMES.partition_point(|p| *p <= limit)];
        for group in Groups(small) {
            let product = group.iter().map(|p| u64::from(*p)).product();
            let residue = limbs::rem_u64(&candidate, product);
            for p in group {
                strike(&mut field, residue, u32::from(*p));
            }
        }
        if limit == PRIMES[PRIMES.len() - 1] && derivation == Derivation::Tcg183 {
            strike(&mut field, limbs::rem_u64(&candidate, u64::from(TABLE_END)), TABLE_END);
        }
        let left = field.iter().map(|w| w.count_ones()).sum();
        Sieve { base: candidate, field, left, first }
    }

    /// Removes and returns the next candidate: of the `left` remaining ones, number `first mod left`.
    pub(crate) fn next(&mut self) -> Option<Limbs> {
        let mut skip = self.first.checked_rem(self.left)?;
        for (i, word) in (0u32..).zip(self.field.iter_mut()) {
            let ones = word.count_ones();
            if skip >= ones {
                skip -= ones;
                continue;
            }
            let mut rest = *word;
            for _ in 0..skip {
                rest &= rest - 1;
            }
            let bit = rest.trailing_zeros();
            *word &= !(1 << bit);
            self.left -= 1;
            let mut candidate = self.base.clone();
            limbs::add_u32(&mut candidate, 2 * (64 * i + bit));
            return Some(candidate);
        }
        None
    }
}

/// Whether `n` is prime, by trial division.
pub(crate) fn is_prime_u32(n: u32) -> bool {
    let square_below = |p: &&u16| u32::from(**p).pow(2) <= n;
    n == 2
        || n > 2
            && n % 2 == 1
            && PRIMES.iter().take_while(square_below).all(|p| !n.is_multiple_of(u32::from(*p)))
}

/// The largest of [`PRIMES`] to strike with, for candidates of `bits` bits (`RsaAdjustPrimeLimit`).
fn prime_limit(bits: usize) -> u16 {
    match bits {
        ..=512 => 8167,
        513..=1024 => 38_891,
        _ => 65_521,
    }
}

/// Clears the multiples of `p` among `base + 2i`, given a residue of the base modulo a multiple of p.
fn strike(field: &mut [u64], residue: u64, p: u32) {
    let r = (residue % u64::from(p)) as u32;
    // The first odd multiple at or after the (odd) base, counted in steps of two.
    let start = match r {
        0 => 0,
        r if r % 2 == 1 => (p - r) / 2,
        r => p - r / 2,
    };
    for i in (start as usize..FIELD).step_by(p as usize) {
        field[i / 64] &= !(1 << (i % 64));
    }
}

/// Cuts a list of primes into runs whose product fits in 64 bits, so that one division serves several.
struct Groups<'a>(&'a [u16]);

impl<'a> Iterator for Groups<'a> {
    type Item = &'a [u16];
    fn next(&mut self) -> Option<&'a [u16]> {
        let mut product = 1u64;
        let fits = |p: &&u16| product.checked_mul(u64::from(**p)).map(|larger| product = larger).is_some();
        let len = self.0.iter().take_while(fits).count();
        let (group, rest) = self.0.split_at(len);
        self.0 = rest;
        (len > 0).then_some(group)
    }
}

const fn primes() -> [u16; 6541] {
    let mut composite = [false; 1 << 15];
    let mut out = [0; 6541];
    let mut count = 0;
    let mut i = 1;
    while i < composite.len() {
        if !composite[i] {
            let p = 2 * i + 1;
            out[count] = p as u16;
            count += 1;
            let mut multiple = p * p / 2;
            while multiple < composite.len() {
                composite[multiple] = true;
                multiple += p;
            }
        }
        i += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_the_primes() {
        assert_eq!((PRIMES[0], PRIMES[3], PRIMES[6540]), (3, 11, 65_521));
        assert!(PRIMES.windows(2).all(|w| w[0] < w[1]));
        // The reference's markers for 1,024 and 4,096 primes.
        assert_eq!((PRIMES[1023], PRIMES[4095]), (8167, 38_891));
    }

    #[test]
    fn sieve_keeps_exactly_what_small_primes_do_not_divide() {
        for (limbs, derivation) in [(8, Derivation::Original), (17, Derivation::Tcg183)] {
            let start: Limbs =
                Zeroizing::new((0..limbs).map(|i| 0x9E37_79B9_7F4A_7C15u64.rotate_left(i) | 1).collect());
            let limit = prime_limit(64 * limbs as usize);
            let mut sieve = Sieve::new(start.clone(), derivation);
            assert_eq!(limbs::rem_u32(&sieve.base, 105), 0);
            let mut seen = Vec::new();
            while let Some(c) = sieve.next() {
                seen.push(c[0].wrapping_sub(sieve.base[0]));
            }
            seen.sort_unstable();
            let expected: Vec<u64> = (0..FIELD as u64)
                .map(|i| 2 * i)
                .filter(|d| {
                    let mut c = sieve.base.clone();
                    limbs::add_u32(&mut c, *d as u32);
                    let small = PRIMES.iter().take_while(|p| **p <= limit).map(|p| u32::from(*p));
                    let last = (derivation == Derivation::Tcg183).then_some(TABLE_END);
                    small.chain(last).all(|p| limbs::rem_u32(&c, p) != 0)
                })
                .collect();
            assert_eq!(seen, expected);
        }
    }

    #[test]
    fn exponents() {
        for p in [2, 3, 65_537, 65_539, 4_294_967_291] {
            assert!(is_prime_u32(p), "{p}");
        }
        for c in [0, 1, 4, 65_535, 65_541, 65_521 * 65_521, u32::MAX] {
            assert!(!is_prime_u32(c), "{c}");
        }
    }

    /// Numbers that one small prime alone divides: how far the table goes decides whether they are candidates.
    #[test]
    fn the_last_primes_strike_as_the_derivation_says() {
        use Derivation::{Original, PrimeAdjust, Tcg183};
        // 2^1279 - 1 is prime.
        let mersenne: Vec<u64> = [u64::MAX; 19].into_iter().chain([u64::MAX >> 1]).collect();
        assert_eq!(mersenne.iter().map(|limb| limb.count_ones()).sum::<u32>(), 1279);
        for (small, derivation, candidate) in [
            (65_521, Original, false),
            (65_521, PrimeAdjust, false),
            (65_521, Tcg183, false),
            (65_537, Original, true),
            (65_537, PrimeAdjust, true),
            (65_537, Tcg183, false),
        ] {
            let number = Limbs::from(limbs::mul(&mersenne, &[small]));
            let mut sieve = Sieve::new(number.clone(), derivation);
            let mut candidates = core::iter::from_fn(|| sieve.next());
            assert_eq!(candidates.any(|c| *c == *number), candidate, "{small} {derivation:?}");
        }
    }
}
