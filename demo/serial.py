#!/usr/bin/env python3
"""Speak with the guest over its serial port: wait until it has booted, or run one step and show its output.

Usage: serial.py CHANNEL [--log FILE] [--timeout SECONDS] wait
       serial.py CHANNEL [--log FILE] [--timeout SECONDS] run STEP [ARG…]

CHANNEL is unix:PATH, a socket that carries the serial port, or exec:COMMAND, a program whose standard input and
output do. guest/init describes the lines. Prints the step's output and exits with the step's exit code; 124 when
the guest stays silent for SECONDS, 125 when the VM went away. All that came in is appended to the log.
"""
import argparse
import os
import re
import secrets
import select
import shlex
import signal
import socket
import subprocess
import sys
import time

SILENT, GONE = 124, 125
CLOSED = "the serial port closed: the VM went away"


class Failure(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Channel:
    """Lines from and to the guest, by a deadline."""

    def __init__(self, address, log, timeout):
        self.log, self.deadline, self.pending = log, time.monotonic() + timeout, b""
        self.child, self.last = None, ""
        kind, _, where = address.partition(":")
        if kind == "unix":
            self.socket = self.connect(where)
            self.reader = self.writer = self.socket.fileno()
        elif kind == "exec":
            self.child = subprocess.Popen(shlex.split(where), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self.reader, self.writer = self.child.stdout.fileno(), self.child.stdin.fileno()
        else:
            raise Failure(2, f"{address}: a channel is unix:PATH or exec:COMMAND")

    def connect(self, path):
        """The socket appears a moment after the VM's start, so try until the deadline."""
        while True:
            try:
                connection = socket.socket(socket.AF_UNIX)
                connection.connect(path)
                return connection
            except OSError as error:
                connection.close()
                if time.monotonic() > self.deadline:
                    raise Failure(GONE, f"cannot connect to the serial port {path}: {error.strerror}") from error
                time.sleep(0.1)

    def lines(self):
        while True:
            left = self.deadline - time.monotonic()
            if left <= 0 or not select.select([self.reader], [], [], left)[0]:
                raise Failure(SILENT, f"the guest did not answer in time; the last it showed: {self.last or 'nothing'}")
            try:
                data = os.read(self.reader, 65536)
            except ConnectionError:
                data = b""
            if not data:
                raise Failure(GONE, CLOSED)
            self.log.write(data)
            *whole, self.pending = (self.pending + data).split(b"\n")
            for line in whole:
                text = line.decode(errors="replace").rstrip("\r")
                self.last = re.sub(r"\x1b\[[0-9;=]*[A-Za-z]", "", text).strip() or self.last
                yield text

    def send(self, line):
        try:
            os.write(self.writer, line.encode() + b"\n")
        except ConnectionError:
            raise Failure(GONE, CLOSED) from None

    def close(self):
        if self.child:
            self.child.send_signal(signal.SIGTERM)
            self.child.wait()


def wait_until_ready(channel):
    """The guest's uptime in seconds when it was first heard. After that it reads what is sent at any time."""
    for line in channel.lines():
        # Whatever the firmware left on the line may stand before it.
        if ready := re.search(r"@ready ([0-9.]+)$", line):
            return ready.group(1)


def run(channel, step, arguments):
    name = secrets.token_hex(3)
    channel.send(" ".join(["@run", name, step, *arguments]))
    for line in channel.lines():
        if line.startswith(f"@{name} | "):
            print(line.split(" | ", 1)[1])
        elif line.startswith(f"@{name} = "):
            return int(line.rsplit(" ", 1)[1])


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("channel")
    parser.add_argument("--log", default=os.devnull)
    parser.add_argument("--timeout", type=float, default=120)
    parser.add_argument("action", choices=["wait", "run"])
    parser.add_argument("step", nargs="*")
    options = parser.parse_args()
    with open(options.log, "ab", buffering=0) as log:
        try:
            channel = Channel(options.channel, log, options.timeout)
            try:
                if options.action == "wait":
                    print("fact uptime", wait_until_ready(channel))
                    return 0
                return run(channel, options.step[0], options.step[1:])
            finally:
                channel.close()
        except Failure as failure:
            print(f"serial.py: {failure}", file=sys.stderr)
            return failure.code


sys.exit(main())
