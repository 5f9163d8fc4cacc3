# SPDX-License-Identifier: Apache-2.0
"""TCP over IPv6 between the card and Linux: both roles, both kinds of addresses, both families."""

import errno
import socket
import subprocess
import time

import harness
from harness import CARD, Card, case
from judge import fields, judge
from neighbour_cases import CARD6, KERNEL6, LINK6, MAC, enable_ipv6, run

MIB = 1 << 20
KERNEL_LINK6 = "fe80::77"


OPTIONS = ("--ip6", f"{CARD6}/64", "--mac", MAC)


def card6(program, folder, *arguments, **popen):
    return Card(program, folder, *arguments, *OPTIONS, **popen)


def pipe(program, folder, *arguments, **more):
    return harness.pipe(program, folder, *arguments, *OPTIONS, **more)


def over_ipv6(capture):
    """Every TCP segment was IPv6, and each side sent some."""
    assert not fields(capture, ["frame.number"], "tcp && ip"), "some segments went over IPv4"
    for side in ("eth.src", "eth.dst"):
        assert fields(capture, ["frame.number"], f"tcp && ipv6 && {side} == {MAC}")


def curl(*arguments):
    return subprocess.run(["curl", "-6", "-g", "-sS", "--fail", "--max-time", "120", *arguments],
                          capture_output=True, check=True).stdout


@case
def curl6_fetches_and_uploads(program, folder):
    enable_ipv6()
    root = folder / "www"
    root.mkdir()
    data, other = harness.payload(4 * MIB, 1), harness.payload(4 * MIB, 2)
    (root / "a.bin").write_bytes(data)
    (folder / "put.bin").write_bytes(other)
    with card6(program, folder, "serve", str(root), "--port", "80") as card:
        card.ready()
        for host in (f"[{CARD6}]", f"[{LINK6}%25toe0]"):
            assert harness.digest(curl(f"http://{host}/a.bin")) == harness.digest(data)
            curl("-T", str(folder / "put.bin"), f"http://{host}/new.bin")
            assert harness.digest((root / "new.bin").read_bytes()) == harness.digest(other)
        card.stop()
    judge(card.capture)
    over_ipv6(card.capture)


@case
def get6_by_the_card(program, folder):
    """The card's client asks an HTTP server of the kernel's side, which sees its address."""
    enable_ipv6()
    run("ip", "address", "add", f"{KERNEL_LINK6}/64", "dev", "toe0", "nodad")
    data = harness.payload(2 * MIB, 6)
    with harness.listener(8080, "::") as server:

        def answer():
            connection, address = server.accept()
            with connection:
                request = b""
                while not request.endswith(b"\r\n\r\n"):
                    request += connection.recv(4096)
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\n\r\n"
                connection.sendall(head.encode() + data)
            return request, address[0]

        for number, (host, source) in enumerate(((KERNEL6, CARD6), (KERNEL_LINK6, LINK6))):
            answered = harness.background(answer)
            output = folder / f"got{number}"
            with card6(program, folder, "get", f"http://[{host}]:8080/x", "-o", str(output),
                       name=f"card{number}") as card:
                assert card.process.wait(120) == 0, card.text()
            request, address = answered.result()
            assert f"Host: [{host}]:8080" in request.decode(), request
            assert address.split("%")[0] == source, address
            assert harness.digest(output.read_bytes()) == harness.digest(data)
            judge(card.capture)
            over_ipv6(card.capture)


def both_ways(program, folder, active):
    """8 MiB each way at once on one flow, ended by both."""
    enable_ipv6()
    card = harness.both_ways(program, folder, active, 8 * MIB, *OPTIONS, kernel=KERNEL6,
                             card_ip=CARD6)
    judge(card.capture)
    over_ipv6(card.capture)


@case
def both_ways6_passive(program, folder):
    both_ways(program, folder, False)


@case
def both_ways6_active(program, folder):
    both_ways(program, folder, True)


@case
def one_port_for_both_families(program, folder):
    """Flows of both families at once through one listening port, each with its own data."""
    enable_ipv6()
    with harness.echo_at(socket.create_server(("127.0.0.1", 7001), backlog=64)):
        with card6(program, folder, "proxy", "toe://:6001", "tcp://127.0.0.1:7001") as card:
            card.ready()
            jobs = []
            for number in range(30):
                to = (CARD, CARD6, f"{LINK6}%toe0")[number % 3]
                data = harness.payload(100_000, number)
                connection = socket.create_connection((to, 6001), timeout=60)
                jobs.append((data, harness.background(harness.exchange, connection, data)))
            for data, job in jobs:
                assert job.result() == data
            card.stop()
    judge(card.capture)
    for family in ("ip", "ipv6"):
        assert fields(card.capture, ["frame.number"], f"tcp.len > 0 && {family}")


@case
def refused_and_reset6(program, folder):
    enable_ipv6()
    with card6(program, folder, "pipe", f"toe://[{KERNEL6}]:9", name="refused",
               stdin=subprocess.DEVNULL) as card:
        assert card.process.wait(60) == harness.REFUSED, card.text()
    judge(card.capture)
    with pipe(program, folder, "--listen", "toe://:5002") as card:
        card.ready()
        try:
            socket.create_connection((CARD6, 5999), timeout=30)
            raise AssertionError("nobody listens there")
        except ConnectionRefusedError:
            pass
        connection = socket.create_connection((CARD6, 5002), timeout=30)
        connection.sendall(b"x")
        time.sleep(0.5)
        harness.reset(connection)
        assert card.process.wait(60) == harness.RESET, card.text()
    judge(card.capture)


@case
def card6_aborts(program, folder):
    """An interrupted pipe resets its flow, over IPv6 too."""
    enable_ipv6()
    with pipe(program, folder, "--listen", "toe://:5003", stdin=subprocess.PIPE) as card:
        card.ready()
        with socket.create_connection((CARD6, 5003), timeout=30) as connection:
            connection.sendall(b"hello")
            time.sleep(0.5)
            card.stop()
            connection.settimeout(30)
            try:
                assert connection.recv(1) == b"", "the flow ended in order"
                raise AssertionError("the flow ended in order")
            except OSError as error:
                assert error.errno == errno.ECONNRESET, error
    judge(card.capture)


@case
def profiles_negotiate(program, folder):
    """SYNs of the card have the options of the system that the profile names, in its order."""
    orders = {"linux": ["2", "4", "8", "1", "3"], "freebsd": ["2", "1", "3", "4", "8"]}
    for profile, order in orders.items():
        with harness.listener(5004) as server:
            output = open(folder / f"{profile}.out", "wb")
            with Card(program, folder, "pipe", f"toe://{harness.KERNEL}:5004", "--profile", profile,
                      name=profile, stdin=subprocess.DEVNULL, stdout=output) as card:
                connection, _ = server.accept()
                with connection:
                    connection.sendall(b"hello")
                assert card.process.wait(60) == 0, card.text()
        judge(card.capture)
        syns = fields(card.capture, ["tcp.option_kind"], f"tcp.flags.syn == 1 && ip.src == {CARD}")
        assert syns[0][0].split("|") == order, (profile, syns)
