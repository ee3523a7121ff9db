"""Writes ecc_schemes.txt: schemes over elliptic curves, computed with Python's integers from the formulas of TPM 2.0
Part 1 (44.3, 44.8 and 45.2) and of GB/T 32918, with no library but hashlib. Run in this folder."""
import hashlib
import random

P256 = dict(
    p=0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF, a=-3,
    b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    g=(0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
       0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5),
    n=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551)
P384 = dict(
    p=2**384 - 2**128 - 2**96 + 2**32 - 1, a=-3,
    b=0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    g=(0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
       0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F),
    n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973)
P521 = dict(
    p=2**521 - 1, a=-3,
    b=0x0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,
    g=(0x00C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5BD66,
       0x011839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662C97EE72995EF42640C550B9013FAD0761353C7086A272C24088BE94769FD16650),
    n=0x01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409)
BN_P256 = dict(
    p=0xFFFFFFFFFFFCF0CD46E5F25EEE71A49F0CDC65FB12980A82D3292DDBAED33013, a=0, b=3, g=(1, 2),
    n=0xFFFFFFFFFFFCF0CD46E5F25EEE71A49E0CDC65FB1299921AF62D536CD10B500D)
SM2_P256 = dict(
    p=0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF, a=-3,
    b=0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    g=(0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
       0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0),
    n=0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123)
P224 = dict(
    p=2**224 - 2**96 + 1, a=-3, b=0xB4050A850C04B3ABF54132565044B0B7D7BFD8BA270B39432355FFB4,
    g=(0xB70E0CBD6BB4BF7F321390B94A03C1D356C21122343280D6115C1D21,
       0xBD376388B5F723FB4C22DFE6CD4375A05A07476444D5819985007E34),
    n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFF16A2E0B8F03E13DD29455C5C2A3D)
CURVES = {"P-224": P224, "P-256": P256, "P-384": P384, "P-521": P521, "BN P-256": BN_P256, "SM2 P-256": SM2_P256}


def add(c, p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % c["p"] == 0:
            return None
        m = (3 * p[0] * p[0] + c["a"]) * pow(2 * p[1], -1, c["p"])
    else:
        m = (q[1] - p[1]) * pow(q[0] - p[0], -1, c["p"])
    x = (m * m - p[0] - q[0]) % c["p"]
    return x, (m * (p[0] - x) - p[1]) % c["p"]


def mul(c, k, p):
    out = None
    for bit in bin(k)[2:]:
        out = add(c, out, out)
        if bit == "1":
            out = add(c, out, p)
    return out


def size(c):
    return (c["n"].bit_length() + 7) // 8


def octets(c, v):
    return v.to_bytes(size(c), "big")


def number(b):
    return int.from_bytes(b, "big")


def h(name, *parts):
    return hashlib.new(name, b"".join(parts)).digest()


def schnorr(c, hash_name, d, k, digest):
    e = mul(c, k, c["g"])
    r = number(h(hash_name, octets(c, e[0]), digest)[:size(c)])
    return (r, (k + r * d) % c["n"]) if 0 < r < c["n"] else None


def sm2(c, d, k, digest):
    r = (number(digest) + mul(c, k, c["g"])[0]) % c["n"]
    return r, pow(1 + d, -1, c["n"]) * (k - r * d) % c["n"]


def avf(c, q, less):
    f = -(-c["n"].bit_length() // 2) - less
    return 2**f + q[0] % 2**f


def mqv(c, ds, de, qs, qe):
    t = (de + ds * avf(c, mul(c, de, c["g"]), 0)) % c["n"]
    return mul(c, t, add(c, qe, mul(c, avf(c, qe, 0), qs)))


def sm2_exchange(c, ds, de, qs, qe):
    t = (ds + de * avf(c, mul(c, de, c["g"]), 1)) % c["n"]
    return mul(c, t, add(c, qs, mul(c, avf(c, qe, 1), qe)))


def encrypt(c, hash_name, q, k, message):
    x, y = (octets(c, v) for v in mul(c, k, q))
    mask = b"".join(h(hash_name, x, y, i.to_bytes(4, "big")) for i in range(1, 2 + len(message) // 20))
    return mul(c, k, c["g"]), bytes(a ^ b for a, b in zip(message, mask)), h(hash_name, x, message, y)


def main():
    rng = random.Random("schemes")
    with open("ecc_schemes.txt", "w") as out:
        out.write("# Written by generate_ecc_schemes.py; see there for the origin.\n")
        for name, c in CURVES.items():
            for hash_name in ("sha1", "sha256", "sha512"):
                secret = lambda: rng.randrange(1, c["n"] - 1)
                d, k, ds_b, de, de_b = (secret() for _ in range(5))
                while schnorr(c, hash_name, d, k, b"") is None:
                    k = secret()
                q, qs_b, qe_b, qe = (mul(c, v, c["g"]) for v in (d, ds_b, de_b, de))
                digest = h(hash_name, rng.randbytes(9))
                message = rng.randbytes(100)
                one = schnorr(c, hash_name, d, k, digest)
                assert one is not None
                two = sm2(c, d, k, digest)
                z_mqv, z_sm2 = mqv(c, d, de, qs_b, qe_b), sm2_exchange(c, d, de, qs_b, qe_b)
                # The other party computes the same.
                assert z_mqv == mqv(c, ds_b, de_b, q, qe) and z_sm2 == sm2_exchange(c, ds_b, de_b, q, qe)
                c1, c2, c3 = encrypt(c, hash_name, q, k, message)
                out.write(f"\ncurve = {name}\nhash = {hash_name}\n")
                for key, value in dict(
                    d=d, de=de, q_x=q[0], q_y=q[1], qs_x=qs_b[0], qs_y=qs_b[1], qe_x=qe_b[0], qe_y=qe_b[1],
                    schnorr_r=one[0], schnorr_s=one[1], sm2_r=two[0], sm2_s=two[1], mqv_x=z_mqv[0],
                    mqv_y=z_mqv[1], exchange_x=z_sm2[0], exchange_y=z_sm2[1], c1_x=c1[0], c1_y=c1[1],
                ).items():
                    out.write(f"{key} = {octets(c, value).hex()}\n")
                for key, value in dict(digest=digest, message=message, c2=c2, c3=c3).items():
                    out.write(f"{key} = {value.hex()}\n")


# GB/T 32918.5, A.2 (key, digest, nonce, signature): the formulas above give what is printed there.
assert sm2(SM2_P256, 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8,
           0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21,
           bytes.fromhex("F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640")) == (
    0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3,
    0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA)
if __name__ == "__main__":
    main()
