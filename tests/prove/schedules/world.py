"""The module, its line, and the server of a schedule."""

from __future__ import annotations

import random
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from atwin.at.grammar import Form
from atwin.clock import LoopClock
from atwin.host.line import LineWishes
from atwin.host.modem import Modem
from atwin.host.tls import TlsSettings
from atwin.line.frame import XOFF, XON, HostSettings
from atwin.line.ports.plugged import PluggedPort
from atwin.net.wrapper import StreamWrapper
from atwin.plan.certificates import server_context
from atwin.plan.tls_server import TlsServerStream
from atwin.session.opening import TwinPins
from atwin.testing.origin import Content, File, Generated, Origin, Sink, Stored
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.chapters.bearer import Bearers
from atwin.twin.twin import Twin
from prove.schedules.pieces import PiecesPort

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from atwin.at.grammar import Command
    from atwin.clock import Clock
    from atwin.net.network import Stream
    from atwin.testing.origin.resource import Answer, Headers
    from atwin.twin.faults.plan import FaultPlan
    from prove.schedules.schedule import Schedule

HOST, POSTED = "files.example", "/post"
#: XON and XOFF become other bytes.
_TEXT = bytes.maketrans(XON + XOFF, b"qs")
#: How often the server pauses before a piece, and how often at most: it is not a drip.
_PAUSES, _MOST_PAUSES = 0.1, 6
#: Seconds until one who is killed is gone, and until a line is quiet.
_QUIET = 2.0


def path_of(number: int) -> str:
    """Of the first, and of the second file."""
    return f"/firmware-{number}.bin"


@dataclass(frozen=True, slots=True)
class Validated(File):
    """A file that sends the validators it has."""

    kept: frozenset[str] = frozenset()

    def answer(self, method: str, headers: Headers, body: bytes) -> Answer:
        answer = File.answer(self, method, headers, body)
        gone = {"ETag", "Last-Modified"} - self.kept
        return replace(answer, headers=[line for line in answer.headers if line[0] not in gone])


class Server:
    """The origin of a schedule: its files, what was posted, and its pauses."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.sink = Sink()
        kept = frozenset(("ETag",) * schedule.etag + ("Last-Modified",) * schedule.modified)
        self.files = [
            Validated(self._content(number, size), kept=kept)
            for number, size in enumerate(schedule.sizes)
        ]
        #: What took the place of the first.
        self.later = Validated(self._content(7, schedule.sizes[0]), kept=kept)
        self.requests = 0
        self._random = random.Random(schedule.seed)
        #: How many are left.
        self.pauses = _MOST_PAUSES

    def _content(self, number: int, size: int) -> Content:
        content = Generated(size, self.schedule.seed + number)
        return Stored(content.read(0, size).translate(_TEXT)) if self.schedule.text else content

    def serve(self, network: SimulatedNetwork, clock: Clock) -> None:
        """On the network of one twin."""
        origin = Origin({POSTED: self.sink}, wall=clock.wall)
        for number, file in enumerate(self.files):
            origin.resources[path_of(number)] = file

        async def handle(stream: Stream) -> None:
            slow: Stream = _Slow(stream, self, clock)
            if self.schedule.tls:
                secured = TlsServerStream(slow, server_context())
                await secured.shake_hands()
                slow = secured
            await origin.handle(_Counted(slow, self, origin))

        network.serve(HOST, 443 if self.schedule.tls else 80, handle)

    def asked(self, origin: Origin) -> None:
        """A request begins, perhaps the one with which, or for which, the file is another."""
        self.requests += 1
        is_later = self.requests == self.schedule.changes_at
        if is_later and not self.schedule.strays:
            self.files[0] = self.later
        origin.resources[path_of(0)] = self.later if is_later else self.files[0]

    def pause(self) -> float:
        """Seconds until it goes on."""
        if not self.schedule.link.pause or not self.pauses or self._random.random() > _PAUSES:
            return 0.0
        self.pauses -= 1
        return self.schedule.link.pause


class _Slow(StreamWrapper):
    """The server's end of a connection: it says little at a time, and pauses."""

    def __init__(self, inner: Stream, server: Server, clock: Clock) -> None:
        super().__init__(inner)
        self._server, self._clock = server, clock

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        step = self._server.schedule.link.piece or len(data)
        # A few small pieces are enough, at the beginning, where the head is.
        for start in [*range(0, min(len(data), 40 * step), step), None]:
            if pause := self._server.pause():
                await self._clock.sleep(pause)
            await self.inner.write(
                data[40 * step :] if start is None else data[start : start + step]
            )


