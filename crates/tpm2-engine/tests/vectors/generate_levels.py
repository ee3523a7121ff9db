#!/usr/bin/env python3
"""Writes levels.txt: primary objects of every kind from known seeds and proofs, by each way in which RSA primes derive.

Nothing here calls our Rust code: see generate.py, whose model this uses too.

    pip install pycryptodome sympy && python3 generate_levels.py
"""

import hashlib, hmac, pathlib, struct, sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE / "../../../tpm2-crypto/tests/vectors"))
import primary_derivation as model

AES = struct.pack(">HHH", 6, 128, 0x43)
NULL = struct.pack(">H", 0x10)
# (fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA) and sign, or restricted and decrypt.
SIGN, STORAGE = 0x00040472, 0x00030472


def area(kind, attributes, rest):
    return struct.pack(">HHIH", kind, 0x0B, attributes, 0) + rest


def pseudo(tag):
    return hashlib.shake_256(tag.encode()).digest(64)


def rsa(bits, attributes=SIGN):
    symmetric = AES if attributes == STORAGE else NULL
    return area(1, attributes, symmetric + NULL + struct.pack(">HIH", bits, 0, 0))


def key(rand, label, template, level):
    """The object's secret and its public value without the obfuscation value."""
    if "RSA" in label:
        bits = int(label.split("-")[1].split()[0])
        n, _, _ = model.rsa(rand, bits, mode=level)
        return None, n.to_bytes(bits // 8, "big")
    if "P-256" in label:
        _, (x, y) = model.ecc(rand)
        return None, x.to_bytes(32, "big") + y.to_bytes(32, "big")
    return rand.gen(16 if "AES" in label else 32), None


def unique(rand, hierarchy, label, template, level):
    secret, public = key(rand, label, template, level)
    if public is not None:
        return public
    if hierarchy == "endorsement":
        # DRBG_AdditionalData, once with each proof.
        for proof in ("owner", "endorsement"):
            rand.reseed(model.df(pseudo(f"{proof} proof")))
    seed = rand.gen(32)
    parent = struct.unpack(">I", template[4:8])[0] & 0x30000 == 0x30000
    return hmac.digest(seed, secret, "sha256") if parent else hashlib.sha256(seed + secret).digest()


CASES = [("RSA-2048", rsa(2048)), ("RSA-2048 storage", rsa(2048, STORAGE))]
SYMMETRIC = [
    ("P-256", area(0x23, SIGN, NULL + NULL + struct.pack(">H", 3) + NULL + bytes(4))),
    ("HMAC", area(8, SIGN, struct.pack(">HHH", 5, 0x0B, 0))),
    ("derivation parent", area(8, STORAGE, struct.pack(">HHHH", 0x0A, 0x0B, 0x22, 0))),
    ("AES", area(0x25, STORAGE & ~0x10000, AES + bytes(2))),
    ("AES storage", area(0x25, STORAGE, AES + bytes(2))),
]
LEVELS = {"original": "lt0", "prime-adjust": "lt1", "tcg183": "v183"}

out = ["# Written by generate_levels.py; see there for the origin."]
for hierarchy in ("owner", "endorsement", "platform"):
    for what in ("seed", "proof"):
        out.append(f"{hierarchy} {what} = {pseudo(f'{hierarchy} {what}').hex()}")
for level, mode in LEVELS.items():
    for hierarchy in ("owner", "endorsement", "platform"):
        cases = SYMMETRIC + (CASES if hierarchy != "platform" else [])
        if hierarchy == "owner":
            cases = cases + [("RSA-3072", rsa(3072))]
        for label, template in cases:
            rand = model.Drbg(pseudo(f"{hierarchy} seed"), b"Primary Object Creation\0", model.name(template))
            value = unique(rand, hierarchy, label, template, mode)
            out += ["", f"level = {level}", f"hierarchy = {hierarchy}", f"label = {label}"]
            out += [f"template = {template.hex()}", f"unique = {value.hex()}"]
(HERE / "levels.txt").write_text("\n".join(out) + "\n")
