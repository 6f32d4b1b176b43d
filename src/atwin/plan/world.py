"""One module with its host and its server, all in this process: where a plan comes true.

Made on a `VirtualLoop` it is the same at every run, and hours of the line take seconds.
"""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from atwin.clock import LoopClock
from atwin.host.modem import Modem
from atwin.host.tls import TlsSettings
from atwin.line.frame import HostSettings
from atwin.line.ports.plugged import PluggedPort
from atwin.net.network import passed
from atwin.net.wrapper import StreamWrapper
from atwin.plan.job import NAME, PATH
from atwin.plan.relay import relay
from atwin.plan.served import file_of, served_file
from atwin.session.opening import TwinPins
from atwin.testing.origin import Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.trace import NO_TRACE
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from atwin.clock import Clock
    from atwin.host.download.reports import DownloadResult, ProgressCall
    from atwin.host.line import LineWishes
    from atwin.net.network import Handler, Stream
    from atwin.plan.job import Job
    from atwin.trace import Trace
    from atwin.twin.faults.plan import FaultPlan

#: Seconds in which the last connections must have ended, and after which is looked again.
_GOODBYE, _LOOK = 10.0, 0.05


@dataclass(slots=True)
class Visit:
    """One connection as the server saw it: times in seconds of the clock, bytes of the stream.

    `tls` is how long the handshake took. While it is open `closed` is None, and bytes are 0.
    """

    opened: float
    closed: float | None = None
    tls: float = 0.0
    up: int = 0
    down: int = 0


@dataclass(slots=True)
class Server:
    """The web server of a plan, and who came."""

    origin: Origin
    visits: list[Visit] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """How many were answered, or begun to be."""
        return self.origin.requests

    @property
    def is_visited(self) -> bool:
        """Whether there is a connection that has not ended."""
        return any(visit.closed is None for visit in self.visits)

    @property
    def connection_seconds(self) -> float:
        """Of all connections that have ended."""
        return sum(v.closed - v.opened for v in self.visits if v.closed is not None)


@dataclass(slots=True)
class Site:
    """A module on its line, and the server of `job`; no host has come yet."""

    job: Job
    clock: Clock
    network: SimulatedNetwork
    server: Server
    twin: Twin
    line: PluggedPort

    @asynccontextmanager
    async def host(self, wishes: LineWishes | None = None) -> AsyncIterator[World]:
        """A host that finds the module as the one before has left it; one at a time."""
        port = self.line.plug(HostSettings(self.job.baud))
        tls = TlsSettings() if self.job.tls else None
        async with Modem(port, tls=tls, line=wishes, pins=TwinPins(self.twin)) as modem:
            yield World(self.job, self.clock, self.network, self.server, self.twin, modem)


@dataclass(slots=True)
class World:
    """What there is while a plan is played. The modem has not been brought up."""

    job: Job
    clock: Clock
    network: SimulatedNetwork
    server: Server
    twin: Twin
    modem: Modem

    async def download(
        self, target: Path, *, give_up: float = 900.0, progress: ProgressCall | None = None
    ) -> DownloadResult:
        """`Modem.download` of the job, by a host that knows what the job says it knows."""
        job = self.job
        return await self.modem.download(
            job.url,
            target,
            sha256=digest_of(job) if job.hash else None,
            chunk=job.part,
            strategy=job.strategy,
            give_up=give_up,
            progress=progress,
        )

    async def settle(self) -> None:
        """Let what has been sent arrive: then the server knows which connections have ended."""
        await self.clock.sleep(2 * self.job.route.rtt)
        latest = self.clock.now() + _GOODBYE
        while self.server.is_visited and self.clock.now() < latest:  # the way up may be slow
            await self.clock.sleep(_LOOK)
        await self.twin.traffic.wait_settled()


@asynccontextmanager
async def world(
    job: Job,
    *,
    seed: int = 0,
    faults: FaultPlan | None = None,
    trace: Trace = NO_TRACE,
    seen: Callable[[Stream, Visit], Stream] | None = None,
) -> AsyncIterator[World]:
    """As `site`, with a host at its modem."""
    async with (
        site(job, seed=seed, faults=faults, trace=trace, seen=seen) as place,
        place.host() as its,
    ):
        yield its


