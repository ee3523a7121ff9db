//! DHKEM of RFC 9180, 4.1: key encapsulation with EC keys (Part 1, 44.4).

use alloc::{vec, vec::Vec};

use zeroize::Zeroizing;

use super::{Curve, Point};
use crate::{CryptoProvider, Error, HashAlg, Rng};

/// What encapsulation gives: the shared secret, and the ephemeral public key in octets.
pub type DhEncapsulated = (Zeroizing<Vec<u8>>, Vec<u8>);

/// The KEM of a curve with HKDF over this hash, as RFC 9180, 7.1 numbers it; no other pair is one.
pub const fn dhkem_id(curve: Curve, hash: HashAlg) -> Option<u16> {
    match (curve, hash) {
        (Curve::P256, HashAlg::Sha256) => Some(0x0010),
        (Curve::P384, HashAlg::Sha384) => Some(0x0011),
        (Curve::P521, HashAlg::Sha512) => Some(0x0012),
        _ => None,
    }
}

impl CryptoProvider {
    /// Encapsulates a fresh secret, as long as the digest of `hash`, to the holder of `public`.
    ///
    /// [`Error::Unsupported`] unless there is a [`dhkem_id`], [`Error::BadPoint`] when the key is on no curve.
    pub fn dhkem_encapsulate(
        &self,
        curve: Curve,
        hash: HashAlg,
        public: &Point,
        rng: &mut dyn Rng,
    ) -> Result<DhEncapsulated, Error> {
        let id = dhkem_id(curve, hash).ok_or(Error::Unsupported)?;
        if !self.ec_on_curve(curve, public) {
            return Err(Error::BadPoint);
        }
        let (d, ephemeral) = self.ec_generate(rng, curve)?;
        let shared = Zeroizing::new(self.ec_mul(curve, public, &d)?.x);
        let encapsulated = uncompressed(curve, &ephemeral)?;
        let secret = self.dhkem_expand(id, hash, &shared, &encapsulated, &uncompressed(curve, public)?);
        Ok((secret, encapsulated))
    }

    /// The secret that was encapsulated to the key pair of `d` and `public`.
    ///
    /// [`Error::BadInput`] when `encapsulated` has another length or form, [`Error::BadPoint`] when it is no point of
    /// the curve, [`Error::Unsupported`] unless there is a [`dhkem_id`].
    pub fn dhkem_decapsulate(
        &self,
        curve: Curve,
        hash: HashAlg,
        d: &[u8],
        public: &Point,
        encapsulated: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let id = dhkem_id(curve, hash).ok_or(Error::Unsupported)?;
        let (form, coordinates) = encapsulated.split_first().ok_or(Error::BadInput)?;
        if coordinates.len() != 2 * curve.size() || *form != UNCOMPRESSED {
            return Err(Error::BadInput);
        }
        let (x, y) = coordinates.split_at(curve.size());
        let ephemeral = Point { x: x.to_vec(), y: y.to_vec() };
        if !self.ec_on_curve(curve, &ephemeral) {
            return Err(Error::BadPoint);
        }
        let shared = Zeroizing::new(self.ec_mul(curve, &ephemeral, d)?.x);
        Ok(self.dhkem_expand(id, hash, &shared, encapsulated, &uncompressed(curve, public)?))
    }

    /// ExtractAndExpand: HKDF (RFC 5869), both steps with labels. One block is all that is needed of it.
    fn dhkem_expand(
        &self,
        id: u16,
        hash: HashAlg,
        shared: &[u8],
        sent: &[u8],
        to: &[u8],
    ) -> Zeroizing<Vec<u8>> {
        let suite = [&b"KEM"[..], &id.to_be_bytes()].concat();
        let key = self.hmac(hash, &[], &[VERSION, &suite, b"eae_prk", shared]);
        let size = (hash.digest_size() as u16).to_be_bytes();
        let secret = self.hmac(hash, &key, &[&size, VERSION, &suite, b"shared_secret", sent, to, &[1]]);
        Zeroizing::new(secret.to_vec())
    }
}

const VERSION: &[u8] = b"HPKE-v1";
/// How an uncompressed point begins (SEC 1, 2.3.3).
const UNCOMPRESSED: u8 = 4;

fn uncompressed(curve: Curve, point: &Point) -> Result<Vec<u8>, Error> {
    let mut octets = vec![UNCOMPRESSED];
    for coordinate in [&point.x, &point.y] {
        octets.extend_from_slice(&curve.fit(coordinate).ok_or(Error::BadPoint)?);
    }
    Ok(octets)
}
