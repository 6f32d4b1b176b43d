"""A call that comes in: RING and RI, until it is answered or ends; and who is not called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.control.settable import apply
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal


@pytest.mark.parametrize("end", ["ATA", "ATH", "AT+CHUP", "give_up", "restart"])
def test_ri_is_low_until_the_call_is_answered_or_ends(end: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        edges: list[bool] = []
        twin.module.hardware.modem_lines.on_ri.append(edges.append)
        twin.calls.ring("10086")
        await terminal.quiet(12)
        assert edges == [False]
        if end.startswith("AT"):
            await terminal.ask(end.encode())
        elif end == "restart":
            twin.module.restart()
        else:
            twin.calls.give_up()
        assert b"RING" not in await terminal.quiet(20)
        assert edges == [False, True]

    on_twin(test)


def test_a_call_ends_a_train_of_pulses_and_lets_none_begin() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        edges: list[bool] = []
        lines, clock = twin.module.hardware.modem_lines, twin.module.hardware.clock
        lines.on_ri.append(edges.append)
        assert lines.ring(clock, 1.0, 1.0, 3)
        twin.calls.ring("10086")
        assert not lines.ring(clock, 1.0, 1.0, 3)
        await terminal.quiet(7)
        assert edges == [False]
        twin.calls.give_up()
        assert edges == [False, True]
        assert lines.ring(clock, 1.0, 1.0, 1)

    on_twin(test)


def test_a_call_wakes_a_module_that_sleeps() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CSCLK=2;+CLIP=1")
        await terminal.quiet(10)
        assert twin.asleep
        twin.calls.ring("10086")
        assert await terminal.quiet(1) == b'\r\nRING\r\n\r\n+CLIP: "10086",129,,,,0\r\n'
        await terminal.quiet(15)
        assert await terminal.ask(b"ATA") == b"\r\nOK\r\n"

    on_twin(test)


def test_a_second_caller_takes_the_place_of_the_first() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.calls.ring("10086")
        twin.calls.ring("10010")
        assert (await terminal.quiet(9)).count(b"RING") == 2
        assert b'"10010"' in await terminal.ask(b"AT+CLCC")

    on_twin(test)


def test_who_is_off_or_out_of_reach_is_not_called() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        apply({"ring": "10086"}, twin)
        assert twin.calls.number == "10086"
        apply({"ring": None}, twin)
        twin.radio.deregister()
        apply({"ring": "10086"}, twin)
        assert twin.calls.number is None
        twin.radio.register()
        await terminal.quiet(9)
        twin.module.hang()
        apply({"ring": "10086"}, twin)
        assert twin.module.hardware.modem_lines.ri
        twin.module.cut_power()
        apply({"ring": "10086"}, twin)
        with pytest.raises(RuntimeError, match="off"):
            twin.calls.ring("10086")

    on_twin(test)


def test_the_control_socket_refuses_a_second_caller_and_sets_nothing_else() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        apply({"ring": "10086"}, twin)
        with pytest.raises(ValueError, match=r"^ring: .*10086 is calling already"):
            apply({"voltage": 3700, "ring": "10010"}, twin)
        assert twin.calls.number == "10086"
        assert twin.module.hardware.surroundings.voltage != 3700
        apply({"ring": None}, twin)
        apply({"ring": "10010"}, twin)
        assert twin.calls.number == "10010"

    on_twin(test)
