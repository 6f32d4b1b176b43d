"""Sizes of chunks, as servers and AT clients may write them: the meter ends on every text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.net.meter.split import Message
from fuzz.guided.dice import text
from fuzz.runner import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SIZES = (b"0", b"5", b"a", b"FFFFFFFFFFFFFFFF", b"-5", b"+5", b"0x5", b" 5", b"5 ", b"5_0", b"")
ENDS = (b"\r\n", b"\n", b"\r", b";x=y\r\n", b";", b" ;\r\n", b"\r\n\r\n")
WORDS = (*SIZES, *ENDS, HEAD)


def seeds() -> Iterator[bytes]:
    """Each size with each end."""
    yield from (HEAD + size + end + b"hello" + end + b"0" + end for size in SIZES for end in ENDS)


def made(dice: Random) -> bytes:
    """A body whose sizes are any of these."""
    said = HEAD
    for _ in range(dice.randrange(1, 8)):
        size = dice.choice(SIZES) * dice.choice((1, 1, 1, 2, 5000))
        said += size + dice.choice(ENDS) + dice.randbytes(dice.randrange(12))
    return said


def attempt(dice: Random) -> None:
    """Every byte that goes by is counted once, as head or as body."""
    said = text(dice, made)
    message, place = Message(), 0
    while place < len(said):
        step = dice.choice((1, 7, 4096))
        message.pass_on(said[place : place + step])
        place += step
    assert message.head + message.body == len(said), said
    whole = Message()
    whole.pass_on(said)
    assert (whole.head, whole.body) == (message.head, message.body), said


if __name__ == "__main__":
    main(attempt)
