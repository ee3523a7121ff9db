//! Modular exponentiation over `crypto-bigint`'s fixed-size numbers, in constant time.
//!
//! Fixed sizes, because the boxed ones cannot be zeroized: their Montgomery parameters, which hold the
//! primes, are shared behind a reference count. The speed is the same.

use alloc::{boxed::Box, vec::Vec};

use crypto_bigint::{
    NonZero, Odd, Uint,
    modular::{FixedMontyForm, FixedMontyParams},
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{Error, RsaPrivateOp, RsaProvider};

pub(crate) struct RustRsa;

impl RsaProvider for RustRsa {
    fn mod_exp(&self, base: &[u8], exponent: u32, modulus: &[u8]) -> Result<Vec<u8>, Error> {
        match modulus.len() {
            0..=128 => mod_exp::<16>(base, exponent, modulus),
            129..=256 => mod_exp::<32>(base, exponent, modulus),
            257..=384 => mod_exp::<48>(base, exponent, modulus),
            385..=512 => mod_exp::<64>(base, exponent, modulus),
            _ => Err(Error::Unsupported),
        }
    }

    fn miller_rabin(&self, candidate: &[u8], witness: &[u8]) -> bool {
        match candidate.len() {
            0..=64 => miller_rabin::<8>(candidate, witness),
            65..=128 => miller_rabin::<16>(candidate, witness),
            129..=192 => miller_rabin::<24>(candidate, witness),
            193..=256 => miller_rabin::<32>(candidate, witness),
            _ => false,
        }
    }

    fn private(&self, n: &[u8], p: &[u8], e: u32) -> Result<Box<dyn RsaPrivateOp>, Error> {
        Ok(match n.len() {
            128 => Box::new(Crt::<8>::new(n, p, e)?),
            256 => Box::new(Crt::<16>::new(n, p, e)?),
            384 => Box::new(Crt::<24>::new(n, p, e)?),
            512 => Box::new(Crt::<32>::new(n, p, e)?),
            _ => return Err(Error::Unsupported),
        })
    }
}

fn mod_exp<const L: usize>(base: &[u8], exponent: u32, modulus: &[u8]) -> Result<Vec<u8>, Error> {
    let n = Odd::new(load::<L>(modulus)?).into_option().ok_or(Error::BadInput)?;
    let mut x = load::<L>(base)?;
    if x >= *n || exponent == 0 {
        return Err(Error::BadInput);
    }
    let params = FixedMontyParams::new_vartime(n);
    let mut base = FixedMontyForm::new(&x, &params);
    // Left to right over a public exponent: 65537 is sixteen squarings and one multiplication.
    let mut power = base;
    for bit in (0..exponent.ilog2()).rev() {
        power = power.square();
        if exponent >> bit & 1 == 1 {
            power = power.mul(&base);
        }
    }
    let out = store(&power.retrieve(), modulus.len());
    x.zeroize();
    base.zeroize();
    power.zeroize();
    Ok(out.to_vec())
}

/// FIPS 186-5, B.3.1, one iteration. Takes time by the number of trailing zeros of w - 1, which says as much
/// as the low bits of a prime that is about to be published in a product.
fn miller_rabin<const L: usize>(candidate: &[u8], witness: &[u8]) -> bool {
    let (Ok(w), Ok(b)) = (load::<L>(candidate), load::<L>(witness)) else { return false };
    let Some(odd) = Odd::new(w).into_option() else { return false };
    let mut params = FixedMontyParams::new(odd);
    let mut exponent = w.wrapping_sub(&Uint::ONE);
    let zeros = exponent.trailing_zeros();
    exponent = exponent.wrapping_shr(zeros);
    let one = FixedMontyForm::one(&params);
    let minus_one = one.neg();
    let mut power = FixedMontyForm::new(&b, &params).pow(&exponent);
    let mut probable = power == one || power == minus_one;
    for _ in 1..zeros {
        power = power.square();
        probable |= power == minus_one;
    }
    params.zeroize();
    exponent.zeroize();
    power.zeroize();
    probable
}

/// A private key in CRT form (RFC 8017, 3.2), L limbs to a prime.
struct Crt<const L: usize> {
    p: FixedMontyParams<L>,
    q: FixedMontyParams<L>,
    dp: Uint<L>,
    dq: Uint<L>,
    /// 1/q mod p, in Montgomery form.
    q_inv: FixedMontyForm<L>,
    e: Uint<L>,
}

impl<const L: usize> Crt<L> {
    fn new(n: &[u8], p: &[u8], e: u32) -> Result<Self, Error> {
        let (high, low) = load_wide::<L>(n)?;
        let p = Odd::new(load::<L>(p)?).into_option().ok_or(Error::BadKey)?;
        // n is an exact multiple of p exactly when (n / p mod 2^k) * p has no other high half than n.
        let q = low.wrapping_mul(&inverse_mod_2k(&p));
        let (product_low, product_high) = p.widening_mul(&q);
        let q = Odd::new(q).into_option().ok_or(Error::BadKey)?;
        if product_low != low || product_high != high {
            return Err(Error::BadKey);
        }
        let e = Uint::from_u32(e);
        let exponent = |prime: &Uint<L>| {
            let order = NonZero::new(prime.wrapping_sub(&Uint::ONE)).into_option();
            order.and_then(|order| e.invert_mod(&order).into_option()).ok_or(Error::BadKey)
        };
        let (dp, dq) = (exponent(&p)?, exponent(&q)?);
        let (p, q) = (FixedMontyParams::new(p), FixedMontyParams::new(q));
        // Fails when p = q.
        let q_inv = FixedMontyForm::new(q.modulus(), &p).invert().into_option().ok_or(Error::BadKey)?;
        Ok(Crt { p, q, dp, dq, q_inv, e })
    }

    /// `(high * R + low)^d` modulo one prime, blinded: `(c * r^e)^d / r`.
    fn half(
        &self,
        prime: &FixedMontyParams<L>,
        d: &Uint<L>,
        high: &Uint<L>,
        low: &Uint<L>,
        blind: &Uint<L>,
    ) -> Result<Uint<L>, Error> {
        // R mod p, in Montgomery form, is R^2 mod p, which the parameters hold.
        let radix = FixedMontyForm::from_montgomery(*prime.r2(), prime);
        let c = FixedMontyForm::new(high, prime).mul(&radix).add(&FixedMontyForm::new(low, prime));
        let r = FixedMontyForm::new(blind, prime);
        let unblind = r.invert().into_option().ok_or(Error::Rng)?;
        let blinded = c.mul(&r.pow_bounded_exp(&self.e, 32));
        Ok(blinded.pow(d).mul(&unblind).retrieve())
    }
}

impl<const L: usize> RsaPrivateOp for Crt<L> {
    fn raw(&self, c: &[u8], blind: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (high, low) = load_wide::<L>(c)?;
        let mut r = load::<L>(blind)?;
        let mut m1 = self.half(&self.p, &self.dp, &high, &low, &r)?;
        let mut m2 = self.half(&self.q, &self.dq, &high, &low, &r)?;
        // Garner: m = m2 + q * ((m1 - m2) / q mod p).
        let difference = FixedMontyForm::new(&m1, &self.p).sub(&FixedMontyForm::new(&m2, &self.p));
        let mut h = difference.mul(&self.q_inv).retrieve();
        let (product_low, product_high) = h.widening_mul(self.q.modulus().as_ref());
        let (mut low, carry) = product_low.carrying_add(&m2, crypto_bigint::Limb::ZERO);
        let (mut high, _) = product_high.carrying_add(&Uint::ZERO, carry);
        let mut m = store(&high, c.len() / 2);
        m.extend_from_slice(&store(&low, c.len() / 2));
        r.zeroize();
        m1.zeroize();
        m2.zeroize();
        h.zeroize();
        low.zeroize();
        high.zeroize();
        Ok(m)
    }
}

impl<const L: usize> Drop for Crt<L> {
    fn drop(&mut self) {
        self.p.zeroize();
        self.q.zeroize();
        self.dp.zeroize();
        self.dq.zeroize();
        self.q_inv.zeroize();
    }
}

impl<const L: usize> ZeroizeOnDrop for Crt<L> {}

/// 1/a mod 2^(64 L) by Newton's iteration; each step doubles the good bits, of which an odd number has
/// three.
fn inverse_mod_2k<const L: usize>(a: &Odd<Uint<L>>) -> Uint<L> {
    let two = Uint::from_u32(2);
    let mut x = **a;
    let mut good = 3;
    while good < Uint::<L>::BITS {
        x = x.wrapping_mul(&two.wrapping_sub(&a.wrapping_mul(&x)));
        good *= 2;
    }
    x
}

/// Big-endian bytes, no longer than the number.
fn load<const L: usize>(bytes: &[u8]) -> Result<Uint<L>, Error> {
    let mut buffer = Zeroizing::new([0u8; 512]);
    let start = (8 * L).checked_sub(bytes.len()).ok_or(Error::BadInput)?;
    let buffer = buffer.get_mut(..8 * L).ok_or(Error::Unsupported)?;
    buffer[start..].copy_from_slice(bytes);
    Ok(Uint::from_be_slice(buffer))
}

/// A number of twice L limbs, as (high, low).
fn load_wide<const L: usize>(bytes: &[u8]) -> Result<(Uint<L>, Uint<L>), Error> {
    let (high, low) = bytes.split_at_checked(8 * L).ok_or(Error::BadInput)?;
    Ok((load(high)?, load(low)?))
}

/// The low `len` bytes, big-endian.
fn store<const L: usize>(number: &Uint<L>, len: usize) -> Zeroizing<Vec<u8>> {
    let mut bytes = number.to_be_bytes();
    let out = Zeroizing::new(bytes.as_ref()[8 * L - len..].to_vec());
    bytes.zeroize();
    out
}
