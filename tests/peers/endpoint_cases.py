# SPDX-License-Identifier: Apache-2.0
"""Every command of the program over every kind of endpoint it can have."""

import functools
import http.server
import json
import socket
import subprocess

import harness
from harness import CARD, KERNEL, Card, case
from judge import judge

MIB = 1 << 20


def unix_listener(path):
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(64)
    return server


def unix_connection(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    return connection


def curl(*arguments, code=0):
    """Standard output and the answer's header, which curl writes to its standard error here."""
    done = subprocess.run(["curl", "-sS", "--max-time", "60", "-D", "/dev/stderr", *arguments],
                          capture_output=True, check=False)
    assert done.returncode == code, (done.returncode, done.stderr)
    lines = done.stderr.decode(errors="replace").splitlines()
    header = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
    return done.stdout, int(lines[0].split()[1]), header


def check_ranges(data, *where):
    """RFC 9110 14: `where` is what makes curl reach a.bin."""
    size = len(data)
    whole, status, header = curl(*where)
    assert (whole, status, header["accept-ranges"]) == (data, 200, "bytes"), (status, header)
    for asked, first, last in (("0-0", 0, 0), ("100-70099", 100, 70099),
                               ("-5", size - 5, size - 1), (f"{size - 1}-", size - 1, size - 1),
                               (f"7-{size * 9}", 7, size - 1)):
        part, status, header = curl("-r", asked, *where)
        assert (part, status) == (data[first:last + 1], 206), (asked, status, len(part))
        assert header["content-range"] == f"bytes {first}-{last}/{size}", header
        assert header["content-length"] == str(last + 1 - first), header
    _, status, header = curl("-r", f"{size}-", *where)
    assert (status, header["content-range"]) == (416, f"bytes */{size}"), (status, header)
    for ignored in (["-H", "Range: bytes=0-1,5-6"], ["-H", "Range: lines=0-1"],
                    ["-r", "0-1", "-H", 'If-Range: "x"'], ["-r", "5-4"]):
        whole, status, _ = curl(*ignored, *where)
        assert (whole, status) == (data, 200), (ignored, status)
    _, status, header = curl("-I", "-r", "0-1", *where)
    assert (status, header["content-length"]) == (200, str(size)), (status, header)
    # One connection for all three: a part and a refusal leave it in order.
    url = where[-1]
    three = subprocess.run(["curl", "-s", "--max-time", "60", "-w", "%{num_connects} ",
                            *where[:-1], "-r", "1-2", url, "--next", "-s", "-w", "%{num_connects} ",
                            *where[:-1], "-r", f"{size}-", "-o", "/dev/null", url, "--next", "-s",
                            "-w", "%{num_connects}", *where[:-1], "-r", "3-4", url],
                           capture_output=True, check=True).stdout
    assert three == data[1:3] + b"1 " + b"0 " + data[3:5] + b"0", three


@case
def serve_at_every_endpoint(program, folder):
    root = folder / "www"
    root.mkdir()
    data = harness.payload(200_000, 11)
    (root / "a.bin").write_bytes(data)
    door = folder / "door"
    for at, where in (("toe://:80", [f"http://{CARD}/a.bin"]),
                      ("tcp://127.0.0.1:8000", ["http://127.0.0.1:8000/a.bin"]),
                      (f"unix:{door}", ["--unix-socket", str(door), "http://localhost/a.bin"])):
        with Card(program, folder, "serve", str(root), "--at", at,
                  cardless=not at.startswith("toe")) as card:
            card.ready()
            check_ranges(data, *where)
            assert card.stop() == 0, card.text()
    judge(folder / "card.pcapng")


@case
def a_broken_download_is_resumed(program, folder):
    root = folder / "www"
    root.mkdir()
    data = harness.payload(4 * MIB, 12)
    (root / "a.bin").write_bytes(data)
    (folder / "a.bin").write_bytes(data[:1_234_567])
    with Card(program, folder, "serve", str(root)) as card:
        card.ready()
        _, status, _ = curl("-C", "-", "-o", str(folder / "a.bin"), f"http://{CARD}/a.bin")
        assert status == 206, status
        assert harness.digest((folder / "a.bin").read_bytes()) == harness.digest(data)
        card.stop()
    judge(card.capture)


@case
def get_from_a_kernel_server(program, folder):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    data = harness.payload(4 * MIB, 13)
    (folder / "a.bin").write_bytes(data)
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer((KERNEL, 8000), handler) as server:
        harness.background(server.serve_forever)
        for via in ("toe", "tcp"):
            for path, wanted in (("a.bin", 0), ("none", 8)):
                got = folder / "got.bin"
                with Card(program, folder, "get", f"http://{KERNEL}:8000/{path}", "--via", via,
                          "-o", str(got), name=f"{via}-{path}", cardless=via == "tcp") as card:
                    assert card.process.wait(120) == wanted, card.text()
                if wanted == 0:
                    assert harness.digest(got.read_bytes()) == harness.digest(data), via
        server.shutdown()
    judge(folder / "toe-a.bin.pcapng", folder / "toe-none.pcapng")


def pipe(program, folder, name, *arguments):
    """A pipe that sends name.in and writes name.out; name begins with the kind of endpoint."""
    with open(folder / f"{name}.in", "rb") as stdin, open(folder / f"{name}.out", "wb") as stdout:
        return Card(program, folder, "pipe", *arguments, name=name, stdin=stdin, stdout=stdout,
                    cardless=not name.startswith("toe"))


@case
def pipe_over_every_endpoint(program, folder):
    door = f"unix:{folder / 'door'}"
    for listening, listen, connecting, connect in (
            ("unix-l", door, "unix-c", door),
            ("tcp-l", "tcp://127.0.0.1:5010", "tcp-c", "tcp://127.0.0.1:5010"),
            ("toe-l", "toe://:5011", "tcp-to-toe", f"tcp://{CARD}:5011"),
            ("tcp-for-toe", f"tcp://{KERNEL}:5012", "toe-c", f"toe://{KERNEL}:5012")):
        data = {name: harness.payload(2 * MIB, number)
                for number, name in enumerate((listening, connecting), start=20)}
        for name, content in data.items():
            (folder / f"{name}.in").write_bytes(content)
        with pipe(program, folder, listening, "--listen", listen) as server:
            server.ready()
            with pipe(program, folder, connecting, connect) as client:
                assert client.process.wait(120) == 0, client.text()
                assert server.process.wait(120) == 0, server.text()
        for here, there in ((listening, connecting), (connecting, listening)):
            assert (folder / f"{here}.out").read_bytes() == data[there], f"{there} to {here}"
    judge(folder / "toe-l.pcapng", folder / "toe-c.pcapng")


@case
def proxy_joins_every_pair(program, folder):
    echo_door, door = folder / "echo", folder / "door"
    ends = {  # scheme: (FROM, how to reach it, TO)
        "toe": ("toe://:5013", lambda: socket.create_connection((CARD, 5013), timeout=60),
                f"toe://{KERNEL}:6000"),
        "tcp": ("tcp://127.0.0.1:7000",
                lambda: socket.create_connection(("127.0.0.1", 7000), timeout=60),
                f"tcp://{KERNEL}:6000"),
        "unix": (f"unix:{door}", lambda: unix_connection(door), f"unix:{echo_door}"),
    }
    data = harness.payload(MIB, 30)
    with harness.echo_server(6000), harness.echo_at(unix_listener(echo_door)):
        for near, (listen, reach, _) in ends.items():
            for far, (*_, connect) in ends.items():
                name = f"{near}-{far}"
                with Card(program, folder, "proxy", listen, connect, name=name,
                          cardless="toe" not in (near, far)) as card:
                    card.ready()
                    jobs = [harness.background(lambda: harness.exchange(reach(), data))
                            for _ in range(4)]
                    for job in jobs:
                        assert harness.digest(job.result()) == harness.digest(data), name
                    assert card.stop() == 0, card.text()
    judge(*(folder / f"{near}-{far}.pcapng" for near in ends for far in ends
            if "toe" in (near, far)))


def perf(program, folder, direction, connect, cardless):
    arguments = ("perf", connect, "--direction", direction, "--flows", "4", "--mib", "2", "--json")
    with Card(program, folder, *arguments, name=f"perf-{direction}", cardless=cardless,
              stdout=subprocess.PIPE) as client:
        output, _ = client.process.communicate(timeout=120)
        assert client.process.returncode == 0, client.text()
    figures = json.loads(output)
    wanted = 4 * 2 * MIB * (2 if direction == "both" else 1)
    assert figures["bytes"] == wanted, (figures, wanted)
    assert figures["goodput_wall_mbps"] > 0, figures
    assert (figures["goodput_busy_gbps"] > 0) == (not cardless), figures


@case
def perf_over_every_endpoint(program, folder):
    door = f"unix:{folder / 'door'}"
    for listen, connect in ((None, "mem:here"), (door, door),
                            ("tcp://127.0.0.1:5014", "tcp://127.0.0.1:5014"),
                            ("toe://:5015", f"tcp://{CARD}:5015"),
                            (f"tcp://{KERNEL}:5016", f"toe://{KERNEL}:5016")):
        def measure(connect=connect):
            for direction in ("send", "receive", "both"):
                perf(program, folder, direction, connect, not connect.startswith("toe"))

        if listen is None:
            measure()
            continue
        with Card(program, folder, "perf", "--listen", listen,
                  cardless=not listen.startswith("toe")) as server:
            server.ready()
            measure()
            assert server.stop() == 0, server.text()
    judge(folder / "card.pcapng", folder / "perf-both.pcapng")


@case
def names_in_memory_stay_inside(program, _):
    """What could reach nobody is refused at once, with words."""
    for arguments in (["pipe", "mem:x"], ["pipe", "--listen", "mem:x"],
                      ["serve", "/", "--at", "mem:x"], ["perf", "--listen", "mem:x"],
                      ["proxy", "mem:x", "tcp://127.0.0.1:9"],
                      ["proxy", "tcp://127.0.0.1:7000", "mem:x"]):
        done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=20, check=False)
        assert done.returncode == 2 and "mem:x" in done.stderr, (arguments, done)
