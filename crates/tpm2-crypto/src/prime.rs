//! The search for RSA primes in a DRBG's output, byte for byte as the reference does it.
//!
//! Which prime a seed gives depends on the shaping of candidates, on the sieve's order and on the
//! Miller-Rabin witnesses, which come from the same DRBG. `Derivation` names the three variants that exist
//! in the field; their vectors are in `tests/`.

use alloc::{vec, vec::Vec};

use zeroize::Zeroizing;

use crate::{
    CryptoProvider, Derivation, Error, Rng, RsaKey,
    limbs::{self, Limbs},
    sieve::{self, Sieve},
};

/// Primes drawn before giving up (the reference's loop bound).
const MAX_PRIMES: usize = 99;

/// Fields sieved for one prime, or witnesses drawn for one round, before the RNG is declared broken. A field
/// of a sound RNG holds no prime once in 10^20.
const MAX_TRIES: usize = 64;

impl CryptoProvider {
    /// Generates an RSA key from `rng`.
    ///
    /// `bits` is 1024, 2048, 3072 or 4096; `e` is 0 (meaning 65537) or a prime of at least 65537, else
    /// [`Error::BadInput`]. `canceled` is asked before each candidate and stops the search with
    /// [`Error::Canceled`]. With a seeded [`crate::Drbg`] the result is that of the implementation which
    /// `derivation` names; the reference's trial encryption for signing keys draws from the DRBG afterwards,
    /// which nothing observes, and is left out.
    pub fn rsa_generate(
        &self,
        rng: &mut dyn Rng,
        bits: u16,
        e: u32,
        derivation: Derivation,
        canceled: &mut dyn FnMut() -> bool,
    ) -> Result<RsaKey, Error> {
        let e = if e == 0 { crate::rsa::DEFAULT_EXPONENT } else { e };
        if !matches!(bits, 1024 | 2048 | 3072 | 4096) || e < 65_537 || !sieve::is_prime_u32(e) {
            return Err(Error::BadInput);
        }
        let mut search = Search { provider: self, rng, e, derivation, canceled };
        let first = search.prime(usize::from(bits / 2))?;
        for _ in 1..MAX_PRIMES {
            let second = search.prime(usize::from(bits / 2))?;
            // FIPS 186-5, A.1.1, as the reference words it: the primes differ above bit 100.
            if limbs::bits(&limbs::abs_diff(&first, &second)) > 100 {
                let n = limbs::mul(&first, &second).iter().rev().flat_map(|l| l.to_be_bytes()).collect();
                return Ok(RsaKey { n, p: limbs::to_be(&second) });
            }
        }
        Err(Error::NoPrime)
    }
}

struct Search<'a> {
    provider: &'a CryptoProvider,
    rng: &'a mut dyn Rng,
    e: u32,
    derivation: Derivation,
    canceled: &'a mut dyn FnMut() -> bool,
}

impl Search<'_> {
    /// The next prime of `bits` bits, at least sqrt(1/2) of the range.
    fn prime(&mut self, bits: usize) -> Result<Limbs, Error> {
        for _ in 0..MAX_TRIES {
            let mut sieve = Sieve::new(self.candidate(bits)?, self.derivation);
            while let Some(candidate) = sieve.next() {
                // Neither may e divide the candidate nor candidate - 1, or e has no inverse.
                if limbs::rem_u32(&candidate, self.e) > 1 && self.is_probable_prime(&candidate, bits)? {
                    return Ok(candidate);
                }
            }
        }
        Err(Error::NoPrime)
    }

    /// A random odd number shaped so that the product of two has all its bits.
    fn candidate(&mut self, bits: usize) -> Result<Limbs, Error> {
        let mut raw = self.draw(bits / 8)?;
        if self.derivation != Derivation::PrimeAdjust {
            raw.reverse();
        }
        let mut candidate = limbs::from_be(&raw);
        if let [low, .., high] = candidate.as_mut_slice() {
            // Fixed-point: map the top word from [0, 1) to [0xB505 / 2^16, 1), just above sqrt(1/2).
            *high = if self.derivation == Derivation::Original {
                let top = (((*high >> 48) * 0x4AFB) >> 16) + 0xB505;
                top << 48 | *high & 0xFFFF
            } else {
                let top = *high >> 32;
                let shaped = (top >> 16) * 0x4AFB + (((top & 0xFFFF) * 0x4AFB) >> 16) + 0xB505_0000;
                shaped << 32 | *high & 0xFFFF_FFFF
            };
            *low |= 1;
        }
        Ok(candidate)
    }

    /// Miller-Rabin with the number of rounds of FIPS 186-3, table C.3, witnesses from the RNG.
    fn is_probable_prime(&mut self, candidate: &[u64], bits: usize) -> Result<bool, Error> {
        let rounds = match bits {
            0..511 => 8,
            511..1536 => 5,
            _ => 4,
        };
        let candidate = limbs::to_be(candidate);
        for _ in 0..rounds {
            if (self.canceled)() {
                return Err(Error::Canceled);
            }
            let witness = self.witness(&candidate)?;
            if !self.provider.rsa.miller_rabin(&candidate, &witness) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A random b with `1 < b < candidate - 1`.
    fn witness(&mut self, candidate: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        // Candidate - 1 differs in the last bit only, for a candidate is odd.
        let mut below = Zeroizing::new(candidate.to_vec());
        if let Some(last) = below.last_mut() {
            *last ^= 1;
        }
        for _ in 0..MAX_TRIES {
            let b = self.draw(candidate.len())?;
            let above_one = b.iter().rev().skip(1).any(|byte| *byte != 0) || b.last() > Some(&1);
            if above_one && b.as_slice() < below.as_slice() {
                return Ok(b);
            }
        }
        Err(Error::Rng)
    }

    fn draw(&mut self, len: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut out = Zeroizing::new(vec![0; len]);
        self.rng.fill(&mut out)?;
        Ok(out)
    }
}
