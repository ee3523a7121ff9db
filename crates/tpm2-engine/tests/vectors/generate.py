#!/usr/bin/env python3
"""Writes primary.txt: what the TCG's default templates give from a known seed.

Nothing here calls our Rust code: the keys come from the model beside tpm2-crypto's vectors, which was checked
against implementations in the field. The templates are those of the TCG EK Credential Profile (L-1, L-2) and the
storage keys that tpm2-tools and systemd use.

    pip install pycryptodome sympy && python3 generate.py
"""

import hashlib, pathlib, struct, sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE / "../../../tpm2-crypto/tests/vectors"))
import primary_derivation as model

AES = struct.pack(">HHH", 6, 128, 0x43)
NULL = struct.pack(">H", 0x10)
# PolicySecret(TPM_RH_ENDORSEMENT), as the profile says.
EK_POLICY = bytes.fromhex("837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa")


def sized(data):
    return struct.pack(">H", len(data)) + data


def area(kind, attributes, policy, rest):
    return struct.pack(">HHI", kind, 0x0B, attributes) + sized(policy) + rest


def rsa(attributes, policy, unique):
    return area(1, attributes, policy, AES + NULL + struct.pack(">HI", 2048, 0) + sized(unique))


def ecc(attributes, policy, unique):
    return area(0x23, attributes, policy, AES + NULL + struct.pack(">H", 3) + NULL + 2 * sized(unique))


def mlkem(attributes, parameter_set):
    return area(0xA0, attributes, b"", AES + struct.pack(">H", parameter_set) + sized(b""))


def mldsa(attributes, parameter_set):
    return area(0xA1, attributes, b"", struct.pack(">HB", parameter_set, 0) + sized(b""))


def hash_mldsa(attributes, parameter_set):
    return area(0xA2, attributes, b"", struct.pack(">HH", parameter_set, 0x0B) + sized(b""))


OWNER, ENDORSEMENT = "owner", "endorsement"
CASES = [
    ("EK RSA-2048 (L-1)", ENDORSEMENT, rsa(0x000300B2, EK_POLICY, bytes(256))),
    ("EK P-256 (L-2)", ENDORSEMENT, ecc(0x000300B2, EK_POLICY, bytes(32))),
    ("SRK RSA-2048", OWNER, rsa(0x00030472, b"", bytes(256))),
    ("SRK P-256", OWNER, ecc(0x00030472, b"", bytes(32))),
    ("SRK P-256, empty unique", OWNER, ecc(0x00030472, b"", b"")),
    # No implementation in the field to agree with: the generator's next bytes are the private key (Part 1, 46.2, 47.2).
    ("ML-KEM-512", OWNER, mlkem(0x00030472, 1)),
    ("ML-KEM-768", OWNER, mlkem(0x00030472, 2)),
    ("ML-KEM-1024", OWNER, mlkem(0x00030472, 3)),
    ("ML-DSA-44", OWNER, mldsa(0x00040472, 1)),
    ("ML-DSA-65", OWNER, mldsa(0x00040472, 2)),
    ("ML-DSA-87", OWNER, mldsa(0x00040472, 3)),
    ("HashML-DSA-65", OWNER, hash_mldsa(0x00040472, 2)),
]

out = ["# Written by generate.py; see there for the origin."]
for label, hierarchy, template in CASES:
    seed = hashlib.shake_256(label.encode()).digest(64)
    rand = model.Drbg(seed, b"Primary Object Creation\0", model.name(template))
    out += [f"\nlabel = {label}", f"hierarchy = {hierarchy}", f"seed = {seed.hex()}", f"template = {template.hex()}"]
    if "RSA" in label:
        out.append(f"n = {model.rsa(rand, mode='lt1')[0].to_bytes(256, 'big').hex()}")
    elif "ML-" in label:
        out.append(f"private = {rand.gen(64 if 'KEM' in label else 32).hex()}")
    else:
        _, (x, y) = model.ecc(rand)
        out += [f"x = {x.to_bytes(32, 'big').hex()}", f"y = {y.to_bytes(32, 'big').hex()}"]
(HERE / "primary.txt").write_text("\n".join(out) + "\n")
