"""Writes the vector files of this folder.

Origin of the numbers: nothing here calls our Rust code. Primary keys come from `primary_derivation.py`, a model
written from a reading of the C implementations and checked against swtpm's published vectors, a live
libtpms 0.9.2 and a live build of the TCG reference V184. KDFs, XOR and MGF1 are written out here over
hashlib and hmac; RSA and ECDSA schemes come from pycryptodome,
block ciphers and CMAC from OpenSSL.

    pip install pycryptodome sympy cryptography && python3 generate.py

Everything is seeded, so a second run gives the same files. Format: `key = value` lines, a blank line
between cases; byte strings in hexadecimal.
"""

import hashlib, hmac, pathlib
from Crypto.Cipher import PKCS1_OAEP, PKCS1_v1_5
from Crypto.Hash import SHA1, SHA256, SHA384, SHA512, SHA3_256, SHA3_384, SHA3_512
from Crypto.PublicKey import ECC, RSA
from Crypto.Signature import DSS, pkcs1_15, pss
from cryptography.hazmat.decrepit.ciphers.algorithms import Camellia, TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.decrepit.ciphers.modes import CFB, OFB
from cryptography.hazmat.primitives.cmac import CMAC
import generate_ec
import primary_derivation as model

HERE = pathlib.Path(__file__).parent
SHA2 = {"sha256": SHA256, "sha384": SHA384, "sha512": SHA512}
HASHES = {"sha1": SHA1, **SHA2, "sha3_256": SHA3_256, "sha3_384": SHA3_384, "sha3_512": SHA3_512}
# Name: what hashlib calls it, the size of its block, the size of its digest.
ALL_HASHES = {
    "sha1": ("sha1", 64, 20), "sha256": ("sha256", 64, 32), "sha384": ("sha384", 128, 48),
    "sha512": ("sha512", 128, 64), "sha256_192": ("sha256", 64, 24), "sm3": ("sm3", 64, 32),
    "sha3_256": ("sha3_256", 136, 32), "sha3_384": ("sha3_384", 104, 48), "sha3_512": ("sha3_512", 72, 64),
    "shake256_192": ("shake_256", 136, 24), "shake256_256": ("shake_256", 136, 32),
    "shake256_512": ("shake_256", 136, 64),
}
MODES = {"original": "lt0", "prime-adjust": "lt1", "tcg183": "v183"}


def text(value):
    return value.hex() if isinstance(value, bytes) else str(value)


def write(name, cases):
    head = "# Written by generate.py; see there for the origin.\n\n"
    body = "\n\n".join("\n".join(f"{k} = {text(v)}".rstrip() for k, v in case.items()) for case in cases)
    (HERE / name).write_text(head + body + "\n")
    print(name, len(cases), flush=True)


def pseudo(tag, n):
    """n bytes that follow from a tag."""
    return hashlib.shake_256(tag.encode()).digest(n)


def digest(alg, message):
    name, _, size = ALL_HASHES[alg]
    state = hashlib.new(name, message)
    return state.digest(size) if name.startswith("shake") else state.digest()[:size]


def mac(alg, key, message):
    """FIPS 198-1 by its definition; the module agrees where it can."""
    name, block, size = ALL_HASHES[alg]
    padded = (digest(alg, key) if len(key) > block else key).ljust(block, b"\0")
    inner = digest(alg, bytes(b ^ 0x36 for b in padded) + message)
    outer = digest(alg, bytes(b ^ 0x5C for b in padded) + inner)
    assert alg in ("sm3", "sha256_192") or name.startswith("shake") or outer == hmac.new(key, message, name).digest()
    return outer


class Stream:
    """Seeded bytes with the interface that pycryptodome wants of a random source."""

    def __init__(self, tag):
        self.tag, self.at = tag, 0

    def __call__(self, n):
        self.at += n
        return pseudo(self.tag, self.at)[-n:] if n else b""


