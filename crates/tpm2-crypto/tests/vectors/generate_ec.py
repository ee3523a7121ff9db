"""Writes `ec_points.txt`: points, sums and ECDSA signatures on every curve of prime order.

Origin of the numbers: each point is computed twice, by the school's formulas below and by OpenSSL's libcrypto
(its generic arithmetic over a group made from the parameters), and has to be the same. Parameters are typed from
the TCG Algorithm Registry, apart from those in the Rust sources.

    python3 generate_ec.py
"""

import ctypes, ctypes.util, hashlib, pathlib

CURVES = {
    "P-192": (2**192 - 2**64 - 1, -3, 0x64210519E59C80E70FA7E9AB72243049FEB8DEECC146B9B1,
              0x188DA80EB03090F67CBF20EB43A18800F4FF0AFD82FF1012, 0x07192B95FFC8DA78631011ED6B24CDD573F977A11E794811,
              0xFFFFFFFFFFFFFFFFFFFFFFFF99DEF836146BC9B1B4D22831, 24),
    "P-224": (2**224 - 2**96 + 1, -3, 0xB4050A850C04B3ABF54132565044B0B7D7BFD8BA270B39432355FFB4,
              0xB70E0CBD6BB4BF7F321390B94A03C1D356C21122343280D6115C1D21,
              0xBD376388B5F723FB4C22DFE6CD4375A05A07476444D5819985007E34,
              0xFFFFFFFFFFFFFFFFFFFFFFFFFFFF16A2E0B8F03E13DD29455C5C2A3D, 28),
    "P-256": (2**256 - 2**224 + 2**192 + 2**96 - 1, -3,
              0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
              0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
              0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
              0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551, 32),
    "P-384": (2**384 - 2**128 - 2**96 + 2**32 - 1, -3,
              0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
              0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
              0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
              0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973, 48),
    "P-521": (2**521 - 1, -3,
              0x51953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,
              0xC6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5BD66,
              0x11839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662C97EE72995EF42640C550B9013FAD0761353C7086A272C24088BE94769FD16650,
              0x1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409, 66),
    "BN P-256": (0xFFFFFFFFFFFCF0CD46E5F25EEE71A49F0CDC65FB12980A82D3292DDBAED33013, 0, 3, 1, 2,
                 0xFFFFFFFFFFFCF0CD46E5F25EEE71A49E0CDC65FB1299921AF62D536CD10B500D, 32),
    "BN P-638": (0x23FFFFFDC000000D7FFFFFB8000001D3FFFFF942D000165E3FFF94870000D52FFFFDD0E00008DE55C00086520021E55BFFFFF51FFFF4EB800000004C80015ACDFFFFFFFFFFFFECE00000000000000067,
                 0, 0x101, -1, 0x10,
                 0x23FFFFFDC000000D7FFFFFB8000001D3FFFFF942D000165E3FFF94870000D52FFFFDD0E00008DE55600086550021E555FFFFF54FFFF4EAC000000049800154D9FFFFFFFFFFFFEDA00000000000000061, 80),
    "SM2 P-256": (2**256 - 2**224 - 2**96 + 2**64 - 1, -3,
                  0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
                  0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
                  0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
                  0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123, 32),
}


class School:
    def __init__(self, p, a, b, gx, gy, n, size):
        self.p, self.a, self.b, self.g, self.n, self.size = p, a % p, b, (gx % p, gy), n, size

    def add(self, u, v):
        if u is None or v is None:
            return u or v
        if u[0] == v[0]:
            if (u[1] + v[1]) % self.p == 0:
                return None
            slope = (3 * u[0] * u[0] + self.a) * pow(2 * u[1], -1, self.p)
        else:
            slope = (v[1] - u[1]) * pow(v[0] - u[0], -1, self.p)
        x = (slope * slope - u[0] - v[0]) % self.p
        return x, (slope * (u[0] - x) - u[1]) % self.p

    def mul(self, k, u):
        out = None
        while k:
            out = self.add(out, u) if k & 1 else out
            u, k = self.add(u, u), k >> 1
        return out


class OpenSsl:
    lib = ctypes.CDLL(ctypes.util.find_library("crypto"))
    for name in ("BN_new", "BN_bin2bn", "EC_GROUP_new_curve_GFp", "EC_POINT_new", "BN_CTX_new"):
        getattr(lib, name).restype = ctypes.c_void_p

    def __init__(self, s):
        self.s, self.ctx = s, ctypes.c_void_p(self.lib.BN_CTX_new())
        self.group = ctypes.c_void_p(
            self.lib.EC_GROUP_new_curve_GFp(self.number(s.p), self.number(s.a), self.number(s.b), self.ctx))
        assert self.lib.EC_GROUP_set_generator(self.group, self.point(s.g), self.number(s.n), self.number(1)) == 1

    def number(self, value):
        raw = value.to_bytes(90, "big")
        return ctypes.c_void_p(self.lib.BN_bin2bn(raw, len(raw), None))

    def point(self, u):
        out = ctypes.c_void_p(self.lib.EC_POINT_new(self.group))
        x, y = map(self.number, u)
        assert self.lib.EC_POINT_set_affine_coordinates(self.group, out, x, y, self.ctx) == 1
        return out

    def mul_add(self, a, u, b):
        """aG + bu"""
        out = ctypes.c_void_p(self.lib.EC_POINT_new(self.group))
        assert self.lib.EC_POINT_mul(self.group, out, self.number(a), self.point(u), self.number(b), self.ctx) == 1
        if self.lib.EC_POINT_is_at_infinity(self.group, out):
            return None
        x, y = self.number(0), self.number(0)
        assert self.lib.EC_POINT_get_affine_coordinates(self.group, out, x, y, self.ctx) == 1
        raw = ctypes.create_string_buffer(90)

        def value(n):
            assert self.lib.BN_bn2binpad(n, raw, 90) == 90
            return int.from_bytes(raw.raw[:90], "big")

        return value(x), value(y)


