"""Data phases: whatever is typed after a prompt, in pieces and with pauses, goes where it belongs.

What a file, the HTTP buffer or a peer has afterwards is exactly what was typed, as much of it as
was announced, or nothing where the time was over; the module goes on to answer AT.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS
from atwin.net.network import StreamError
from atwin.testing.simulated import SimulatedNetwork, SimulatedStream
from atwin.twin.twin import Twin
from fuzz.guided.dice import text
from fuzz.runner import main
from support.line.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from random import Random

#: What data may have in it that means something elsewhere.
WORDS = (
    b"\x1a", b"\x1b", b"+++", b"\x11", b"\x13", b"\0", b"\r", b"\r\nOK\r\n", b"AT\r", b"\x08",
    b"\xff", b"\r\nDOWNLOAD\r\n", b"> ", b"\r\n+HTTPREAD: 9\r\n", b"TimeOut", b"SEND OK", b"A/",
)  # fmt: skip
#: Bytes of a packet, and most bytes in the UART at a time.
PACKET, PIECE = 1460, 1000


def seeds() -> Iterator[bytes]:
    """Each word, some among others, and lengths at which something ends."""
    yield from (b"begin" + word + b"end" for word in WORDS)
    yield from (b"x" * size for size in (1, PACKET - 1, PACKET, PACKET + 1))
    yield b"".join(WORDS)


def _made(dice: Random) -> bytes:
    words = dice.choices((*WORDS, b"hello"), k=dice.randrange(1, 6))
    return b"".join(words) + dice.randbytes(dice.choice((0, 1, 20, PACKET)))


class Phases:
    """One module, what its peer has heard, and the phases."""

    def __init__(self, dice: Random, twin: Twin, terminal: Terminal) -> None:
        self.dice, self.twin, self.terminal = dice, twin, terminal
        self.heard = b""

    async def peer(self, stream: SimulatedStream) -> None:
        """A server that only listens."""
        try:
            while data := await stream.read(65536):
                self.heard += data
        except StreamError:
            pass

    async def type(self, data: bytes, longest: float = 1.0) -> None:
        """In pieces of any size, with pauses that may be up to so many seconds."""
        most = self.dice.choice((1, 3, 50, PIECE, PIECE)) if len(data) < 300 else PIECE
        pauses = 20.0  # for all of it, which is less than any phase takes
        while data:
            size = self.dice.randint(1, most)
            self.terminal.type(data[:size])
            data = data[size:]
            pause = self.dice.choice((0, 0.001, 0.01, 0.01, longest if pauses > 0 else 0))
            pauses -= pause
            await asyncio.sleep(pause)

    async def wants(self, line: bytes, prompt: bytes = b">") -> None:
        """Ask, and wait for the prompt. After a bare CR a LF is no data (docs/spec/uart.md §1)."""
        self.terminal.type(line + b"\r\n")
        await self.terminal.expect(prompt)

    async def file(self, data: bytes) -> None:
        """FSWRITE, then FSREAD."""
        data = data[:10_000]
        await self.terminal.ask(b'AT+FSCREATE="f"')
        await self.wants(b'AT+FSWRITE="f",0,3,1')
        await self.type(b"old", 0)
        await self.terminal.expect(b"OK\r\n")
        more = self.dice.choice((0, 0, 0, 1, 300))
        append = self.dice.randrange(2)
        await self.wants(b'AT+FSWRITE="f",%d,%d,60' % (append, len(data) + more))
        await self.type(data, 0.2)
        await self.terminal.expect(b"TimeOut" if more else b"OK\r\n", 70)
        wanted = (b"old" * append + data) if not more else b"old"
        await asyncio.sleep(0.1)
        assert self.twin.module.hardware.flash.read("f") == wanted
        self.terminal.heard.clear()
        # What is in the file may look like the end of the answer.
        answer = b"\r\n%b\r\nOK\r\n" % wanted
        assert await self.terminal.ask(b'AT+FSREAD="f",0,10240,0', answer) == answer

    async def buffer(self, data: bytes) -> None:
        """HTTPDATA, then HTTPREAD."""
        data = data[:3000]
        await self.terminal.ask(b"AT+HTTPINIT")
        more = self.dice.choice((0, 0, 0, 1, 300))
        await self.wants(b"AT+HTTPDATA=%d,30000" % (len(data) + more), b"DOWNLOAD\r\n")
        await self.type(data, 0.2)
        await self.terminal.expect(b"OK\r\n", 60)
        await self.terminal.ask(b"AT+HTTPREAD", b"+HTTPREAD: %d\r\n" % len(data))
        assert await self.terminal.take(len(data)) == data
        await self.terminal.expect(b"OK\r\n")
        await self.terminal.ask(b"AT+HTTPTERM")

    async def _link(self, mode: int) -> None:
        await self.terminal.ask(b"AT+CIPMODE=%d;+CIPMUX=0" % mode)
        if b"OK" not in await self.terminal.ask(b'AT+CSTT="cmnet"', b"\r\n"):
            await self.terminal.quiet()
        await self.terminal.quiet()
        self.terminal.type(b"AT+CIICR\r")
        await self.terminal.quiet(5)
        await self.terminal.ask(b"AT+CIFSR", b"\r\n")
        await self.terminal.quiet()
        self.terminal.type(b'AT+CIPSTART="TCP","peer.test",5000\r\n')
        await self.terminal.expect(b"CONNECT" if mode else b"CONNECT OK\r\n")
        await self.terminal.quiet()

    async def packet(self, data: bytes) -> None:
        """CIPSEND by count."""
        data = data[:PACKET]
        await self._link(0)
        await self.wants(b"AT+CIPSEND=%d" % len(data))
        await self.type(data, 2.0)
        await self.terminal.expect(b"SEND OK\r\n")
        await self.terminal.quiet()
        assert self.heard == data

    async def typed(self, data: bytes) -> None:
        """CIPSEND up to Ctrl-Z, or given up by ESC."""
        data = data.replace(b"\x1a", b"").replace(b"\x1b", b"")[: PACKET + 10]
        await self._link(0)
        await self.wants(b"AT+CIPSEND")
        end = self.dice.choice((b"\x1a", b"\x1a", b"\x1b"))
        await self.type(data, 2.0)
        self.terminal.type(end)
        fits = len(data) <= PACKET
        said = b"OK\r\n" if end == b"\x1b" else (b"SEND OK\r\n" if fits else b"SEND FAIL\r\n")
        await self.terminal.expect(said)
        await self.terminal.quiet()
        assert self.heard == (data if fits and end == b"\x1a" else b"")

    async def passage(self, data: bytes) -> None:
        """Transparent mode, left by +++ between silences."""
        data = data if data.strip(b"+") else data + b"."  # what is nothing else may be an escape
        await self._link(1)
        await self.type(data, 0.4)
        await asyncio.sleep(2)
        self.terminal.type(b"+++")
        await self.terminal.expect(b"OK\r\n")
        await self.terminal.quiet(5)
        assert self.heard == data, self.heard


PHASES: tuple[Callable[[Phases, bytes], Awaitable[None]], ...] = (
    Phases.file, Phases.buffer, Phases.packet, Phases.typed, Phases.passage,
)  # fmt: skip


def attempt(dice: Random) -> None:
    """One phase on one model."""
    data = text(dice, _made)
    model, phase = dice.choice(MODELS), dice.choice(PHASES)

    async def run() -> None:
        network = SimulatedNetwork(LoopClock(), latency=0.01)
        host, module = memory_pair()
        terminal = Terminal(host)
        async with Twin(model, module, network=network) as twin:
            phases = Phases(dice, twin, terminal)
            network.serve("peer.test", 5000, phases.peer)
            await terminal.ask(b"ATE0")
            await phase(phases, data or b"\0")
            assert await terminal.ask(b"AT") == b"\r\nOK\r\n"

    try:
        run_virtual(run())
    except AssertionError as error:
        error.add_note(f"{model}, {phase.__name__}: {data!r}")
        raise


if __name__ == "__main__":
    main(attempt)
