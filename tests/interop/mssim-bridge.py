#!/usr/bin/env python3
"""Speaks the mssim protocol in front of a program that speaks swtpm's.

It exists so that the cases for the mssim protocol can be proved on Debian's swtpm, which has no mssim of its own.

usage: mssim-bridge.py PORT COMMAND...   (COMMAND is started with --server and --ctrl on sockets of the bridge)
"""

import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

POWER_ON, POWER_OFF, HASH_START, HASH_DATA, HASH_END = 1, 2, 5, 6, 7
SEND_COMMAND, HANDSHAKE, RESET, RESTART, SESSION_END, STOP = 8, 15, 17, 18, 20, 21
SILENT_SWITCHES = {3, 4, 9, 10, 11, 12, 13, 14}  # presence, cancel, NV and key-cache switches: accepted, no effect


def main():
    port, command = int(sys.argv[1]), sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        tpm = Tpm(command, folder)
        signal.signal(signal.SIGTERM, lambda *_: tpm.quit())
        listeners = [listen(port), listen(port + 1)]
        for listener, serve in zip(listeners, (serve_commands, serve_platform)):
            threading.Thread(target=accept_forever, args=(listener, serve, tpm), daemon=True).start()
        tpm.process.wait()
        os._exit(0)


def listen(port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener


def accept_forever(listener, serve, tpm):
    while True:
        client, _ = listener.accept()
        threading.Thread(target=quietly, args=(serve, client, tpm), daemon=True).start()


def quietly(serve, client, tpm):
    with client:
        try:
            serve(client, tpm)
        except (ConnectionError, struct.error):
            pass


def word(sock):
    return struct.unpack(">I", receive(sock, 4))[0]


def receive(sock, count):
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise ConnectionError
        data += part
    return data


def serve_commands(client, tpm):
    while True:
        number = word(client)
        if number == SEND_COMMAND:
            locality = receive(client, 1)[0]
            answer = tpm.transmit(receive(client, word(client)), locality)
            client.sendall(struct.pack(">I", len(answer)) + answer)
        elif number == HASH_DATA:
            data = receive(client, word(client))
            tpm.control(7, struct.pack(">I", len(data)) + data)
        elif number in (HASH_START, HASH_END):
            tpm.control({HASH_START: 6, HASH_END: 8}[number])
        elif number == HANDSHAKE:
            word(client)
            client.sendall(struct.pack(">II", 1, 0x7))
        elif number == SESSION_END:
            return
        client.sendall(struct.pack(">I", 0))


def serve_platform(client, tpm):
    while True:
        number = word(client)
        if number == POWER_ON:
            tpm.power_on()
        elif number == POWER_OFF:
            tpm.power_off()
        elif number in (RESET, RESTART):
            tpm.power_off()
            tpm.power_on()
        elif number == SESSION_END:
            return
        elif number == STOP:
            tpm.quit()
        elif number not in SILENT_SWITCHES:
            return
        client.sendall(struct.pack(">I", 0))


class Tpm:
    """The program behind the bridge."""

    def __init__(self, command, folder):
        data, peer = socket.socketpair()
        control = os.path.join(folder, "ctrl")
        arguments = ["--server", f"type=tcp,fd={peer.fileno()}", "--ctrl", f"type=unixio,path={control}"]
        self.process = subprocess.Popen(command + arguments, pass_fds=[peer.fileno()])
        peer.close()
        self.data, self.lock, self.powered, self.locality = data, threading.Lock(), False, 0
        self.switch = socket.socket(socket.AF_UNIX)
        while self.switch.connect_ex(control):
            if self.process.poll() is not None:
                raise SystemExit("mssim-bridge: the TPM program ended at once")

    def control(self, number, arguments=b""):
        with self.lock:
            return self.control_locked(number, arguments)

    def control_locked(self, number, arguments=b""):
        self.switch.sendall(struct.pack(">I", number) + arguments)
        return word(self.switch)

    def power_on(self):
        with self.lock:
            if not self.powered:
                self.control_locked(2, struct.pack(">I", 0))
                self.powered = True

    def power_off(self):
        with self.lock:
            self.control_locked(14)
            self.powered = False

    def transmit(self, command, locality):
        with self.lock:
            if not self.powered:
                return b""
            if locality != self.locality:
                self.control_locked(5, struct.pack(">Bxxx", locality))
                self.locality = locality
            self.data.sendall(command)
            header = receive(self.data, 10)
            return header + receive(self.data, struct.unpack(">I", header[2:6])[0] - 10)

    def quit(self):
        self.process.terminate()


if __name__ == "__main__":
    main()
