//! A private key by the Chinese remainder theorem (RFC 8017, 3.2).

use alloc::vec::Vec;
use core::num::NonZeroU32;

use crypto_bigint::{
    Limb, NonZero, Odd, Uint,
    modular::{FixedMontyForm, FixedMontyParams},
};
use tpm2_bignum::{Engine, Modulus, Power};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{blind::Blind, load, store};
use crate::{Error, RsaPrivateOp};

/// L limbs to a prime, W = 2 L to the modulus.
pub(super) struct Crt<const L: usize, const W: usize> {
    engine: Engine,
    n: Modulus<W>,
    p: Modulus<L>,
    q: Modulus<L>,
    dp: [u64; L],
    dq: [u64; L],
    /// 1/q mod p, in Montgomery form.
    q_inv: [u64; L],
    e: NonZeroU32,
}

impl<const L: usize, const W: usize> Crt<L, W> {
    pub(super) fn new(engine: Engine, n: &[u8], p: &[u8], e: u32) -> Result<Self, Error> {
        let (high, low) = load_wide::<L>(n)?;
        let p = Odd::new(Uint::from_words(*load::<L>(p)?)).into_option().ok_or(Error::BadKey)?;
        // n is an exact multiple of p exactly when (n / p mod 2^k) * p has no other high half than n.
        let q = low.wrapping_mul(&inverse_mod_2k(&p));
        let (product_low, product_high) = p.widening_mul(&q);
        let q = Odd::new(q).into_option().ok_or(Error::BadKey)?;
        if product_low != low || product_high != high {
            return Err(Error::BadKey);
        }
        let public = Uint::from_u32(e);
        let exponent = |prime: &Uint<L>| {
            let order = NonZero::new(prime.wrapping_sub(&Uint::ONE)).into_option();
            order.and_then(|order| public.invert_mod(&order).into_option()).ok_or(Error::BadKey)
        };
        let (mut dp, mut dq) = (exponent(&p)?, exponent(&q)?);
        // Fails when p = q.
        let mut params = FixedMontyParams::new(p);
        let mut q_inv =
            FixedMontyForm::new(&q, &params).invert().into_option().ok_or(Error::BadKey)?.retrieve();
        let n = Modulus::new(&*load(n)?).ok_or(Error::BadKey)?;
        let modulus = |prime: &Uint<L>| Modulus::new(prime.as_words()).ok_or(Error::BadKey);
        let (p, q) = (modulus(&p)?, modulus(&q)?);
        let key = Crt {
            engine,
            n,
            dp: dp.to_words(),
            dq: dq.to_words(),
            q_inv: p.to_mont(q_inv.as_words()),
            p,
            q,
            e: NonZeroU32::new(e).ok_or(Error::BadKey)?,
        };
        params.zeroize();
        dp.zeroize();
        dq.zeroize();
        q_inv.zeroize();
        Ok(key)
    }

    /// `c^d mod n` for `c < n`, without blinding.
    fn crt(&self, c: &[u64; W]) -> Result<Zeroizing<[u64; W]>, Error> {
        let (low, high) = halves::<L, W>(c)?;
        // high * R + low, modulo one prime.
        let base = |m: &Modulus<L>| Zeroizing::new(m.add(&m.to_mont(high), &m.reduce(low)));
        let (base_p, base_q) = (base(&self.p), base(&self.q));
        let powers = Zeroizing::new(self.engine.pow_pair([
            Power { modulus: &self.p, base: &base_p, exponent: &self.dp },
            Power { modulus: &self.q, base: &base_q, exponent: &self.dq },
        ]));
        let [m1, m2] = &*powers;
        // Garner: m = m2 + q * ((m1 - m2) / q mod p).
        let difference = Zeroizing::new(self.p.sub(m1, &self.p.reduce(m2)));
        let h = Zeroizing::new(Uint::from_words(self.p.mul_mont(&difference, &self.q_inv)));
        let (low, high) = h.widening_mul(&Uint::from_words(*self.q.value()));
        let (low, carry) = low.carrying_add(&Uint::from_words(*m2), Limb::ZERO);
        let (high, _) = high.carrying_add(&Uint::ZERO, carry);
        let (low, high) = (Zeroizing::new(low), Zeroizing::new(high));
        let mut m = Zeroizing::new([0; W]);
        m.iter_mut().zip(low.as_words().iter().chain(high.as_words())).for_each(|(m, limb)| *m = *limb);
        Ok(m)
    }
}

impl<const L: usize, const W: usize> RsaPrivateOp for Crt<L, W> {
    fn raw(&self, c: &[u8], blind: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let blind = Blind::new(blind, &self.n)?;
        let c = load::<W>(c)?;
        let factor = Zeroizing::new(self.engine.pow_public(&blind.factor, self.e, &self.n));
        let blinded = Zeroizing::new(self.n.mul(&c, &factor));
        let m = self.crt(&blinded)?;
        let m = Zeroizing::new(self.n.mul(&m, &blind.inverse));
        Ok(store(&*m, 8 * W))
    }

    fn public(&self, m: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let power = Zeroizing::new(self.engine.pow_public(&*load::<W>(m)?, self.e, &self.n));
        Ok(store(&*power, 8 * W))
    }
}

impl<const L: usize, const W: usize> Drop for Crt<L, W> {
    fn drop(&mut self) {
        self.dp.zeroize();
        self.dq.zeroize();
        self.q_inv.zeroize();
    }
}

/// The moduli wipe themselves.
impl<const L: usize, const W: usize> ZeroizeOnDrop for Crt<L, W> {}

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

/// A number of twice L limbs, as (high, low).
fn load_wide<const L: usize>(bytes: &[u8]) -> Result<(Uint<L>, Uint<L>), Error> {
    let (high, low) = bytes.split_at_checked(8 * L).ok_or(Error::BadInput)?;
    Ok((Uint::from_words(*load(high)?), Uint::from_words(*load(low)?)))
}

/// (low, high) halves of a number of twice L limbs.
fn halves<const L: usize, const W: usize>(number: &[u64; W]) -> Result<(&[u64; L], &[u64; L]), Error> {
    let (low, rest) = number.split_first_chunk().ok_or(Error::BadKey)?;
    Ok((low, rest.try_into().map_err(|_| Error::BadKey)?))
}
