"""A module is left with the settings it was found with."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import ModuleSilentError, RequestFailedError
from atwin.host.line import LineWishes
from atwin.host.modem import Modem
from atwin.line.frame import Flow, HostSettings
from atwin.line.ports.memory import MemoryPort, memory_pair
from atwin.models import MODELS, load_profile
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin
from support.modules.fake_module import FakeModule

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from atwin.twin.engine.settings import Settings

URL = "http://origin/f"


@asynccontextmanager
async def scene(
    model: str = "air724ug", found: dict[str, object] | None = None, *, told: bool = True
) -> AsyncIterator[tuple[Settings, MemoryPort]]:
    """The live settings of a module at 115200 bit/s, `found` among them, and the host's port.

    `told` is whether that port knows of rates.
    """
    clock = LoopClock()
    network = SimulatedNetwork(clock, latency=0.05, bandwidth=1e6)
    content = File(Generated(min(load_profile(model).limit("http_buffer") - 96, 100_000), 1))
    network.serve("origin", 80, Origin({"/f": content}, wall=clock.wall).handle)
    near, far = memory_pair()
    if told:
        near.set_line(HostSettings(115200))
    async with Twin(model, far, network=network, baud=115200) as twin:
        assert twin.module.firmware is not None
        settings = twin.module.firmware.settings
        for name, value in (found or {}).items():
            setattr(settings, name, value)
        yield settings, near


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"echo": False, "cmee": 1},
        {"cmee": 2},
        {"cmee": 0, "echo": False},
        {"ifc": (0, 2)},
    ],
)
@pytest.mark.parametrize("model", MODELS)
def test_given_back(model: str, found: dict[str, object]) -> None:
    async def main() -> None:
        async with scene(model, found) as (settings, port):
            before = replace(settings)
            async with Modem(port, leave_as_found=True) as modem:
                await modem.bring_up()
                assert (settings.echo, settings.cmee, settings.ifc) == (False, 1, (2, 2))
                await modem.recover()
                assert (await modem.get(URL)).status == 200
            assert settings == before

    run_virtual(main())


def test_only_what_was_changed_is_asked_for_and_set() -> None:
    async def main() -> None:
        async with scene(found={"echo": False, "ifc": (2, 2)}, told=False) as (_, port):
            modem = Modem(port, leave_as_found=True)
            log: list[str] = []
            modem.channel.on_log(lambda entry: log.append(entry.text))
            await modem.bring_up()
            log.clear()
            await modem.close()
            assert not [text for text in log if text.startswith("AT")]

    run_virtual(main())


def test_auto_baud_and_another_rate() -> None:
    async def main() -> None:
        async with scene() as (settings, port):
            wishes = LineWishes(speed=921600, flow=Flow.HARDWARE)
            async with Modem(port, line=wishes, leave_as_found=True) as modem:
                await modem.bring_up()
                assert (settings.ipr, settings.ifc) == (921600, (2, 2))
            assert (settings.ipr, settings.ifc, settings.echo) == (0, (0, 0), True)

    run_virtual(main())


def test_not_asked_for() -> None:
    async def main() -> None:
        async with scene() as (settings, port):
            async with Modem(port) as modem:
                await modem.bring_up()
            assert (settings.echo, settings.ifc) == (False, (2, 2))

    run_virtual(main())


def test_behind_a_failure() -> None:
    async def main() -> None:
        async with scene(found={"cmee": 2}) as (settings, port):
            before = replace(settings)

            async def work() -> None:
                async with Modem(port, leave_as_found=True) as modem:
                    await modem.bring_up()
                    await modem.get("http://nowhere/")

            with pytest.raises(RequestFailedError):
                await work()
            assert settings == before

    run_virtual(main())


@pytest.mark.parametrize("seconds", [0.1, 1.0, 4.0])
def test_behind_an_interruption(seconds: float) -> None:
    """In front of the URC, and in a body that takes 8.7 s of the line, to be waited for or not."""

    async def main() -> None:
        async with scene() as (settings, port):
            before = replace(settings)

            async def work() -> None:
                async with Modem(port, leave_as_found=True) as modem:
                    await modem.bring_up()
                    up.set()
                    await modem.get(URL)

            up = asyncio.Event()
            task = asyncio.create_task(work())
            await up.wait()
            await asyncio.sleep(seconds)
            task.cancel()
            began = LoopClock().now()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert LoopClock().now() - began < 4
            await asyncio.sleep(20)  # what is under way comes to its end
            assert settings == before

    run_virtual(main())


def test_a_module_that_falls_silent_is_not_waited_for() -> None:
    async def main() -> None:
        near, far = memory_pair()
        module = FakeModule(far)
        modem = Modem(near, leave_as_found=True)
        await modem.bring_up()
        module.instead[""] = None
        with pytest.raises(ModuleSilentError):
            await modem.channel.synchronise(2, 0.1)
        began = LoopClock().now()
        await modem.close()
        assert LoopClock().now() - began <= 3
        assert module.heard[-1] == "ATE1"

    run_virtual(main())


def test_a_line_that_is_gone_is_not_waited_for() -> None:
    async def main() -> None:
        near, far = memory_pair()
        FakeModule(far)
        modem = Modem(near, leave_as_found=True)
        await modem.bring_up()
        await far.close()
        await asyncio.sleep(0.1)
        began = LoopClock().now()
        await modem.close()
        assert LoopClock().now() == began

    run_virtual(main())
