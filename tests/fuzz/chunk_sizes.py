"""Sizes of chunks, as servers and AT clients may write them: the meter ends on every text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.net.meter.split import Message
from fuzz.runner import main

if TYPE_CHECKING:
    from random import Random

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SIZES = (b"0", b"5", b"a", b"FFFFFFFFFFFFFFFF", b"-5", b"+5", b"0x5", b" 5", b"5 ", b"5_0", b"")
ENDS = (b"\r\n", b"\n", b"\r", b";x=y\r\n", b";", b" ;\r\n", b"\r\n\r\n")


def attempt(dice: Random) -> None:
    """Every byte that goes by is counted once, as head or as body."""
    text = HEAD
    for _ in range(dice.randrange(1, 8)):
        size = dice.choice(SIZES) * dice.choice((1, 1, 1, 2, 5000))
        text += size + dice.choice(ENDS) + dice.randbytes(dice.randrange(12))
    message, place = Message(), 0
    while place < len(text):
        step = dice.choice((1, 7, 4096))
        message.pass_on(text[place : place + step])
        place += step
    assert message.head + message.body == len(text), text


if __name__ == "__main__":
    main(attempt)
