"""A bash in a PTY, its commands typed one after another, and the screens that come of it."""

from __future__ import annotations

import os
import pty
import select
import struct
import termios
import time
from dataclasses import dataclass
from fcntl import ioctl
from typing import TYPE_CHECKING

import pyte

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Characters of the screen.
COLUMNS, ROWS = 102, 27
#: What bash says when it is ready for a command, before the prompt that is seen.
READY = b"\x1b]133;A\x07"
#: Seconds of the picture: between two keys, before and after a command, without anything new.
KEY, REST, IDLE = 0.03, 0.8, 0.5
#: Seconds that nothing may come of a command, and screens a second at most.
LIMIT, RATE = 60.0, 8


@dataclass(frozen=True)
class Span:
    """Characters of one row that look alike."""

    column: int
    text: str
    colour: str = "default"
    bold: bool = False


#: The spans of each row.
Picture = tuple[tuple[Span, ...], ...]


def record(commands: list[str], folder: Path, path: str) -> list[tuple[float, Picture]]:
    """Each new screen and the second it came, from an empty one until after the last command."""
    pid, terminal = pty.fork()
    if pid == 0:
        home = {"HOME": str(folder), "PATH": path, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        home |= {
            "PS1": r"\[\e]133;A\a\e[1;32m\]$\[\e[0m\] ",
            "PS2": "",
            "HISTFILE": "",
            "PYTHONUNBUFFERED": "1",
        }
        os.chdir(folder)
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "--noediting", "+m", "-i"], home)
    try:
        ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        return list(_pictures(terminal, commands))
    finally:
        os.close(terminal)  # hangs up: bash ends, and what it started with it
        os.waitpid(pid, 0)


def _pictures(terminal: int, commands: list[str]) -> Iterator[tuple[float, Picture]]:
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    now = 0.0
    last: Picture | None = None
    for seconds, data in _said(terminal, commands):
        stream.feed(data)
        picture = _picture(screen)
        if picture != last:
            yield now, picture
            last = picture
        now += seconds


def _said(terminal: int, commands: list[str]) -> Iterator[tuple[float, bytes]]:
    """How long each screen is seen, and what the terminal is told before it."""
    yield from _output(terminal)
    for command in commands:
        for key in command:
            os.write(terminal, key.encode())
            yield KEY, os.read(terminal, 4096)
        yield REST / 2, b""
        os.write(terminal, b"\n")
        yield from _output(terminal)


def _output(terminal: int) -> Iterator[tuple[float, bytes]]:
    """All until bash is ready, in as many pieces as there are screens."""
    data = b""
    while READY not in data:
        began = time.monotonic()
        if not select.select([terminal], [], [], LIMIT)[0]:
            raise TimeoutError(f"nothing comes after {data!r}")
        data = os.read(terminal, 65536)
        end = time.monotonic() + 1 / RATE
        while READY not in data and (left := end - time.monotonic()) > 0:
            if select.select([terminal], [], [], left)[0]:
                data += os.read(terminal, 65536)
        yield min(time.monotonic() - began, IDLE), data
    yield REST, b""


def _picture(screen: pyte.Screen) -> Picture:
    return tuple(tuple(_spans(screen.buffer[row])) for row in range(ROWS))


def _spans(row: dict[int, pyte.screens.Char]) -> Iterator[Span]:
    start = 0
    for column in range(1, COLUMNS + 1):
        look = (row[start].fg, row[start].bold)
        if column < COLUMNS and (row[column].fg, row[column].bold) == look:
            continue
        text = "".join(row[each].data for each in range(start, column))
        if text.strip():
            yield Span(start, text.rstrip(), *look)
        start = column
