"""Programs on a PTY, each in a process of its own, and the plainest host for them."""

from __future__ import annotations

import os
import subprocess
import sys
import termios
import tty
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: More than a PTY gives at a time.
_READ = 65536


@contextmanager
def twin(*options: str) -> Iterator[str]:
    """`atwin twin` with `options`; the path of its PTY."""
    with _child("-m", "atwin.cli", "twin", *options) as told:
        yield told.split()[1]


@contextmanager
def python(program: str) -> Iterator[str]:
    """`program`, whose first line of output is the path of its PTY."""
    with _child("-c", program) as path:
        yield path


@contextmanager
def _child(*arguments: str) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate()


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
