"""A network with something wrong on the way: laid around any other `Network`.

A `Trouble` begins and ends while everything runs. It meets the connections that are open, and
those opened while it lasts; with a `count`, so many of them in all, each for its whole life.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from atwin.net.faulty.case import Case
from atwin.net.faulty.stream import FaultyStream
from atwin.net.network import PLAIN, ConnectError, ResolveError
from atwin.net.troubles import NoName, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock import Clock
    from atwin.net.network import Network, Pong, SocketOptions, Stream
    from atwin.net.troubles import Trouble


class FaultyNetwork:
    """`inner` with the troubles of the moment. The same `seed` gives the same jitter."""

    def __init__(self, inner: Network, clock: Clock, *, seed: int = 0) -> None:
        self.inner = inner
        #: Called before each connection.
        self.on_connect: Callable[[], None] = lambda: None
        self._clock = clock
        self._random = random.Random(seed)
        self._cases: list[Case] = []
        self._open: list[FaultyStream] = []
        self._names: dict[str, str] = {}

    def begin(
        self, trouble: Trouble, count: int | None = None, hit: Callable[[], None] = lambda: None
    ) -> Callable[[], None]:
        """From now on `trouble`, for `count` connections or look-ups, or without a count.

        `hit` is called for each of them. Returns what ends it; connections it met with a count
        keep it.
        """
        case = Case(trouble, count, hit)
        self._cases.append(case)
        for stream in self._open:
            self._meet(case, stream)

        def end() -> None:
            if case in self._cases:
                self._cases.remove(case)
            if count is None:
                case.ended.set()

        return end

    async def resolve(self, host: str) -> str:
        case = self._find(NoName, host)
        if case is not None:
            if isinstance(case.trouble, NoName) and case.trouble.silent:
                await case.ended.wait()
            else:
                raise ResolveError(f"no address for {host!r}: a fault")
        address = await self.inner.resolve(host)
        self._names[address] = host.lower()
        return address

    async def connect(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        self.on_connect()
        case = self._find(Refused, address)
        if case is not None:
            if isinstance(case.trouble, Refused) and case.trouble.silent:
                await case.ended.wait()
            else:
                raise ConnectError(f"connection to {address}:{port} refused: a fault")
        inner = await self.inner.connect(address, port, options)
        stream = FaultyStream(address, inner, self._clock, self._random, self._gone)
        self._open.append(stream)
        for case in tuple(self._cases):
            self._meet(case, stream)
        try:
            await stream.travel()
        except BaseException:
            stream.close()
            raise
        return stream

    async def ping(self, address: str, size: int, ttl: int) -> Pong:
        return await self.inner.ping(address, size, ttl)

    async def open_udp(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        return await self.inner.open_udp(address, port, options)

    def _meet(self, case: Case, stream: FaultyStream) -> None:
        if self._meets(case, stream.address) and not isinstance(case.trouble, NoName | Refused):
            case.take()
            stream.suffer(case)

    def _gone(self, stream: FaultyStream) -> None:
        if stream in self._open:
            self._open.remove(stream)

    def _meets(self, case: Case, where: str) -> bool:
        host = case.trouble.host
        names = (where.lower(), self._names.get(where))
        return case.open and (host is None or host.lower() in names)

    def _find(self, kind: type[Trouble], where: str) -> Case | None:
        for case in tuple(self._cases):
            if isinstance(case.trouble, kind) and self._meets(case, where):
                case.take()
                return case
        return None
