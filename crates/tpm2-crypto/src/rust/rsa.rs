//! RSA over `tpm2-bignum`'s exponentiation; what happens once per key is `crypto-bigint`'s.

mod blind;
mod crt;

use alloc::{boxed::Box, vec::Vec};
use core::num::NonZeroU32;

use tpm2_bignum::{Engine, Modulus, Power};
use zeroize::{Zeroize, Zeroizing};

use crate::{Error, RsaPrivateOp, RsaProvider};
use crt::Crt;

/// RSA in pure Rust.
pub struct RustRsa {
    engine: Option<Engine>,
}

impl RustRsa {
    /// The fastest code that the CPU can run, by [`Engine::best`].
    pub const fn new() -> Self {
        RustRsa { engine: None }
    }

    /// The code that the caller has chosen.
    pub const fn with(engine: Engine) -> Self {
        RustRsa { engine: Some(engine) }
    }

    fn engine(&self) -> Engine {
        self.engine.unwrap_or_else(Engine::best)
    }
}

impl Default for RustRsa {
    fn default() -> Self {
        RustRsa::new()
    }
}

impl RsaProvider for RustRsa {
    fn mod_exp(&self, base: &[u8], exponent: u32, modulus: &[u8]) -> Result<Vec<u8>, Error> {
        let exponent = NonZeroU32::new(exponent).ok_or(Error::BadInput)?;
        match modulus.len() {
            0..=128 => mod_exp::<16>(self.engine(), base, exponent, modulus),
            129..=256 => mod_exp::<32>(self.engine(), base, exponent, modulus),
            257..=384 => mod_exp::<48>(self.engine(), base, exponent, modulus),
            385..=512 => mod_exp::<64>(self.engine(), base, exponent, modulus),
            _ => Err(Error::Unsupported),
        }
    }

    fn miller_rabin(&self, candidate: &[u8], witness: &[u8]) -> bool {
        let [probable, _] = self.miller_rabin_pair([candidate; 2], [witness; 2]);
        probable
    }

    fn miller_rabin_pair(&self, candidates: [&[u8]; 2], witnesses: [&[u8]; 2]) -> [bool; 2] {
        match candidates.map(<[u8]>::len) {
            [0..=64, 0..=64] => miller_rabin::<8>(self.engine(), candidates, witnesses),
            [0..=128, 0..=128] => miller_rabin::<16>(self.engine(), candidates, witnesses),
            [0..=192, 0..=192] => miller_rabin::<24>(self.engine(), candidates, witnesses),
            [0..=256, 0..=256] => miller_rabin::<32>(self.engine(), candidates, witnesses),
            _ => [false; 2],
        }
    }

    fn private(&self, n: &[u8], p: &[u8], e: u32) -> Result<Box<dyn RsaPrivateOp>, Error> {
        let engine = self.engine();
        Ok(match n.len() {
            128 => Box::new(Crt::<8, 16>::new(engine, n, p, e)?),
            256 => Box::new(Crt::<16, 32>::new(engine, n, p, e)?),
            384 => Box::new(Crt::<24, 48>::new(engine, n, p, e)?),
            512 => Box::new(Crt::<32, 64>::new(engine, n, p, e)?),
            _ => return Err(Error::Unsupported),
        })
    }
}

fn mod_exp<const L: usize>(
    engine: Engine,
    base: &[u8],
    exponent: NonZeroU32,
    modulus: &[u8],
) -> Result<Vec<u8>, Error> {
    let n = load::<L>(modulus)?;
    let base = load::<L>(base)?;
    if !less(&base, &n) {
        return Err(Error::BadInput);
    }
    let n = Modulus::new(&n).ok_or(Error::BadInput)?;
    let power = Zeroizing::new(engine.pow_public(&base, exponent, &n));
    Ok(store(&*power, modulus.len()).to_vec())
}

/// FIPS 186-5, B.3.1, one iteration each. Takes time by the number of trailing zeros of w - 1, which says as
/// much as the low bits of a prime that is about to be published in a product.
fn miller_rabin<const L: usize>(engine: Engine, candidates: [&[u8]; 2], witnesses: [&[u8]; 2]) -> [bool; 2] {
    let tests = [0, 1].map(|k| Round::<L>::new(candidates[k], witnesses[k]));
    let [Some(x), Some(y)] = tests else { return [false; 2] };
    let powers = engine.pow_pair([x.power(), y.power()]);
    [x.probable(powers[0]), y.probable(powers[1])]
}

/// One round for one candidate.
struct Round<const L: usize> {
    w: Modulus<L>,
    witness: Zeroizing<[u64; L]>,
    /// `(w - 1) / 2^zeros`, odd.
    exponent: Zeroizing<[u64; L]>,
    zeros: u32,
}

impl<const L: usize> Round<L> {
    fn new(candidate: &[u8], witness: &[u8]) -> Option<Self> {
        let w = Modulus::new(&*load::<L>(candidate).ok()?)?;
        let witness = load(witness).ok()?;
        let even = crypto_bigint::Uint::from_words(minus_one(&w));
        let zeros = even.trailing_zeros();
        let exponent = Zeroizing::new(even.shr(zeros).to_words());
        Some(Round { w, witness, exponent, zeros })
    }

    fn power(&self) -> Power<'_, L> {
        Power { modulus: &self.w, base: &self.witness, exponent: &self.exponent }
    }

    fn probable(&self, mut power: [u64; L]) -> bool {
        let minus_one = minus_one(&self.w);
        let mut one = [0; L];
        one[0] = 1;
        let mut probable = power == one || power == minus_one;
        for _ in 1..self.zeros {
            power = self.w.mul(&power, &power);
            probable |= power == minus_one;
        }
        power.zeroize();
        probable
    }
}

/// One less than an odd number.
fn minus_one<const L: usize>(w: &Modulus<L>) -> [u64; L] {
    let mut out = *w.value();
    out[0] ^= 1;
    out
}

/// Whether `a < b`, in constant time.
fn less<const L: usize>(a: &[u64; L], b: &[u64; L]) -> bool {
    let borrow = a.iter().zip(b).fold(false, |borrow, (a, b)| {
        let (difference, first) = a.overflowing_sub(*b);
        first | difference.overflowing_sub(u64::from(borrow)).1
    });
    core::hint::black_box(borrow)
}

/// From big-endian bytes, no longer than the number.
fn load<const L: usize>(bytes: &[u8]) -> Result<Zeroizing<[u64; L]>, Error> {
    if bytes.len() > 8 * L {
        return Err(Error::BadInput);
    }
    let mut out = Zeroizing::new([0; L]);
    for (limb, chunk) in out.iter_mut().zip(bytes.rchunks(8)) {
        *limb = chunk.iter().fold(0, |limb, byte| limb << 8 | u64::from(*byte));
    }
    Ok(out)
}

/// The low `len` bytes, big-endian.
fn store(number: &[u64], len: usize) -> Zeroizing<Vec<u8>> {
    let skip = (8 * number.len()).saturating_sub(len);
    Zeroizing::new(number.iter().rev().flat_map(|limb| limb.to_be_bytes()).skip(skip).collect())
}
