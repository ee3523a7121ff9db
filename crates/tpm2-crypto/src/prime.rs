//! The search for RSA primes in a DRBG's output, byte for byte as the reference does it.
//!
//! Which prime a seed gives depends on the shaping of candidates, on the sieve's order and on the
//! Miller-Rabin witnesses, which come from the same DRBG. `Derivation` names the three variants that exist
//! in the field; their vectors are in `tests/`.

use alloc::{collections::VecDeque, vec, vec::Vec};

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
    /// [`Error::BadInput`]. `canceled` is asked before each one or two Miller-Rabin rounds and stops the search with
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
        let mut search = Search { provider: self, rng, e, derivation, canceled, ahead: VecDeque::new() };
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
    /// What was drawn for a test that was made ahead of its turn in vain, and is to be drawn again.
    ahead: VecDeque<Draw>,
}

/// Bytes from the generator.
type Draw = Zeroizing<Vec<u8>>;

impl Search<'_> {
    /// The next prime of `bits` bits, at least sqrt(1/2) of the range.
    ///
    /// Two candidates are tested at once, as if it were known that the first will fail: it nearly always does.
    /// When it does not, the witness that was drawn for the second goes to the first's next round, so the
    /// generator is used as by the reference, which tests one after the other.
    fn prime(&mut self, bits: usize) -> Result<Limbs, Error> {
        // FIPS 186-3, table C.3.
        let rounds = match bits {
            0..511 => 8,
            511..1536 => 5,
            _ => 4,
        };
        for _ in 0..MAX_TRIES {
            let mut sieve = Sieve::new(self.candidate(bits)?, self.derivation);
            let mut current = self.suitable(&mut sieve);
            while let Some(first) = current {
                self.ask()?;
                let second = self.suitable(&mut sieve);
                let witness = self.witness(&limbs::to_be(&first))?;
                let Some(second) = second else {
                    let passed = self.provider.rsa.miller_rabin(&limbs::to_be(&first), &witness);
                    if passed && self.passes(&first, rounds - 1)? {
                        return Ok(first);
                    }
                    break;
                };
                let (witness_ahead, draws) = self.witness_ahead(&limbs::to_be(&second))?;
                let passed = self.provider.rsa.miller_rabin_pair(
                    [&limbs::to_be(&first), &limbs::to_be(&second)],
                    [&witness, &witness_ahead],
                );
                current = match passed {
                    [true, _] => {
                        self.put_back(draws);
                        if self.passes(&first, rounds - 1)? {
                            return Ok(first);
                        }
                        Some(second)
                    }
                    [false, true] if self.passes(&second, rounds - 1)? => return Ok(second),
                    _ => self.suitable(&mut sieve),
                };
            }
        }
        Err(Error::NoPrime)
    }

    /// The sieve's next candidate that e does not divide, nor candidate - 1, or e would have no inverse.
    fn suitable(&self, sieve: &mut Sieve) -> Option<Limbs> {
        loop {
            let candidate = sieve.next()?;
            if limbs::rem_u32(&candidate, self.e) > 1 {
                return Some(candidate);
            }
        }
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

    /// Whether the candidate passes that many rounds of Miller-Rabin, with witnesses from the generator.
    fn passes(&mut self, candidate: &[u64], rounds: usize) -> Result<bool, Error> {
        let candidate = limbs::to_be(candidate);
        let mut left = rounds;
        while let Some(after_two) = left.checked_sub(2) {
            self.ask()?;
            let witness = self.witness(&candidate)?;
            let (witness_ahead, draws) = self.witness_ahead(&candidate)?;
            match self.provider.rsa.miller_rabin_pair([&candidate; 2], [&witness, &witness_ahead]) {
                [true, true] => left = after_two,
                [true, false] => return Ok(false),
                [false, _] => {
                    self.put_back(draws);
                    return Ok(false);
                }
            }
        }
        if left == 0 {
            return Ok(true);
        }
        self.ask()?;
        let witness = self.witness(&candidate)?;
        Ok(self.provider.rsa.miller_rabin(&candidate, &witness))
    }

    fn ask(&mut self) -> Result<(), Error> {
        if (self.canceled)() { Err(Error::Canceled) } else { Ok(()) }
    }

    /// A random b with `1 < b < candidate - 1`.
    fn witness(&mut self, candidate: &[u8]) -> Result<Draw, Error> {
        self.witness_ahead(candidate).map(|(witness, _)| witness)
    }

    /// The same, and all that was drawn for it.
    fn witness_ahead(&mut self, candidate: &[u8]) -> Result<(Draw, Vec<Draw>), Error> {
        // Candidate - 1 differs in the last bit only, for a candidate is odd.
        let mut below = Zeroizing::new(candidate.to_vec());
        if let Some(last) = below.last_mut() {
            *last ^= 1;
        }
        let mut draws = Vec::new();
        for _ in 0..MAX_TRIES {
            let b = self.draw(candidate.len())?;
            draws.push(b.clone());
            let above_one = b.iter().rev().skip(1).any(|byte| *byte != 0) || b.last() > Some(&1);
            if above_one && b.as_slice() < below.as_slice() {
                return Ok((b, draws));
            }
        }
        Err(Error::Rng)
    }

    /// Makes [`Search::draw`] give these again.
    fn put_back(&mut self, draws: Vec<Draw>) {
        for draw in draws.into_iter().rev() {
            self.ahead.push_front(draw);
        }
    }

    /// As many bytes as a prime has, each time: all draws of a search are equally long.
    fn draw(&mut self, len: usize) -> Result<Draw, Error> {
        if let Some(draw) = self.ahead.pop_front() {
            return Ok(draw);
        }
        let mut out = Zeroizing::new(vec![0; len]);
        self.rng.fill(&mut out)?;
        Ok(out)
    }
}
