"""Whoever interrupts a job leaves nothing behind for the next program, and leaves soon."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.bring_up import Patience
from atwin.host.errors import ModuleError
from atwin.host.modem import Modem
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import MemoryPort, memory_pair
from atwin.models import MODELS
from atwin.testing.origin import File, Generated, Origin, Sink
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.modules.fake_module import FakeModule

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

BAUD = 115_200
#: The most each takes at a time, and more than that where it can stream.
BODY = dict.fromkeys(MODELS, 9_000) | {"air724ug": 300_000, "air780e-lsat": 300_000}
#: Seconds the line has for the largest data phase, and those for all the rest.
FILL = dict.fromkeys(MODELS, 0.3) | {"air724ug": 27.8, "air780e-lsat": 11.3}
REST = 5.0


def with_module(model: str, test: Callable[[Twin, MemoryPort], Awaitable[None]]) -> None:
    async def main() -> None:
        clock = LoopClock()
        network = SimulatedNetwork(clock, latency=0.05, bandwidth=1e6)
        origin = Origin({"/f": File(Generated(3000, 1)), "/up": Sink()}, wall=clock.wall)
        network.serve("origin", 80, origin.handle)
        near, far = memory_pair()
        near.set_line(HostSettings(BAUD))
        async with Twin(model, far, network=network, baud=BAUD) as twin:
            await test(twin, near)

    run_virtual(main())


async def post(port: MemoryPort, model: str) -> None:
    """A program that has the port while it runs."""
    async with Modem(port, leave_as_found=True) as modem:
        await modem.bring_up()
        await modem.post("http://origin/up", b"x" * BODY[model])


async def stay_open() -> None:
    """In place of a port's `close`."""


def whole_time(model: str) -> float:
    """Seconds of a post that nobody interrupts."""
    took = 0.0

    async def test(twin: Twin, port: MemoryPort) -> None:
        nonlocal took
        await post(port, model)
        took = asyncio.get_running_loop().time()

    with_module(model, test)
    return took


@pytest.mark.parametrize("part", [0.0, 0.01, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("model", MODELS)
def test_an_interrupted_post(model: str, part: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next program types one command, at once, and is understood."""
    moment = part * whole_time(model)

    async def test(twin: Twin, port: MemoryPort) -> None:
        monkeypatch.setattr(port, "close", stay_open)  # the line is there for the next one
        job = asyncio.create_task(post(port, model))
        await asyncio.sleep(moment)
        job.cancel()
        began = asyncio.get_running_loop().time()
        with pytest.raises(asyncio.CancelledError):
            await job
        assert asyncio.get_running_loop().time() - began <= FILL[model] + REST
        next_one = Terminal(port)
        await asyncio.sleep(0.3)
        next_one.heard.clear()
        next_one.type(b"AT\r")
        assert await next_one.quiet(1) == b"AT\r\r\nOK\r\n"
        next_one.type(b"AT+HTTPTERM;+HTTPINIT\r")
        assert b"ERROR" in await next_one.quiet(1)  # no session was left open
        settings = twin.module.firmware.settings  # type: ignore[union-attr]
        assert (settings.echo, settings.ifc) == (True, (0, 0))

    with_module(model, test)


@pytest.mark.parametrize("leave", [False, True])
def test_flow_control_is_given_back_when_bring_up_fails(leave: bool) -> None:
    async def test(twin: Twin, port: MemoryPort) -> None:
        twin.radio.pull_sim()
        modem = Modem(port, leave_as_found=leave)
        with pytest.raises(ModuleError):
            await modem.bring_up()
        settings = twin.module.firmware.settings  # type: ignore[union-attr]
        assert settings.ifc == (2, 2)
        await modem.close()
        await asyncio.sleep(1)
        assert settings.ifc == (0, 0)

    with_module("air724ug", test)


def test_flow_control_that_a_module_does_not_tell_of_is_switched_off() -> None:
    async def main() -> None:
        near, far = memory_pair()
        near.set_line(HostSettings(BAUD))
        module = FakeModule(far)
        module.instead["AT+IFC?"] = b"\r\nERROR\r\n"
        modem = Modem(near, leave_as_found=True)
        await modem.bring_up(Patience())
        await modem.close()
        assert "AT+IFC=0,0" in module.heard

    run_virtual(main())


def test_a_far_side_that_takes_nothing_more_does_not_hold_us() -> None:
    async def test(twin: Twin, port: MemoryPort) -> None:
        job = asyncio.create_task(post(port, "air724ug"))
        await asyncio.sleep(4.1)
        twin.module.hardware.uart.port.pause_reading()
        job.cancel()
        began = asyncio.get_running_loop().time()
        with pytest.raises(asyncio.CancelledError):
            await job
        assert asyncio.get_running_loop().time() - began <= FILL["air724ug"] + 30 + REST

    with_module("air724ug", test)
