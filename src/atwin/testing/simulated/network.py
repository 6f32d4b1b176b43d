"""Hosts, ports and the way to them, in memory."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from atwin.net.names import ask
from atwin.net.network import (
    PLAIN,
    ConnectError,
    NameServers,
    Pong,
    ResolveError,
    SocketOptions,
    attend,
    is_literal,
)
from atwin.testing.simulated.datagrams import SimulatedUdp
from atwin.testing.simulated.direction import Direction
from atwin.testing.simulated.lossy import LossyPipe
from atwin.testing.simulated.pipe import Pipe
from atwin.testing.simulated.stream import SimulatedStream

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from atwin.clock import Clock
    from atwin.net.network import Handler

#: Hops an answer to a ping has left.
_TTL = 63
#: Seconds after which a question or a SYN without an answer goes again, and the longest wait.
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
#: More than this share of the segments no TCP gets through.
_MOST_LOSS = 0.5


class SimulatedNetwork:
    """Hosts, ports and the way to them, the same at every run.

    `latency`: seconds per one-way trip. A connection costs one round trip, so does an answer
    of the name server. `bandwidth`: bytes per second each way, shared by all connections
    like the radio of a module; None is without limit. `up` and `down` are other values of it for
    one direction. Only stream bytes count.

    `loss`: the share of segments that get lost, 0 to 0.5, in both directions; the same `seed`
    loses the same ones. A lost segment goes again and costs link time twice. The window of a
    connection is that of its `SocketOptions`: no more bytes than that are on the way or unread.

    Raises `ValueError` for another `loss`.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        latency: float = 0.0,
        bandwidth: float | None = None,
        up: float | None = None,
        down: float | None = None,
        loss: float = 0.0,
        seed: int = 0,
    ) -> None:
        if not 0 <= loss <= _MOST_LOSS:
            raise ValueError(f"loss is {loss}: give 0 to {_MOST_LOSS}")
        self._clock = clock
        self._latency = latency
        self._pipe = LossyPipe if loss else Pipe
        self._up, self._down = (
            Direction(clock, latency, rate or bandwidth, loss=loss, seed=f"{seed} {way}")
            for way, rate in (("up", up), ("down", down))
        )
        self._addresses: dict[str, str] = {}
        self._handlers: dict[tuple[str, int], Handler[SimulatedStream]] = {}
        self._udp_handlers: dict[tuple[str, int], Handler[SimulatedUdp]] = {}
        self._silent: set[tuple[str, int]] = set()
        self._mute_names: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def add_host(self, host: str) -> str:
        """Make `host` known and give its address: itself, or the next one of TEST-NET-2."""
        name = host.lower()
        if is_literal(name):
            return name
        if name not in self._addresses:
            self._addresses[name] = f"198.51.100.{len(self._addresses) + 1}"
        return self._addresses[name]

    def serve(self, host: str, port: int, handler: Handler[SimulatedStream]) -> None:
        """Let `handler` answer connections to `host`:`port`; it gets the server's stream.

        The stream is closed when the handler returns, or when it raises: then the loop's
        exception handler reports the error.
        """
        self._handlers[self.add_host(host), port] = handler

    def serve_udp(self, host: str, port: int, handler: Handler[SimulatedUdp]) -> None:
        """Let `handler` answer datagrams to `host`:`port`; it gets one stream a client."""
        self._udp_handlers[self.add_host(host), port] = handler

    def cut(self) -> None:
        """From now on nothing passes: an outage. Harmless when nothing does already.

        Streams stand still until `restore` and lose nothing, datagrams are lost, connections and
        questions of names are tried again.
        """
        self._up.cut()
        self._down.cut()

    def restore(self) -> None:
        """The outage is over: what was on the way goes on as if no time had passed."""
        self._up.restore()
        self._down.restore()

    def never_answers(self, host: str, port: int) -> None:
        """Connections to `host`:`port` are neither accepted nor refused."""
        self._silent.add((self.add_host(host), port))

    def never_resolves(self, host: str) -> None:
        """The name server does not answer questions about `host`."""
        self._mute_names.add(host.lower())

    async def resolve(self, host: str, servers: NameServers | None = None) -> str:
        name = host.lower()
        if is_literal(name):
            return host
        if servers is not None:
            return await ask(self.open_udp, host, servers)
        if name in self._mute_names:
            await _for_ever()
        await self._ask()
        address = self._addresses.get(name)
        if address is None:
            raise ResolveError(f"no address for {host!r}: unknown on the simulated network")
        return address

    async def connect(
        self, address: str, port: int, options: SocketOptions = PLAIN
    ) -> SimulatedStream:
        """Of the options only the window means something here."""
        if (address, port) in self._silent:
            await _for_ever()
        again = await self._ask()
        handler = self._handlers.get((address, port))
        if handler is None:
            raise ConnectError(f"connection to {address}:{port} refused")
        up = self._pipe(self._clock, self._up, self._down)
        down = self._pipe(self._clock, self._down, self._up, options.window)
        up.segments_again, down.segments_again = again
        self._attend(attend(handler, SimulatedStream(down, up)))
        return SimulatedStream(up, down)

    async def ping(self, address: str, size: int, ttl: int) -> Pong:
        """Hosts this network knows answer, from one hop away."""
        known = {*self._addresses.values(), *(host for host, _ in self._handlers)}
        if address not in known:
            await _for_ever()
        if self._up.loses() or self._down.loses():
            await _for_ever()
        await self._clock.sleep(2 * self._latency)
        return Pong(2 * self._latency, _TTL)

    async def open_udp(
        self, address: str, port: int, options: SocketOptions = PLAIN
    ) -> SimulatedUdp:
        """To a port nobody serves, datagrams go and are gone."""
        near, far = SimulatedUdp(self._up), SimulatedUdp(self._down)
        handler = self._udp_handlers.get((address, port))
        near.peer, far.peer = far, near
        if handler is not None:
            self._attend(attend(handler, far))
        return near

    async def _ask(self) -> tuple[int, int]:
        """A round trip of one packet; how many went again, up and down."""
        up = down = 0
        wait = _FIRST_WAIT
        while True:
            if not self._up.loses():
                if not self._down.loses():
                    break
                down += 1
            up += 1
            await self._clock.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
        await self._clock.sleep(2 * self._latency)
        return up, down

    def _attend(self, serving: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(serving)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _for_ever() -> None:
    await asyncio.Event().wait()
