//! Domain parameters (SP 800-186, 3.2.1), and reduction modulo a curve's order.

use alloc::vec::Vec;

use crypto_bigint::{NonZero, U640};
use zeroize::{Zeroize, Zeroizing};

use super::Curve;

/// Domain parameters for TPM2_ECC_Parameters: big-endian, each [`Curve::size`] bytes but the cofactor.
#[derive(Debug)]
pub struct CurveParams {
    /// Field prime.
    pub p: &'static [u8],
    /// Coefficient a, which is p - 3.
    pub a: &'static [u8],
    /// Coefficient b.
    pub b: &'static [u8],
    /// Generator, x.
    pub gx: &'static [u8],
    /// Generator, y.
    pub gy: &'static [u8],
    /// Order of the generator.
    pub n: &'static [u8],
    /// Cofactor, 1.
    pub h: &'static [u8],
}

static P256: CurveParams = CurveParams {
    p: &hex::<32>("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
    a: &hex::<32>("ffffffff00000001000000000000000000000000fffffffffffffffffffffffc"),
    b: &hex::<32>("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"),
    gx: &hex::<32>("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
    gy: &hex::<32>("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
    n: &hex::<32>("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
    h: &[1],
};

static P384: CurveParams = CurveParams {
    p: &hex::<48>(
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
    ),
    a: &hex::<48>(
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000fffffffc",
    ),
    b: &hex::<48>(
        "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
    ),
    gx: &hex::<48>(
        "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
    ),
    gy: &hex::<48>(
        "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
    ),
    n: &hex::<48>(
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    ),
    h: &[1],
};

static P521: CurveParams = CurveParams {
    p: &hex::<66>(
        "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ),
    a: &hex::<66>(
        "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc",
    ),
    b: &hex::<66>(
        "0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
    ),
    gx: &hex::<66>(
        "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
    ),
    gy: &hex::<66>(
        "011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650",
    ),
    n: &hex::<66>(
        "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    ),
    h: &[1],
};

impl Curve {
    /// The domain parameters.
    pub fn params(self) -> &'static CurveParams {
        match self {
            Curve::P256 => &P256,
            Curve::P384 => &P384,
            Curve::P521 => &P521,
        }
    }

    /// `wide mod (n - 1) + 1` in constant time: a private scalar from 8 bytes more than it has.
    pub(super) fn private_scalar(self, wide: &[u8]) -> Zeroizing<Vec<u8>> {
        self.reduce(wide, &self.moduli().less_one, &U640::ONE)
    }

    /// `number mod n` in constant time, for at most 80 bytes.
    pub(super) fn scalar(self, number: &[u8]) -> Zeroizing<Vec<u8>> {
        self.reduce(number, &self.moduli().order, &U640::ZERO)
    }

    /// `number mod modulus + plus`.
    fn reduce(self, number: &[u8], modulus: &NonZero<U640>, plus: &U640) -> Zeroizing<Vec<u8>> {
        let mut number = load(number);
        let mut reduced = number.rem(modulus).wrapping_add(plus);
        let mut bytes = reduced.to_be_bytes();
        let out = Zeroizing::new(bytes.as_ref()[80 - self.size()..].to_vec());
        number.zeroize();
        reduced.zeroize();
        bytes.zeroize();
        out
    }

    fn moduli(self) -> &'static Moduli {
        static MODULI: [Moduli; 3] = [Moduli::of(&P256), Moduli::of(&P384), Moduli::of(&P521)];
        match self {
            Curve::P256 => &MODULI[0],
            Curve::P384 => &MODULI[1],
            Curve::P521 => &MODULI[2],
        }
    }
}

/// An order, and what keys are drawn modulo.
struct Moduli {
    order: NonZero<U640>,
    less_one: NonZero<U640>,
}

impl Moduli {
    const fn of(params: &CurveParams) -> Self {
        let order = load(params.n);
        Moduli {
            order: NonZero::<U640>::new_unwrap(order),
            less_one: NonZero::<U640>::new_unwrap(order.wrapping_sub(&U640::ONE)),
        }
    }
}

/// At most 80 big-endian bytes.
const fn load(bytes: &[u8]) -> U640 {
    let mut buffer = [0u8; 80];
    let (_, tail) = buffer.split_at_mut(80 - bytes.len());
    tail.copy_from_slice(bytes);
    U640::from_be_slice(&buffer)
}

/// Bytes of a hexadecimal string, at compile time.
const fn hex<const N: usize>(text: &str) -> [u8; N] {
    const fn digit(c: u8) -> u8 {
        match c {
            b'0'..=b'9' => c - b'0',
            b'a'..=b'f' => c - b'a' + 10,
            _ => panic!("not a hexadecimal digit"),
        }
    }
    let text = text.as_bytes();
    assert!(text.len() == 2 * N);
    let mut out = [0; N];
    let mut i = 0;
    while i < N {
        out[i] = digit(text[2 * i]) << 4 | digit(text[2 * i + 1]);
        i += 1;
    }
    out
}
