"""AT+HTTPEXGET of a program that asks before +HTTPEXGET tells it to (docs/spec/http.md §3.11)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock
from atwin.testing.simulated import SimulatedNetwork
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from atwin.testing.simulated import SimulatedStream
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
NOTHING = b"\r\n+HTTPEXGET: 0\r\n\r\nOK\r\n"


def heard(pieces: list[tuple[float, bytes]], polls: int) -> list[bytes]:
    """What a module says to each poll when the server sends each piece after so many seconds."""

    async def serve(stream: SimulatedStream) -> None:
        await stream.read(4096)
        for seconds, piece in pieces:
            await asyncio.sleep(seconds)
            await stream.write(piece)
        stream.close()

    def network() -> SimulatedNetwork:
        network = SimulatedNetwork(LoopClock(), latency=0.01)
        network.serve("origin", 80, serve)
        return network

    async def test(_: Twin, terminal: Terminal) -> list[bytes]:
        for line in (b"AT+HTTPINIT", b'AT+HTTPPARA="URL","http://origin/"', b"AT+HTTPEXACTION=0"):
            await terminal.ask(line)
        said = []
        for _poll in range(polls):
            terminal.type(b"AT+HTTPEXGET\r")
            said.append(await terminal.quiet(1.2))
        return said

    return on_twin(test, network=network)


OVER = b"\r\n+HTTPEXACTION: 0,200\r\n"


def test_it_waits_for_the_first_bytes_and_no_urc_tells_of_them() -> None:
    said = heard([(0.8, HEAD + b"0123456789")], polls=1)
    assert said == [b"\r\n+HTTPEXGET: 10\r\n0123456789\r\nOK\r\n" + OVER]


def test_a_second_without_bytes_is_answered_with_none() -> None:
    said = heard([(2.5, HEAD + b"01234"), (1.3, b"56789")], polls=4)
    assert said[:2] == [NOTHING, NOTHING]
    assert said[2] == b"\r\n+HTTPEXGET: 5\r\n01234\r\nOK\r\n"
    assert said[3] == b"\r\n+HTTPEXGET: 5\r\n56789\r\nOK\r\n" + OVER


@pytest.mark.parametrize("polls", [1, 2])
def test_the_end_of_the_response_ends_the_wait(polls: int) -> None:
    """Once it is over an HTTPEXGET is an error."""
    said = heard([(0.5, HEAD[:-4])], polls)
    assert said[0].startswith(NOTHING + b"\r\n+HTTPEXACTION: 0,60")
    assert said[1:] == [b"\r\n+CME ERROR: 3\r\n"][: polls - 1]
