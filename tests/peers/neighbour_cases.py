# SPDX-License-Identifier: Apache-2.0
"""The card as a neighbour of Linux: ping, ARP and neighbour tables, 802.1Q tags, jumbo frames."""

import fcntl
import os
import re
import select
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import harness
from harness import CARD, KERNEL, Card, case
from judge import fields, judge

CARD6, KERNEL6 = "fd77::2", "fd77::1"
MAC = "02:00:00:00:00:02"
LINK6 = "fe80::ff:fe00:2"  # RFC 4291 appendix A


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def enable_ipv6(device="toe0"):
    """Addresses at once, and nothing sent of the kernel's own accord but what a test asks for."""
    conf = Path(f"/proc/sys/net/ipv6/conf/{device}")
    (conf / "accept_dad").write_text("0")
    (conf / "router_solicitations").write_text("0")
    (conf / "disable_ipv6").write_text("0")
    run("ip", "address", "add", f"{KERNEL6}/64", "dev", device, "nodad")


def ping(address, *arguments, count=5):
    """Every request is answered, with the TTL that the card has."""
    text = run("ping", "-n", "-c", str(count), "-i", "0.05", "-W", "20", *arguments, address)
    assert f"{count} received" in text, text
    return text


def neighbours(device="toe0"):
    """Address to (MAC, state) as the kernel has them."""
    table = {}
    for line in run("ip", "neigh", "show", "dev", device).splitlines():
        found = re.match(r"(\S+) .*?lladdr (\S+)(?: router)? (\S+)", line)
        if found:
            table[found[1]] = (found[2], found[3])
    return table


def serve(program, folder, *arguments):
    root = folder / "www"
    root.mkdir()
    data = harness.payload(1 << 20, 5)
    (root / "a.bin").write_bytes(data)
    return data, Card(program, folder, "serve", str(root), "--port", "80", "--mac", MAC,
                      *arguments)


def fetch(host, data):
    got = subprocess.run(["curl", "-sS", "--fail", "-g", "--max-time", "120",
                          f"http://{host}/a.bin"], capture_output=True, check=True).stdout
    assert harness.digest(got) == harness.digest(data)


@case
def ping_of_both_families(program, folder):
    enable_ipv6()
    _, card = serve(program, folder, "--ip6", f"{CARD6}/64", "--set", "time_to_live=61")
    with card:
        card.ready()
        for address in (CARD, CARD6, f"{LINK6}%toe0"):
            for size in (0, 1, 8, 56, 64, 1000, 1400):
                assert "ttl=61" in ping(address, "-s", str(size), count=3)
        assert "ttl=61" in ping(CARD, "-s", "1472")
        assert "ttl=61" in ping(CARD6, "-s", "1452")
        ping(CARD, "-l", "3", count=20)  # several on their way
        table = neighbours()
        for address in (CARD, CARD6, LINK6):
            assert table[address][0] == MAC, table
        card.stop()
    bad = fields(card.capture, ["frame.number", "_ws.col.Info"],
                 "_ws.malformed || icmp.checksum.status == 0 || icmpv6.checksum.status == 0 || "
                 "ip.checksum.status == 0 || icmpv6.type == 4")
    assert not bad, bad
    answered = len(fields(card.capture, ["frame.number"], "icmp.type == 0 || icmpv6.type == 129"))
    print(f"{answered} echo replies")


@case
def neighbour_tables(program, folder):
    """The kernel proves the card reachable and the other way round, also after either forgot."""
    enable_ipv6()
    data, card = serve(program, folder, "--ip6", f"{CARD6}/64", "--set", "arp_age_us=1000000")
    with card:
        card.ready()
        for _ in range(3):
            run("ip", "neigh", "flush", "dev", "toe0")
            for address in (CARD, CARD6, f"{LINK6}%toe0"):
                ping(address, count=2)
            time.sleep(1.2)
            fetch(CARD, data)  # the card's second is over: it asks the kernel again
        # The kernel asks by unicast what it knows (NUD_PROBE), and the card answers.
        for address in (CARD, CARD6, LINK6):
            run("ip", "neigh", "change", address, "dev", "toe0", "lladdr", MAC, "nud", "probe")
        limit = time.monotonic() + 30
        while any(neighbours()[a] != (MAC, "REACHABLE") for a in (CARD, CARD6, LINK6)):
            assert time.monotonic() < limit, neighbours()
            time.sleep(0.1)
        card.stop()
    judge(card.capture)
    unicast = fields(card.capture, ["frame.number"],
                     f"eth.src == {MAC} && arp.opcode == 1 && eth.dst != ff:ff:ff:ff:ff:ff")
    assert unicast, "the card never asked by unicast"


