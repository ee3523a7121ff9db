#!/usr/bin/env python3
"""Works the switches beside a TPM's command channel: swtpm's control channel or mssim's platform port.

usage: ctrl.py swtpm|mssim PORT on|off|cycle|send LOCALITY HEX|hash HEX|established

PORT is the command port; the switches are on PORT+1. `hash` sends _TPM_Hash_Start, _Data and _End. `send` sends one
command from a locality and prints the answer (the tools themselves always come from locality 0).
"""

import socket
import struct
import sys

TIMEOUT = 20


def main():
    protocol, port, verb, *rest = sys.argv[1:]
    client = {"swtpm": Swtpm, "mssim": Mssim}[protocol](int(port))
    print_result(getattr(client, verb)(*rest))


def print_result(result):
    if result is not None:
        print(result)


def receive(sock, count):
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise SystemExit(f"ctrl.py: the TPM closed the channel after {len(data)} of {count} bytes")
        data += part
    return data


class Swtpm:
    """swtpm's control channel: a big-endian command number and its arguments, answered by a result code."""

    INIT, STOP, GET_ESTABLISHED, SET_LOCALITY = 2, 14, 4, 5
    HASH_START, HASH_DATA, HASH_END = 6, 7, 8

    def __init__(self, port):
        self.port = port
        self.sock = socket.create_connection(("127.0.0.1", port + 1), TIMEOUT)

    def request(self, number, arguments=b"", more=0):
        self.sock.sendall(struct.pack(">I", number) + arguments)
        code = struct.unpack(">I", receive(self.sock, 4))[0]
        if code:
            raise SystemExit(f"ctrl.py: control command {number} was refused with {code:#x}")
        return receive(self.sock, more)

    def on(self):
        self.request(self.INIT, struct.pack(">I", 0))

    def off(self):
        self.request(self.STOP)

    def cycle(self):
        self.off()
        self.on()

    def send(self, locality, command):
        self.request(self.SET_LOCALITY, struct.pack(">Bxxx", int(locality)))
        with socket.create_connection(("127.0.0.1", self.port), TIMEOUT) as data:
            data.sendall(bytes.fromhex(command))
            header = receive(data, 10)
            answer = header + receive(data, struct.unpack(">I", header[2:6])[0] - 10)
        self.request(self.SET_LOCALITY, struct.pack(">Bxxx", 0))
        return answer.hex()

    def hash(self, data):
        data = bytes.fromhex(data)
        self.request(self.HASH_START)
        self.request(self.HASH_DATA, struct.pack(">I", len(data)) + data)
        self.request(self.HASH_END)

    def established(self):
        return self.request(self.GET_ESTABLISHED, more=4)[0]


class Mssim:
    """The simulator's protocol: platform switches on PORT+1, the hash signals on PORT; each answered by a zero."""

    POWER_ON, POWER_OFF, NV_ON, SESSION_END = 1, 2, 11, 20
    HASH_START, HASH_DATA, HASH_END, SEND_COMMAND = 5, 6, 7, 8

    def __init__(self, port):
        self.port = port

    def send(self, locality, command):
        command = bytes.fromhex(command)
        with socket.create_connection(("127.0.0.1", self.port), TIMEOUT) as sock:
            sock.sendall(struct.pack(">IBI", self.SEND_COMMAND, int(locality), len(command)) + command)
            answer = receive(sock, struct.unpack(">I", receive(sock, 4))[0])
            receive(sock, 4)
            sock.sendall(struct.pack(">I", self.SESSION_END))
        return answer.hex()

    def request(self, port, *messages):
        with socket.create_connection(("127.0.0.1", port), TIMEOUT) as sock:
            for message in messages:
                sock.sendall(message)
                code = struct.unpack(">I", receive(sock, 4))[0]
                if code:
                    raise SystemExit(f"ctrl.py: mssim command {message.hex()} was refused with {code:#x}")
            sock.sendall(struct.pack(">I", self.SESSION_END))

    def on(self):
        self.request(self.port + 1, struct.pack(">I", self.POWER_ON), struct.pack(">I", self.NV_ON))

    def off(self):
        self.request(self.port + 1, struct.pack(">I", self.POWER_OFF))

    def cycle(self):
        self.off()
        self.on()

    def hash(self, data):
        data = bytes.fromhex(data)
        self.request(
            self.port,
            struct.pack(">I", self.HASH_START),
            struct.pack(">II", self.HASH_DATA, len(data)) + data,
            struct.pack(">I", self.HASH_END),
        )


if __name__ == "__main__":
    main()
