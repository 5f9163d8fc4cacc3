# SPDX-License-Identifier: Apache-2.0
"""Strangers in numbers: options of random bytes, SYNs of thousands that never answer."""

import random
import socket

import harness
from adversary_cases import SEED, echo_card, honest_echo
from harness import CARD, case, receive_exactly
from stranger import MODULO, Connection, Stranger, need_scapy

try:
    from scapy.layers.inet import IP, TCP, in4_chksum
    from scapy.packet import Raw
except ImportError:
    pass  # need_scapy() says so


def random_options(rng):
    """Raw bytes of at most 40, now and then well-formed, mostly not."""
    kinds = (0, 1, 2, 3, 4, 5, 8, 28, 30, 34, 254, 255, rng.randrange(256))
    raw = b""
    while len(raw) < 40 and rng.random() < 0.8:
        kind = rng.choice(kinds)
        length = rng.choice((0, 1, 2, 3, 4, 10, 18, 34, 40, 255, rng.randrange(256)))
        raw += bytes((kind,)) if kind < 2 else bytes((kind, length)) + rng.randbytes(
            min(length, 40))
    raw = raw[:40]
    return raw + bytes(-len(raw) % 4)


@case
def options_at_random(program, folder):
    """Segments with options of random bytes, in all states and with all flags: the card drops or
    takes them, and serves the others."""
    need_scapy()
    rng = random.Random(SEED)
    with harness.echo_server(6000), echo_card(program, folder, 5104) as card:
        card.ready()
        honest = socket.create_connection((CARD, 5104), timeout=60)
        with Stranger() as host:
            for number in range(40):
                connection = Connection(host, 5104, 3400 + number)
                if number % 2:
                    connection.open()
                for _ in range(40):
                    raw = random_options(rng)
                    flags = "S" if not number % 2 else rng.choice(("A", "PA", "A", "FA", "", "SA",
                                                                   "UPA", "ECA"))
                    base = TCP(sport=connection.sport, dport=5104, flags=flags,
                                     dataofs=5 + len(raw) // 4, seq=connection.seq % MODULO,
                                     ack=connection.ack, window=rng.randrange(65536))
                    text = rng.randbytes(rng.choice((0, 0, 1, 100)))
                    packet = IP(src=host.address, dst=CARD, proto=6) / \
                        Raw(bytes(base)[:20] + raw + text)
                    host.send(with_checksum(packet))
                honest.sendall(b"%6d" % number)
                assert receive_exactly(honest, 6) == b"%6d" % number
        honest.close()
        honest_echo(5104, SEED)
        card.stop()


def with_checksum(packet):
    """The packet with a right TCP checksum, which scapy cannot know of raw bytes."""
    raw = bytearray(bytes(packet[Raw]))
    raw[16:18] = b"\0\0"
    header = IP(bytes(packet))
    check = in4_chksum(6, header, bytes(raw))
    raw[16:18] = check.to_bytes(2, "big")
    return IP(src=header.src, dst=header.dst, proto=6) / Raw(bytes(raw))


@case
def syns_of_strangers(program, folder):
    """4,000 SYNs from as many addresses that never answer: established connections go on, and a new
    one gets in while they come."""
    need_scapy()
    rng = random.Random(SEED)
    with harness.echo_server(6000), echo_card(program, folder, 5105) as card:
        card.ready()
        honest = socket.create_connection((CARD, 5105), timeout=60)
        with Stranger() as host:
            for number in range(4000):
                host.tcp(src=f"10.77.{rng.randrange(128, 256)}.{rng.randrange(1, 255)}",
                         sport=rng.randrange(1024, 65536), dport=5105, flags="S",
                         seq=rng.randrange(MODULO), window=65535, options=[("MSS", 1460)])
                if number % 500 == 0:
                    honest.sendall(b"%6d" % number)
                    assert receive_exactly(honest, 6) == b"%6d" % number
            honest_echo(5105, SEED)
        honest.close()
        card.stop()
