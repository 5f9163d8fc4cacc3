# SPDX-License-Identifier: Apache-2.0
"""scapy as adversary: a stranger on the wire whose segments overlap, wrap, lie and do not fit,
while honest connections go on. Every random choice comes from SEED."""

import random
import socket

import harness
from harness import CARD, Card, case
from judge import judge
from stranger import MODULO, Connection, Stranger, need_scapy

SEED = 20261128


def sink(program, folder, port):
    """A pipe that sends nothing and writes what it receives to folder/card.out."""
    return harness.pipe(program, folder, "--listen", f"toe://:{port}")


def echo_card(program, folder, port):
    """A card that echoes, by a proxy to an echo server of the kernel."""
    return Card(program, folder, "proxy", f"toe://:{port}", f"tcp://{harness.KERNEL}:6000")


def honest_echo(port, seed, size=20000):
    """One more connection, by the kernel: the card serves it as if nothing happened."""
    data = harness.payload(size, seed)
    with socket.create_connection((CARD, port), timeout=60) as connection:
        assert harness.exchange(connection, data) == data


def finish(connection, card, seconds=60):
    connection.segment("FA")
    connection.seq += 1
    connection.acked_to(connection.seq, seconds)
    connection.pump(lambda: connection.fin, seconds)
    assert card.process.wait(60) == 0, card.text()


@case
def overlaps_with_other_data(program, folder):
    """Segments overlap with different bytes. What the card delivers at each place was sent for that
    place, and a byte once acknowledged never changes."""
    need_scapy()
    rng = random.Random(SEED)
    size = 6000
    with sink(program, folder, 5100) as card:
        card.ready()
        with Stranger() as host:
            connection = Connection(host, 5100, 3100).open()
            start = connection.seq
            may_be = [set() for _ in range(size)]

            def put(offset, length):
                data = rng.randbytes(length)
                acked = (connection.card_ack - start) % MODULO
                for place, byte in enumerate(data, offset):
                    if place >= acked:
                        may_be[place].add(byte)
                connection.segment("PA", data, seq=start + offset)
                while (answer := connection.next(0.02)) is not None:
                    connection.card_ack = answer.ack

            for _ in range(120):
                offset = rng.randrange(size - 1)
                put(offset, min(rng.choice((1, 7, 63, 64, 65, 500, 1400)), size - offset))
            while (connection.card_ack - start) % MODULO < size:  # what is missing, in order
                offset = (connection.card_ack - start) % MODULO
                put(offset, min(1000, size - offset))
            connection.seq = start + size
            finish(connection, card)
    received = (folder / "card.out").read_bytes()
    assert len(received) == size, f"{len(received)} bytes of {size}"
    wrong = [place for place, byte in enumerate(received) if byte not in may_be[place]]
    assert not wrong, f"bytes that nobody sent at {wrong[:10]}"


@case
def blind_resets_and_syns(program, folder):
    """RSTs that are not exact, SYNs and ACKs out of thin air leave a connection alone (RFC 5961);
    their challenges are throttled; the exact RST ends it."""
    need_scapy()
    rng = random.Random(SEED)
    with sink(program, folder, 5101) as card:
        card.ready()
        with Stranger() as host:
            connection = Connection(host, 5101, 3101).open()
            connection.segment("PA", b"before")
            connection.seq += 6
            connection.acked_to(connection.seq)
            for _ in range(100):
                past = connection.ack - rng.randrange(1 << 27, 1 << 30)
                connection.segment("R", seq=connection.seq + rng.randrange(1, 60000), ack=0)
                connection.segment("R", seq=connection.seq + rng.randrange(1 << 20, 1 << 31), ack=0)
                connection.segment("S", seq=rng.randrange(MODULO), ack=0)
                connection.segment("SA", seq=connection.seq + rng.randrange(60000),
                                   ack=rng.randrange(MODULO))
                connection.segment("A", b"evil", ack=connection.ack + rng.randrange(1, 1 << 30))
                connection.segment("A", b"evil", ack=past)
            connection.segment("PA", b" and after")
            connection.seq += 10
            connection.acked_to(connection.seq)
            assert card.process.poll() is None, card.text()
            connection.segment("R", ack=0)
            assert card.process.wait(60) == harness.RESET, card.text()
    assert (folder / "card.out").read_bytes() == b"before and after"


