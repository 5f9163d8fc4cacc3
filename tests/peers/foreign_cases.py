# SPDX-License-Identifier: Apache-2.0
"""Two more stacks than this machine's kernel: gVisor's netstack, and user-mode Linux with netem of
its own. Each is a Debian package; a case whose package is missing is skipped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import harness
from harness import CARD, KERNEL, Card, case
from judge import judge

NETSTACK = "10.77.0.77"
UML = "10.77.0.3"
MIB = 1 << 20


def netstack(*arguments, **popen):
    """Our program on gVisor's netstack; the build makes it where Go and gVisor's sources are."""
    program = os.environ.get("MILLRACE_NETSTACK", "")
    if not Path(program).is_file():
        harness.skip("needs golang-go and golang-gvisor-gvisor-dev at build time")
    return subprocess.Popen([program, "-address", NETSTACK, *arguments], stderr=subprocess.PIPE,
                            text=True, **popen)


@case
def netstack_connects(program, folder):
    """32 connections by gVisor at once, 256 KiB each way, through a proxy on the card."""
    with harness.echo_server(6000), \
            Card(program, folder, "proxy", "toe://:5200", f"tcp://{KERNEL}:6000") as card:
        card.ready()
        peer = netstack("exchange", CARD, "5200", str(MIB // 4), "7", "32")
        _, errors = peer.communicate(timeout=240)
        assert peer.returncode == 0, errors
        card.stop()
    judge(card.capture)


@case
def netstack_accepts(program, folder):
    """Connections by the card to an echo on gVisor, one of 4 MiB and 16 of 64 KiB."""
    peer = netstack("echo", "7000")
    try:
        assert "listening" in peer.stderr.readline()
        with Card(program, folder, "proxy", "tcp://127.0.0.1:7000",
                  f"toe://{NETSTACK}:7000") as card:
            card.ready()
            for count, size in ((1, 4 * MIB), (16, MIB // 16)):
                harness.many_flows("127.0.0.1", 7000, count, size)
            card.stop()
    finally:
        peer.kill()
        peer.wait()
    judge(card.capture)


# ---- user-mode Linux ---------------------------------------------------------------------------

def netem_module():
    found = sorted(Path("/usr/lib/uml/modules").glob("*/kernel/net/sched/sch_netem.ko"))
    return found[0] if found else None


@case
def uml_behind_netem(program, folder):
    """A second Linux as a process, whose eth0 delays by 5 ms and loses 1 % of what it sends: a file
    each way through the card, byte-exact."""
    kernel, module = shutil.which("linux.uml") or shutil.which("linux"), netem_module()
    if not kernel or not module:
        harness.skip("needs the package user-mode-linux")
    if os.geteuid() != 0:
        harness.skip("user-mode Linux needs root here")
    root = folder / "www"
    root.mkdir()
    down, up = harness.payload(2 * MIB, 11), harness.payload(2 * MIB, 12)
    (root / "down.bin").write_bytes(down)
    (folder / "up.bin").write_bytes(up)
    for command in ("ip tuntap add dev uml0 mode tap", "ip link add br0 type bridge",
                    "ip link set toe0 master br0", "ip link set uml0 master br0",
                    "ip link set uml0 up", "ip link set br0 up"):
        result = subprocess.run(command.split(), capture_output=True, text=True, check=False)
        if result.returncode != 0:
            harness.skip(f"no bridge here: {result.stderr.strip()}")
    with Card(program, folder, "serve", str(root), "--port", "80") as card:
        card.ready()
        console = folder / "console"
        with open(console, "wb") as output:
            subprocess.run([kernel, "mem=256M", "rootfstype=hostfs", "rootflags=/", "ro",
                            f"init={Path(__file__).with_name('uml_init')}", "eth0=tuntap,uml0,,",
                            "con=null", "con0=fd:0,fd:1", f"uml_dir={folder}", f"CARD={CARD}",
                            f"OWN={UML}", f"FOLDER={folder}", f"MODULE={module}",
                            f"PYTHON={sys.executable}"],
                           stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=280,
                           check=False, env={**os.environ, "TMPDIR": str(folder)})
        text = console.read_text(errors="replace")
        card.stop()
    print("\n".join(line for line in text.splitlines() if "netem" in line or "Tcp" in line))
    assert "qdisc netem" in text, text[-3000:]
    assert "fetched" in text and f"down {harness.digest(down)}" in text, text[-3000:]
    assert "uploaded" in text, text[-3000:]
    assert harness.digest((root / "up.bin").read_bytes()) == harness.digest(up)
    judge(card.capture)
