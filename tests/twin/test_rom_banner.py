"""The mask ROM knows nothing of what AT&W saved (docs/spec/uart.md §8)."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import MemoryPort, memory_pair
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin
from support.line.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def module(time_scale: float = 1) -> AsyncIterator[tuple[Twin, MemoryPort, Terminal]]:
    near, far = memory_pair()
    near.set_line(HostSettings(9600))
    network = SimulatedNetwork(LoopClock())
    async with Twin("air780e-at", far, network=network, baud=9600, time_scale=time_scale) as twin:
        yield twin, near, Terminal(near)


@pytest.mark.parametrize("host_rate", [9600, 115200])
def test_its_banner_comes_at_115200_and_what_follows_at_the_saved_rate(host_rate: int) -> None:
    async def main() -> None:
        async with module() as (twin, near, terminal):
            await terminal.ask(b"AT+IPR=9600;&W")
            near.set_line(HostSettings(host_rate))
            twin.module.restart()
            heard = await terminal.quiet(0.9)
            assert (b"^boot.rom" in heard) == (host_rate == 115200)
            heard = await terminal.quiet(1)
            assert (heard == b"\r\nRDY\r\n") == (host_rate == 9600)

    run_virtual(main())


def test_its_banner_goes_out_whole_when_the_parser_is_there_at_once() -> None:
    async def main() -> None:
        async with module(time_scale=0) as (twin, near, terminal):
            await terminal.ask(b"AT+IPR=9600;&W")
            near.set_line(HostSettings(115200))
            twin.module.restart()
            assert (await terminal.expect(b"'!\\n")).startswith(b"^boot.rom")
            near.set_line(HostSettings(9600))
            assert (await terminal.expect(b"RDY\r\n")) == b"\r\nRDY\r\n"

    run_virtual(main())


def test_its_banner_is_not_held_by_rts() -> None:
    async def main() -> None:
        async with module() as (twin, near, terminal):
            await terminal.ask(b"AT+IPR=9600;+IFC=2,2;&W")
            near.set_line(HostSettings(115200, rts=False))
            twin.module.restart()
            assert b"^boot.rom" in await terminal.quiet(1)
            near.set_line(HostSettings(9600, rts=False))
            assert await terminal.quiet(5) == b""
            near.set_line(HostSettings(9600, rts=True))
            assert (await terminal.quiet(1)).startswith(b"\r\nRDY\r\n")

    run_virtual(main())


def test_a_module_with_auto_baud_says_its_banner_and_then_waits_to_be_trained() -> None:
    async def main() -> None:
        async with module() as (twin, near, terminal):
            near.set_line(HostSettings(115200))
            twin.module.restart()
            assert (await terminal.quiet(5)).startswith(b"^boot.rom")
            near.set_line(HostSettings(19200))
            terminal.type(b"AT\r")
            assert (await terminal.quiet(1)).startswith(b"\r\nRDY\r\n")

    run_virtual(main())