@case
def neighbour_moves(program, folder):
    """The kernel gets another MAC address without a word; the card finds it again."""
    data, card = serve(program, folder, "--set", "arp_age_us=500000")
    Path("/proc/sys/net/ipv4/conf/toe0/arp_notify").write_text("0")
    with card:
        card.ready()
        fetch(CARD, data)
        with socket.create_connection((CARD, 80), timeout=60) as connection:
            connection.sendall(b"GET /a.bin HTTP/1.1\r\nHost: a\r\n")
            # A static entry: the kernel asks nothing, so it tells nothing.
            run("ip", "neigh", "replace", CARD, "dev", "toe0", "lladdr", MAC, "nud", "permanent")
            run("ip", "link", "set", "toe0", "address", "02:77:00:00:00:07")
            connection.sendall(b"Connection: close\r\n\r\n")
            got = harness.receive_all(connection)
        assert got.endswith(data)
        card.stop()
    judge(card.capture)


def vlan_device(name, tag):
    """A VLAN device on toe0; where the kernel has none, a TAP device and a thread that tags."""
    made = subprocess.run(["ip", "link", "add", "link", "toe0", "name", name, "type", "vlan", "id",
                           str(tag)], capture_output=True, check=False)
    if made.returncode == 0:
        return
    print("no VLAN devices in this kernel: tagging by hand")
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, 0x400454CA, struct.pack("16sH22x", name.encode(), 0x1002))  # TAP, no header
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.setsockopt(263, 8, 1)  # SOL_PACKET, PACKET_AUXDATA: the kernel takes the tag out
    wire.bind(("toe0", 0))

    def untagged():
        frame, extra, _, address = wire.recvmsg(65536, 256)
        valid, tci = extra and struct.unpack("I12xH", extra[0][2][:18]) or (0, 0)
        if address[2] != 4 and valid & 16 and tci & 0xFFF == tag:  # not one we sent
            os.write(tap, frame)

    def relay():
        while True:
            for ready in select.select([tap, wire], [], [])[0]:
                if ready is wire:
                    untagged()
                else:
                    frame = os.read(tap, 65536)
                    wire.send(frame[:12] + struct.pack("!HH", 0x8100, tag) + frame[12:])

    threading.Thread(target=relay, daemon=True).start()


@case
def tagged_frames(program, folder):
    """The kernel's end is a VLAN device: every frame of the card has the tag."""
    run("ip", "address", "flush", "dev", "toe0")
    vlan_device("v", 77)
    run("ip", "address", "add", f"{KERNEL}/24", "dev", "v")
    run("ip", "link", "set", "v", "up")
    enable_ipv6("v")
    data, card = serve(program, folder, "--ip6", f"{CARD6}/64", "--vlan", "77")
    with card:
        card.ready()
        for address in (CARD, CARD6, f"{LINK6}%v"):
            for size in (0, 5, 6, 7, 17, 18, 56, 1400):
                ping(address, "-s", str(size), count=2)
        fetch(CARD, data)
        table = neighbours("v")
        for address in (CARD, CARD6, LINK6):
            assert table[address][0] == MAC, table
        card.stop()
    judge(card.capture)
    bare = fields(card.capture, ["frame.number"], f"eth.src == {MAC} && !(vlan.id == 77)")
    assert not bare, bare


@case
def jumbo_frames(program, folder):
    run("ip", "link", "set", "toe0", "mtu", "9000")
    data, card = serve(program, folder, "--mss", "8948")
    with card:
        card.ready()
        fetch(CARD, data)
        ping(CARD, "-s", "1400", count=2)
        card.stop()
    judge(card.capture)
    longest = max(int(length[0]) for length in fields(card.capture, ["tcp.len"],
                                                      f"ip.src == {CARD} && tcp.len > 0"))
    assert longest > 8900, longest


@case
def fetch_over_ipv6(program, folder):
    enable_ipv6()
    data, card = serve(program, folder, "--ip6", f"{CARD6}/64")
    with card:
        card.ready()
        fetch(f"[{CARD6}]", data)
        fetch(f"[{LINK6}%25toe0]", data)
        card.stop()
    judge(card.capture)
