"""Programs at the module's end of a line, each a process of its own, and the plainest host."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import termios
import time
import tty
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: More than a PTY gives at a time; the ports of this package ask for as many.
_READ = 65536


@dataclass(frozen=True, slots=True)
class Child:
    """Where its line is, the path of a PTY or HOST:PORT, and its process."""

    line: str
    pid: int

    @property
    def cpu(self) -> float:
        """Seconds of CPU it has used so far; 0 where the system does not tell."""
        if sys.platform != "linux":
            return 0.0
        # As clock_getcpuclockid(3) has it, which Python lacks.
        return time.clock_gettime((~self.pid << 3) | 2)


@contextmanager
def twin(*options: str, processor: int | None = None) -> Iterator[Child]:
    """`atwin twin` with `options`."""
    with _child(processor, "-m", "atwin.cli", "twin", *options) as child:
        yield child


@contextmanager
def python(program: str, processor: int | None = None) -> Iterator[Child]:
    """`program`, whose first line of output says where its line is."""
    with _child(processor, "-c", program) as child:
        yield child


@contextmanager
def _child(processor: int | None, *arguments: str) -> Iterator[Child]:
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        if processor is not None:
            os.sched_setaffinity(process.pid, {processor})
        assert process.stdout is not None
        ready = [word for word in process.stdout.readline().split() if "/" in word or ":" in word]
        yield Child(ready[0], process.pid)
    finally:
        process.terminate()
        process.communicate()


def two_processors() -> int | None:
    """This process, and those it starts, have one from now on; it gives the other.

    With one processor that is the same one; None where the system does not tell.
    """
    if not hasattr(os, "sched_setaffinity"):
        return None
    here, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {here})
    return others[0] if others else here


class Terminal:
    """Blocking reads and writes on a PTY, raw, at `rate` bit/s if one is given."""

    def __init__(self, path: str, rate: int | None = None) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd)
        if rate is not None:
            settings = termios.tcgetattr(self.fd)
            settings[4] = settings[5] = getattr(termios, f"B{rate}")
            termios.tcsetattr(self.fd, termios.TCSANOW, settings)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)

    def write(self, data: bytes) -> None:
        """All of it."""
        view = memoryview(data)
        while view:
            view = view[os.write(self.fd, view) :]

    def read(self) -> bytes:
        """What is there, at least one byte."""
        return os.read(self.fd, _READ)

    def take(self, size: int) -> None:
        """Read so many bytes."""
        while size > 0:
            size -= len(self.read())

    def until(self, end: bytes) -> bytes:
        """What comes, up to `end`, which must be the last of it."""
        heard = b""
        while not heard.endswith(end):
            heard += self.read()
        return heard

    def ask(self, command: str, end: bytes = b"\r\nOK\r\n") -> bytes:
        """A command and its answer."""
        self.write(command.encode() + b"\r")
        return self.until(end)


class Connection(Terminal):
    """The same on a TCP connection to HOST:PORT."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        connection = socket.create_connection((host, int(port)))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.fd = connection.detach()


def host_of(line: str) -> Terminal:
    """The plainest host, on a PTY or a TCP connection."""
    return Terminal(line) if line.startswith("/") else Connection(line)