class _Counted(StreamWrapper):
    """Tells the server that a request has come, before the origin answers it."""

    def __init__(self, inner: Stream, server: Server, origin: Origin) -> None:
        super().__init__(inner)
        self._server, self._origin = server, origin

    async def read(self, limit: int) -> bytes:
        data = await self.inner.read(limit)
        if data.startswith((b"GET", b"HEAD", b"POST")):
            self._server.asked(self._origin)
        return data


@dataclass(slots=True)
class Site:
    """A twin on its line, to which one host comes after another."""

    schedule: Schedule
    clock: Clock
    twin: Twin
    line: PluggedPort
    told: bool = False

    def unplug(self) -> None:
        """The host's end is gone from one moment to the next; what it says is heard no more."""
        self.line.plug(HostSettings(self.schedule.baud))

    @asynccontextmanager
    async def host(self, *, well: bool = False) -> AsyncIterator[Modem]:
        """One process of the host; where it is to go `well` its receiver is not starved."""
        schedule = self.schedule
        near = self.line.plug(HostSettings(schedule.baud))
        port = near
        if not (schedule.to_host.plain and schedule.to_module.plain):
            port = PiecesPort(near, self.clock, schedule.to_host, schedule.to_module, schedule.seed)  # type: ignore[assignment]
        flow = None if well and schedule.starved else schedule.flow
        tls = TlsSettings() if schedule.tls else None
        wishes = LineWishes(schedule.speed, flow)
        async with Modem(port, pins=TwinPins(self.twin), tls=tls, line=wishes) as modem:
            if self.told:
                modem.on_log(
                    lambda entry: print(f"{entry.time:10.3f} {entry.direction} {entry.text}")
                )
            yield modem

    async def leave_as_a_person_does(self) -> None:
        """What somebody typed before the host came."""
        port = self.line.plug(HostSettings(self.schedule.baud))
        for text in ("AT", "AT", *self.schedule.left):
            port.write(f"{text}\r".encode())
            await self.clock.sleep(_QUIET)


@asynccontextmanager
async def site(
    schedule: Schedule,
    server: Server,
    folder: Path,
    *,
    plan: FaultPlan | None,
    starved: bool,
    told: bool = False,
) -> AsyncIterator[Site]:
    """A twin with the network and the server of the schedule."""
    clock, link = LoopClock(), schedule.link
    network = SimulatedNetwork(
        clock,
        latency=link.latency,
        bandwidth=link.bandwidth,
        loss=link.loss,
        seed=schedule.seed,
    )
    server.serve(network, clock)
    line = PluggedPort()
    twin = Twin(
        schedule.model,
        line,
        network=network,
        seed=schedule.seed,
        baud=schedule.baud,
        host_fifo=schedule.fifo if starved or not schedule.starved else None,
        faults=plan,
        state=folder / "state" if schedule.state else None,
    )
    async with twin:
        yield Site(schedule, clock, twin, line, told)


class MostOnClosed:
    """Hears the commands of a twin: the longest row of actions on a bearer that was closed."""

    def __init__(self) -> None:
        self.most = self._row = 0

    def listen(self, twin: Twin) -> None:
        """To this one too."""
        taps = twin.module.hardware.taps
        before: Callable[[Command], None] | None = taps.command

        def command(asked: Command) -> None:
            firmware = twin.module.firmware
            is_action = asked.name in ("+HTTPACTION", "+HTTPEXACTION") and asked.form is Form.SET
            if is_action and firmware is not None:
                self._row = 0 if firmware.find(Bearers).ready(1) else self._row + 1
                self.most = max(self.most, self._row)
            if before is not None:
                before(asked)

        taps.command = command
