"""A network namespace with nothing but a loopback interface, and a capture of what is on it."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import struct
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import pytest

from support.running.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SENTINEL_PORT = 9
_SBIN = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True)
class Packet:
    """A TCP packet as it was on the wire."""

    source: int
    destination: int
    #: Bytes by the IP header: what an operator counts.
    size: int
    #: Bytes after the TCP header.
    data: int


class Island:
    """The namespace; programs run in it by `command`."""

    def __init__(self) -> None:
        self.name = f"atwin-{secrets.token_hex(6)}"

    def command(self, *argv: str) -> list[str]:
        return ["ip", "netns", "exec", self.name, *argv]

    @contextmanager
    def capture(self) -> Iterator[list[Packet]]:
        """The TCP packets while the block ran; the list is filled when it has been left."""
        packets: list[Packet] = []
        tcpdump = subprocess.Popen(
            self.command(
                "tcpdump", "-i", "lo", "-n", "-s", "128", "-B", "65536", "-U", "--immediate-mode",
                "-w", "-", f"tcp or udp port {_SENTINEL_PORT}",
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        assert tcpdump.stdout is not None
        assert tcpdump.stderr is not None
        try:
            while b"listening on" not in (line := tcpdump.stderr.readline()):
                assert line, "tcpdump ended"
            yield packets
            # When this one has come through, all before it have.
            code = f"socket.socket(type=2).sendto(b'.', ('127.0.0.1', {_SENTINEL_PORT}))"
            run(self.command(sys.executable, "-c", f"import socket; {code}"))
            packets += _until_sentinel(tcpdump.stdout)
        finally:
            tcpdump.terminate()
            _, said = tcpdump.communicate(timeout=PATIENCE)
        assert b"\n0 packets dropped by kernel" in said, said.decode()


@contextmanager
def island() -> Iterator[Island]:
    """Skips the test where one cannot be made, and says why."""
    if os.geteuid() != 0:
        pytest.skip("only root may make a network namespace and capture in it")
    for program, package in (("ip", "iproute2"), ("tcpdump", "tcpdump")):
        if shutil.which(program, path=_SBIN) is None:
            pytest.skip(f"{program} is not installed (Debian package {package})")
    made = Island()
    tried = subprocess.run(
        ["ip", "netns", "add", made.name], check=False, capture_output=True, text=True
    )
    if tried.returncode != 0:
        pytest.skip(f"no network namespace: {tried.stderr.strip()}")
    try:
        # One segment a packet: else the kernel hands many over at once, and so they are captured.
        for change in (["up"], ["gso_max_segs", "1"]):
            run(made.command("ip", "link", "set", "dev", "lo", *change))
        yield made
    finally:
        run(["ip", "netns", "del", made.name])


def run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _until_sentinel(stream: IO[bytes]) -> list[Packet]:
    """Parse pcap (tcpdump's own, host byte order) with Ethernet frames, IPv4."""
    head = stream.read(24)
    magic, link = struct.unpack_from("=I16xI", head)
    assert (magic, link) == (0xA1B2C3D4, 1)
    packets: list[Packet] = []
    while True:
        (kept,) = struct.unpack_from("=8xI", stream.read(16))
        frame = stream.read(kept)
        ip = frame[14:]
        size, protocol = struct.unpack_from(">2xH5xB", ip)
        inner = (ip[0] & 15) * 4
        source, destination = struct.unpack_from(">HH", ip, inner)
        if protocol == socket.IPPROTO_UDP:
            return packets
        header = inner + (ip[inner + 12] >> 4) * 4
        packets.append(Packet(source, destination, size, size - header))
