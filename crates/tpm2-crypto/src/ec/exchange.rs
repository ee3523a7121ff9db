//! Key exchange with two static and two ephemeral keys: full MQV and SM2 (Part 1, 44.8.4.3 and 45.2.3; SP 800-56A,
//! 6.1.1.4; GB/T 32918.3). The full unified model is two ECDHs.

use alloc::{vec, vec::Vec};

use super::{Curve, Point, is_zero};
use crate::{CryptoProvider, Error};

/// One's own two private keys, and the other party's two public keys.
#[derive(Clone, Copy)]
pub struct Exchange<'a> {
    /// One's static private key.
    pub d_static: &'a [u8],
    /// One's ephemeral private key, to be used once.
    pub d_ephemeral: &'a [u8],
    /// The other's static public key.
    pub q_static: &'a Point,
    /// The other's ephemeral public key.
    pub q_ephemeral: &'a Point,
}

impl CryptoProvider {
    /// Full MQV: `[t](Qe + [avf(Qe)] Qs)` with `t = de + avf([de]G) ds`. `None` is the point at infinity.
    ///
    /// [`Error::BadPoint`] when a key of the other's is off the curve, [`Error::BadKey`] when one's own is out of
    /// range.
    pub fn ecmqv(&self, curve: Curve, keys: Exchange<'_>) -> Result<Option<Point>, Error> {
        let Exchange { d_static, d_ephemeral, q_static, q_ephemeral } = keys;
        let weight = Weight { bits: usize::from(curve.bits()).div_ceil(2) };
        self.exchange(curve, keys, weight, (d_ephemeral, d_static), (q_ephemeral, q_static))
    }

    /// SM2: `[t](Qs + [avf(Qe)] Qe)` with `t = ds + avf([de]G) de`, where avf has a bit less than MQV's. `None` is
    /// the point at infinity. Errors are those of [`CryptoProvider::ecmqv`].
    pub fn sm2_exchange(&self, curve: Curve, keys: Exchange<'_>) -> Result<Option<Point>, Error> {
        let Exchange { d_static, d_ephemeral, q_static, q_ephemeral } = keys;
        let weight = Weight { bits: usize::from(curve.bits()).div_ceil(2) - 1 };
        self.exchange(curve, keys, weight, (d_static, d_ephemeral), (q_static, q_ephemeral))
    }

    /// `[d + avf([de]G) d'](Q + [avf(Qe)] Q')`: which key is weighted is all that differs between the two.
    fn exchange(
        &self,
        curve: Curve,
        keys: Exchange<'_>,
        weight: Weight,
        d: (&[u8], &[u8]),
        q: (&Point, &Point),
    ) -> Result<Option<Point>, Error> {
        let fit =
            |point| curve.fit_point(point).filter(|q| self.ec.is_on_curve(curve, q)).ok_or(Error::BadPoint);
        let (q, q_weighted, q_ephemeral) = (fit(q.0)?, fit(q.1)?, fit(keys.q_ephemeral)?);
        let (d, d_weighted) = (curve.private(d.0)?, curve.private(d.1)?);

        let ephemeral = self.ec.base_mul(curve, &curve.private(keys.d_ephemeral)?)?;
        let own = weight.of(curve, &ephemeral);
        let t = self.ec.scalar_add(curve, &d, &self.ec.scalar_mul(curve, &own, &d_weighted)?)?;
        let theirs = self.ec.mul(curve, &q_weighted, &weight.of(curve, &q_ephemeral))?;
        let sum = match self.ec.add_public(curve, &q, &theirs) {
            Err(Error::BadPoint) => return Ok(None),
            sum => sum?,
        };
        if is_zero(&t) {
            return Ok(None);
        }
        self.ec.mul(curve, &sum, &t).map(Some)
    }
}

/// The associated value function `avf(Q) = 2^bits + (x mod 2^bits)`: half of x, so that its product is half the work.
#[derive(Clone, Copy)]
struct Weight {
    bits: usize,
}

impl Weight {
    /// Of a public point, as a scalar.
    fn of(self, curve: Curve, point: &Point) -> Vec<u8> {
        let mut value = vec![0; curve.size()];
        for (i, (out, byte)) in value.iter_mut().zip(&point.x).rev().enumerate() {
            // The bits of this byte that are below the limit.
            let below = self.bits.saturating_sub(8 * i).min(8);
            let mask = ((1u16 << below) - 1) as u8;
            *out = byte & mask;
            if self.bits / 8 == i {
                *out |= 1 << (self.bits % 8);
            }
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_coordinate_and_a_bit_above() {
        let point = Point { x: vec![0xFF; 32], y: vec![0; 32] };
        let mut mqv = vec![0; 32];
        mqv[15] = 1;
        mqv[16..].fill(0xFF);
        assert_eq!(Weight { bits: 128 }.of(Curve::P256, &point), mqv);
        let mut sm2 = vec![0; 32];
        sm2[16..].fill(0xFF);
        assert_eq!(Weight { bits: 127 }.of(Curve::P256, &point), sm2);
        let zero = Point { x: vec![0; 32], y: vec![0; 32] };
        sm2.fill(0);
        sm2[16] = 0x80;
        assert_eq!(Weight { bits: 127 }.of(Curve::P256, &zero), sm2);
    }
}
