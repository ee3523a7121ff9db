//! Where the keys in public and sensitive areas meet the provider.
use crate::crypt::hash;
use crate::state::object::Object;
use tpm2_crypto::ec::dhkem_id;
use tpm2_crypto::{
    CryptoProvider, Curve, HashAlg, MlDsa, MlDsaPrivate, MlKem, MlKemPrivate, Point, RsaPrivate,
};
use tpm2_wire::{
    Buffer, ParameterSet, Rc, TpmiAlgKdf, TpmiEccCurve, TpmsEccParms, TpmsEccPoint, TpmtPublic,
    TpmtPublicParms, TpmuPublicId,
};

/// The public exponent; zero stands for 65537.
pub(crate) fn exponent(exponent: u32) -> u32 {
    if exponent == 0 { 65537 } else { exponent }
}
/// The provider's name of a curve; the profile has let no other through.
pub(crate) fn curve(id: TpmiEccCurve) -> Result<Curve, Rc> {
    Curve::from_id(id.0).ok_or(Rc::CURVE)
}
/// A point, its coordinates as long as the curve says. One that is too long stays so, and is on no curve.
pub(crate) fn point(curve: Curve, point: &TpmsEccPoint) -> Point {
    let pad = |bytes: &[u8]| {
        let mut padded = alloc::vec![0; curve.size().saturating_sub(bytes.len())];
        padded.extend_from_slice(bytes);
        padded
    };
    Point { x: pad(&point.x), y: pad(&point.y) }
}
/// A point of the provider for the wire.
pub(crate) fn wire_point(point: Point) -> TpmsEccPoint {
    TpmsEccPoint { x: Buffer(point.x), y: Buffer(point.y) }
}
/// Modulus and exponent of an RSA key.
pub(crate) fn rsa_public(public: &TpmtPublic) -> Option<(&[u8], u32)> {
    match (&public.parameters, &public.unique) {
        (TpmtPublicParms::Rsa(parms), TpmuPublicId::Rsa(n)) => Some((n, exponent(parms.exponent))),
        _ => None,
    }
}
/// Parameters, curve and point of an ECC key.
pub(crate) fn ecc_public(public: &TpmtPublic) -> Option<(&TpmsEccParms, Curve, Point)> {
    match (&public.parameters, &public.unique) {
        (TpmtPublicParms::Ecc(parms), TpmuPublicId::Ecc(q)) => {
            let curve = curve(parms.curve_id).ok()?;
            Some((parms, curve, point(curve, q)))
        }
        _ => None,
    }
}
/// The private key of a loaded RSA key.
pub(crate) fn rsa_private(crypto: &CryptoProvider, object: &Object) -> Option<RsaPrivate> {
    let (n, e) = rsa_public(&object.public)?;
    crypto.rsa_private(n, object.sensitive.as_ref()?.sensitive.bytes(), e).ok()
}
/// The provider's name of an ML-KEM parameter set.
pub(crate) fn mlkem(set: ParameterSet) -> Result<MlKem, Rc> {
    MlKem::from_id(set.0).ok_or(Rc::PARMS)
}
/// The provider's name of an ML-DSA parameter set.
pub(crate) fn mldsa(set: ParameterSet) -> Result<MlDsa, Rc> {
    MlDsa::from_id(set.0).ok_or(Rc::PARMS)
}
/// Parameter set and encapsulation key of an ML-KEM key.
pub(crate) fn mlkem_public(public: &TpmtPublic) -> Option<(MlKem, &[u8])> {
    match (&public.parameters, &public.unique) {
        (TpmtPublicParms::Mlkem(parms), TpmuPublicId::Mlkem(key)) => {
            Some((mlkem(parms.parameter_set).ok()?, key))
        }
        _ => None,
    }
}
/// Parameter set and public key of an ML-DSA or HashML-DSA key.
pub(crate) fn mldsa_public(public: &TpmtPublic) -> Option<(MlDsa, &[u8])> {
    match (&public.parameters, &public.unique) {
        (TpmtPublicParms::Mldsa(parms), TpmuPublicId::Mldsa(key)) => {
            Some((mldsa(parms.parameter_set).ok()?, key))
        }
        (TpmtPublicParms::HashMldsa(parms), TpmuPublicId::HashMldsa(key)) => {
            Some((mldsa(parms.parameter_set).ok()?, key))
        }
        _ => None,
    }
}
/// The private key of a loaded ML-KEM key.
pub(crate) fn mlkem_private(crypto: &CryptoProvider, object: &Object) -> Option<MlKemPrivate> {
    let (set, _) = mlkem_public(&object.public)?;
    crypto.mlkem_private(set, object.sensitive.as_ref()?.sensitive.bytes()).ok()
}
/// The private key of a loaded ML-DSA or HashML-DSA key.
pub(crate) fn mldsa_private(crypto: &CryptoProvider, object: &Object) -> Option<MlDsaPrivate> {
    let (set, _) = mldsa_public(&object.public)?;
    crypto.mldsa_private(set, object.sensitive.as_ref()?.sensitive.bytes()).ok()
}
/// The hash of the KDF of a key of DHKEM, if it is one of those that RFC 9180 has for the curve.
pub(crate) fn dhkem_hash(parms: &TpmsEccParms) -> Option<HashAlg> {
    let kdf = parms.kdf.filter(|kdf| kdf.scheme == TpmiAlgKdf::Hkdf)?;
    let alg = hash(kdf.hash_alg).ok()?;
    dhkem_id(curve(parms.curve_id).ok()?, alg).map(|_| alg)
}
/// Is its KDF one that a command uses: KDF2, with which `TPM2_ECC_Encrypt` encrypts, or that of DHKEM?
pub(crate) fn has_use_of_kdf(parms: &TpmsEccParms) -> bool {
    parms.kdf.is_some_and(|kdf| kdf.scheme == TpmiAlgKdf::Kdf2) || dhkem_hash(parms).is_some()
}
