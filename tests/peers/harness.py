# SPDX-License-Identifier: Apache-2.0
"""A network namespace with a TAP device, the millrace program on it, and the kernel as its peer.

enter() re-executes the test in a namespace of its own, which goes with the process, or says why
that is not possible and ends with 77 (skipped). Card runs `millrace` with its wire on the TAP.
"""

import contextlib
import hashlib
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import judge

KERNEL = judge.KERNEL
CARD = judge.CARD
NOBODY = "10.77.0.99"
SKIPPED = 77

CASES = {}  # by name: function(program, folder)

# Exit codes of the program (docs/cli.md).
REFUSED, TIMED_OUT, RESET = 4, 5, 6


def case(function):
    CASES[function.__name__] = function
    return function


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def enter():
    """Continues in a fresh network namespace with the TAP device toe0 at KERNEL/24."""
    if os.environ.get("MILLRACE_PEERS_INSIDE") != "1":
        apart = ["unshare", "--net", "--kill-child"]
        if os.geteuid() != 0:
            apart = ["unshare", "--user", "--map-root-user", "--net", "--kill-child"]
        if not shutil.which("ip") or not shutil.which("unshare"):
            skip("needs ip and unshare")
        probe = subprocess.run(apart + ["ip", "tuntap", "add", "dev", "toe0", "mode", "tap"],
                               capture_output=True, text=True, check=False)
        if probe.returncode != 0:
            skip(f"no namespace with a TAP device here: {probe.stderr.strip()}")
        os.environ["MILLRACE_PEERS_INSIDE"] = "1"
        os.execvp(apart[0], apart + [sys.executable] + sys.argv)
    for command in ("ip link set lo up", "ip tuntap add dev toe0 mode tap",
                    f"ip address add {KERNEL}/24 dev toe0", "ip link set toe0 up"):
        subprocess.run(command.split(), check=True)
    Path("/proc/sys/net/ipv6/conf/toe0/disable_ipv6").write_text("1")


class Card:
    """One run of the program with the card on toe0. Use as a context; kills what still runs."""

    def __init__(self, program, folder, *arguments, name="card", cardless=False, **popen):
        self.capture = Path(folder) / f"{name}.pcapng"
        self.log_path = Path(folder) / f"{name}.log"
        self.log = open(self.log_path, "wb")
        command = [program, *arguments]
        if not cardless:
            command += ["--tap", "toe0", "--ip", CARD, "--netmask", "255.255.255.0", "--capture",
                        str(self.capture)]
        self.process = subprocess.Popen(command, stderr=self.log, **popen)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()

    def text(self):
        return self.log_path.read_text(errors="replace")

    def ready(self, word="listening on", seconds=60):
        limit = time.monotonic() + seconds
        while word not in self.text():
            assert self.process.poll() is None, f"the card ended early:\n{self.text()}"
            assert time.monotonic() < limit, f"no '{word}' in {seconds} s:\n{self.text()}"
            time.sleep(0.05)
        return self

    def stop(self, seconds=60):
        """Ends it in an orderly way; the capture is complete afterwards."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


def payload(size, seed):
    return random.Random(seed).randbytes(size)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def background(function, *arguments):
    """Runs function in a thread; .result() joins and gives its value or raises what it raised."""

    class Job(threading.Thread):
        def run(self):
            self.value = self.error = None
            try:
                self.value = function(*arguments)
            except BaseException as error:  # pylint: disable=broad-except
                self.error = error

        def result(self, seconds=300):
            self.join(seconds)
            assert not self.is_alive(), f"{function.__name__} did not end in {seconds} s"
            if self.error:
                raise self.error
            return self.value

    job = Job(daemon=True)
    job.start()
    return job


def receive_all(connection):
    parts = []
    while True:
        part = connection.recv(1 << 18)
        if not part:
            return b"".join(parts)
        parts.append(part)


def listener(port, address=KERNEL, backlog=128):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = socket.create_server((address, port), family=family, backlog=backlog)
    server.settimeout(120)
    return server


def echo_server(port, address=KERNEL):
    return echo_at(socket.create_server((address, port), backlog=256))


def echo_at(listening):
    """Echoes every connection until its end of stream, each in a thread; half-close comes back."""

    def echo(connection):
        with connection:
            while True:
                part = connection.recv(1 << 18)
                if not part:
                    connection.shutdown(socket.SHUT_WR)
                    return
                connection.sendall(part)

    def serve(server):
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            background(echo, connection)

    background(serve, listening)
    return listening


def kernel_time_waits():
    """How many of the kernel's connections to or from the card are in TIME-WAIT."""
    remote = "%08X" % int.from_bytes(socket.inet_aton(CARD), sys.byteorder)
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(words[2].startswith(remote) and words[3] == "06" for words in lines)


def exchange(connection, data):
    """Sends data and the end of stream while receiving; gives what came until the peer's end."""
    connection.settimeout(240)
    sender = background(lambda: (connection.sendall(data), connection.shutdown(socket.SHUT_WR)))
    received = receive_all(connection)
    sender.result()
    return received


def receive_exactly(connection, size):
    connection.settimeout(60)
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        assert part, f"ended after {data!r}"
        data += part
    return data


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def pipe(program, folder, *arguments, stdin=subprocess.DEVNULL, name="card"):
    """A pipe on the card; what it receives goes to folder/NAME.out."""
    output = open(folder / f"{name}.out", "wb")
    return Card(program, folder, "pipe", *arguments, name=name, stdin=stdin, stdout=output)


def both_ways(program, folder, active, size, *options, kernel=KERNEL, card_ip=CARD):
    """`size` bytes each way at once on one flow with port 5001, opened by the card if `active`.
    Returns the card's run, which is over."""
    ours, theirs = payload(size, 3), payload(size, 4)
    (folder / "in.bin").write_bytes(theirs)
    with open(folder / "in.bin", "rb") as stdin:
        if active:
            host = f"[{kernel}]" if ":" in kernel else kernel
            with listener(5001, "::" if ":" in kernel else kernel) as server:
                with pipe(program, folder, f"toe://{host}:5001", *options, stdin=stdin) as card:
                    connection, _ = server.accept()
                    received = exchange(connection, ours)
                    assert card.process.wait(120) == 0, card.text()
        else:
            with pipe(program, folder, "--listen", "toe://:5001", *options, stdin=stdin) as card:
                card.ready()
                connection = socket.create_connection((card_ip, 5001), timeout=30)
                received = exchange(connection, ours)
                assert card.process.wait(120) == 0, card.text()
    connection.close()
    assert digest(received) == digest(theirs)
    assert digest((folder / "card.out").read_bytes()) == digest(ours)
    return card


def many_flows(address, port, flows, size):
    """`flows` connections at once, each of which gets its `size` bytes back."""

    def one(number):
        data = payload(size, 100 + number)
        with socket.create_connection((address, port), timeout=60) as connection:
            assert digest(exchange(connection, data)) == digest(data)

    jobs = [background(one, number) for number in range(flows)]
    for job in jobs:
        job.result()


@contextlib.contextmanager
def scratch():
    """A folder for captures and logs; of a case that fails it stays in $MILLRACE_PEERS_KEEP."""
    with tempfile.TemporaryDirectory(prefix="millrace-peers-") as name:
        try:
            yield name
        except BaseException:
            kept = os.environ.get("MILLRACE_PEERS_KEEP")
            if kept:
                shutil.copytree(name, kept, dirs_exist_ok=True)
                print(f"captures and logs: {kept}")
            raise