@case
def numbers_wrap_everywhere(program, folder):
    """Connections whose numbers pass 2^32 and 2^31 in the SYN, in data, at a segment's edge, in the
    FIN; each sends 3,000 bytes in small pieces, out of order now and then, and gets them back."""
    need_scapy()
    rng = random.Random(SEED)
    size = 3000
    edges = (0, 1, 2, 3, 500, 1000, 1459, 1460, 1461, size - 1, size, size + 1, size + 2)
    with harness.echo_server(6000), echo_card(program, folder, 5102) as card:
        card.ready()
        with Stranger() as host:
            for number, (edge, top) in enumerate((e, t) for e in edges for t in (MODULO, 1 << 31)):
                connection = Connection(host, 5102, 3200 + number, isn=top - edge).open()
                data = harness.payload(size, SEED + number)
                pieces = [(at, data[at:at + 500]) for at in range(0, size, 500)]
                rng.shuffle(pieces)
                for at, piece in pieces:
                    connection.segment("PA", piece, seq=connection.seq + at)
                connection.seq += size
                while True:  # five gaps are more than the card keeps: what is missing goes again
                    try:
                        connection.acked_to(connection.seq, 1)
                        break
                    except AssertionError:
                        at = size - (connection.seq - connection.card_ack) % MODULO
                        connection.segment("PA", data[at:at + 500], seq=connection.seq - size + at)
                connection.segment("FA")
                connection.seq += 1
                connection.pump(lambda c=connection: c.fin)
                assert connection.received == data, f"isn {connection.isn}: other data came back"
        card.stop()
    judge(card.capture)


@case
def windows_shrink(program, folder):
    """The receiver opens, shrinks and closes its window at random; the card sends nothing beyond
    what was offered when it sent, probes a window of zero, and the file arrives whole."""
    need_scapy()
    rng = random.Random(SEED)
    root = folder / "www"
    root.mkdir()
    data = harness.payload(60000, SEED)
    (root / "f").write_bytes(data)
    with Card(program, folder, "serve", str(root), "--port", "80") as card:
        card.ready()
        with Stranger() as host:
            connection = Connection(host, 80, 3300, window=3000).open()
            edge = (connection.ack + connection.window) % MODULO
            request = b"GET /f HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            connection.segment("PA", request)
            connection.seq += len(request)
            rounds = 0
            while not connection.fin and rounds < 3000:
                rounds += 1
                tcp = connection.next(0.5)
                if tcp is not None:
                    last = (tcp.seq + len(tcp.text)) % MODULO
                    assert (last - edge) % MODULO >= 1 << 31 or last == edge or \
                        (last - edge) % MODULO <= 1, f"{(last - edge) % MODULO} beyond the window"
                    connection.take(tcp, answer=False)
                    assert not connection.reset
                connection.window = rng.choice((0, 1, 100, 1459, 1460, 3000, 5000))
                if tcp is None:
                    connection.window = 5000
                offered = (connection.ack + connection.window) % MODULO
                if (offered - edge) % MODULO < 1 << 31:
                    edge = offered
                connection.segment("A")
            body = bytes(connection.received).partition(b"\r\n\r\n")[2]
            assert body == data, f"{len(body)} bytes of the body in {rounds} rounds"
        card.stop()


@case
def tiny_segments(program, folder):
    """One byte a segment, neighbours swapped, each one twice."""
    need_scapy()
    rng = random.Random(SEED)
    data = harness.payload(1500, SEED)
    with sink(program, folder, 5103) as card:
        card.ready()
        with Stranger() as host:
            connection = Connection(host, 5103, 3103).open()
            start = connection.seq
            for first in range(0, len(data), 4):
                places = list(range(first, min(first + 4, len(data)))) * 2
                rng.shuffle(places)
                for place in places:
                    connection.segment("A", data[place:place + 1], seq=start + place)
                connection.acked_to(start + first + len(set(places)), 20)
            connection.seq = start + len(data)
            finish(connection, card)
    assert (folder / "card.out").read_bytes() == data
