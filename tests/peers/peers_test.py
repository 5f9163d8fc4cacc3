#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The card against the Linux kernel: each case runs in its own namespace and leaves nothing.

peers_test.py --program build/flow/cli/millrace CASE    (--list prints the cases)
"""

import argparse
import errno
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import harness
from harness import CARD, CASES, KERNEL, NOBODY, Card, case, many_flows, pipe, reset
from judge import fields, judge
import adversary_cases  # noqa: F401 (its cases register themselves, as those of the others)
import endpoint_cases  # noqa: F401
import flood_cases  # noqa: F401
import foreign_cases  # noqa: F401
import ipv6_cases  # noqa: F401
import judge_cases  # noqa: F401
import neighbour_cases  # noqa: F401
import scan_cases  # noqa: F401

MIB = 1 << 20


def curl(*arguments):
    return subprocess.run(["curl", "-sS", "--fail", "--max-time", "120", *arguments],
                          capture_output=True, check=True).stdout


@case
def curl_fetches_and_uploads(program, folder):
    root = folder / "www"
    root.mkdir()
    data, other = harness.payload(4 * MIB, 1), harness.payload(4 * MIB, 2)
    (root / "a.bin").write_bytes(data)
    (root / "empty").write_bytes(b"")
    (folder / "put.bin").write_bytes(other)
    with Card(program, folder, "serve", str(root), "--port", "80") as card:
        card.ready()
        assert harness.digest(curl(f"http://{CARD}/a.bin")) == harness.digest(data)
        curl("-T", str(folder / "put.bin"), f"http://{CARD}/new.bin")
        assert harness.digest((root / "new.bin").read_bytes()) == harness.digest(other)
        assert curl(f"http://{CARD}/empty") == b""
        both = curl(f"http://{CARD}/empty", f"http://{CARD}/a.bin")  # one connection kept alive
        assert harness.digest(both) == harness.digest(data)
        status = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
                                 "--path-as-is", f"http://{CARD}/../put.bin"],
                                capture_output=True, text=True, check=True).stdout
        assert status in ("400", "403", "404"), status
        card.stop()
    judge(card.capture)


@case
def a_thousand_connects(program, folder):
    root = folder / "www"
    root.mkdir()
    (root / "x").write_bytes(b"hello")
    with Card(program, folder, "serve", str(root), "--port", "80") as card:
        card.ready()
        for number in range(1000):
            with socket.create_connection((CARD, 80), timeout=30) as connection:
                # Both ways of ending: the peer asks the card to close first, or closes itself.
                last = number % 2 == 0
                connection.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n" +
                                   (b"Connection: close\r\n\r\n" if last else b"\r\n"))
                answer = b""
                while not answer.endswith(b"hello"):
                    part = connection.recv(4096)
                    assert part, f"connection {number} ended early: {answer!r}"
                    answer += part
                if last:
                    assert connection.recv(1) == b""
        waiting = harness.kernel_time_waits()
        assert 480 <= waiting <= 520, f"{waiting} connections in TIME-WAIT at the kernel"
        card.stop()
    judge(card.capture)


def close_in_turn(first, second):
    first.shutdown(socket.SHUT_WR)
    assert second.recv(1) == b""
    second.close()
    assert first.recv(1) == b""
    first.close()


def close_at_once(first, second):
    first.shutdown(socket.SHUT_WR)
    second.shutdown(socket.SHUT_WR)
    for connection in (first, second):
        assert connection.recv(1) == b""
        connection.close()


def connects_by_the_card(program, folder, count, close, *arguments):
    """`count` connects in a row; close(number, near, far) ends each: near is behind the card."""
    with harness.listener(6000) as server:
        with Card(program, folder, "proxy", "tcp://127.0.0.1:7000", f"toe://{KERNEL}:6000",
                  *arguments) as card:
            card.ready()
            for number in range(count):
                near = socket.create_connection(("127.0.0.1", 7000), timeout=30)
                far, address = server.accept()
                assert address[0] == CARD, address
                far.settimeout(30)
                hello = b"%d there" % number
                near.sendall(hello)
                assert far.recv(100) == hello
                far.sendall(hello)
                assert near.recv(100) == hello
                close(number, near, far)
            waiting = harness.kernel_time_waits()
            card.stop()
    judge(card.capture)
    for source in (CARD, KERNEL):
        seen = {flag: len(fields(card.capture, ["frame.number"],
                                 f"ip.src == {source} && tcp.flags.{flag} == 1"))
                for flag in ("syn", "fin", "reset")}
        print(f"{source}: {seen}")
        assert seen["syn"] >= count and seen["fin"] >= count and seen["reset"] == 0, (source, seen)
    return waiting


@case
def a_thousand_connects_by_the_card(program, folder):
    """A third closed first by the card, a third by the kernel, a third by both at once."""

    def close(number, near, far):
        if number % 3 == 0:
            close_in_turn(near, far)
        elif number % 3 == 1:
            close_in_turn(far, near)
        else:
            close_at_once(near, far)

    waiting = connects_by_the_card(program, folder, 1000, close)
    print(f"TIME-WAIT at the kernel: {waiting}")
    assert waiting >= 333, f"{waiting} connections in TIME-WAIT at the kernel"


@case
def more_connects_than_the_card_holds(program, folder):
    """The card closes first every time: it has 1,024 connections and TIME-WAIT lasts a minute."""
    waiting = connects_by_the_card(program, folder, 1500, lambda _, n, f: close_in_turn(n, f))
    assert waiting == 0, f"{waiting} connections in TIME-WAIT at the kernel"


def both_ways(program, folder, active):
    """64 MiB each way at once on one flow."""
    judge(harness.both_ways(program, folder, active, 64 * MIB).capture)


@case
def both_ways_64_mib_active(program, folder):
    both_ways(program, folder, True)


@case
def both_ways_64_mib_passive(program, folder):
    both_ways(program, folder, False)


@case
def flows_64_at_once_passive(program, folder):
    with harness.echo_server(6000):
        with Card(program, folder, "proxy", "toe://:5002", f"tcp://{KERNEL}:6000") as card:
            card.ready()
            many_flows(CARD, 5002, 64, MIB)
            card.stop()
    judge(card.capture)


@case
def flows_64_at_once_active(program, folder):
    with harness.echo_server(6000):
        with Card(program, folder, "proxy", "tcp://127.0.0.1:7000",
                  f"toe://{KERNEL}:6000") as card:
            card.ready()
            many_flows("127.0.0.1", 7000, 64, MIB)
            card.stop()
    judge(card.capture)


@case
def half_close_by_the_card(program, folder):
    """The card's side ends first; the kernel still sends 1 MiB, which arrives."""
    late = harness.payload(MIB, 5)
    with harness.listener(5003) as server:
        with pipe(program, folder, f"toe://{KERNEL}:5003", stdin=subprocess.PIPE) as card:
            connection, _ = server.accept()
            card.process.stdin.write(b"first")
            card.process.stdin.close()
            assert harness.receive_all(connection) == b"first"
            time.sleep(0.3)
            assert card.process.poll() is None, "the pipe ended although data may come"
            connection.sendall(late)
            connection.close()
            assert card.process.wait(60) == 0, card.text()
    assert (folder / "card.out").read_bytes() == late
    judge(card.capture)


