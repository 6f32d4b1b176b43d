"""Captures that others wrote: their AT line is read, or they are refused in one line."""

from __future__ import annotations

import contextlib
import struct
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from atwin.disk.errors import DiskError
from atwin.session.captures import read_line
from atwin.trace.pcap.capture import Capture
from atwin.trace.raw import Conversation, NetEvent
from fuzz.runner import main

if TYPE_CHECKING:
    from random import Random

TALK = Conversation("tcp", "10.1.1.1", 0, "198.51.100.1", 80)
#: Numbers that lengths, links and times may be made of.
ODD = (0, 1, 2, 3, 4, 7, 8, 12, 13, 255, 4096, 65_535, 1 << 24, (1 << 32) - 4, (1 << 32) - 1)


def valid(dice: Random) -> bytes:
    """A capture as it is written here."""
    written: list[bytes] = []
    capture = Capture(written.append, began=1.7e9 * dice.random(), program="atwin")
    for number in range(dice.randrange(8)):
        data = dice.randbytes(dice.choice((1, 5, 40, 3000)))
        capture.line(number, dice.choice("<>"), dice.choice((b"AT+CSQ\r", b"\r\nOK\r\n", data)))
        capture.net(number, TALK, dice.choice([*NetEvent]), data)
        capture.record(number, (("kind", "power"), ("event", "RESET low")))
    capture.end()
    return b"".join(written)


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
    data = changed(dice, valid(dice))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "f")
        path.write_bytes(data)
        with contextlib.suppress(DiskError):
            size = 0
            for piece in read_line(str(path)):
                assert piece.direction in "<>"
                assert piece.t == piece.t
                size += len(piece.data)
            assert size <= len(data)


if __name__ == "__main__":
    main(attempt)
