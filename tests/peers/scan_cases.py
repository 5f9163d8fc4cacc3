# SPDX-License-Identifier: Apache-2.0
"""nmap probes the card; without the package a case is skipped."""

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
