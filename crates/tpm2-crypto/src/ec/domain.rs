//! The curves' domain parameters, as the TCG Algorithm Registry has them.

use hex_literal::hex;

use super::CurveParams;

/// NIST P-192: SP 800-186 no longer has it; FIPS 186-4, D.1.2.1.
pub(super) static P192: CurveParams = CurveParams {
    p: &hex!("fffffffffffffffffffffffffffffffeffffffffffffffff"),
    a: &hex!("fffffffffffffffffffffffffffffffefffffffffffffffc"),
    b: &hex!("64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1"),
    gx: &hex!("188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012"),
    gy: &hex!("07192b95ffc8da78631011ed6b24cdd573f977a11e794811"),
    n: &hex!("ffffffffffffffffffffffff99def836146bc9b1b4d22831"),
    h: &[1],
};

/// NIST P-224.
pub(super) static P224: CurveParams = CurveParams {
    p: &hex!("ffffffffffffffffffffffffffffffff000000000000000000000001"),
    a: &hex!("fffffffffffffffffffffffffffffffefffffffffffffffffffffffe"),
    b: &hex!("b4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4"),
    gx: &hex!("b70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21"),
    gy: &hex!("bd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34"),
    n: &hex!("ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d"),
    h: &[1],
};

/// NIST P-256.
pub(super) static P256: CurveParams = CurveParams {
    p: &hex!("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
    a: &hex!("ffffffff00000001000000000000000000000000fffffffffffffffffffffffc"),
    b: &hex!("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"),
    gx: &hex!("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
    gy: &hex!("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
    n: &hex!("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
    h: &[1],
};

/// NIST P-384.
pub(super) static P384: CurveParams = CurveParams {
    p: &hex!(
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff"
    ),
    a: &hex!(
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000fffffffc"
    ),
    b: &hex!(
        "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef"
    ),
    gx: &hex!(
        "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7"
    ),
    gy: &hex!(
        "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f"
    ),
    n: &hex!(
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"
    ),
    h: &[1],
};

/// NIST P-521.
pub(super) static P521: CurveParams = CurveParams {
    p: &hex!(
        "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    ),
    a: &hex!(
        "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc"
    ),
    b: &hex!(
        "0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00"
    ),
    gx: &hex!(
        "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66"
    ),
    gy: &hex!(
        "011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650"
    ),
    n: &hex!(
        "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"
    ),
    h: &[1],
};

/// The Barreto-Naehrig curve of ISO/IEC 15946-5 with 256 bits, for ECDAA.
pub(super) static BN_P256: CurveParams = CurveParams {
    p: &hex!("fffffffffffcf0cd46e5f25eee71a49f0cdc65fb12980a82d3292ddbaed33013"),
    a: &number::<32>(0),
    b: &number::<32>(3),
    gx: &number::<32>(1),
    gy: &number::<32>(2),
    n: &hex!("fffffffffffcf0cd46e5f25eee71a49e0cdc65fb1299921af62d536cd10b500d"),
    h: &[1],
};

/// The Barreto-Naehrig curve of ISO/IEC 15946-5 with 638 bits, for ECDAA.
pub(super) static BN_P638: CurveParams = CurveParams {
    p: &hex!(
        "23fffffdc000000d7fffffb8000001d3fffff942d000165e3fff94870000d52ffffdd0e00008de55c00086520021e55bfffff51ffff4eb800000004c80015acdffffffffffffece00000000000000067"
    ),
    a: &number::<80>(0),
    b: &number::<80>(257),
    gx: &hex!(
        "23fffffdc000000d7fffffb8000001d3fffff942d000165e3fff94870000d52ffffdd0e00008de55c00086520021e55bfffff51ffff4eb800000004c80015acdffffffffffffece00000000000000066"
    ),
    gy: &number::<80>(16),
    n: &hex!(
        "23fffffdc000000d7fffffb8000001d3fffff942d000165e3fff94870000d52ffffdd0e00008de55600086550021e555fffff54ffff4eac000000049800154d9ffffffffffffeda00000000000000061"
    ),
    h: &[1],
};

/// The curve of GB/T 32918.5.
pub(super) static SM2_P256: CurveParams = CurveParams {
    p: &hex!("fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff"),
    a: &hex!("fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"),
    b: &hex!("28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"),
    gx: &hex!("32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"),
    gy: &hex!("bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"),
    n: &hex!("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"),
    h: &[1],
};

/// RFC 7748, 4.1.
pub(super) static CURVE25519: CurveParams = CurveParams {
    p: &hex!("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed"),
    a: &hex!("0000000000000000000000000000000000000000000000000000000000076d06"),
    b: &number::<32>(1),
    gx: &number::<32>(9),
    gy: &hex!("20ae19a1b8a086b4e01edd2c7748d14c923d4d7e6d7c61b229e9c5a27eced3d9"),
    n: &hex!("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed"),
    h: &[8],
};

/// RFC 7748, 4.2.
pub(super) static CURVE448: CurveParams = CurveParams {
    p: &hex!(
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    ),
    a: &hex!(
        "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000262a6"
    ),
    b: &number::<56>(1),
    gx: &number::<56>(5),
    gy: &hex!(
        "7d235d1295f5b1f66c98ab6e58326fcecbae5d34f55545d060f75dc28df3f6edb8027e2346430d211312c4b150677af76fd7223d457b5b1a"
    ),
    n: &hex!(
        "3fffffffffffffffffffffffffffffffffffffffffffffffffffffff7cca23e9c44edb49aed63690216cc2728dc58f552378c292ab5844f3"
    ),
    h: &[4],
};

/// Bytes of a small number.
const fn number<const N: usize>(value: u32) -> [u8; N] {
    let mut out = [0; N];
    let bytes = value.to_be_bytes();
    let mut i = 0;
    while i < 4 {
        out[N - 4 + i] = bytes[i];
        i += 1;
    }
    out
}
