//! Which curves there are, and how large their numbers.

use super::domain;

/// A curve (`TPM_ECC_CURVE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// NIST P-192, 0x0001. 96 bits of security: for TPMs that came from elsewhere with it.
    P192,
    /// NIST P-224, 0x0002.
    P224,
    /// NIST P-256, 0x0003.
    P256,
    /// NIST P-384, 0x0004.
    P384,
    /// NIST P-521, 0x0005.
    P521,
    /// Barreto-Naehrig, 256 bits, 0x0010.
    BnP256,
    /// Barreto-Naehrig, 638 bits, 0x0011.
    BnP638,
    /// SM2, 256 bits, 0x0020.
    Sm2P256,
    /// Curve25519, 0x0040: X25519 and Ed25519, not of [`Curve::WEIERSTRASS`].
    Curve25519,
    /// Curve448, 0x0041: X448 and Ed448, not of [`Curve::WEIERSTRASS`].
    Curve448,
}

/// Domain parameters for TPM2_ECC_Parameters: big-endian, each [`Curve::size`] bytes but the cofactor.
#[derive(Debug)]
pub struct CurveParams {
    /// Field prime.
    pub p: &'static [u8],
    /// Coefficient a; of a Montgomery curve the A of `y^2 = x^3 + A x^2 + x`.
    pub a: &'static [u8],
    /// Coefficient b; 1 of a Montgomery curve.
    pub b: &'static [u8],
    /// Generator, x.
    pub gx: &'static [u8],
    /// Generator, y.
    pub gy: &'static [u8],
    /// Order of the generator.
    pub n: &'static [u8],
    /// Cofactor: 1 but for Montgomery curves.
    pub h: &'static [u8],
}

impl Curve {
    /// Every curve, in the order of its identifier.
    pub const ALL: [Curve; 10] = [
        Curve::P192,
        Curve::P224,
        Curve::P256,
        Curve::P384,
        Curve::P521,
        Curve::BnP256,
        Curve::BnP638,
        Curve::Sm2P256,
        Curve::Curve25519,
        Curve::Curve448,
    ];

    /// The curves `y^2 = x^3 + ax + b` of prime order, on which all that has a [`super::Point`] works.
    pub const WEIERSTRASS: [Curve; 8] = [
        Curve::P192,
        Curve::P224,
        Curve::P256,
        Curve::P384,
        Curve::P521,
        Curve::BnP256,
        Curve::BnP638,
        Curve::Sm2P256,
    ];

    /// Whether the curve is one of [`Curve::WEIERSTRASS`].
    pub const fn is_weierstrass(self) -> bool {
        !matches!(self, Curve::Curve25519 | Curve::Curve448)
    }

    /// The curve with this `TPM_ECC_CURVE`, if it is one of ours.
    pub const fn from_id(id: u16) -> Option<Self> {
        match id {
            0x0001 => Some(Curve::P192),
            0x0002 => Some(Curve::P224),
            0x0003 => Some(Curve::P256),
            0x0004 => Some(Curve::P384),
            0x0005 => Some(Curve::P521),
            0x0010 => Some(Curve::BnP256),
            0x0011 => Some(Curve::BnP638),
            0x0020 => Some(Curve::Sm2P256),
            0x0040 => Some(Curve::Curve25519),
            0x0041 => Some(Curve::Curve448),
            _ => None,
        }
    }

    /// The `TPM_ECC_CURVE`.
    pub const fn id(self) -> u16 {
        match self {
            Curve::P192 => 0x0001,
            Curve::P224 => 0x0002,
            Curve::P256 => 0x0003,
            Curve::P384 => 0x0004,
            Curve::P521 => 0x0005,
            Curve::BnP256 => 0x0010,
            Curve::BnP638 => 0x0011,
            Curve::Sm2P256 => 0x0020,
            Curve::Curve25519 => 0x0040,
            Curve::Curve448 => 0x0041,
        }
    }

    /// Bytes of a coordinate, and of a scalar.
    pub const fn size(self) -> usize {
        self.bits().div_ceil(8) as usize
    }

    /// Bits of a coordinate, and of the order of [`Curve::WEIERSTRASS`].
    pub const fn bits(self) -> u16 {
        match self {
            Curve::P192 => 192,
            Curve::P224 => 224,
            Curve::P256 | Curve::BnP256 | Curve::Sm2P256 => 256,
            Curve::P384 => 384,
            Curve::P521 => 521,
            Curve::BnP638 => 638,
            Curve::Curve25519 => 255,
            Curve::Curve448 => 448,
        }
    }

    /// The domain parameters.
    pub const fn params(self) -> &'static CurveParams {
        match self {
            Curve::P192 => &domain::P192,
            Curve::P224 => &domain::P224,
            Curve::P256 => &domain::P256,
            Curve::P384 => &domain::P384,
            Curve::P521 => &domain::P521,
            Curve::BnP256 => &domain::BN_P256,
            Curve::BnP638 => &domain::BN_P638,
            Curve::Sm2P256 => &domain::SM2_P256,
            Curve::Curve25519 => &domain::CURVE25519,
            Curve::Curve448 => &domain::CURVE448,
        }
    }
}
