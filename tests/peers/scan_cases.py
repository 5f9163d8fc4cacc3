# SPDX-License-Identifier: Apache-2.0
"""nmap and hping3 probe the card; both are Debian packages, without which a case is skipped."""

import re
import shutil
import subprocess

import harness
from adversary_cases import SEED, echo_card, honest_echo
from harness import CARD, case


def tool(name):
    if not shutil.which(name):
        harness.skip(f"needs the package {name}")
    return name


def run(*command, seconds=120):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                            timeout=seconds, check=False)
    print(" ".join(str(word) for word in command))
    print(result.stdout)
    return result.stdout + result.stderr


# What a TCP that follows RFC 9293 shows of an open and of a closed port: FIN, NULL and Xmas
# segments are answered by a closed port alone, ACKs by both with RST, Maimon's FIN,ACK too.
SCANS = {
    "-sT": ("open", "closed"),
    "-sS": ("open", "closed"),
    "-sF": ("open|filtered", "closed"),
    "-sN": ("open|filtered", "closed"),
    "-sX": ("open|filtered", "closed"),
    "-sA": ("unfiltered", "unfiltered"),
    "-sM": ("closed", "closed"),
}


@case
def nmap_sees_open_and_closed(program, folder):
    nmap = tool("nmap")
    with harness.echo_server(6000), echo_card(program, folder, 5300) as card:
        card.ready()
        for scan, wanted in SCANS.items():
            text = run(nmap, "-n", "-Pn", "--max-retries", "2", scan, "-p", "5300,5301", CARD)
            for port, state in zip((5300, 5301), wanted):
                seen = re.search(rf"{port}/tcp\s+(\S+)", text)
                assert seen and seen[1] == state, f"{scan}: port {port} {seen and seen[1]}, " \
                                                  f"wanted {state}"
        honest_echo(5300, SEED)
        card.stop()


@case
def nmap_probes_the_stack(program, folder):
    """OS detection sends odd options, flags, windows and ECN: the card answers the tests of TCP
    and goes on; initial sequence numbers must be hard to predict."""
    nmap = tool("nmap")
    with harness.echo_server(6000), echo_card(program, folder, 5300) as card:
        card.ready()
        text = run(nmap, "-n", "-Pn", "-O", "-v", "--max-os-tries", "1", "-p", "5300,5301", CARD)
        seen = re.search(r"TCP Sequence Prediction: Difficulty=(\d+)", text)
        assert seen and int(seen[1]) >= 240, text
        honest_echo(5300, SEED)
        card.stop()


@case
def hping_sends_odd_segments(program, folder):
    """Every combination of flags, fragments, bad checksums, wrong data offsets; a bounded flood."""
    hping = tool("hping3")
    odd = [("-S",), ("-F",), ("-R",), ("-P",), ("-A",), ("-U",), ("-X",), ("-Y",), ("-S", "-F"),
           ("-S", "-R"), ("-F", "-P", "-U"), ("-S", "-A", "-F", "-R", "-P", "-U"), (),
           ("-S", "-f", "-d", "64"), ("-S", "-b"), ("-A", "-b"), ("-S", "-O", "0"),
           ("-S", "-O", "3"), ("-S", "-O", "15"), ("-S", "-w", "0"), ("-A", "-d", "1400"),
           ("-S", "-d", "500")]
    with harness.echo_server(6000), echo_card(program, folder, 5302) as card:
        card.ready()
        for port in (5302, 5303):
            for words in odd:
                run(hping, "-n", "-c", 5, "-i", "u2000", *words, "-p", port, CARD)
        run(hping, "-n", "-q", "-c", 5000, "-i", "u100", "-S", "--rand-source", "-p", 5302, CARD)
        answer = run(hping, "-n", "-c", 5, "-i", "u20000", "-S", "-p", 5302, CARD)
        assert answer.count("flags=SA") == 5, answer
        answer = run(hping, "-n", "-c", 5, "-i", "u20000", "-S", "-p", 5303, CARD)
        assert answer.count("flags=RA") == 5, answer
        honest_echo(5302, SEED)
        card.stop()
