//! Points of `y^2 = x^3 + ax + b` with a = -3 or a = 0, a prime number of them, in constant time.
//!
//! Addition is the complete one of Renes, Costello and Batina (2015/1060): one formula for all pairs of points,
//! equal, opposite or infinite. Runs of doublings go through Jacobian coordinates, which are cheaper.

use super::field::{Element, Modulus, nonzero, select};

/// A curve. Coefficients and coordinates are in Montgomery form.
pub(crate) struct Group<const L: usize> {
    pub(crate) field: Modulus<L>,
    pub(crate) order: Modulus<L>,
    /// Whether a is 0; it is -3 else.
    pub(crate) a_is_zero: bool,
    pub(crate) b: Element<L>,
    pub(crate) generator: Affine<L>,
    /// Bits of the order.
    pub(crate) bits: usize,
}

/// A point that is not infinity.
#[derive(Clone, Copy)]
pub(crate) struct Affine<const L: usize> {
    pub(crate) x: Element<L>,
    pub(crate) y: Element<L>,
}

/// `(X : Y : Z)` stands for `(X / Z, Y / Z)`, and for infinity when Z is 0.
#[derive(Clone, Copy)]
pub(crate) struct Projective<const L: usize> {
    pub(crate) x: Element<L>,
    pub(crate) y: Element<L>,
    pub(crate) z: Element<L>,
}

/// What both additions have computed before they part with the points.
struct Products<const L: usize> {
    /// x1 x2, y1 y2, z1 z2.
    xx: Element<L>,
    yy: Element<L>,
    zz: Element<L>,
    /// x1 y2 + x2 y1, y1 z2 + y2 z1, x1 z2 + x2 z1.
    xy: Element<L>,
    yz: Element<L>,
    xz: Element<L>,
}

impl<const L: usize> Group<L> {
    pub(crate) const fn infinity(&self) -> Projective<L> {
        Projective { x: [0; L], y: self.field.one, z: [0; L] }
    }

    #[inline(always)]
    pub(crate) const fn projective(&self, p: &Affine<L>) -> Projective<L> {
        Projective { x: p.x, y: p.y, z: self.field.one }
    }

    /// `(x, y)`; (0, 0) for infinity.
    pub(crate) const fn affine(&self, p: &Projective<L>) -> Affine<L> {
        let z = self.field.invert(&p.z);
        Affine { x: self.field.mul(&p.x, &z), y: self.field.mul(&p.y, &z) }
    }

    /// Whether the equation holds: all ones, or none.
    #[inline(always)]
    pub(crate) const fn contains(&self, p: &Affine<L>) -> u64 {
        let f = &self.field;
        let cube = f.mul(&f.square(&p.x), &p.x);
        let linear = if self.a_is_zero { [0; L] } else { f.triple(&p.x) };
        let right = f.add(&f.sub(&cube, &linear), &self.b);
        !nonzero(&f.sub(&f.square(&p.y), &right))
    }

    /// `p + q`, whatever they are.
    #[inline(always)]
    pub(crate) const fn add(&self, p: &Projective<L>, q: &Projective<L>) -> Projective<L> {
        let f = &self.field;
        let (xx, yy, zz) = (f.mul(&p.x, &q.x), f.mul(&p.y, &q.y), f.mul(&p.z, &q.z));
        let xy = f.sub(&f.mul(&f.add(&p.x, &p.y), &f.add(&q.x, &q.y)), &f.add(&xx, &yy));
        let yz = f.sub(&f.mul(&f.add(&p.y, &p.z), &f.add(&q.y, &q.z)), &f.add(&yy, &zz));
        let xz = f.sub(&f.mul(&f.add(&p.x, &p.z), &f.add(&q.x, &q.z)), &f.add(&xx, &zz));
        self.sum(&Products { xx, yy, zz, xy, yz, xz })
    }

    /// `p + q`, whatever p is.
    #[inline(always)]
    pub(crate) const fn add_affine(&self, p: &Projective<L>, q: &Affine<L>) -> Projective<L> {
        let f = &self.field;
        let (xx, yy) = (f.mul(&p.x, &q.x), f.mul(&p.y, &q.y));
        let xy = f.sub(&f.mul(&f.add(&p.x, &p.y), &f.add(&q.x, &q.y)), &f.add(&xx, &yy));
        let yz = f.add(&f.mul(&q.y, &p.z), &p.y);
        let xz = f.add(&f.mul(&q.x, &p.z), &p.x);
        self.sum(&Products { xx, yy, zz: p.z, xy, yz, xz })
    }

    /// The second halves of the paper's algorithms 4 and 5 (a = -3), 7 and 8 (a = 0).
    #[inline(always)]
    const fn sum(&self, p: &Products<L>) -> Projective<L> {
        let f = &self.field;
        // Names: X3 = xy u - yz w, Y3 = u v + t w, Z3 = yz v + xy t.
        let (t, u, v, w);
        if self.a_is_zero {
            let b3_zz = f.triple(&f.mul(&self.b, &p.zz));
            t = f.triple(&p.xx);
            u = f.sub(&p.yy, &b3_zz);
            v = f.add(&p.yy, &b3_zz);
            w = f.triple(&f.mul(&self.b, &p.xz));
        } else {
            let zz3 = f.triple(&p.zz);
            let s = f.triple(&f.sub(&p.xz, &f.mul(&self.b, &p.zz)));
            t = f.sub(&f.triple(&p.xx), &zz3);
            u = f.add(&p.yy, &s);
            v = f.sub(&p.yy, &s);
            w = f.triple(&f.sub(&f.sub(&f.mul(&self.b, &p.xz), &zz3), &p.xx));
        }
        Projective {
            x: f.sub(&f.mul(&p.xy, &u), &f.mul(&p.yz, &w)),
            y: f.add(&f.mul(&u, &v), &f.mul(&t, &w)),
            z: f.add(&f.mul(&p.yz, &v), &f.mul(&p.xy, &t)),
        }
    }

    /// `2^times p`. There is no point of order 2, so that only infinity needs care.
    #[inline(always)]
    pub(crate) const fn double(&self, p: &Projective<L>, times: usize) -> Projective<L> {
        let f = &self.field;
        // (X / Z^2, Y / Z^3) from here.
        let (mut x, mut y, mut z) = (f.mul(&p.x, &p.z), f.mul(&p.y, &f.square(&p.z)), p.z);
        let mut i = 0;
        while i < times {
            (x, y, z) = self.double_jacobian(&x, &y, &z);
            i += 1;
        }
        // Infinity is (0, 0, 0) now.
        y = select(&self.field.one, &y, nonzero(&z));
        Projective { x: f.mul(&x, &z), y, z: f.mul(&f.square(&z), &z) }
    }

    /// In Jacobian coordinates, where the tangent's slope is `3 (x^2 - z^4) / 2yz`, or `3 x^2 / 2yz`.
    #[inline(always)]
    const fn double_jacobian(
        &self,
        x: &Element<L>,
        y: &Element<L>,
        z: &Element<L>,
    ) -> (Element<L>, Element<L>, Element<L>) {
        let f = &self.field;
        let slope = f.half(&f.triple(&if self.a_is_zero {
            f.square(x)
        } else {
            let zz = f.square(z);
            f.mul(&f.sub(x, &zz), &f.add(x, &zz))
        }));
        let yy = f.square(y);
        let xyy = f.mul(x, &yy);
        let x3 = f.sub(&f.square(&slope), &f.double(&xyy));
        let y3 = f.sub(&f.mul(&slope, &f.sub(&xyy, &x3)), &f.square(&yy));
        (x3, y3, f.mul(y, z))
    }
}
