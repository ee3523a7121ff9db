//! RSA, and elliptic curves and their schemes. They are most of the time that a full self-test takes, so each curve has
//! the least that uses all of its arithmetic.
use super::super::known_answers::asymmetric as k;
use super::super::registry::Means;
use tpm2_crypto::{Curve, Error, Exchange, HashAlg, Point, RsaPad, RsaSig};

type Outcome = Result<bool, Error>;

pub(in super::super) fn rsa(m: &mut Means<'_>) -> Outcome {
    const E: u32 = 65_537;
    let alg = HashAlg::Sha256;
    let digest = m.crypto.digest(alg, &[b"abc"]);
    let other = m.crypto.digest(alg, &[b"another"]);
    let verify = |scheme, digest: &[u8], signature: &[u8]| {
        m.crypto.rsa_verify(&k::RSA_N, E, scheme, alg, digest, signature)
    };
    // A verification that finds everything right is no better than one that finds everything wrong.
    let verified = verify(RsaSig::Pkcs1, &digest, &k::RSA_PKCS1)
        && verify(RsaSig::Pss, &digest, &k::RSA_PSS)
        && !verify(RsaSig::Pkcs1, &other, &k::RSA_PKCS1)
        && !verify(RsaSig::Pss, &other, &k::RSA_PSS);
    let key = m.crypto.rsa_private(&k::RSA_N, &k::RSA_P, E)?;
    let signature = m.crypto.rsa_sign(&key, RsaSig::Pkcs1, alg, &digest, m.rng)?;
    let pad = RsaPad::Oaep { hash: alg, label: b"LABEL\0" };
    let message = m.crypto.rsa_decrypt(&key, pad, &k::RSA_OAEP, m.rng)?;
    Ok(verified && signature == k::RSA_PKCS1 && *message == *b"abc")
}

fn point(x: &[u8], y: &[u8]) -> Point {
    Point { x: x.to_vec(), y: y.to_vec() }
}

/// The known answers of a NIST curve: a key, the x coordinate of its square, and a signature of "sample".
struct Known {
    curve: Curve,
    hash: HashAlg,
    d: &'static [u8],
    q: (&'static [u8], &'static [u8]),
    z: &'static [u8],
    signature: (&'static [u8], &'static [u8]),
}
impl Known {
    fn test(&self, m: &Means<'_>) -> Outcome {
        let digest = m.crypto.digest(self.hash, &[b"sample"]);
        let public = point(self.q.0, self.q.1);
        let derived = m.crypto.ec_public(self.curve, self.d)?;
        let shared = m.crypto.ec_mul(self.curve, &public, self.d)?;
        let (r, s) = self.signature;
        let verified = m.crypto.ecdsa_verify(self.curve, &public, &digest, r, s);
        Ok(derived == public && shared.x == self.z && verified)
    }
}
pub(in super::super) fn p256(m: &mut Means<'_>) -> Outcome {
    const KNOWN: Known = Known {
        curve: Curve::P256,
        hash: HashAlg::Sha256,
        d: &k::P256_D,
        q: (&k::P256_X, &k::P256_Y),
        z: &k::P256_Z,
        signature: (&k::P256_R, &k::P256_S),
    };
    // Here, for all curves: a signature, which differs each time, is made; and one of something else is refused.
    let public = point(&k::P256_X, &k::P256_Y);
    let digest = m.crypto.digest(HashAlg::Sha256, &[b"sample"]);
    let other = m.crypto.digest(HashAlg::Sha256, &[b"another"]);
    let (r, s) = m.crypto.ecdsa_sign(Curve::P256, &k::P256_D, &digest, m.rng)?;
    let verify = |digest: &[u8]| m.crypto.ecdsa_verify(Curve::P256, &public, digest, &r, &s);
    Ok(KNOWN.test(m)? && verify(&digest) && !verify(&other))
}
pub(in super::super) fn p384(m: &mut Means<'_>) -> Outcome {
    const KNOWN: Known = Known {
        curve: Curve::P384,
        hash: HashAlg::Sha384,
        d: &k::P384_D,
        q: (&k::P384_X, &k::P384_Y),
        z: &k::P384_Z,
        signature: (&k::P384_R, &k::P384_S),
    };
    KNOWN.test(m)
}
pub(in super::super) fn p521(m: &mut Means<'_>) -> Outcome {
    const KNOWN: Known = Known {
        curve: Curve::P521,
        hash: HashAlg::Sha512,
        d: &k::P521_D,
        q: (&k::P521_X, &k::P521_Y),
        z: &k::P521_Z,
        signature: (&k::P521_R, &k::P521_S),
    };
    KNOWN.test(m)
}

/// A key of a curve: its public point by the generator's own multiplication, and by that of any point.
fn key(m: &Means<'_>, curve: Curve, d: &[u8], x: &[u8], y: &[u8]) -> Outcome {
    let params = curve.params();
    let generator = point(params.gx, params.gy);
    let expected = point(x, y);
    Ok(m.crypto.ec_public(curve, d)? == expected && m.crypto.ec_mul(curve, &generator, d)? == expected)
}
pub(in super::super) fn p192(m: &mut Means<'_>) -> Outcome {
    key(m, Curve::P192, &k::P192_D, &k::P192_X, &k::P192_Y)
}
pub(in super::super) fn p224(m: &mut Means<'_>) -> Outcome {
    key(m, Curve::P224, &k::P224_D, &k::P224_X, &k::P224_Y)
}
pub(in super::super) fn bn_p256(m: &mut Means<'_>) -> Outcome {
    key(m, Curve::BnP256, &k::BN_P256_D, &k::BN_P256_X, &k::BN_P256_Y)
}
pub(in super::super) fn bn_p638(m: &mut Means<'_>) -> Outcome {
    key(m, Curve::BnP638, &k::BN_P638_D, &k::BN_P638_X, &k::BN_P638_Y)
}
pub(in super::super) fn sm2_p256(m: &mut Means<'_>) -> Outcome {
    key(m, Curve::Sm2P256, &k::SM2_P256_D, &k::SM2_P256_X, &k::SM2_P256_Y)
}

// The schemes, with one key of P-256.
pub(in super::super) fn schnorr(m: &mut Means<'_>) -> Outcome {
    let (public, alg) = (point(&k::SCHEMES_X, &k::SCHEMES_Y), HashAlg::Sha256);
    let verify = |digest: &[u8]| {
        m.crypto.ecschnorr_verify(Curve::P256, alg, &public, digest, &k::SCHNORR_R, &k::SCHNORR_S)
    };
    Ok(verify(&k::SCHEMES_DIGEST) && !verify(&k::SCHEMES_X))
}
pub(in super::super) fn sm2(m: &mut Means<'_>) -> Outcome {
    let public = point(&k::SCHEMES_X, &k::SCHEMES_Y);
    let verify =
        |digest: &[u8]| m.crypto.sm2_verify(Curve::P256, &public, digest, &k::SM2_R, &k::SM2_S);
    Ok(verify(&k::SCHEMES_DIGEST) && !verify(&k::SCHEMES_X))
}
pub(in super::super) fn mqv(m: &mut Means<'_>) -> Outcome {
    let keys = Exchange {
        d_static: &k::SCHEMES_D,
        d_ephemeral: &k::SCHEMES_DE,
        q_static: &point(&k::SCHEMES_QS_X, &k::SCHEMES_QS_Y),
        q_ephemeral: &point(&k::SCHEMES_QE_X, &k::SCHEMES_QE_Y),
    };
    Ok(m.crypto.ecmqv(Curve::P256, keys)? == Some(point(&k::MQV_X, &k::MQV_Y)))
}
