//! Every engine against `crypto-bigint`, an independent implementation, over random and edge operands.

use std::num::NonZeroU32;

use crypto_bigint::{
    Odd, Uint,
    modular::{FixedMontyForm, FixedMontyParams},
};
use tpm2_bignum::{Engine, Modulus, Power};

/// A 64-bit generator of test values (splitmix64).
struct Rng(u64);

impl Rng {
    fn limb(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    /// A number that is random, or has long runs of equal bits, which is where carries go wrong.
    fn number<const L: usize>(&mut self) -> [u64; L] {
        let shape = self.limb();
        core::array::from_fn(|_| match shape % 4 {
            0 => [0, u64::MAX][(self.limb() & 1) as usize],
            1 => [0, u64::MAX, 1, 1 << 63, (1 << 52) - 1][(self.limb() % 5) as usize],
            _ => self.limb(),
        })
    }

    /// An odd modulus with its top bit set, as those of RSA are.
    fn modulus<const L: usize>(&mut self) -> [u64; L] {
        let mut m = self.number();
        m[0] |= 1;
        m[L - 1] |= 1 << 63;
        m
    }
}

/// `base^exponent mod m` by crypto-bigint.
fn expected<const L: usize>(base: &[u64; L], exponent: &[u64; L], m: &[u64; L]) -> [u64; L] {
    let m = Odd::new(Uint::from_words(*m)).unwrap();
    let params = FixedMontyParams::new_vartime(m);
    let base = Uint::from_words(*base).rem_vartime(m.as_nz_ref());
    FixedMontyForm::new(&base, &params).pow(&Uint::from_words(*exponent)).retrieve().to_words()
}

/// The same for a short exponent.
fn expected_public<const L: usize>(base: &[u64; L], exponent: u32, m: &[u64; L]) -> [u64; L] {
    let m = Odd::new(Uint::from_words(*m)).unwrap();
    let params = FixedMontyParams::new_vartime(m);
    let base = Uint::from_words(*base).rem_vartime(m.as_nz_ref());
    let power = FixedMontyForm::new(&base, &params).pow_bounded_exp(&Uint::<L>::from(exponent), 32);
    power.retrieve().to_words()
}

/// Operands near every limit, for a given modulus.
fn edges<const L: usize>(m: &[u64; L]) -> Vec<[u64; L]> {
    let number = |low: u64| {
        let mut n = [0; L];
        n[0] = low;
        n
    };
    let below = |by: u64| Uint::from_words(*m).wrapping_sub(&Uint::from(by)).to_words();
    let half = Uint::from_words(*m).shr(1).to_words();
    let mut above = *m;
    above[0] = above[0].wrapping_add(1);
    vec![number(0), number(1), number(2), below(1), below(2), *m, above, half, [u64::MAX; L]]
}

fn compare<const L: usize>(engine: Engine, rng: &mut Rng, rounds: usize) {
    for round in 0..rounds {
        let m: [[u64; L]; 2] = match round {
            0 => [[u64::MAX; L], rng.modulus()],
            // 2^(64 L - 1) + 1.
            1 => [core::array::from_fn(|i| u64::from(i == 0) | u64::from(i == L - 1) << 63), rng.modulus()],
            // A small modulus beside a large one.
            2 => [core::array::from_fn(|i| if i == 0 { 3 } else { 0 }), rng.modulus()],
            3 => [core::array::from_fn(|i| if i <= L / 2 { rng.limb() | 1 } else { 0 }), rng.modulus()],
            _ => [rng.modulus(), rng.modulus()],
        };
        let moduli = m.each_ref().map(|m| Modulus::new(m).unwrap());
        let mut operands = vec![(rng.number(), rng.number())];
        if round < 2 && L <= 32 {
            operands.extend(edges(&m[0]).into_iter().map(|e| (e, rng.number())));
            operands.extend(edges(&m[0]).into_iter().map(|e| (rng.number(), e)));
        }
        for (base, exponent) in operands {
            let bases = [base, rng.number()];
            let exponents = [exponent, rng.number()];
            let power = |k: usize| Power { modulus: &moduli[k], base: &bases[k], exponent: &exponents[k] };
            let got = engine.pow_pair([power(0), power(1)]);
            for k in 0..2 {
                assert_eq!(got[k], expected(&bases[k], &exponents[k], &m[k]), "{} {L} {k}", engine.name());
            }
            let e = [1, 2, 3, 4, 17, 65_537, u32::MAX, rng.limb() as u32][round % 8];
            let got = engine.pow_public(&bases[0], NonZeroU32::new(e).unwrap(), &moduli[0]);
            assert_eq!(got, expected_public(&bases[0], e, &m[0]), "{} {L} e={e}", engine.name());
        }
    }
}

#[test]
fn powers() {
    for engine in Engine::all() {
        let mut rng = Rng(52);
        compare::<8>(engine, &mut rng, 60);
        compare::<16>(engine, &mut rng, 20);
        compare::<24>(engine, &mut rng, 9);
        compare::<32>(engine, &mut rng, 6);
        compare::<48>(engine, &mut rng, 4);
        compare::<64>(engine, &mut rng, 4);
    }
}

/// The kernels one multiplication at a time, thousands of them: `base^2` and `base^3` of edge operands.
#[test]
fn products() {
    fn many<const L: usize>(engine: Engine, rng: &mut Rng, moduli: usize) {
        for _ in 0..moduli {
            let m: [u64; L] = rng.modulus();
            let modulus = Modulus::new(&m).unwrap();
            for base in edges(&m).into_iter().chain((0..40).map(|_| rng.number())) {
                for e in [1, 2, 3] {
                    let got = engine.pow_public(&base, NonZeroU32::new(e).unwrap(), &modulus);
                    assert_eq!(got, expected_public(&base, e, &m), "{} {L} e={e}", engine.name());
                }
            }
        }
    }
    for engine in Engine::all() {
        let mut rng = Rng(64);
        many::<8>(engine, &mut rng, 40);
        many::<16>(engine, &mut rng, 40);
        many::<24>(engine, &mut rng, 20);
        many::<32>(engine, &mut rng, 12);
        many::<48>(engine, &mut rng, 6);
        many::<64>(engine, &mut rng, 4);
    }
}

#[test]
fn single_operations() {
    fn many<const L: usize>(rng: &mut Rng) {
        for _ in 0..200 {
            let m: [u64; L] = rng.modulus();
            let modulus = Modulus::new(&m).unwrap();
            assert_eq!(modulus.value(), &m);
            let odd = Odd::new(Uint::from_words(m)).unwrap();
            let params = FixedMontyParams::new_vartime(odd);
            let (a, b) = (rng.number(), rng.number());
            assert_eq!(modulus.reduce(&a), Uint::from_words(a).rem_vartime(odd.as_nz_ref()).to_words());
            let (a, b) = (modulus.reduce(&a), modulus.reduce(&b));
            let form = |x| FixedMontyForm::new(&Uint::from_words(x), &params);
            let (x, y) = (form(a), form(b));
            assert_eq!(modulus.mul(&a, &b), x.mul(&y).retrieve().to_words());
            assert_eq!(modulus.add(&a, &b), x.add(&y).retrieve().to_words());
            assert_eq!(modulus.sub(&a, &b), x.sub(&y).retrieve().to_words());
            assert_eq!(modulus.mul_mont(&modulus.to_mont(&a), &b), modulus.mul(&a, &b));
        }
    }
    let mut rng = Rng(1);
    many::<8>(&mut rng);
    many::<16>(&mut rng);
    many::<24>(&mut rng);
    many::<32>(&mut rng);
    many::<48>(&mut rng);
    many::<64>(&mut rng);
}

#[test]
fn moduli_that_are_none() {
    for low in [0, 1, 2, u64::MAX - 1] {
        let mut m = [0; 8];
        m[0] = low;
        assert!(Modulus::new(&m).is_none(), "{low}");
        m[7] = 1;
        assert_eq!(Modulus::new(&m).is_none(), low != 1);
    }
}
