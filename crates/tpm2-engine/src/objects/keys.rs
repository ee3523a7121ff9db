//! Where the keys in public and sensitive areas meet the provider.
use crate::state::object::Object;
use tpm2_crypto::{CryptoProvider, Curve, Point, RsaPrivate};
use tpm2_wire::{
    Buffer, Rc, TpmiEccCurve, TpmsEccParms, TpmsEccPoint, TpmtPublic, TpmtPublicParms, TpmuPublicId,
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
