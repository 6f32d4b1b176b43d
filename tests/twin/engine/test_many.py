"""Many modules in one process: what is shared, and what an idle one costs."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from typing import TYPE_CHECKING

from bench.twins import bytes_each, make, working_bytes_each

from atwin.clock import run_virtual
from atwin.models import load_profile
from support.modules.http_twin import SIZE, action, on_http

if TYPE_CHECKING:
    from atwin.at.command import CommandTable
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

#: Bytes.
IDLE, AT_WORK = 20 * 1024, 25 * 1024


def tables(*twins: Twin) -> list[CommandTable]:
    firmwares = [twin.module.firmware for twin in twins]
    return [firmware.table for firmware in firmwares if firmware is not None]


def test_one_command_table_a_profile() -> None:
    async def main() -> None:
        first, second = tables(*make("air780e-at", 2))
        assert first is second
        (other,) = tables(*make("air724ug", 1))
        assert other is not first
        # A profile made for one twin has a table of its own, also after the last one is gone.
        for implicit in (0, 1, 0):
            profile = load_profile("air780e-at").with_flags(implicit_bearer=implicit)
            (own,) = tables(*make(profile, 1))
            assert own.limits is profile

    asyncio.run(main())


def test_a_restart_keeps_the_table_and_nothing_else() -> None:
    async def main() -> None:
        (twin,) = make("air780e-at", 1)
        before = twin.module.firmware
        twin.module.restart()
        twin.module.power_on()
        after = twin.module.firmware
        assert before is not None
        assert after is not None
        assert after.table is before.table
        assert after.radio is not before.radio
        await twin.close()

    asyncio.run(main())


def test_a_module_at_work_is_small_beside_its_buffers() -> None:
    run_virtual(working_bytes_each("air780e-at", 20))  # what is made once
    assert run_virtual(working_bytes_each("air780e-at", 60)) < AT_WORK


def test_an_idle_module_is_small() -> None:
    assert asyncio.run(bytes_each("air780e-at")) < IDLE


def test_the_http_buffer_is_given_back() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        held = []
        await action(terminal)  # what is made once
        tracemalloc.start()
        for _ in range(2):
            await terminal.ask(b"AT+HTTPTERM")
            gc.collect()
            empty = tracemalloc.get_traced_memory()[0]
            await terminal.ask(b'AT+HTTPINIT;+HTTPPARA="URL","http://files.example/f"')
            assert b"200" in await action(terminal)
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0] - empty)
        tracemalloc.stop()
        assert min(held) > SIZE
        assert empty < SIZE

    on_http(test)
