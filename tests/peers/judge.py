# SPDX-License-Identifier: Apache-2.0
"""tshark as the independent judge of a capture: no error-level entry, no bad checksum, nothing
malformed."""

import shutil
import subprocess

KERNEL = "10.77.0.1"
CARD = "10.77.0.2"
BASE = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
        # Random payload must not be taken for some application's protocol: all of it is data.
        "-o", "tcp.try_heuristic_first:FALSE", "-o", "tcp.desegment_tcp_streams:FALSE",
        "-d", "tcp.port==1-65535,data"]
ERROR = "8388608"  # _ws.expert.severity
# Linux's software checksum writes 0xffff where RFC 1624 wants 0x0000, which tshark tells from other
# bad checksums. Linux's are none of the card's faults; all else about such a frame counts.
QUIRK = "TCP Checksum 0xffff instead of 0x0000 (see RFC 1624)"
FIELDS = ("frame.number", "ip.src", "tcp.checksum.status", "ip.checksum.status", "_ws.malformed",
          "_ws.expert.severity", "_ws.expert.message")


def fields(capture, names, condition):
    """One list of texts for each frame that fits; several values of one field are joined by '|'."""
    command = ["tshark", "-r", str(capture), *BASE, "-T", "fields", "-E", "aggregator=|",
               "-Y", condition]
    for name in names:
        command += ["-e", name]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"tshark: {result.stderr}"
    return [line.split("\t") for line in result.stdout.splitlines()]


def complaints(capture):
    """One sentence for each frame in which tshark finds a fault."""
    suspects = fields(capture, FIELDS, "tcp.checksum.status == 0 || ip.checksum.status == 0 || "
                                       "_ws.malformed || _ws.expert.severity == error")
    found = []
    for number, source, tcp, ip, malformed, severities, messages in suspects:
        words = messages.split("|")
        faults = [word for severity, word in zip(severities.split("|"), words) if severity == ERROR]
        if tcp == "0" and not (source != CARD and QUIRK in words):
            faults.append("TCP checksum")
        faults += ["IP checksum"] * ("0" in ip.split("|"))
        faults += ["malformed"] * bool(malformed)
        if faults:
            found.append(f"frame {number} of {source}: {', '.join(faults)}")
    return found


def judge(*captures):
    """Raises if there is a complaint or a capture without TCP."""
    if not shutil.which("tshark"):
        print("tshark is missing: capture not judged")
        return
    for capture in captures:
        found = complaints(capture)
        assert not found, "tshark complains:\n" + "\n".join(found[:30])
        frames = len(fields(capture, ["frame.number"], "tcp"))
        assert frames > 0, f"{capture} holds no TCP"
        print(f"tshark: {frames} TCP segments, no error-level entry, no bad checksum")
