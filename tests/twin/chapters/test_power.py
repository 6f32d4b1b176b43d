"""Restarts and power cuts: what survives, and that nothing else does (docs/spec/power.md §4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest

from atwin.models import load_profile
from atwin.twin.board.nvram import Nvram
from atwin.twin.board.power import StartCause
from atwin.twin.engine.settings import Settings
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

Way = Callable[["Twin", "Terminal"], Awaitable[None]]


def by_command(line: bytes) -> Way:
    async def way(twin: Twin, terminal: Terminal) -> None:
        terminal.type(line + b"\r")

    return way


async def by_power_cut(twin: Twin, terminal: Terminal) -> None:
    twin.module.cut_power()
    await terminal.quiet(2)
    twin.module.power_on()


RESTARTS: dict[str, Way] = {
    "reset": by_command(b"AT+RESET"),
    "cfun": by_command(b"AT+CFUN=1,1"),
    "power cut": by_power_cut,
    "factory": by_command(b"AT+RSTSET"),
}


@pytest.mark.parametrize("name", RESTARTS)
def test_what_survives(name: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        erased = name == "factory"
        await terminal.ask(b"AT+IPR=9600;+ICF=1;+CREG=1;+CSCLK=1;&W")
        await terminal.ask(b"AT+IPR=115200;+CMEE=2;+CEREG=1")
        await terminal.ask(b"AT+SAPBR=1,1;+SAPBR=3,1,APN,x;+COPS=3,0;+CGDCONT=7,IP,x;+FSREADHEAD=1")
        await terminal.ask(b"AT+FSMKDIR=d;+FSCREATE=d/f")
        await RESTARTS[name](twin, terminal)
        await terminal.expect(b"+NITZ")
        await terminal.quiet()
        await terminal.ask(b"ATE0")
        # Saved by AT&W; lost without it.
        assert (b"+IPR: 0" if erased else b"+IPR: 9600") in await terminal.ask(b"AT+IPR?")
        assert (b"+ICF: 3,0" if erased else b"+ICF: 1,0") in await terminal.ask(b"AT+ICF?")
        assert (b"+CREG: 0," if erased else b"+CREG: 1,") in await terminal.ask(b"AT+CREG?")
        assert (b"+CSCLK: 0" if erased else b"+CSCLK: 1") in await terminal.ask(b"AT+CSCLK?")
        assert b"+CMEE: 1" in await terminal.ask(b"AT+CMEE?")
        assert b"+CEREG: 0," in await terminal.ask(b"AT+CEREG?")
        # RAM.
        assert b'1,3,"0.0.0.0"' in await terminal.ask(b"AT+SAPBR=2,1")
        assert b'"APN",""' in await terminal.ask(b'AT+SAPBR=4,1,"APN"')
        assert b",2," in await terminal.ask(b"AT+COPS?")
        assert b"+CGDCONT: 7" not in await terminal.ask(b"AT+CGDCONT?")
        assert b"+FSREADHEAD: 0" in await terminal.ask(b"AT+FSREADHEAD?")
        # Flash.
        assert b"f\r\n" in await terminal.ask(b"AT+FSLS=d")
        cause = StartCause.POWER if name == "power cut" else StartCause.SOFTWARE
        assert b"*EXINFO: %d\r" % cause in await terminal.ask(b"AT*EXINFO?")

    on_twin(test)


@pytest.mark.parametrize("name", RESTARTS)
def test_the_clock_survives_a_restart_and_no_power_cut(name: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.radio.cell.sends_nitz = False
        before = twin.module.hardware.rtc.now()
        await RESTARTS[name](twin, terminal)
        await terminal.quiet(10)
        if name == "power cut":
            assert twin.module.hardware.rtc.now() < before
        else:
            assert 9 < twin.module.hardware.rtc.now() - before < 11

    on_twin(test)


def test_profile_commands() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CMEE=2;&W;+CMEE=0;&F")
        assert b"+CMEE: 1" in await terminal.ask(b"AT+CMEE?")
        await terminal.ask(b"ATZ")
        assert b"+CMEE: 2" in await terminal.ask(b"AT+CMEE?")
        await terminal.ask(b"AT&F&W")
        await terminal.ask(b"AT+CMEE=0;Z")
        assert b"+CMEE: 1" in await terminal.ask(b"AT+CMEE?")

    on_twin(test)


def test_switched_off_within_the_delay_of_a_restart_stays_off() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.module.restart()
        twin.module.cut_power()
        assert await terminal.quiet(60) == b""
        twin.module.power_on()
        assert (await terminal.quiet(10)).count(b"RDY") == 1
        # And switched on by hand within it, it starts once.
        twin.module.restart()
        twin.module.power_on()
        assert (await terminal.quiet(20)).count(b"RDY") == 1

    on_twin(test)


def test_a_restart_silences_everything_under_way() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        terminal.type(b"AT+COPS=?\r")
        await terminal.quiet()
        twin.module.restart()
        heard = await terminal.quiet(60)
        assert b"COPS" not in heard
        assert heard.count(b"+NITZ") == 1
        assert twin.module.firmware is not None
        assert not twin.module.firmware.busy

    on_twin(test)


def test_scale_zero_boots_at_once() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        clock = twin.module.hardware.clock
        start = clock.now()
        await terminal.expect(b"+NITZ")
        await terminal.ask(b"AT+RESET", b"+NITZ")
        assert clock.now() == start

    on_twin(test, echo=True, warm=False, time_scale=0)


def test_a_module_that_is_off_has_no_radio() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.module.switch_off()
        with pytest.raises(RuntimeError, match="off"):
            _ = twin.radio
        twin.module.switch_off()
        assert await terminal.quiet() == b""

    on_twin(test)


def test_settings_of_a_damaged_record_are_the_factorys() -> None:
    saved = {"cmee": "2", "ifc": [2, 2], "icf": None, "colour": 1, "__class__": 0, "creg": 1}
    settings = Settings.boot(Nvram({"settings": saved}), load_profile("air780e-at"))
    assert settings == Settings(ifc=(2, 2), creg=1)
