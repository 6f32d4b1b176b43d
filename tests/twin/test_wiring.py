"""The host's RTS and DTR wired to RESET and PWRKEY (docs/spec/power.md §1)."""

from __future__ import annotations

import pytest
import serial

import atwin.plugs  # noqa: F401 - registers `twin://`
from atwin.clock import run_virtual
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import memory_pair
from atwin.twin.pins import Wire, Wiring
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.servers.no_network import NoNetwork


@pytest.mark.parametrize("inverted", [False, True])
def test_dtr_presses_the_power_key(inverted: bool) -> None:
    async def main() -> None:
        host, module = memory_pair()
        terminal = Terminal(host)
        wiring = Wiring(dtr=Wire("power_key", inverted))
        async with Twin("air780e-at", module, network=NoNetwork(), wiring=wiring) as twin:
            host.set_line(HostSettings(dtr=not inverted))
            assert not twin.pins.power_key
            assert await terminal.quiet(1.6) == b"\r\nNORMAL POWER DOWN\r\n"
            host.set_line(HostSettings(dtr=inverted))
            assert twin.pins.power_key
            await terminal.quiet(3)
            host.set_line(HostSettings(dtr=not inverted))
            assert b"RDY" in await terminal.quiet(5)
            # Nobody drives it any more: pulled up inside.
            host.set_line(HostSettings())
            assert twin.pins.power_key

    run_virtual(main())


def test_rts_on_reset_is_no_flow_control() -> None:
    async def main() -> None:
        host, module = memory_pair()
        terminal = Terminal(host)
        wiring = Wiring(rts=Wire("reset", inverted=True))
        async with Twin("air724ug", module, network=NoNetwork(), wiring=wiring) as twin:
            host.set_line(HostSettings(rts=True))
            await terminal.ask(b"AT+IFC=2,2")
            host.set_line(HostSettings(rts=False))
            assert not twin.pins.reset
            # RESET is low and the firmware still runs: it answers although RTS is off.
            assert b"OK" in await terminal.ask(b"AT")
            await terminal.quiet(0.2)
            host.set_line(HostSettings(rts=True))
            terminal.type(b"AT\r")
            assert b"RDY" in await terminal.quiet(5)

    run_virtual(main())


def test_the_control_channel_drives_what_is_wired_too() -> None:
    async def main() -> None:
        host, module = memory_pair()
        terminal = Terminal(host)
        wiring = Wiring(dtr=Wire("power_key"))
        async with Twin("air780e-at", module, network=NoNetwork(), wiring=wiring) as twin:
            twin.module.hardware.uart.drive("dtr", True)
            assert await terminal.quiet(1.6) == b"\r\nNORMAL POWER DOWN\r\n"
            twin.module.hardware.uart.drive("dtr", None)
            assert twin.pins.power_key

    run_virtual(main())


def test_a_pyserial_program_switches_a_module_off_by_dtr() -> None:
    line = serial.serial_for_url(
        "twin://air780e-at?dtr=power_key&time_scale=0.01", do_not_open=True, timeout=20
    )
    line.dtr = False
    line.open()
    with line:
        line.write(b"AT\r")
        assert line.read_until(b"OK\r\n").endswith(b"OK\r\n")
        line.dtr = True
        assert line.read_until(b"DOWN\r\n") == b"\r\nNORMAL POWER DOWN\r\n"


def test_most_programs_assert_dtr_as_they_open() -> None:
    with serial.serial_for_url(
        "twin://air780e-at?dtr=power_key:inverted&time_scale=0.01", timeout=20
    ) as line:
        line.write(b"AT\r")
        assert line.read_until(b"OK\r\n").endswith(b"OK\r\n")
