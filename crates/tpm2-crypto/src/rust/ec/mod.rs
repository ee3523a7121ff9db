//! Our own elliptic curves: small, in constant time, in safe code, without a global (docs/adr/0009-curves.md).

mod curves;
mod field;
mod group;
mod multiply;

use alloc::vec::Vec;

use zeroize::{Zeroize, Zeroizing};

use self::curves::{BnP256, BnP638, P192, P224, P256, P384, P521, Sm2P256};
use self::field::{Element, from_be, nonzero};
use self::group::{Affine, Projective};
use crate::{Curve, EcProvider, Error, Point};

/// Every curve of [`Curve::WEIERSTRASS`].
pub(crate) struct RustEc;

/// Runs a generic function for the curve named by a value.
macro_rules! with_curve {
    ($curve:expr, $function:ident($($arg:expr),*)) => {
        match $curve {
            Curve::P192 => $function::<P192, 3>($($arg),*),
            Curve::P224 => $function::<P224, 4>($($arg),*),
            Curve::P256 => $function::<P256, 4>($($arg),*),
            Curve::P384 => $function::<P384, 6>($($arg),*),
            Curve::P521 => $function::<P521, 9>($($arg),*),
            Curve::BnP256 => $function::<BnP256, 4>($($arg),*),
            Curve::BnP638 => $function::<BnP638, 10>($($arg),*),
            Curve::Sm2P256 => $function::<Sm2P256, 4>($($arg),*),
            Curve::Curve25519 | Curve::Curve448 => Err(Error::Unsupported),
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
        with_curve!(curve, mul_add_public(a, point, b))
    }
    fn add_public(&self, curve: Curve, p: &Point, q: &Point) -> Result<Point, Error> {
        with_curve!(curve, add_public(p, q))
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

fn base_mul<C: multiply::Curve<L>, const L: usize>(k: &[u8]) -> Result<Point, Error> {
    secret_out::<C, L>(multiply::base_mul::<C, L>(&*secret::<C, L>(k)?))
}

fn mul<C: multiply::Curve<L>, const L: usize>(point: &Point, k: &[u8]) -> Result<Point, Error> {
    let k = secret::<C, L>(k)?;
    secret_out::<C, L>(multiply::mul::<C, L>(&point_in::<C, L>(point)?, &k))
}

fn mul_add_public<C: multiply::Curve<L>, const L: usize>(
    a: &[u8],
    point: &Point,
    b: &[u8],
) -> Result<Point, Error> {
    let (a, b) = (scalar::<C, L>(a)?, scalar::<C, L>(b)?);
    public_out::<C, L>(&multiply::mul_add_public::<C, L>(&a, &point_in::<C, L>(point)?, &b))
}

fn add_public<C: multiply::Curve<L>, const L: usize>(p: &Point, q: &Point) -> Result<Point, Error> {
    let p = C::GROUP.projective(&point_in::<C, L>(p)?);
    public_out::<C, L>(&multiply::add_affine::<C, L>(&p, &point_in::<C, L>(q)?))
}

fn check<C: multiply::Curve<L>, const L: usize>(point: &Point) -> Result<(), Error> {
    point_in::<C, L>(point).map(|_| ())
}

fn scalar_add<C: multiply::Curve<L>, const L: usize>(
    a: &[u8],
    b: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let sum = C::GROUP.order.add(&*scalar::<C, L>(a)?, &*scalar::<C, L>(b)?);
    Ok(number_out::<C, L>(Zeroizing::new(sum)))
}

fn scalar_mul<C: multiply::Curve<L>, const L: usize>(
    a: &[u8],
    b: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let order = &C::GROUP.order;
    let a = Zeroizing::new(order.enter(&*scalar::<C, L>(a)?));
    Ok(number_out::<C, L>(Zeroizing::new(order.mul(&a, &*scalar::<C, L>(b)?))))
}

fn scalar_invert<C: multiply::Curve<L>, const L: usize>(a: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let (order, a) = (&C::GROUP.order, scalar::<C, L>(a)?);
    if nonzero(&a) == 0 {
        return Err(Error::BadInput);
    }
    let inverse = Zeroizing::new(order.invert(&order.enter(&a)));
    Ok(number_out::<C, L>(Zeroizing::new(order.leave(&inverse))))
}

/// A scalar below the order, cleared on drop.
fn scalar<C: multiply::Curve<L>, const L: usize>(bytes: &[u8]) -> Result<Zeroizing<Element<L>>, Error> {
    let scalar = Zeroizing::new(number_in::<C, L>(bytes).ok_or(Error::BadInput)?);
    if C::GROUP.order.contains(&scalar) == 0 { Err(Error::BadInput) } else { Ok(scalar) }
}

/// A private scalar, between 1 and the order.
fn secret<C: multiply::Curve<L>, const L: usize>(bytes: &[u8]) -> Result<Zeroizing<Element<L>>, Error> {
    let scalar = scalar::<C, L>(bytes).map_err(|_| Error::BadKey)?;
    if nonzero(&scalar) == 0 { Err(Error::BadKey) } else { Ok(scalar) }
}

/// A point that is on the curve.
fn point_in<C: multiply::Curve<L>, const L: usize>(point: &Point) -> Result<Affine<L>, Error> {
    let field = &C::GROUP.field;
    let coordinate = |bytes| {
        let number = number_in::<C, L>(bytes)?;
        (field.contains(&number) != 0).then(|| field.enter(&number))
    };
    let (x, y) = coordinate(&point.x).zip(coordinate(&point.y)).ok_or(Error::BadPoint)?;
    let point = Affine { x, y };
    if C::GROUP.contains(&point) == 0 { Err(Error::BadPoint) } else { Ok(point) }
}

/// What a secret scalar gave. It is on the curve, or the computer has erred, and what it computed could give the
/// scalar away.
fn secret_out<C: multiply::Curve<L>, const L: usize>(mut point: Projective<L>) -> Result<Point, Error> {
    let mut affine = C::GROUP.affine(&point);
    let sound = C::GROUP.contains(&affine) != 0;
    let out = point_out::<C, L>(&affine);
    for coordinate in [&mut point.x, &mut point.y, &mut point.z, &mut affine.x, &mut affine.y] {
        coordinate.zeroize();
    }
    if sound { Ok(out) } else { Err(Error::Fault) }
}

/// A point that may be infinity, and whose being so is no secret.
fn public_out<C: multiply::Curve<L>, const L: usize>(point: &Projective<L>) -> Result<Point, Error> {
    if nonzero(&point.z) == 0 {
        return Err(Error::BadPoint);
    }
    Ok(point_out::<C, L>(&C::GROUP.affine(point)))
}

fn point_out<C: multiply::Curve<L>, const L: usize>(point: &Affine<L>) -> Point {
    let [x, y] = [&point.x, &point.y]
        .map(|coordinate| number_out::<C, L>(Zeroizing::new(C::GROUP.field.leave(coordinate))).to_vec());
    Point { x, y }
}

/// A number as long as the curve's are.
fn number_in<C: multiply::Curve<L>, const L: usize>(bytes: &[u8]) -> Option<Element<L>> {
    (bytes.len() == C::GROUP.bits.div_ceil(8)).then(|| from_be(bytes))
}

fn number_out<C: multiply::Curve<L>, const L: usize>(number: Zeroizing<Element<L>>) -> Zeroizing<Vec<u8>> {
    let len = C::GROUP.bits.div_ceil(8);
    Zeroizing::new((0..len).rev().map(|i| (number[i / 8] >> (8 * (i % 8))) as u8).collect())
}