@asynccontextmanager
async def site(
    job: Job,
    *,
    seed: int = 0,
    faults: FaultPlan | None = None,
    trace: Trace = NO_TRACE,
    seen: Callable[[Stream, Visit], Stream] | None = None,
    served: Callable[[Stream], Stream] | None = None,
) -> AsyncIterator[Site]:
    """A warm twin on its line, and the server of `job`.

    `seed` is of the twin and of what the network loses. `seen` may lay something around the
    server's end of each connection, below TLS, and `served` above it; both are closed at its end.
    Raises `UnknownModelError`, and as `Twin` does.
    """
    clock, route = LoopClock(), job.route
    network = SimulatedNetwork(
        clock, latency=route.rtt / 2, up=route.up, down=route.down, loss=route.loss, seed=seed
    )
    if job.dns:
        network.add_host(NAME)
    server = Server(Origin({PATH: file_of(job)}, wall=clock.wall))
    beyond = server.origin.handle if job.real is None else partial(relay, job.real)
    serving = _Serving(job, clock, server, beyond, seen, served)
    network.serve(job.host, job.port, serving.handle)
    line = PluggedPort()
    twin = Twin(
        job.profile, line, network=network, seed=seed, baud=job.baud, faults=faults, trace=trace
    )
    async with twin:
        yield Site(job, clock, network, server, twin, line)


def digest_of(job: Job) -> str:
    """The SHA-256 of its file, in hex."""
    return sha256_of(job.size) if job.real is None else job.real.sha256


@lru_cache(8)
def sha256_of(size: int) -> str:
    """Of the file of `size` bytes that plans download, in hex."""
    content = served_file(size).content
    digest = hashlib.sha256()
    for start in range(0, size, 1 << 20):
        digest.update(content.read(start, min(1 << 20, size - start)))
    return digest.hexdigest()


class _Serving:
    """Hands connections on to the origin: counted, and through TLS where that is asked for."""

    def __init__(
        self,
        job: Job,
        clock: Clock,
        server: Server,
        beyond: Handler[Stream],
        seen: Callable[[Stream, Visit], Stream] | None,
        served: Callable[[Stream], Stream] | None,
    ) -> None:
        self._job, self._clock, self._server, self._beyond = job, clock, server, beyond
        self._seen, self._served = seen, served

    async def handle(self, stream: Stream) -> None:
        # The ACK that opens it comes half a round trip after the module has its connection.
        half = self._job.route.rtt / 2
        visit = Visit(self._clock.now() + half)
        self._server.visits.append(visit)
        whole = stream
        if self._seen is not None:
            stream = self._seen(stream, visit)
        try:
            if self._job.tls and self._job.real is None:
                stream = await self._secured(stream, visit, half)
            if self._job.latency:
                stream = _Late(stream, self._clock, self._job.latency)
            if self._served is not None:
                stream = self._served(stream)
            await self._beyond(stream)
        finally:
            stream.close()
            visit.down, visit.up = passed(whole)
            visit.closed = max(self._clock.now(), visit.opened)

    async def _secured(self, stream: Stream, visit: Visit, half: float) -> Stream:
        from atwin.plan.certificates import server_context
        from atwin.plan.tls_server import TlsServerStream

        began = self._clock.now()
        secured = TlsServerStream(stream, server_context())
        await secured.shake_hands()
        # The module knows it half a round trip after the server.
        visit.tls = self._clock.now() + half - began
        return secured


class _Late(StreamWrapper):
    """A server that takes its time until it answers what it has read."""

    def __init__(self, inner: Stream, clock: Clock, latency: float) -> None:
        super().__init__(inner)
        self._clock, self._latency = clock, latency
        self._asked = False

    async def read(self, limit: int) -> bytes:
        data = await self.inner.read(limit)
        self._asked = True
        return data

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._asked:
            self._asked = False
            await self._clock.sleep(self._latency)
        await self.inner.write(data)
