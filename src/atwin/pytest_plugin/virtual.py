"""The fixture `atwin` with `clock="virtual"`: minutes of line time in milliseconds."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn, Self

from atwin.clock import LoopClock
from atwin.host.errors import UsageError
from atwin.host.modem import Modem
from atwin.pytest_plugin.rig import Rig, ServerTable, heard_by
from atwin.session.blocking import SyncModem
from atwin.session.loop_thread import LoopHere
from atwin.session.opening import TwinPins
from atwin.session.tracing import tracing
from atwin.session.twins import made_twin
from atwin.testing import SimulatedNetwork

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from atwin.net.network import Network
    from atwin.pytest_plugin.heard import Heard
    from atwin.pytest_plugin.wishes import Wishes
    from atwin.twin.twin import Twin

#: Seconds of one way through the network.
_LATENCY = 0.05
_HTTP = 80


class VirtualRig(Rig):
    """A module whose clock stands still between two calls, and jumps within one.

    Its world is this process: `atwin_host` drives it, servers are `Origin`s of `atwin.testing`.
    """

    _loop: LoopHere

    @classmethod
    def of(cls, name: str, wishes: Wishes, test: str, sink: Callable[[str], None]) -> Self:
        return cls(name, LoopHere(_running(wishes, test, sink)))

    @property
    def port(self) -> NoReturn:
        raise UsageError(
            "a module on the virtual clock has no port for other programs: use atwin_host"
        )

    def connect(self, **settings: Any) -> SyncModem:
        patience = settings.pop("patience", None)
        modem = SyncModem.around(
            _modem_on(self._twin, settings), lambda thing: LoopHere(thing, self._loop)
        )
        modem.bring_up(patience)
        return modem

    def sleep(self, seconds: float) -> None:
        self._call(asyncio.sleep(seconds))

    @property
    def hosts(self) -> ServerTable:
        return _Origins(self._twin.hosts, self._loop.thing[4])


class _Origins(ServerTable):
    """ServerTable of a simulated network."""

    def __init__(self, hosts: Any, network: SimulatedNetwork) -> None:
        super().__init__(hosts)
        self._network = network

    def __setitem__(self, name: str, server: Any) -> None:
        if not hasattr(server, "handle"):
            raise UsageError("on the virtual clock a server is an Origin of atwin.testing")
        host, _, port = name.partition(":")
        self._network.serve(host, int(port or _HTTP), server.handle)
        self._hosts[name] = self._network.add_host(host)


@asynccontextmanager
async def _running(
    wishes: Wishes, test: str, sink: Callable[[str], None]
) -> AsyncIterator[tuple[Twin, Heard, str, None, Network]]:
    network = SimulatedNetwork(LoopClock(), latency=_LATENCY)
    with heard_by(test, sink) as heard:
        with tracing(heard):
            twin = made_twin(replace(wishes.twin, network=network))
        async with twin:
            _ = twin.faults
            yield twin, heard, "", None, network


@asynccontextmanager
async def _modem_on(twin: Twin, settings: dict[str, Any]) -> AsyncIterator[Modem]:
    async with Modem(twin.port, pins=TwinPins(twin), leave_as_found=False, **settings) as modem:
        yield modem
