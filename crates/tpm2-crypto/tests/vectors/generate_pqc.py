"""Writes pqc.txt: vectors for ML-KEM and ML-DSA.

Origin of the numbers: NIST's ACVP server (FIPS 203 and 204, keyGen, encapDecap and sigVer), whose files the source
packages of `kyber-py` 1.2.0 and `dilithium-py` 1.5.1 carry; and, for HashML-DSA, `dilithium-py` itself, which is
written from FIPS 204 in Python. What is long is kept as its SHA-256.

    pip download --no-deps --no-binary :all: kyber-py==1.2.0 dilithium-py==1.5.1
    for f in *.tar.gz; do tar xzf $f; done
    pip install xoflib pycryptodome && python3 generate_pqc.py .
"""

import hashlib, json, pathlib, sys

HERE = pathlib.Path(__file__).parent
SOURCES = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(SOURCES / "dilithium_py-1.5.1/src"))
from dilithium_py.ml_dsa import ML_DSA_44, ML_DSA_65, ML_DSA_87

SETS = {"ML-DSA-44": ML_DSA_44, "ML-DSA-65": ML_DSA_65, "ML-DSA-87": ML_DSA_87}
# FIPS 204, 5.4.1: the last arc of each hash's identifier, and the hash.
HASHES = {
    "sha256": (1, lambda m: hashlib.sha256(m).digest()),
    "sha384": (2, lambda m: hashlib.sha384(m).digest()),
    "sha512": (3, lambda m: hashlib.sha512(m).digest()),
    "sha3_256": (8, lambda m: hashlib.sha3_256(m).digest()),
    "sha3_384": (9, lambda m: hashlib.sha3_384(m).digest()),
    "sha3_512": (10, lambda m: hashlib.sha3_512(m).digest()),
    "shake256_512": (12, lambda m: hashlib.shake_256(m).digest(64)),
}


def groups(package, name):
    return json.loads((SOURCES / package / "assets" / name / "internalProjection.json").read_text())["testGroups"]


def sha256(hex_text):
    return hashlib.sha256(bytes.fromhex(hex_text)).hexdigest()


def pseudo(tag, n):
    return hashlib.shake_256(tag.encode()).digest(n)


def acvp():
    for group in groups("kyber_py-1.2.0", "ML-KEM-keyGen-FIPS203"):
        for test in group["tests"]:
            seed = test["d"] + test["z"]
            yield {"test": "keygen", "set": group["parameterSet"], "seed": seed.lower(), "public": sha256(test["ek"])}
    for group in groups("dilithium_py-1.5.1", "ML-DSA-keyGen-FIPS204"):
        for test in group["tests"]:
            yield {"test": "keygen", "set": group["parameterSet"], "seed": test["seed"].lower(), "public": sha256(test["pk"])}
    for group in groups("kyber_py-1.2.0", "ML-KEM-encapDecap-FIPS203"):
        for test in group["tests"][:2] if group["function"] == "encapsulation" else []:
            yield {"test": "encapsulate", "set": group["parameterSet"], "public": test["ek"].lower(),
                   "m": test["m"].lower(), "ciphertext": sha256(test["c"]), "secret": test["k"].lower()}
    # One of each reason, of the smallest set.
    group = groups("dilithium_py-1.5.1", "ML-DSA-sigVer-FIPS204")[0]
    for test in {test["reason"]: test for test in group["tests"]}.values():
        yield {"test": "verify", "set": group["parameterSet"], "reason": test["reason"], "public": group["pk"].lower(),
               "formatted": test["message"].lower(), "signature": test["signature"].lower(),
               "valid": int(test["testPassed"])}


def hash_mldsa():
    for name, dsa in SETS.items():
        for i, (hash_name, (arc, digest)) in enumerate(HASHES.items()):
            tag = f"{name} {hash_name}"
            seed, context, message = pseudo(tag + " seed", 32), pseudo(tag, [0, 5, 255][i % 3]), pseudo(tag, 200 + i)
            rnd = pseudo(tag + " rnd", 32) if i % 2 else bytes(32)
            oid = bytes([0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, arc])
            _, secret = dsa.key_derive(seed)
            formatted = bytes([1, len(context)]) + context + oid + digest(message)
            signature = dsa._sign_internal(secret, formatted, rnd)
            yield {"test": "hash", "set": name, "hash": hash_name, "seed": seed.hex(), "context": context.hex(),
                   "message": message.hex(), "rnd": rnd.hex(), "signature": hashlib.sha256(signature).hexdigest()}


cases = [*acvp(), *hash_mldsa()]
body = "\n\n".join("\n".join(f"{k} = {v}".rstrip() for k, v in case.items()) for case in cases)
(HERE / "pqc.txt").write_text("# Written by generate_pqc.py; see there for the origin.\n\n" + body + "\n")
print(len(cases))
