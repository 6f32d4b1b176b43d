"""A twin, its host and the servers they talk to, which all live as long as the proof."""

from __future__ import annotations

from collections import deque
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING
from unittest.mock import patch

from atwin.clock import LoopClock
from atwin.control.subject import Subject
from atwin.host.modem import Modem
from atwin.host.tls import TlsSettings
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import memory_pair
from atwin.net.wrapper import StreamWrapper
from atwin.plan.certificates import server_context
from atwin.plan.tls_server import TlsServerStream
from atwin.session.opening import TwinPins
from atwin.testing import File, Fixed, Generated, Origin, SimulatedNetwork, Sink, Stored
from atwin.trace import Trace
from atwin.trace.feed import Feed
from atwin.trace.recent import Recent
from atwin.trace.recent_bytes import RecentBytes
from atwin.twin.faults.plan import fault_from_table
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from atwin.net.network import Stream

BAUD = 460_800
PLAIN, SECURE, ECHO = "http://files.example", "https://files.example", "echo.example"
#: Another server; one on the way to which somebody changes bits; one whose bodies come short.
ELSEWHERE, TAMPERED, SHORT = "else.example", "tampered.example", "short.example"
#: What nobody is to be told.
SECRET = "hunter2"
#: Tables with a limit that days would not reach get a lower one: full from the first hour on.
TABLES: Mapping[str, int] = {
    "atwin.host.channel.urcs.URC_BACKLOG": 20,
    "atwin.twin.board.traffic._REMEMBERED": 20,
    "atwin.twin.faults.engine.REMEMBERED": 5,
}
#: What is downloaded, in bytes, and in parts of what size.
SIZE, PART, SMALL = 20_000, 3000, 900


@dataclass(eq=False)
class Life:
    """Everything there is; it counts URCs and records, `echoed` has what links brought."""

    twin: Twin
    modem: Modem
    origin: Origin
    trace: Trace
    subject: Subject
    folder: Path
    #: The file that is downloaded.
    content: bytes
    sink: Sink
    dice: Random
    clock: LoopClock
    urcs: int = 0
    #: The last of them.
    said: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    records: int = 0
    #: Whether one of them had the secret in it.
    tells_secret: bool = False
    echoed: bytearray = field(default_factory=bytearray)

    @property
    def streams(self) -> bool:
        """Whether the module can."""
        return self.twin.module.hardware.profile.has("ext_http")

    def hear(self, urc: str) -> None:
        self.urcs += 1
        self.said.append(urc)

    def told(self, lines: str) -> None:
        self.records += lines.count("\n")
        self.tells_secret = self.tells_secret or SECRET in lines

    def break_it(self, **fault: object) -> None:
        """Add a fault to those of the twin."""
        self.twin.faults.add(fault_from_table(fault))

    def forget(self) -> None:
        """Empty what the test kit itself keeps of each request."""
        self.origin.log.clear()
        self.sink.bodies.clear()
        # OpenSSL keeps the sessions of a server for five minutes of real time.
        server_context.cache_clear()
        self.echoed.clear()


@asynccontextmanager
async def life(model: str, seed: int, folder: Path) -> AsyncIterator[Life]:
    """A module that has been brought up by its host. Call it inside a virtual loop."""
    clock, content, sink = LoopClock(), Generated(SIZE, seed), Sink()
    body = content.read(0, SIZE)
    small = File(Stored(body[:SMALL]))
    away = Fixed(302, [("Location", f"http://{ELSEWHERE}/small")])
    origin = Origin(
        {"/f": File(content), "/small": small, "/post": sink, "/away": away}, wall=clock.wall
    )
    near, far = memory_pair()
    near.set_line(HostSettings(BAUD))
    trace, recent = Trace(clock), Recent()
    recent.trace, recent.feed, recent.bytes = trace, Feed(200), RecentBytes(1 << 15)
    trace.add(recent.feed)
    trace.raw.add(recent.bytes)
    with ExitStack() as stack:
        for name, most in TABLES.items():
            stack.enter_context(patch(name, most))
        network = _network(origin, clock)
        twin = Twin(model, far, network=network, seed=seed, baud=BAUD, trace=trace)
        modem = Modem(near, tls=TlsSettings(), pins=TwinPins(twin))
        subject = Subject(model, "memory", recent, twin)
        here = Life(twin, modem, origin, trace, subject, folder, body, sink, Random(seed), clock)
        modem.on_urc(here.hear)
        modem.channel.on_received(lambda piece: here.echoed.extend(piece.data))
        trace.add(here.told)
        async with twin, modem:
            await modem.bring_up()
            yield here


def _network(origin: Origin, clock: LoopClock) -> SimulatedNetwork:
    async def secured(stream: Stream) -> None:
        tls = TlsServerStream(stream, server_context())
        await tls.shake_hands()
        await origin.handle(tls)

    async def tampered(stream: Stream) -> None:
        tampering = _Tampering(stream)
        tls = TlsServerStream(tampering, server_context())
        await tls.shake_hands()
        tampering.begun = True
        await origin.handle(tls)

    network = SimulatedNetwork(clock, latency=0.02)
    network.serve("files.example", 80, origin.handle)
    network.serve(ELSEWHERE, 80, origin.handle)
    network.serve("files.example", 443, secured)
    network.serve(TAMPERED, 443, tampered)
    network.serve(SHORT, 80, _one_byte_short)
    network.serve(ECHO, 7, _echo)
    return network


class _Tampering(StreamWrapper):
    """Somebody on the way who changes a bit of each record with a body, once it has `begun`."""

    begun = False

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.begun and len(data) > SMALL:
            data = bytearray(data)
            data[len(data) // 2] ^= 1
        await self.inner.write(data)


async def _one_byte_short(stream: Stream) -> None:
    await stream.read(4096)
    await stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + bytes(99))


async def _echo(stream: Stream) -> None:
    while data := await stream.read(4096):
        await stream.write(data)
