//! The groups of the `p256`, `p384` and `p521` crates.

use alloc::vec::Vec;

use p256::elliptic_curve::{
    CurveArithmetic, FieldBytes,
    array::typenum::Unsigned,
    ff::{Field, PrimeField},
    group::{Curve as _, Group},
    ops::MulByGeneratorVartime,
    point::AffineCoordinates,
};
use zeroize::{Zeroize, Zeroizing};

use crate::{Curve, EcProvider, Error, Point};

pub(crate) struct RustEc;

/// Runs a generic function for the curve named by a value.
macro_rules! with_curve {
    ($curve:expr, $function:ident($($arg:expr),*)) => {
        match $curve {
            Curve::P256 => $function::<p256::NistP256>($($arg),*),
            Curve::P384 => $function::<p384::NistP384>($($arg),*),
            Curve::P521 => $function::<p521::NistP521>($($arg),*),
            _ => Err(Error::Unsupported),
        }
    };
}

impl EcProvider for RustEc {
    fn base_mul(&self, curve: Curve, k: &[u8]) -> Result<Point, Error> {
        with_curve!(curve, base_mul(k))
    }
    fn mul(&self, curve: Curve, point: &Point, k: &[u8]) -> Result<Point, Error> {
        with_curve!(curve, mul(point, k))
    }
    fn mul_add_public(&self, curve: Curve, a: &[u8], point: &Point, b: &[u8]) -> Result<Point, Error> {
        with_curve!(curve, mul_add(a, point, b))
    }
    fn add_public(&self, curve: Curve, p: &Point, q: &Point) -> Result<Point, Error> {
        with_curve!(curve, add(p, q))
    }
    fn is_on_curve(&self, curve: Curve, point: &Point) -> bool {
        with_curve!(curve, check(point)).is_ok()
    }
    fn scalar_add(&self, curve: Curve, a: &[u8], b: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        with_curve!(curve, scalar_add(a, b))
    }
    fn scalar_mul(&self, curve: Curve, a: &[u8], b: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        with_curve!(curve, scalar_mul(a, b))
    }
    fn scalar_invert(&self, curve: Curve, a: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        with_curve!(curve, scalar_invert(a))
    }
}

fn base_mul<C: CurveArithmetic>(k: &[u8]) -> Result<Point, Error> {
    let k = secret::<C>(k)?;
    point_out::<C>(C::ProjectivePoint::mul_by_generator(&*k))
}

fn mul<C: CurveArithmetic>(point: &Point, k: &[u8]) -> Result<Point, Error> {
    let k = secret::<C>(k)?;
    point_out::<C>(C::ProjectivePoint::from(point_in::<C>(point)?) * *k)
}

fn mul_add<C: CurveArithmetic>(a: &[u8], point: &Point, b: &[u8]) -> Result<Point, Error> {
    let (a, b) = (scalar::<C>(a)?, scalar::<C>(b)?);
    let point = C::ProjectivePoint::from(point_in::<C>(point)?);
    point_out::<C>(C::ProjectivePoint::mul_by_generator_and_mul_add_vartime(&a, &b, &point))
}

fn add<C: CurveArithmetic>(p: &Point, q: &Point) -> Result<Point, Error> {
    point_out::<C>(C::ProjectivePoint::from(point_in::<C>(p)?) + C::ProjectivePoint::from(point_in::<C>(q)?))
}

fn check<C: CurveArithmetic>(point: &Point) -> Result<(), Error> {
    point_in::<C>(point).map(|_| ())
}

fn scalar_add<C: CurveArithmetic>(a: &[u8], b: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    Ok(scalar_out::<C>(*scalar::<C>(a)? + *scalar::<C>(b)?))
}

fn scalar_mul<C: CurveArithmetic>(a: &[u8], b: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    Ok(scalar_out::<C>(*scalar::<C>(a)? * *scalar::<C>(b)?))
}

fn scalar_invert<C: CurveArithmetic>(a: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let inverse = Field::invert(&*scalar::<C>(a)?).into_option().ok_or(Error::BadInput)?;
    Ok(scalar_out::<C>(inverse))
}

/// A scalar below the order, cleared on drop.
fn scalar<C: CurveArithmetic>(bytes: &[u8]) -> Result<Zeroizing<C::Scalar>, Error> {
    let mut repr = repr::<C>(bytes).ok_or(Error::BadInput)?;
    let scalar = C::Scalar::from_repr(repr).into_option().map(Zeroizing::new);
    repr.zeroize();
    scalar.ok_or(Error::BadInput)
}

/// A private scalar, between 1 and the order.
fn secret<C: CurveArithmetic>(bytes: &[u8]) -> Result<Zeroizing<C::Scalar>, Error> {
    let scalar = scalar::<C>(bytes).map_err(|_| Error::BadKey)?;
    if bool::from(scalar.is_zero()) { Err(Error::BadKey) } else { Ok(scalar) }
}

fn scalar_out<C: CurveArithmetic>(mut scalar: C::Scalar) -> Zeroizing<Vec<u8>> {
    let mut repr = scalar.to_repr();
    let out = Zeroizing::new(repr.to_vec());
    repr.zeroize();
    scalar.zeroize();
    out
}

/// A point that is on the curve.
fn point_in<C: CurveArithmetic>(point: &Point) -> Result<C::AffinePoint, Error> {
    let (x, y) = repr::<C>(&point.x).zip(repr::<C>(&point.y)).ok_or(Error::BadPoint)?;
    C::AffinePoint::from_coordinates(&x, &y).into_option().ok_or(Error::BadPoint)
}

fn point_out<C: CurveArithmetic>(mut point: C::ProjectivePoint) -> Result<Point, Error> {
    if bool::from(point.is_identity()) {
        return Err(Error::BadPoint);
    }
    let mut affine = point.to_affine();
    let out = Point { x: affine.x().to_vec(), y: affine.y().to_vec() };
    affine.zeroize();
    point.zeroize();
    Ok(out)
}

fn repr<C: CurveArithmetic>(bytes: &[u8]) -> Option<FieldBytes<C>> {
    (bytes.len() == C::FieldBytesSize::USIZE).then(|| FieldBytes::<C>::try_from(bytes).ok()).flatten()
}