@case
def half_close_by_the_kernel(program, folder):
    late = harness.payload(MIB, 6)
    with pipe(program, folder, "--listen", "toe://:5003", stdin=subprocess.PIPE) as card:
        card.ready()
        with socket.create_connection((CARD, 5003), timeout=30) as connection:
            connection.sendall(b"first")
            connection.shutdown(socket.SHUT_WR)
            time.sleep(0.3)
            assert card.process.poll() is None, "the pipe ended although it may send"
            # At once: nobody reading would fill the socket, then the pipe.
            feeder = harness.background(
                lambda: (card.process.stdin.write(late), card.process.stdin.close()))
            assert harness.receive_all(connection) == late
            feeder.result()
        assert card.process.wait(60) == 0, card.text()
    assert (folder / "card.out").read_bytes() == b"first"
    judge(card.capture)


@case
def reset_by_the_kernel(program, folder):
    with harness.listener(5004) as server:
        with pipe(program, folder, f"toe://{KERNEL}:5004", stdin=subprocess.PIPE) as card:
            connection, _ = server.accept()
            reset(connection)
            assert card.process.wait(60) == harness.RESET, card.text()
    with pipe(program, folder, "--listen", "toe://:5004", stdin=subprocess.PIPE,
              name="passive") as card:
        card.ready()
        connection = socket.create_connection((CARD, 5004), timeout=30)
        connection.sendall(b"x")
        time.sleep(0.3)
        reset(connection)
        assert card.process.wait(60) == harness.RESET, card.text()
    judge(folder / "card.pcapng", folder / "passive.pcapng")


