#!/usr/bin/env python3
"""Compare what the TPM's registers hold with what was logged, from the output of the guest's step "measured".

Usage: measured.py OUTPUT        (the guest's answer, as serial.py printed it)

For every bank that the TPM has, the event log's replay must give the registers it covers, and the kernel's own
log (IMA) must give PCR 10; no other register of the static ones (0 to 15) may hold anything. Prints the compared
values of one bank and a line for each, then "fact" lines; exits 1 at a difference.
"""
import base64
import hashlib
import re
import struct
import sys

IMA = 10
STATIC = range(16)
SHOWN = "sha256"


def sections(text):
    """The answer's parts by their headings."""
    parts, name = {}, ""
    for line in text.splitlines():
        if heading := re.fullmatch(r"(replayed|read|ima):", line):
            name = heading.group(1)
        parts.setdefault(name, []).append(line)
    return parts


def registers(lines):
    """tpm2-tools' listing of registers: {bank: {index: value}}; banks that are not allocated are left out."""
    banks = {}
    for line in lines:
        if bank := re.fullmatch(r"  (\w+):", line):
            banks[bank.group(1)] = here = {}
        elif value := re.fullmatch(r"    (\d+) *: 0x([0-9A-Fa-f]+)", line):
            here[int(value.group(1))] = bytes.fromhex(value.group(2))
    return {bank: values for bank, values in banks.items() if values}


def ima_replay(log, bank, hashed=True):
    """PCR 10 as the kernel's binary measurement list explains it.

    The list has SHA-1 digests, so each entry's is made again for the bank. Where the kernel lacked the bank's hash
    when it started (SHA-384 and SHA-512 are modules), it extended the SHA-1 digest filled up with zeros: `hashed`
    false.
    """
    size = hashlib.new(bank).digest_size
    register, at = bytes(size), 0
    while at < len(log):
        digest = log[at + 4 : at + 24]
        (name_length,) = struct.unpack_from("<I", log, at + 24)
        at += 28 + name_length
        (length,) = struct.unpack_from("<I", log, at)
        data = log[at + 4 : at + 4 + length]
        at += 4 + length
        if not any(digest):  # a violation is logged as zeros and extended as ones
            extended = b"\xff" * size
        elif hashed:
            extended = hashlib.new(bank, data).digest()
        else:
            extended = digest.ljust(size, b"\0")
        register = hashlib.new(bank, register + extended).digest()
    return register


def main():
    text = open(sys.argv[1]).read()
    parts = sections(text)
    replayed, read = registers(parts["replayed"]), registers(parts["read"])
    ima_log = base64.b64decode("".join(parts["ima"][1:]))
    equal, different = 0, []
    for bank, values in read.items():
        expected = dict(replayed.get(bank, {}))
        logged = sorted(expected)
        if ima_log:
            ways = [ima_replay(ima_log, bank, hashed) for hashed in (True, False)]
            expected[IMA] = ways[1] if values[IMA] == ways[1] else ways[0]
        same = 0
        for index in STATIC:
            want, have = expected.get(index, bytes(len(values[index]))), values[index]
            if want != have:
                different.append(f"{bank} PCR {index}: the TPM has {have.hex()}, the log gives {want.hex()}")
            same += want == have and index in expected
            if bank == SHOWN and index in expected:
                print(f"PCR {index:2}  log {want.hex()[:24]}…  TPM {have.hex()[:24]}…  "
                      f"{'=' if want == have else '≠'}{'  (kernel log)' if index == IMA else ''}")
        if not logged:
            different.append(f"{bank}: the TPM has this bank, the event log does not")
        equal += same
        print(f"{bank}: {same} of {len(expected)} registers equal their log, the other static ones are empty")
    for difference in different:
        print(difference)
    print(f"fact banks {','.join(read)}")
    print(f"fact registers_equal {equal}")
    print(f"fact differences {len(different)}")
    sys.exit(1 if different or not equal or SHOWN not in read else 0)


main()
