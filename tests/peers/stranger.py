# SPDX-License-Identifier: Apache-2.0
"""A host of its own on the card's wire whose every segment the test chooses: scapy's frames through
a packet socket on toe0, beside the kernel and unknown to it. It answers ARP and nothing else by
itself; what the card sends it waits in a queue."""

import queue
import socket
import sys
import threading
import time

import harness
from harness import CARD

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's, where python3 is not Debian's own
try:
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import ARP, Ether
except ImportError:
    IP = None

ADDRESS = "10.77.0.66"
MAC = "02:00:00:00:00:66"
MODULO = 1 << 32


def need_scapy():
    if IP is None:
        harness.skip("needs scapy (package python3-scapy)")


class Stranger:
    """Sends frames to the card and collects the TCP segments that come to `address`."""

    def __init__(self, address=ADDRESS, mac=MAC):
        self.address, self.mac = address, mac
        self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.wire.bind(("toe0", 0))
        self.wire.settimeout(0.2)
        self.segments = queue.Queue()
        self.card_mac = None
        self.known = threading.Event()
        self.over = False
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()
        for _ in range(50):
            self.arp(1, "ff:ff:ff:ff:ff:ff")
            if self.known.wait(0.2):
                break
        assert self.card_mac, "the card did not answer ARP"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join()
        self.wire.close()

    def arp(self, operation, mac, ip=CARD):
        self.wire.send(bytes(
            Ether(src=self.mac, dst=mac) /
            ARP(op=operation, hwsrc=self.mac, psrc=self.address, pdst=ip,
                      hwdst="00:00:00:00:00:00" if operation == 1 else mac)))

    def listen(self):
        while not self.over:
            try:
                raw, origin = self.wire.recvfrom(10000)
            except (TimeoutError, OSError):
                continue
            if origin[2] == socket.PACKET_OUTGOING:
                continue  # sent through this interface, by us or by the kernel
            frame = Ether(raw)
            if ARP in frame and frame[ARP].pdst == self.address:
                arp = frame[ARP]
                if arp.op == 1:
                    self.arp(2, arp.hwsrc, arp.psrc)
                elif arp.psrc == CARD:
                    self.card_mac = arp.hwsrc
                    self.known.set()
            elif TCP in frame and frame[IP].dst == self.address:
                ip, tcp = frame[IP], frame[TCP]
                # Behind the packet's own length is the padding of a short frame.
                tcp.text = bytes(ip)[4 * (ip.ihl + tcp.dataofs):ip.len]
                self.segments.put(tcp)

    def send(self, packet):
        """An IP packet, or whatever scapy can put behind an Ethernet header."""
        self.wire.send(bytes(Ether(src=self.mac, dst=self.card_mac) / packet))

    def tcp(self, payload=b"", **fields):
        source = fields.pop("src", self.address)
        self.send(IP(src=source, dst=CARD) / TCP(**fields) / payload)


class Connection:
    """TCP by hand from one port of a stranger. seq is ours next, ack the card's next; the flags,
    numbers and options of every segment are the test's to choose."""

    def __init__(self, host, port, sport, isn=1000, window=65535):
        self.host, self.port, self.sport, self.window = host, port, sport, window
        self.isn, self.seq, self.ack = isn % MODULO, (isn + 1) % MODULO, 0
        self.received = bytearray()
        self.held = {}  # beyond a gap: number -> payload
        self.fin = self.reset = False
        self.card_ack = self.seq

    def segment(self, flags="A", payload=b"", seq=None, ack=None, **fields):
        fields = {"window": self.window, **fields}
        self.host.tcp(payload, sport=self.sport, dport=self.port, flags=flags,
                      seq=(self.seq if seq is None else seq) % MODULO,
                      ack=(self.ack if ack is None else ack) % MODULO, **fields)

    def next(self, seconds=10.0):
        """The next segment for this connection as the card sent it, None if none comes."""
        limit = time.monotonic() + seconds
        while (left := limit - time.monotonic()) > 0:
            try:
                tcp = self.host.segments.get(timeout=left)
            except queue.Empty:
                return None
            if tcp.dport == self.sport and tcp.sport == self.port:
                return tcp
        return None

    def open(self, options=(("MSS", 1460),)):
        for _ in range(5):
            self.segment("S", seq=self.isn, ack=0, options=list(options))
            answer = self.next(3)
            if answer is not None and answer.flags == "SA":
                self.ack = (answer.seq + 1) % MODULO
                assert answer.ack == self.seq, f"SYN-ACK acknowledges {answer.ack}"
                self.segment("A")
                return self
        raise AssertionError("no SYN-ACK")

    def take(self, tcp, answer=True):
        """Receives one segment: keeps payload in order, acknowledges."""
        self.card_ack = tcp.ack
        if tcp.flags.R:
            self.reset = True
            return
        if tcp.text or tcp.flags.F:
            self.held[tcp.seq] = (tcp.text, bool(tcp.flags.F))
            self.join()
            if answer:
                self.segment("A")

    def join(self):
        for seq in list(self.held):
            payload, fin = self.held[seq]
            behind = (self.ack - seq) % MODULO
            if behind < 1 << 31 and behind <= len(payload):
                del self.held[seq]
                self.received += payload[behind:]
                self.ack = (seq + len(payload) + fin) % MODULO
                self.fin = self.fin or fin
                self.join()
                return

    def pump(self, done, seconds=60):
        """Receives and acknowledges until done() or the connection is reset."""
        limit = time.monotonic() + seconds
        while not done() and not self.reset:
            assert time.monotonic() < limit, f"not done in {seconds} s: {len(self.received)} bytes"
            tcp = self.next(0.2)
            if tcp is not None:
                self.take(tcp)

    def acked_to(self, seq, seconds=60):
        """Until the card has acknowledged up to seq."""
        self.pump(lambda: (self.card_ack - seq) % MODULO < 1 << 31, seconds)
        assert not self.reset, "the card reset the connection"
