//! Which code does the work, and the two exponentiations that it does.

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use crate::ifma;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use fearless_simd::{
    Level, Simd,
    x86::{Avx2, Avx512},
};

use core::num::NonZeroU32;

use crate::{modulus::Modulus, mont64};

/// A secret exponentiation, `base^exponent mod modulus`. The base may be any number of L limbs.
pub struct Power<'a, const L: usize> {
    /// Odd.
    pub modulus: &'a Modulus<L>,
    /// Not necessarily below the modulus.
    pub base: &'a [u64; L],
    /// All its 64 L bits are gone through, whatever they are.
    pub exponent: &'a [u64; L],
}

/// The code that runs, chosen once. All give the same results in constant time.
#[derive(Clone, Copy, Debug)]
pub struct Engine(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Portable,
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    Bmi2(Avx2),
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    Ifma(Avx512),
}

impl Engine {
    /// Integer code that runs anywhere.
    pub const PORTABLE: Engine = Engine(Kind::Portable);

    /// The fastest that this CPU can run. With the feature `std` it asks the CPU, the first time; without it,
    /// it goes by what the compiler was told of the target.
    pub fn best() -> Engine {
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
        {
            #[cfg(feature = "std")]
            return Engine::of(Level::new());
            #[cfg(not(feature = "std"))]
            return Engine::of(Level::baseline());
        }
        #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
        Engine::PORTABLE
    }

    /// The fastest of a level that the caller has established by other means; no CPUID instruction is executed.
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    pub fn of(level: Level) -> Engine {
        Engine(match (level.as_avx512(), level.as_avx2()) {
            (Some(token), _) => Kind::Ifma(token),
            (None, Some(token)) => Kind::Bmi2(token),
            (None, None) => Kind::Portable,
        })
    }

    /// All that this CPU can run, the slowest first: for tests and measurements.
    pub fn all() -> impl Iterator<Item = Engine> {
        let mut engines = [Some(Engine::PORTABLE), None, None];
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2", feature = "std"))]
        {
            let level = Level::new();
            engines[1] = level.as_avx2().map(|token| Engine(Kind::Bmi2(token)));
            engines[2] = level.as_avx512().map(|token| Engine(Kind::Ifma(token)));
        }
        engines.into_iter().flatten()
    }

    /// Its name, for test output.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Kind::Bmi2(_) => "bmi2",
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Kind::Ifma(_) => "avx512-ifma",
        }
    }

    /// Two exponentiations at once, which takes less than twice the time of one. Constant time in everything.
    pub fn pow_pair<const L: usize>(self, powers: [Power<'_, L>; 2]) -> [[u64; L]; 2] {
        match self.0 {
            Kind::Portable => powers.map(|power| mont64::pow(&power)),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Kind::Bmi2(token) => powers.map(|power| {
                bmi2(
                    token,
                    #[inline(always)]
                    || mont64::pow(&power),
                )
            }),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Kind::Ifma(token) => ifma::pow_pair(token, &powers),
        }
    }

    /// `base^exponent mod modulus` for a public exponent; constant time in the base and the modulus. The base
    /// may be any number of L limbs.
    pub fn pow_public<const L: usize>(
        self,
        base: &[u64; L],
        exponent: NonZeroU32,
        modulus: &Modulus<L>,
    ) -> [u64; L] {
        match self.0 {
            Kind::Portable => mont64::pow_public(base, exponent, modulus),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Kind::Bmi2(token) => bmi2(
                token,
                #[inline(always)]
                || mont64::pow_public(base, exponent, modulus),
            ),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Kind::Ifma(token) => ifma::pow_public(token, base, exponent, modulus),
        }
    }
}

/// The integer code, compiled for CPUs with BMI2: `mulx` leaves the flags alone, so carries can stay in them.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
fn bmi2<R>(token: Avx2, code: impl FnOnce() -> R) -> R {
    token.vectorize(code)
}
