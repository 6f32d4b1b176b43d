"""What the host's program can use only together comes so, and never later than it may."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.clock import run_virtual
from atwin.host.channel.channel import Channel
from atwin.line.port import ExpectingPort
from atwin.line.ports.transport import TransportPort
from support.line.ears import Ear, leaves_nothing
from support.line.lines import line

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

BODY = bytes(range(256)) * 1200


class Pieces(Ear):
    """Notes each piece; says after the first one how many more it can use only together."""

    def __init__(self, port: ExpectingPort, expects: int) -> None:
        super().__init__()
        self.port, self.expects = port, expects
        self.pieces: list[bytes] = []

    def received(self, data: bytes) -> None:
        super().received(data)
        self.pieces.append(data)
        if len(self.pieces) == 1:
            self.port.expect(self.expects)


@pytest.mark.parametrize("kind", ["pty", "tcp", "rfc2217"])
def test_a_body_comes_in_one_piece(kind: str) -> None:
    async def main() -> None:
        async with line(kind, started=False) as ends:
            assert isinstance(ends.host, ExpectingPort)
            ear = ends.host_ear = Pieces(ends.host, len(BODY))
            ends.start_host()
            ends.module.write(b"head")
            assert await ear.bytes(4) == b"head"
            for at in range(0, len(BODY), 50_000):
                ends.module.write(BODY[at : at + 50_000])
                await ends.module.drain()
            assert await ear.bytes(len(BODY)) == BODY
            assert ear.pieces == [b"head", BODY]
            ends.module.write(b"tail")
            assert await ear.bytes(4) == b"tail"

    leaves_nothing(main())


def with_five_of_ten(scene: Callable[[TransportPort, Pieces], Coroutine[None, None, None]]) -> None:
    """Play it on the virtual clock."""

    async def main() -> None:
        port = TransportPort("line")
        ear = Pieces(port, 10)
        port.start(ear)
        await asyncio.sleep(0)
        port.data_received(b"head")
        port.data_received(b"12345")
        assert ear.pieces == [b"head"]
        await scene(port, ear)

    run_virtual(main())


def test_half_of_it_comes_half_a_second_late() -> None:
    async def scene(port: TransportPort, ear: Pieces) -> None:
        await asyncio.sleep(0.3)
        port.data_received(b"6")
        await asyncio.sleep(0.199)
        assert ear.pieces == [b"head"]
        await asyncio.sleep(0.002)
        assert ear.pieces == [b"head", b"123456"]
        port.data_received(b"789")
        port.data_received(b"0 and more")
        assert ear.pieces == [b"head", b"123456", b"7890 and more"]

    with_five_of_ten(scene)


@pytest.mark.parametrize("more", [b"", b"678"])
def test_a_host_that_expects_no_more_has_what_came_by_then(more: bytes) -> None:
    async def scene(port: TransportPort, ear: Pieces) -> None:
        port.expect(0)
        assert ear.pieces == [b"head"], "nobody is called back from inside its own call"
        if more:
            port.data_received(more)
        await asyncio.sleep(0)
        port.data_received(b"next")
        assert ear.pieces == [b"head", b"12345" + more, b"next"]

    with_five_of_ten(scene)


def test_nothing_comes_while_the_port_rests() -> None:
    async def scene(port: TransportPort, ear: Pieces) -> None:
        port.pause_reading()
        await asyncio.sleep(1)
        assert ear.pieces == [b"head"]
        port.resume_reading()
        await asyncio.sleep(0)
        assert ear.pieces == [b"head", b"12345"]

    with_five_of_ten(scene)


def test_what_came_before_the_end_comes_before_it() -> None:
    async def scene(port: TransportPort, ear: Pieces) -> None:
        port.connection_lost(None)
        assert ear.pieces == [b"head", b"12345"]
        assert ear.reasons == ["closed by the far side"]

    with_five_of_ten(scene)


def test_bytes_are_not_late_for_one_who_has_no_time_for_that() -> None:
    """The time limit of a command runs from each piece of its body."""

    async def main() -> None:
        port = TransportPort("line")
        channel = Channel(port)
        await asyncio.sleep(0)
        reading = asyncio.create_task(channel.command("AT+HTTPREAD", timeout=0.3))
        for piece in (b"\r\n+HTTPREAD: 20\r\n", *[b"12345"] * 4, b"\r\nOK\r\n"):
            await asyncio.sleep(0.1)
            port.data_received(piece)
        assert (await reading).body == b"12345" * 4

    run_virtual(main())
