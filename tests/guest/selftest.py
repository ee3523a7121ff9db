#!/usr/bin/env python3
"""The demonstration's own tools, without a VM: can measured.py's comparison fail, does serial.py tell what it saw?"""
import base64
import hashlib
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "demo")
ENTRY = b"\x0a\0\0\0template"


def sha256(data):
    return hashlib.sha256(data).digest()


def ima_log(*entries):
    """A binary measurement list: PCR, SHA-1 of the data, template name, data."""
    return b"".join(struct.pack("<I", 10) + hashlib.sha1(data).digest() + struct.pack("<I", 7) + b"ima-sig"
                    + struct.pack("<I", len(data)) + data for data in entries)


def answer(read, replayed, ima=b"", banks=("sha256",)):
    """What the guest's step "measured" prints."""
    def listing(values):
        return "".join(f"    {i:<2}: 0x{values.get(i, bytes(32)).hex().upper()}\n" for i in range(24))
    log = "".join(f"    {i:<2} : 0x{value.hex()}\n" for i, value in replayed.items())
    return (f"fact log_events 3\nreplayed:\n  sha256:\n{log}read:\n"
            + "".join(f"  {bank}:\n{listing(read)}" for bank in banks)
            + "  sm3_256:\nima:\n" + base64.encodebytes(ima).decode())


class Measured(unittest.TestCase):
    """PCR 0 and 7 by the event log, PCR 10 by the kernel's."""

    REPLAYED = {0: sha256(b"firmware"), 7: sha256(b"keys")}
    READ = REPLAYED | {10: sha256(bytes(32) + sha256(ENTRY)), 17: b"\xff" * 32}

    def compare(self, *args, **kwargs):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(answer(*args, **kwargs))
            file.flush()
            done = subprocess.run([sys.executable, DEMO + "/measured.py", file.name], capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        return done

    def test_equal(self):
        done = self.compare(self.READ, self.REPLAYED, ima_log(ENTRY))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("fact registers_equal 3\n", done.stdout)
        self.assertIn("fact banks sha256\n", done.stdout)

    def test_a_register_that_the_log_does_not_give(self):
        done = self.compare(self.READ | {7: sha256(b"others")}, self.REPLAYED, ima_log(ENTRY))
        self.assertEqual(done.returncode, 1)
        self.assertIn("sha256 PCR 7: the TPM has", done.stdout)

    def test_a_register_that_nothing_logged(self):
        done = self.compare(self.READ | {12: sha256(b"x")}, self.REPLAYED, ima_log(ENTRY))
        self.assertEqual(done.returncode, 1)
        self.assertIn("sha256 PCR 12: the TPM has", done.stdout)

    def test_a_log_that_the_register_did_not_get(self):
        done = self.compare(self.READ, self.REPLAYED | {4: sha256(b"loader")}, ima_log(ENTRY))
        self.assertEqual(done.returncode, 1)
        self.assertIn("sha256 PCR 4: the TPM has", done.stdout)

    def test_the_kernels_log(self):
        self.assertEqual(self.compare(self.READ, self.REPLAYED, ima_log(ENTRY, ENTRY)).returncode, 1)
        self.assertEqual(self.compare(self.READ, self.REPLAYED).returncode, 1)

    def test_the_kernels_log_where_the_kernel_lacks_the_hash(self):
        padded = sha256(bytes(32) + hashlib.sha1(ENTRY).digest() + bytes(12))
        self.assertEqual(self.compare(self.READ | {10: padded}, self.REPLAYED, ima_log(ENTRY)).returncode, 0)

    def test_a_bank_without_a_log(self):
        done = self.compare(self.READ, self.REPLAYED, ima_log(ENTRY), banks=("sha256", "sha3_256"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("sha3_256: the TPM has this bank, the event log does not", done.stdout)

    def test_no_log_at_all(self):
        self.assertEqual(self.compare({}, {}).returncode, 1)


class Serial(unittest.TestCase):
    """A guest at the other end of a UNIX socket."""

    def speak(self, guest, *action, timeout="5"):
        """Run serial.py; `guest` gets the accepted connection."""
        with tempfile.TemporaryDirectory() as work:
            path = work + "/serial"
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(path)
            listener.listen(1)

            def serve():
                connection, _ = listener.accept()
                with connection:
                    guest(connection)

            thread = threading.Thread(target=serve)
            thread.start()
            command = [sys.executable, DEMO + "/serial.py", "unix:" + path, "--timeout", timeout, *action]
            done = subprocess.run(command, capture_output=True, text=True)
            thread.join()
            listener.close()
            return done

    def test_ready_behind_the_firmwares_noise(self):
        done = self.speak(lambda c: c.sendall(b"\x1b[2J\x1b[01;01HBdsDxe: starting@ready 3.25\r\n"), "wait")
        self.assertEqual((done.returncode, done.stdout), (0, "fact uptime 3.25\n"), done.stderr)

    def test_a_step_and_its_exit_code(self):
        def guest(connection):
            mark, name, step, *arguments = connection.recv(100).decode().split()
            self.assertEqual((mark, step, arguments), ("@run", "quote", ["ab", "cd"]))
            lines = f"@ready 9\n@{name} | one | two\nkernel: noise\n@other = 0\n@{name} = 7\n".encode()
            for at in range(0, len(lines), 5):  # in pieces, as a serial port does
                connection.sendall(lines[at : at + 5])
            connection.recv(1)

        done = self.speak(guest, "run", "quote", "ab", "cd")
        self.assertEqual((done.returncode, done.stdout), (7, "one | two\n"), done.stderr)

    def test_a_vm_that_goes_away(self):
        done = self.speak(lambda c: None, "run", "about")
        self.assertEqual(done.returncode, 125)
        self.assertIn("the VM went away", done.stderr)

    def test_a_guest_that_says_nothing_more(self):
        def guest(connection):
            connection.sendall(b"\x1b[37mgrub> \n")
            connection.recv(1)

        done = self.speak(guest, "wait", timeout="0.3")
        self.assertEqual(done.returncode, 124)
        self.assertIn("the last it showed: grub>", done.stderr)

    def test_no_socket(self):
        command = [sys.executable, DEMO + "/serial.py", "unix:/nowhere/serial", "--timeout", "0.2", "wait"]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.returncode, 125)
        self.assertIn("/nowhere/serial", done.stderr)


if __name__ == "__main__":
    unittest.main()
