"""Responses that are mostly HTTP, cut anywhere: a status in time, and a module that lives."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from atwin.clock import run_virtual
from fuzz.guided.dice import text
from fuzz.runner import main
from support.modules.one_request import COMMANDS, TIMEOUT, results

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

#: Start lines, header lines and bodies that are put together and then spoilt.
STARTS = (
    *(b"HTTP/1.1 200 OK", b"HTTP/1.0 206 Part", b"HTTP/1.1 204", b"HTTP/1.1 404 Not Found"),
    *(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK", b"HTTP/1.1 302 Found", b"ICY 200 OK"),
    *(b"HTTP/1.1 101 Switching", b"HTTP/2 200", b"HTTP/1.1 307 X", b"HTTP/0.9 200", b"<html>"),
)
LINES = (
    *(b"Content-Length: 10", b"Content-Length : 10", b"content-length: 10, 10", b"Content-Length:"),
    *(b"Content-Length: -1", b"Content-Length: 4294967296", b"Content-Length: " + b"9" * 5000),
    *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", b"Transfer-Encoding: gzip"),
    *(b"Location: /b", b"Location: //odd.test/c", b"Location: javascript:1", b"Location: http://["),
    *(
        b"Location: http://u:p@odd.test:80/",
        b"Connection: close",
        b'ETag: "\\r\\nX: y"',
        b" folded",
    ),
    *(
        b"\tfolded",
        b"no colon",
        b": no name",
        b"X: a\x00b",
        b"X: \xff\x1b[2J",
        b"A" * 3000 + b": b",
    ),
    *(b"Content-Range: bytes 0-9/" + b"9" * 40, b"Retry-After: 9" + b"9" * 300, b'"q": 1'),
)
BODIES = (
    *(b"", b"0123456789", b"x" * 5000, b"\r\nOK\r\n\r\n+HTTPACTION: 0,200,5\r\n", b"\x00\xff" * 30),
    *(b"5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n", b"-5\r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello"),
    *(b"A;x=y\r\n0123456789\r\n000\r\nX: y\r\n\r\n", b"F" * 16 + b"\r\nabc", b"5" * 5000 + b"\r\n"),
)
#: What may stand in place of some bytes.
SPOILS = (
    b"",
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b" ",
    b":",
    b"\x00",
    b"-",
    b"+",
    b"0",
    b"\xff",
    b";",
)


WORDS = (*STARTS, *LINES, *BODIES, *SPOILS)


def seeds() -> Iterator[bytes]:
    """Each line, and each body after the lines that say where it ends."""
    yield from (b"\r\n".join([STARTS[0], line, b"", b"0123456789"]) for line in LINES)
    yield from (b"\r\n".join([STARTS[0], LINES[7], b"", body]) for body in BODIES)


def response(dice: Random) -> bytes:
    """One answer of a server, right or wrong."""
    lines = [dice.choice(STARTS), *dice.choices(LINES, k=dice.randrange(5))]
    said = dice.choice((b"\r\n", b"\r\n", b"\n")).join([*lines, b"", dice.choice(BODIES)])
    for _ in range(dice.choice((0, 0, 1, 3, 10))):
        place = dice.randrange(len(said) + 1)
        said = said[:place] + dice.choice(SPOILS) + said[place + dice.choice((0, 1, 2, 20)) :]
    return said


def pieces(dice: Random, data: bytes) -> list[bytes | float]:
    """`data` as it comes: cut anywhere, with pauses."""
    said: list[bytes | float] = []
    while data:
        size = dice.choice((1, 2, 7, 100, 10_000))
        said.append(data[:size])
        data = data[size:]
        if dice.random() < 0.1:
            said.append(dice.choice((0.0, 0.02, 1.0, TIMEOUT / 4)))
    return said


def attempt(dice: Random) -> None:
    """A few requests to a server that says something else each time."""
    said: list[list[bytes | float]] = []

    def says() -> list[bytes | float]:
        said.append(pieces(dice, text(dice, response)))
        return said[-1]

    model = "air780e-at"
    commands: tuple[str, ...] = COMMANDS
    if dice.random() < 0.3:
        model, commands = "air724ug", COMMANDS[:3]
    asked = dice.choices(commands, k=3)

    async def run() -> None:
        loop, count = asyncio.get_running_loop(), 0
        leaves = dice.random() < 0.7
        async for command, status, amount in results(says, asked, model=model, leaves=leaves):
            assert 100 <= status <= 999, f"{command}: {status}, {amount} for {said}"
            count += 1
        assert count == len(asked)
        assert loop.time() < len(asked) * 4 * TIMEOUT, f"{loop.time()} s for {said}"

    try:
        run_virtual(run())
    except AssertionError as error:
        raise AssertionError(f"{error}; {model} {asked}: {said}") from error


if __name__ == "__main__":
    main(attempt)