def pseudo(tag, below):
    return int.from_bytes(hashlib.shake_256(tag.encode()).digest(100), "big") % (below - 1) + 1


def root(s, square):
    """A square root modulo p, if there is one (Tonelli and Shanks)."""
    if pow(square, (s.p - 1) // 2, s.p) != 1:
        return None
    q, e = s.p - 1, 0
    while q % 2 == 0:
        q, e = q // 2, e + 1
    z = next(z for z in range(2, 100) if pow(z, (s.p - 1) // 2, s.p) == s.p - 1)
    m, c, t, r = e, pow(z, q, s.p), pow(square, q, s.p), pow(square, (q + 1) // 2, s.p)
    while t != 1:
        i = next(i for i in range(1, m) if pow(t, 2**i, s.p) == 1)
        b = pow(c, 2 ** (m - i - 1), s.p)
        m, c, t, r = i, b * b % s.p, t * b * b % s.p, r * b % s.p
    return r


def cases_of(name, parameters):
    s = School(*parameters)
    o = OpenSsl(s)
    text = lambda value: value.to_bytes(s.size, "big").hex()
    both = lambda prefix, u: {f"{prefix}_x": text(u[0]), f"{prefix}_y": text(u[1])} if u else {prefix: "infinity"}

    def mul_add(a, u, b):
        out = s.add(s.mul(a, s.g), s.mul(b, u))
        assert out == o.mul_add(a, u, b), name
        return out

    bases = [s.mul(pseudo(f"{name} base {i}", s.n), s.g) for i in range(3)]
    y = root(s, s.b)
    if y:
        bases.append((0, y))
    scalars = [1, 2, 3, 15, 16, 17, 31, 32, 33, s.n - 1, s.n - 2, s.n - 3, s.n - 16, s.n - 17, s.n - 32, s.n // 2]
    scalars += [1 << (s.n.bit_length() - 1), int("10" * (s.n.bit_length() // 2 - 1), 2)]
    scalars += [pseudo(f"{name} scalar {i}", s.n) for i in range(6)]
    for i, k in enumerate(scalars):
        base = bases[i % len(bases)]
        yield {"curve": name, "k": text(k), **both("base", base), **both("base_k", mul_add(0, base, k)),
               **both("g_k", mul_add(k, base, 0))}
    # aG + bP, among them twice the same point, opposite points, and one term that is nothing.
    d = pseudo(f"{name} d", s.n)
    q = s.mul(d, s.g)
    minus_q = (q[0], s.p - q[1])
    r = pseudo(f"{name} r", s.n)
    for a, u, b in [(d, q, 1), (d, minus_q, 1), (1, q, pow(d, -1, s.n)), (1, minus_q, pow(d, -1, s.n)), (r, q, r),
                    (0, q, r), (r, q, 0), (0, q, 0), (1, s.g, 1), (1, s.g, s.n - 1), (s.n - 1, s.g, s.n - 1),
                    (2, s.g, s.n - 4), (pseudo(f"{name} a", s.n), q, pseudo(f"{name} b", s.n))]:
        yield {"curve": name, "a": text(a), "b": text(b), **both("p", u), **both("sum", mul_add(a, u, b))}
    # ECDSA, its nonce known.
    for i, hash_name in enumerate(("sha256", "sha512")):
        digest = hashlib.new(hash_name, b"to be signed").digest()
        bits = s.n.bit_length()
        e = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - bits)
        k = pseudo(f"{name} nonce {i}", s.n)
        sig_r = mul_add(k, s.g, 0)[0] % s.n
        sig_s = pow(k, -1, s.n) * (e + sig_r * d) % s.n
        yield {"curve": name, "d": text(d), **both("q", q), "digest": digest.hex(), "r": text(sig_r), "s": text(sig_s)}


if __name__ == "__main__":
    found = [case for name, parameters in CURVES.items() for case in cases_of(name, parameters)]
    head = "# Written by generate_ec.py; see there for the origin.\n\n"
    body = "\n\n".join("\n".join(f"{k} = {v}" for k, v in case.items()) for case in found)
    (pathlib.Path(__file__).parent / "ec_points.txt").write_text(head + body + "\n")
    print(len(found), "cases")
