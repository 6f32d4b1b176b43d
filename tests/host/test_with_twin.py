"""The host and the twin, which know nothing of each other, on one line."""

from __future__ import annotations

from typing import NoReturn

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS
from atwin.net.network import PLAIN, NameServers, SocketOptions
from atwin.twin.twin import Twin


class NoNetwork:
    """Behind the antenna is nothing: these tests stay on the line."""

    async def resolve(self, host: str, servers: NameServers | None = None) -> NoReturn:
        raise AssertionError(host)

    async def connect(self, address: str, port: int, options: SocketOptions = PLAIN) -> NoReturn:
        raise AssertionError(address)

    async def ping(self, address: str, size: int, ttl: int) -> NoReturn:
        raise AssertionError(address)

    async def open_udp(self, address: str, port: int, options: SocketOptions = PLAIN) -> NoReturn:
        raise AssertionError(address)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("warm", [True, False])
def test_bring_up(model: str, warm: bool) -> None:
    async def main() -> None:
        near, far = memory_pair()
        async with Twin(model, far, network=NoNetwork(), warm=warm), Modem(near) as modem:
            await modem.bring_up()
            took = LoopClock().now()
            assert took < 3 if warm else 4.4 < took < 10
            assert modem.channel.restarts == (not warm)
            assert await modem.bearer.open()
            await modem.bearer.rebuild()

    run_virtual(main())