def parts(tag):
    """Seed, purpose, Name of the template, caller's data."""
    name = b"\x00\x0b" + hashlib.sha256(tag.encode()).digest()
    return pseudo(tag, 64), b"Primary Object Creation\0", name, pseudo(tag + "data", len(tag))


def drbg():
    cases = []
    for tag in ("a", "drbg case two", "x" * 70):
        p = parts(tag)
        r = model.Drbg(*p)
        case = {"input": b"".join(p), "cut": 64}
        case["out16"] = r.gen(16)  # an AES-128 key
        case["out33"] = r.gen(33)
        case["out1000"] = r.gen(1000)
        r.reseed(model.df(b"shProof" + bytes(25)))
        r.reseed(model.df(b"ehProof" + bytes(25)))
        case["after_proofs"] = r.gen(32)
        cases.append(case)
    write("drbg.txt", cases)


def primary_rsa():
    cases = []
    plan = [(2048, "one", 65537), (2048, "two", 65537), (2048, "three", 65539), (1024, "one", 65537)]
    # The second and third of 3072 bits come out otherwise when the sieve leaves out its last prime: 65,537 or, in the older derivations, 65,521.
    plan += [(3072, "one", 65537), (3072, "last 5", 65537), (3072, "last 69", 65537), (4096, "one", 65537)]
    for bits, tag, e in plan:
        for name, mode in MODES.items():
            p = parts(f"rsa {bits} {tag}")
            r = model.Drbg(*p)
            n, second, first = model.rsa(r, bits, e, mode)
            # Independent of the model: both are primes, and fit.
            assert model_isprime(first) and model_isprime(second) and n == first * second
            cases.append({
                "bits": bits, "e": e, "derivation": name, "input": b"".join(p),
                "n": n.to_bytes(bits // 8, "big"), "p": second.to_bytes(bits // 16, "big"),
                "next": r.gen(16),
            })
    write("primary_rsa.txt", cases)


def model_isprime(n):
    from sympy import isprime
    return isprime(n)


def curve_public(curve, d):
    if curve in CURVES:
        key = ECC.construct(curve=curve, d=d)
        return int(key.pointQ.x), int(key.pointQ.y)
    school = generate_ec.School(*generate_ec.CURVES[curve])
    return school.mul(d, school.g)


CURVES = {"P-256": 32, "P-384": 48, "P-521": 66}


def order(curve):
    return generate_ec.CURVES[curve][5]


def primary_ecc():
    cases = []
    # Those of pycryptodome come first, as they did when there were no others.
    for curve in [*CURVES, *(curve for curve in generate_ec.CURVES if curve not in CURVES)]:
        size = generate_ec.CURVES[curve][6]
        for tag in ("one", "two", "three"):
            p = parts(f"ecc {curve} {tag}")
            r = model.Drbg(*p)
            d = int.from_bytes(r.gen(size + 8), "big") % (order(curve) - 1) + 1
            x, y = curve_public(curve, d)
            if curve == "P-256":  # the model's own arithmetic agrees
                assert (d, (x, y)) == model.ecc(model.Drbg(*p))
            cases.append({
                "curve": curve, "input": b"".join(p), "d": d.to_bytes(size, "big"),
                "x": x.to_bytes(size, "big"), "y": y.to_bytes(size, "big"), "next": r.gen(16),
            })
    write("primary_ecc.txt", cases)


def mask_top(out, bits):
    out = out[: (bits + 7) // 8]
    return bytes([out[0] & (2 ** (bits % 8) - 1)]) + out[1:] if bits % 8 else out


def kdfa(alg, key, label, u, v, bits):
    out, i = b"", 0
    while len(out) * 8 < bits:
        i += 1
        message = i.to_bytes(4, "big") + label + b"\0" + u + v + bits.to_bytes(4, "big")
        out += mac(alg, key, message)
    return mask_top(out, bits)


def kdfe(alg, z, label, u, v, bits):
    out, i = b"", 0
    while len(out) * 8 < bits:
        i += 1
        out += digest(alg, i.to_bytes(4, "big") + z + label + b"\0" + u + v)
    return mask_top(out, bits)


def mgf1(alg, seed, n):
    out, i = b"", 0
    while len(out) < n:
        out += digest(alg, seed + i.to_bytes(4, "big"))
        i += 1
    return out[:n]


def kdf():
    cases = []
    for alg in ALL_HASHES:
        for bits in (8, 128, 160, 256, 521, 1536):
            t = f"{alg} {bits}"
            key, u, v = pseudo(t + "k", bits % 150), pseudo(t + "u", 34), pseudo(t + "v", bits % 40)
            for label in (b"CFB", b"SECRET", b""):
                args = (alg, key, label, u, v, bits)
                cases.append({
                    "alg": alg, "bits": bits, "key": key, "label": label, "u": u, "v": v,
                    "kdfa": kdfa(*args), "kdfe": kdfe(*args), "mgf1": mgf1(alg, key, bits // 8),
                })
    for alg in ALL_HASHES:
        for n in (1, 20, 100):
            key, data = pseudo("xk", 32), pseudo("xd", n)
            mask = kdfa(alg, key, b"XOR", b"nonceTPM", b"nonceCaller", 8 * n)
            cases.append({"alg": alg, "xor_key": key, "data": data,
                          "xored": bytes(a ^ b for a, b in zip(data, mask))})
    write("kdf.txt", cases)


def hashes():
    """Every length around the block and padding boundaries, digests of a digest chain included."""
    cases = []
    for alg, (_, block, _) in ALL_HASHES.items():
        for n in (0, 1, block - 1, block, block + 1, 55, 56, 57, 111, 112, 113, 2 * block - 1, 300):
            message, key = pseudo("hash", n), pseudo("hmac", n % 140)
            cases.append({"alg": alg, "message": message, "digest": digest(alg, message),
                          "hmac_key": key, "hmac": mac(alg, key, message)})
    write("hash.txt", cases)


def block_ciphers():
    """Name, key size in bits, block size in bytes, OpenSSL's cipher of a key."""
    for bits in (128, 192, 256):
        yield "aes", bits, 16, algorithms.AES
    for bits in (128, 192, 256):
        yield "camellia", bits, 16, Camellia
    for bits in (128, 192):
        yield "tdes", bits, 8, TripleDES
    yield "sm4", 128, 16, algorithms.SM4


def cipher():
    cases = []
    for alg, bits, block, make in block_ciphers():
        for n in (1, block - 1, block, block + 1, 100, 20 * block):
            key, iv, data = pseudo(f"ck{bits}", bits // 8), pseudo("iv", block), pseudo("cd", n)

            def encrypt(mode, data):
                context = Cipher(make(key), mode).encryptor()
                return context.update(data) + context.finalize()

            whole = data + bytes(-n % block)
            case = {"alg": alg, "key": key, "iv": iv, "data": data}
            case["cfb"] = encrypt(CFB(iv), whole)[:n]
            case["ofb"] = encrypt(OFB(iv), whole)[:n]
            # An initial counter of all ones but the last byte, so that the carry runs through.
            start = 256**block - 2
            case["ctr_iv"] = start.to_bytes(block, "big")
            counters = b"".join(((start + i) % 256**block).to_bytes(block, "big") for i in range(len(whole) // block))
            stream = encrypt(ECB(), counters)
            case["ctr"] = bytes(a ^ b for a, b in zip(data, stream))
            if n % block == 0:
                case["cbc"], case["ecb"] = encrypt(CBC(iv), data), encrypt(ECB(), data)
            cases.append(case)
    write("cipher.txt", cases)


def cmac():
    cases = []
    for alg, bits, block, make in block_ciphers():
        for n in (0, 1, block - 1, block, block + 1, 2 * block, 100):
            key, data = pseudo(f"mk{bits}", bits // 8), pseudo("md", n)
            context = CMAC(make(key))
            context.update(data)
            cases.append({"alg": alg, "key": key, "data": data, "cmac": context.finalize()})
    write("cmac.txt", cases)


def rsa():
    cases = []
    for bits in (1024, 2048, 3072):
        p = parts(f"rsa {bits} one")
        n, second, first = model.rsa(model.Drbg(*p), bits, 65537, "lt1")
        d = pow(65537, -1, (first - 1) * (second - 1))
        key = RSA.construct((n, 65537, d, second, first))
        raw = pow(int.from_bytes(pseudo("raw", bits // 8 - 1), "big"), 65537, n)
        case = {"n": n.to_bytes(bits // 8, "big"), "p": second.to_bytes(bits // 16, "big"),
                "raw_plain": b"\0" + pseudo("raw", bits // 8 - 1), "raw_cipher": raw.to_bytes(bits // 8, "big")}
        message = b"sixteen byte key"
        cipher = PKCS1_v1_5.new(key, randfunc=Stream("v15"))
        case["message"] = message
        case["pkcs1"] = cipher.encrypt(message)
        for name, alg in HASHES.items():
            h = alg.new(b"to be signed")
            case["digest_" + name] = h.digest()
            case["rsassa_" + name] = pkcs1_15.new(key).sign(h)
            room = bits // 8 - h.digest_size - 2
            for kind, salt in (("none", 0), ("hash", h.digest_size), ("max", room)):
                if salt <= room:
                    case[f"pss_{kind}_{name}"] = pss.new(key, salt_bytes=salt, rand_func=Stream("pss")).sign(h)
            if bits // 8 >= 2 * h.digest_size + 2 + len(message):
                oaep = PKCS1_OAEP.new(key, alg, label=b"DUPLICATE\0", randfunc=Stream("oaep"))
                case["oaep_" + name] = oaep.encrypt(message)
                oaep = PKCS1_OAEP.new(key, alg, randfunc=Stream("oaep"))
                case["oaep_nolabel_" + name] = oaep.encrypt(message)
        # By its definition, with the TCG's identifier of SM3, 1.2.156.10197.1.401. (OpenSSL puts that of
        # "SM3 with RSA" in its place, 504.)
        case["digest_sm3"] = digest("sm3", b"to be signed")
        info = bytes.fromhex("3030300c06082a811ccf550183110500 0420") + case["digest_sm3"]
        encoded = b"\0\1" + b"\xff" * (bits // 8 - 3 - len(info)) + b"\0" + info
        case["rsassa_sm3"] = pow(int.from_bytes(encoded, "big"), d, n).to_bytes(bits // 8, "big")
        cases.append(case)
    write("rsa.txt", cases)


def ecc():
    cases = []
    for curve, size in CURVES.items():
        for tag in ("a", "b"):
            d = int.from_bytes(pseudo(f"ecdsa {curve} {tag}", size + 8), "big") % (order(curve) - 1) + 1
            key = ECC.construct(curve=curve, d=d)
            other_d = int.from_bytes(pseudo(f"ecdh {curve} {tag}", size + 8), "big") % (order(curve) - 1) + 1
            other = ECC.construct(curve=curve, d=other_d)
            shared = other.pointQ * d
            case = {"curve": curve, "d": d.to_bytes(size, "big"),
                    "x": int(key.pointQ.x).to_bytes(size, "big"), "y": int(key.pointQ.y).to_bytes(size, "big"),
                    "other_x": int(other.pointQ.x).to_bytes(size, "big"),
                    "other_y": int(other.pointQ.y).to_bytes(size, "big"),
                    "z_x": int(shared.x).to_bytes(size, "big"), "z_y": int(shared.y).to_bytes(size, "big")}
            for name, alg in SHA2.items():
                h = alg.new(b"to be signed")
                signature = DSS.new(key, "deterministic-rfc6979").sign(h)
                case["digest_" + name], case["r_" + name] = h.digest(), signature[:size]
                case["s_" + name] = signature[size:]
            cases.append(case)
    write("ecc.txt", cases)


if __name__ == "__main__":
    hashes(), kdf(), cipher(), cmac(), drbg(), ecc(), rsa(), primary_ecc(), primary_rsa()
