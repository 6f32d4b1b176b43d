"""Commands that a twin of this loop answers at once: no turn of the loop, and still everybody's."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from atwin.testing import SimulatedNetwork
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from atwin.line.port import Port


@asynccontextmanager
async def modem_and_twin() -> AsyncIterator[tuple[Modem, Twin]]:
    async with AsyncExitStack() as stack:
        near, far = memory_pair()
        twin = Twin("air780e-at", far, network=SimulatedNetwork(LoopClock()))
        await stack.enter_async_context(twin)
        modem = await stack.enter_async_context(Modem(near))
        assert (await modem.command("ATE0")).ok
        yield modem, twin


def test_a_command_is_answered_without_a_turn_of_the_loop() -> None:
    async def main() -> None:
        async with modem_and_twin() as (modem, _):
            turned: list[bool] = []
            asyncio.get_running_loop().call_soon(turned.append, True)
            assert (await modem.command("AT+CGMM")).lines == ('+CGMM: "Air780E"',)
            assert turned == []

    run_virtual(main())


async def for_ever(modem: Modem) -> None:
    while True:
        assert (await modem.command("AT")).ok


def test_who_sends_command_after_command_lets_others_run() -> None:
    """Timers, a URC, the end of a time and a task that is called off."""

    async def main() -> None:
        async with modem_and_twin() as (modem, twin):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await for_ever(modem)
            heard = asyncio.Event()
            modem.on_urc(lambda text: heard.set())
            sending = asyncio.create_task(for_ever(modem))
            twin.urc("+ANY: 1")
            await heard.wait()
            sending.cancel()
            await asyncio.wait([sending])
            assert sending.cancelled()
            assert (await modem.command("AT")).ok

    asyncio.run(main())


class Heard:
    """Somebody's own port around another: it keeps what is written, and hands on all else."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self.written = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def write(self, data: bytes) -> None:
        self.written += data
        self._port.write(data)


def test_a_port_around_another_is_written_to_itself() -> None:
    async def main() -> None:
        near, far = memory_pair()
        async with Twin("air780e-at", far, network=SimulatedNetwork(LoopClock())):
            heard = Heard(near)
            async with Modem(cast("Port", heard)) as modem:
                assert (await modem.command("AT+CSQ")).ok
            assert heard.written.endswith(b"AT+CSQ\r")

    run_virtual(main())
