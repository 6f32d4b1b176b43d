"""Captures that others wrote: their AT line is read, or they are refused in one line."""

from __future__ import annotations

import contextlib
import struct
import tempfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from atwin.disk.errors import DiskError
from atwin.session.captures import read_line
from atwin.trace.pcap.blocks import BlockType
from atwin.trace.pcap.capture import Capture
from atwin.trace.raw import Conversation, NetEvent
from fuzz.guided.dice import text
from fuzz.runner import main

if TYPE_CHECKING:
    from collections.abc import Iterator

TALK = Conversation("tcp", "10.1.1.1", 0, "198.51.100.1", 80)
#: Numbers that lengths, links and times may be made of.
ODD = (0, 1, 2, 3, 4, 7, 8, 12, 13, 255, 4096, 65_535, 1 << 24, (1 << 32) - 4, (1 << 32) - 1)


def valid(dice: Random) -> tuple[bytes, dict[str, bytes]]:
    """A capture as it is written here, and what went over its line in each direction."""
    written: list[bytes] = []
    line = {"<": b"", ">": b""}
    capture = Capture(written.append, began=1.7e9 * dice.random(), program="atwin")
    for number in range(dice.randrange(8)):
        data = dice.randbytes(dice.choice((1, 5, 40, 3000)))
        said = dice.choice((b"AT+CSQ\r", b"\r\nOK\r\n", data))
        way = dice.choice("<>")
        capture.line(number, way, said)
        line[way] += said
        capture.net(number, TALK, dice.choice([*NetEvent]), data)
        capture.record(number, (("kind", "power"), ("event", "RESET low")))
    capture.end()
    return b"".join(written), line


def seeds() -> Iterator[bytes]:
    """A few of them."""
    yield from (valid(Random(number))[0] for number in range(12))


WORDS = tuple(struct.pack("<I", number) for number in (*ODD, *(kind for kind in BlockType)))


def changed(dice: Random, data: bytes) -> bytes:
    """With a number, some bytes, an end or a part of it being another."""
    made = bytearray(data)
    for _ in range(dice.randrange(4)):
        place = dice.randrange(len(made) // 4 + 1) * 4
        match dice.randrange(5):
            case 0:
                made[place : place + 4] = struct.pack(dice.choice("<>") + "I", dice.choice(ODD))
            case 1:
                made[place : place + 2] = struct.pack(
                    dice.choice("<>") + "H", dice.choice(ODD) & 0xFFFF
                )
            case 2:
                made[place : place + 1] = dice.randbytes(dice.randrange(3))
            case 3:
                del made[place:]
            case _:
                made[place:place] = made[: dice.randrange(len(made) + 1)]
    return bytes(made)


def attempt(dice: Random) -> None:
    """One file."""
    made, line = valid(dice)
    data = text(dice, lambda dice: changed(dice, made))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "f")
        path.write_bytes(data)
        with contextlib.suppress(DiskError):
            read = {"<": b"", ">": b""}
            for piece in read_line(str(path)):
                assert piece.t == piece.t
                read[piece.direction] += piece.data
            assert sum(map(len, read.values())) <= len(data)
            assert read == line or data != made


if __name__ == "__main__":
    main(attempt)