@case
def reset_by_the_card(program, folder):
    """A pipe that is interrupted aborts its flow; the kernel's reader must see ECONNRESET."""

    def expect_reset(connection, card):
        connection.settimeout(30)
        connection.sendall(b"x")
        time.sleep(0.3)
        card.process.send_signal(signal.SIGTERM)
        try:
            data = connection.recv(16)
        except OSError as error:
            assert error.errno == errno.ECONNRESET, error
        else:
            raise AssertionError(f"wanted ECONNRESET, got {data!r}")
        assert card.process.wait(60) != 0

    with harness.listener(5005) as server:
        with pipe(program, folder, f"toe://{KERNEL}:5005", stdin=subprocess.PIPE) as card:
            connection, _ = server.accept()
            expect_reset(connection, card)
    with pipe(program, folder, "--listen", "toe://:5005", stdin=subprocess.PIPE,
              name="passive") as card:
        card.ready()
        expect_reset(socket.create_connection((CARD, 5005), timeout=30), card)
    judge(folder / "card.pcapng", folder / "passive.pcapng")


@case
def closed_ports_refuse(program, folder):
    with pipe(program, folder, f"toe://{KERNEL}:9") as card:
        assert card.process.wait(60) == harness.REFUSED, card.text()
    with pipe(program, folder, "--listen", "toe://:5006", name="passive") as card:
        card.ready()
        try:
            socket.create_connection((CARD, 9), timeout=30)
        except ConnectionRefusedError:
            pass
        else:
            raise AssertionError("the card accepted on a port nobody listens on")
        card.stop()
    judge(folder / "card.pcapng", folder / "passive.pcapng")


def expect_timed_out(card, low, high):
    begin = time.monotonic()
    assert card.process.wait(60) == harness.TIMED_OUT, card.text()
    assert "timed out" in card.text(), card.text()
    seconds = time.monotonic() - begin
    assert low < seconds < high, f"timed out after {seconds:.1f} s"


@case
def nobody_answers(program, folder):
    """No host of that address: the program's own limit, then the card's (0.3 + 0.6 + 1.2 s)."""
    with pipe(program, folder, f"toe://{NOBODY}:80", "--connect-timeout", "3") as card:
        expect_timed_out(card, 2, 12)
    with pipe(program, folder, f"toe://{NOBODY}:80", "--policy", "syn_retries_max=2",
              "--policy", "rto_initial_us=300000") as card:
        expect_timed_out(card, 1.9, 12)


@case
def nobody_answers_the_syn(program, folder):
    """The card's own limit: a listener whose backlog is full drops SYNs without a word."""
    with socket.create_server((KERNEL, 5008), backlog=0) as server:
        with socket.create_connection((KERNEL, 5008)):
            with pipe(program, folder, f"toe://{KERNEL}:5008", "--policy", "syn_retries_max=3",
                      "--policy", "rto_initial_us=300000") as card:
                expect_timed_out(card, 4.3, 15)
            server.accept()[0].close()
    judge(card.capture)
    asked, = fields(card.capture, ["frame.time_relative"],
                    f"arp.opcode == 1 && arp.src.proto_ipv4 == {CARD}")[0]
    syns = [float(when) - float(asked) for when, in
            fields(card.capture, ["frame.time_relative"],
                   f"ip.src == {CARD} && tcp.flags.syn == 1")]
    print("SYNs after", [f"{when:.3f}" for when in syns])
    assert len(syns) == 4, f"1 SYN and 3 more wanted: {syns}"
    # Waits of 0.3, 0.6 and 1.2 s (RFC 6298 5.5), never shorter; a busy machine adds to them.
    for when, wanted in zip(syns, (0, 0.3, 0.9, 2.1)):
        assert wanted * 0.99 <= when < wanted + 0.8, syns


@case
def ping_is_answered(program, folder):
    with pipe(program, folder, "--listen", "toe://:5007") as card:
        card.ready()
        if subprocess.run(["which", "ping"], capture_output=True, check=False).returncode != 0:
            harness.skip("no ping here")
        subprocess.run(["ping", "-c", "5", "-i", "0.2", "-W", "5", CARD], check=True)
        subprocess.run(["ping", "-c", "2", "-i", "0.2", "-W", "5", "-s", "1400", CARD], check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("case", nargs="?", choices=list(CASES))
    chosen = parser.parse_args()
    if chosen.list:
        print("\n".join(CASES))
        return 0
    harness.enter()
    with harness.scratch() as name:
        begin = time.monotonic()
        CASES[chosen.case](chosen.program, Path(name))
        print(f"{chosen.case}: passed in {time.monotonic() - begin:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
