# SPDX-License-Identifier: Apache-2.0
"""The judge itself: frames made wrong on purpose must be complained of, the kernel's quirk not."""

import shutil
import socket
import struct

import judge
from harness import CARD, KERNEL, case, skip


def folded(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def segment(source, target, sequence, tcp_error=0, ip_error=0, quirk=False):
    """A whole frame with right checksums, apart from what is asked for."""
    addresses = socket.inet_aton(source) + socket.inet_aton(target)
    pseudo = addresses + struct.pack("!HH", 6, 20)

    def header(checksum, window):
        return struct.pack("!HHIIBBHHH", 4000, 5000, sequence, 1, 20 << 2, 0x10, window, checksum,
                           0)

    window = 1000
    if quirk:  # a window with which the checksum comes out as zero
        window = 0xFFFF - folded(pseudo + header(0, 0))
    checksum = 0xFFFF ^ folded(pseudo + header(0, window))
    tcp = header(0xFFFF if quirk else checksum ^ tcp_error, window)
    assert not quirk or checksum == 0

    def ip(checksum):
        return struct.pack("!BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, checksum) + addresses

    return (b"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x08\x00" +
            ip(0xFFFF ^ folded(ip(0)) ^ ip_error) + tcp)


def write(path, frames):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number, frame in enumerate(frames):
            file.write(struct.pack("<IIII", number, 0, len(frame), len(frame)) + frame)
    return path


@case
def the_judge_sees_faults(_, folder):
    if not shutil.which("tshark"):
        skip("no tshark here")
    cases = {  # name: (frame, is a fault)
        "good": (segment(CARD, KERNEL, 1), False),
        "good_kernel": (segment(KERNEL, CARD, 1), False),
        "quirk": (segment(KERNEL, CARD, 1, quirk=True), False),
        "quirk_of_the_card": (segment(CARD, KERNEL, 1, quirk=True), True),
        "quirk_and_ip": (segment(KERNEL, CARD, 1, quirk=True, ip_error=1), True),
        "tcp": (segment(KERNEL, CARD, 1, tcp_error=1), True),
        "tcp_card": (segment(CARD, KERNEL, 1, tcp_error=0x8000), True),
        "ip": (segment(CARD, KERNEL, 1, ip_error=0x100), True),
        "short": (segment(CARD, KERNEL, 1)[:40], True),
    }
    for name, (frame, is_fault) in cases.items():
        found = judge.complaints(write(folder / f"{name}.pcap", [frame]))
        assert bool(found) == is_fault, f"{name}: {found}"
    try:
        judge.judge(write(folder / "empty.pcap", []))
    except AssertionError:
        pass
    else:
        raise AssertionError("a capture without TCP was taken for a good one")
