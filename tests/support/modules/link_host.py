"""A host program that moves bytes through TCP links, in each of the ways a module has."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import Closed, Connect, ConnectFail, ConnectOk
from atwin.host.channel.channel import Channel
from atwin.line.frame import Flow

if TYPE_CHECKING:
    from atwin.at.events import Received
    from atwin.host.channel.exchange import Reply
    from atwin.line.ports.memory import MemoryPort

PACKET = 1460


class LinkHost:
    """`number` None is AT+CIPMUX=0. What links receive by themselves is in `heard`."""

    def __init__(self, port: MemoryPort) -> None:
        self.channel = Channel(port)
        self.heard: dict[int | None, bytearray] = {}
        self._port = port
        self._news = asyncio.Event()
        self.channel.on_received(self._received)

    def _received(self, piece: Received) -> None:
        self.heard.setdefault(piece.link, bytearray()).extend(piece.data)
        self._news.set()

    async def ask(self, line: str) -> Reply:
        """A command that must be answered well."""
        reply = await self.channel.command(line, timeout=90)
        assert reply.ok, f"{line}: {reply.final.text}"
        return reply

    async def open(
        self, number: int | None, host: str, port: int, kind: str = "TCP", wait: float = 80
    ) -> bool:
        """CIPSTART; whether the link came up."""
        prefix = "" if number is None else f"{number},"
        await self.ask(f'AT+CIPSTART={prefix}"{kind}","{host}",{port}')
        urc = await self.channel.urc(ConnectOk, ConnectFail, Connect, timeout=wait)
        return not isinstance(urc, ConnectFail)

    async def scene(self, *, multi: bool) -> None:
        """Everything in front of CIPSTART."""
        await self.ask(f"AT+CIPMUX={int(multi)}")
        await self.ask("AT+CSTT")
        await self.ask("AT+CIICR")
        await self.ask("AT+CIFSR")

    async def send(self, number: int | None, data: bytes) -> None:
        """CIPSEND, in packets."""
        prefix = "" if number is None else f"{number},"
        for start in range(0, len(data), PACKET):
            piece = data[start : start + PACKET]
            line = f"AT+CIPSEND={prefix}{len(piece)}"
            reply = await self.channel.command_with_data(line, piece)
            assert reply.ok, reply.final.text

    async def have(self, number: int | None, count: int) -> bytes:
        """What came by itself, when it is `count` bytes."""
        heard = self.heard.setdefault(number, bytearray())
        async with asyncio.timeout(60):
            while len(heard) < count:
                self._news.clear()
                await self._news.wait()
        return bytes(heard)

    async def fetch(self, number: int | None) -> bytes:
        """CIPRXGET=2: what waits, up to a packet."""
        prefix = "" if number is None else f"{number},"
        reply = await self.ask(f"AT+CIPRXGET=2,{prefix}{PACKET}")
        return reply.body or b""

    async def flow_control(self) -> None:
        """RTS and CTS on both sides."""
        await self.ask("AT+IFC=2,2")
        await self._port.set_flow(Flow.HARDWARE)

    async def closed(self) -> Closed:
        """The next CLOSED."""
        return await self.channel.urc(Closed, timeout=60)
