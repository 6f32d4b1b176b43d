"""A network with something wrong on the way: laid around any other `Network`.

A fault begins and ends while everything runs. It meets the connections that are open, and those
opened while it lasts; with a count, so many of them in all, each for its whole life.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from atwin.net.hosts import NamedAddress
from atwin.net.network import PLAIN, ConnectError, ResolveError
from atwin.net.wrapper import NetworkWrapper
from atwin.twin.faults.dice import Dice
from atwin.twin.faults.faulty_stream import FaultyStream
from atwin.twin.faults.kinds.network import ConnectRefused, DnsFailure, NetworkFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock import Clock
    from atwin.net.network import NameServers, Network, SocketOptions, Stream
    from atwin.twin.faults.case import Case
    from atwin.twin.faults.fault import End

F = TypeVar("F", bound=NetworkFault)


class FaultyNetwork(NetworkWrapper):
    """`inner` with the faults of the moment. The same `seed` gives the same jitter."""

    def __init__(self, inner: Network, clock: Clock, *, seed: int = 0) -> None:
        super().__init__(inner)
        #: Called before each connection.
        self.on_connect: Callable[[], None] = lambda: None
        self._clock = clock
        self._dice = Dice(seed)
        self._cases: list[Case] = []
        self._open: list[FaultyStream] = []
        self._names: dict[str, str] = {}

    def begin(self, case: Case) -> End:
        """From now on the `NetworkFault` of `case`.

        Returns what ends it; connections it met with a count keep it.
        """
        self._cases.append(case)
        for stream in self._open:
            self._meet(case, stream)

        def end() -> None:
            if case in self._cases:
                self._cases.remove(case)
            if case.fault.limit is None:
                case.lifted.set()

        return end

    async def resolve(self, host: str, servers: NameServers | None = None) -> str:
        if (met := self._find(DnsFailure, host)) is not None:
            fault, case = met
            if not fault.silent:
                raise ResolveError(f"no address for {host!r}: a fault")
            await case.lifted.wait()
        address = await self.inner.resolve(host, servers)
        self._names[address] = host.lower()
        return address

    async def connect(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        self.on_connect()
        if (met := self._find(ConnectRefused, address)) is not None:
            fault, case = met
            if not fault.silent:
                raise ConnectError(f"connection to {address}:{port} refused: a fault")
            await case.lifted.wait()
        inner = await self.inner.connect(address, port, options)
        stream = FaultyStream(address, inner, self._clock, self._dice, self._gone)
        self._open.append(stream)
        for case in tuple(self._cases):
            self._meet(case, stream)
        try:
            await stream.travel()
        except BaseException:
            stream.close()
            raise
        return stream

    def _meet(self, case: Case, stream: FaultyStream) -> None:
        if self._meets(case, stream.address) and not isinstance(
            case.fault, DnsFailure | ConnectRefused
        ):
            case.meet()
            stream.suffer(case)

    def _gone(self, stream: FaultyStream) -> None:
        if stream in self._open:
            self._open.remove(stream)

    def _meets(self, case: Case, where: str) -> bool:
        assert isinstance(case.fault, NetworkFault)
        host = case.fault.host
        named = where.name.lower() if isinstance(where, NamedAddress) else self._names.get(where)
        names = (where.lower(), named)
        return not case.over and (host is None or host.lower() in names)

    def _find(self, kind: type[F], where: str) -> tuple[F, Case] | None:
        for case in tuple(self._cases):
            if isinstance(case.fault, kind) and self._meets(case, where):
                case.meet()
                return case.fault, case
        return None
