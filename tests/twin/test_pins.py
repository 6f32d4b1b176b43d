"""RESET, PWRKEY and supply: hold times per model, and what starts what (docs/spec/power.md §1)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from atwin.models import load_profile
from atwin.twin.board.power import StartCause
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal


def is_on(twin: Twin) -> bool:
    return twin.module.firmware is not None


@pytest.mark.parametrize(("model", "seconds"), [("air780e-at", 1.0), ("air724ug", 1.2)])
def test_power_key_starts_after_its_hold_time_and_not_before(model: str, seconds: float) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.module.switch_off()
        twin.pins.power_key = False
        await terminal.quiet(seconds - 0.01)
        twin.pins.power_key = True
        await terminal.quiet(5)
        assert not is_on(twin)
        twin.pins.power_key = False
        await terminal.quiet(seconds + 0.01)
        assert is_on(twin)
        # Held on, as tied to ground: that is not a second press.
        await terminal.expect(b"RDY")
        await terminal.quiet(30)
        assert is_on(twin)

    on_twin(test, model)


def test_power_key_switches_off_and_says_so() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.pins.power_key = False
        await terminal.quiet(1.4)
        twin.pins.power_key = True
        await terminal.quiet(5)
        assert is_on(twin)
        twin.pins.power_key = False
        assert await terminal.quiet(1.6) == b"\r\nNORMAL POWER DOWN\r\n"
        await terminal.quiet(30)
        assert not is_on(twin)
        terminal.type(b"AT\r")
        assert await terminal.quiet() == b""

    on_twin(test)


def test_reset_switches_an_air780e_off_and_the_key_must_start_it() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.pins.reset = False
        await terminal.quiet(0.4)
        twin.pins.reset = True
        await terminal.quiet(5)
        assert is_on(twin)
        twin.pins.reset = False
        await terminal.quiet(0.51)
        assert not is_on(twin)
        # Held low it stays dead, whatever the key does.
        twin.pins.power_key = False
        await terminal.quiet(5)
        twin.pins.power_key = True
        twin.pins.reset = True
        await terminal.quiet(5)
        assert not is_on(twin)
        twin.pins.power_key = False
        await terminal.expect(b"^boot.rom")
        assert is_on(twin)

    on_twin(test)


def test_an_air780e_with_its_key_tied_to_ground_restarts_by_itself() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.module.switch_off()
        twin.pins.power_key = False
        await terminal.expect(b"RDY")
        twin.pins.reset = False
        await terminal.quiet(0.6)
        assert not is_on(twin)
        twin.pins.reset = True
        await terminal.expect(b"RDY")
        assert twin.module.hardware.start_cause is StartCause.RESET_KEY

    on_twin(test)


def test_reset_restarts_an_air724ug_when_it_is_released() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        first = twin.module.firmware
        twin.pins.reset = False
        await terminal.quiet(0.05)
        twin.pins.reset = True
        assert twin.module.firmware is first
        twin.pins.reset = False
        await terminal.quiet(0.2)
        twin.pins.reset = True
        await terminal.expect(b"RDY")
        assert twin.module.firmware is not first
        twin.module.switch_off()
        for seconds, starts in ((1.4, False), (1.6, True)):
            twin.pins.reset = False
            await terminal.quiet(seconds)
            twin.pins.reset = True
            await terminal.quiet(5)
            assert is_on(twin) == starts

    on_twin(test, "air724ug")


@pytest.mark.parametrize("model", ["air780e-at", "air724ug"])
def test_reset_held_low_keeps_the_module_dead(model: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.pins.reset = False
        await terminal.quiet(0.6)
        terminal.type(b"AT\r")
        assert await terminal.quiet(60) == b""
        assert not twin.pins.vdd_ext
        twin.pins.power_key = False
        await terminal.quiet(5)
        twin.pins.power_key = True
        assert not twin.pins.vdd_ext
        twin.pins.reset = True
        await terminal.quiet(5)
        # RESET switches an Air780E off: only the key starts it.
        assert is_on(twin) == (model == "air724ug")

    on_twin(test, model)


def test_reset_in_the_moment_of_a_restart_does_not_lose_it() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.pins.reset = False
        await terminal.quiet(0.05)
        twin.module.restart()
        await terminal.quiet(0.2)
        twin.pins.reset = True
        await terminal.expect(b"RDY")

    on_twin(test, "air724ug")


@pytest.mark.parametrize("model", ["air780e-at", "air724ug"])
@pytest.mark.parametrize("tied", [True, False])
def test_the_supply_that_comes_back_while_reset_is_low_starts_nothing_yet(
    tied: bool, model: str
) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.pins.supply = False
        twin.pins.power_key = not tied
        twin.pins.reset = False
        await terminal.quiet(5)
        twin.pins.supply = True
        await terminal.quiet(0.3)
        assert not twin.pins.vdd_ext
        twin.pins.reset = True
        await terminal.quiet(5)
        assert is_on(twin) == tied

    on_twin(test, model)


@pytest.mark.parametrize("model", ["air780e-at", "air724ug"])
def test_a_short_pulse_on_reset_starts_no_module_that_was_switched_off(model: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.module.switch_off()
        twin.pins.power_key = False
        await terminal.expect(b"RDY")
        terminal.type(b"AT+CPOWD=1\r")
        await terminal.quiet(5)
        twin.pins.reset = False
        await terminal.quiet(0.05)
        twin.pins.reset = True
        await terminal.quiet(5)
        assert not is_on(twin)
        twin.pins.reset = False
        await terminal.quiet(0.6)
        twin.pins.reset = True
        await terminal.quiet(5)
        assert is_on(twin)

    on_twin(test, model)


@pytest.mark.parametrize("tied", [True, False])
def test_after_a_cut_of_the_supply_only_a_tied_key_starts(tied: bool) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.pins.supply = False
        assert not is_on(twin)
        twin.pins.power_key = not tied
        await terminal.quiet(5)
        assert not is_on(twin)
        twin.pins.supply = True
        await terminal.quiet(5)
        assert is_on(twin) == tied

    on_twin(test)


@pytest.mark.parametrize("model", ["air780e-at", "air724ug"])
def test_usb_boot_at_the_start_is_download_mode(model: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.pins.usb_boot = True
        terminal.type(b"AT+RESET\r")
        assert await terminal.quiet(10) == b"\r\nOK\r\n"
        terminal.type(b"AT\r")
        assert await terminal.quiet(10) == b""
        assert twin.pins.vdd_ext
        twin.pins.usb_boot = False
        await terminal.quiet(60)
        twin.pins.reset = False
        await terminal.quiet(0.6)
        twin.pins.reset = True
        if load_profile(model).has("reset_is_off"):
            assert not twin.pins.vdd_ext
            twin.pins.power_key = False
        await terminal.expect(b"RDY\r\n")

    on_twin(test, model)


@pytest.mark.parametrize("model", ["air780e-at", "air724ug"])
@pytest.mark.parametrize("way", ["key", "reset", "supply"])
def test_off_by_command_with_the_key_tied_low(model: str, way: str) -> None:
    """It stays off until the key is released and pulled, RESET, or VBAT (docs/spec/power.md §2)."""

    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.module.switch_off()
        twin.pins.power_key = False
        await terminal.expect(b"RDY\r\n")
        await terminal.ask(b"ATE0;+CPOWD=1", b"\r\nNORMAL POWER DOWN\r\n")
        assert b"RDY" not in await terminal.quiet(60)
        assert not is_on(twin)
        if way == "key":
            twin.pins.power_key = True
            await terminal.quiet(1)
            twin.pins.power_key = False
        elif way == "reset":
            twin.pins.reset = False
            await terminal.quiet(1.6)
            twin.pins.reset = True
        else:
            twin.pins.supply = False
            await terminal.quiet(3)
            twin.pins.supply = True
        await terminal.expect(b"RDY\r\n")

    on_twin(test, model)


def test_a_restart_command_while_the_module_starts_is_lost() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.quiet(1.0)
        terminal.type(b"AT+CPOWD=0\r")
        await terminal.expect(b"RDY\r\n")
        await terminal.ask(b"AT")

    on_twin(test, echo=True, warm=False)


def test_the_log_tells_what_happens_to_the_module(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "atwin.twin")

    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.pins.reset = False
        await terminal.quiet(0.6)
        twin.pins.reset = True
        twin.pins.power_key = False
        await terminal.quiet(1.25)
        twin.pins.power_key = True
        await terminal.quiet(10)
        terminal.type(b"AT+RESET\r")
        await terminal.quiet(10)
        twin.pins.supply = False
        twin.pins.supply = True
        twin.pins.usb_boot = True
        twin.pins.power_key = False
        await terminal.quiet(1.25)

    on_twin(test, "air780e-at")
    assert caplog.messages == [
        "RESET low",
        "off (RESET)",
        "RESET high after 0.60 s",
        "PWRKEY low",
        "boot (power)",
        "PWRKEY high after 1.25 s",
        "restart (software)",
        "boot (software)",
        "supply off",
        "off (supply)",
        "supply on",
        "USB_BOOT high",
        "PWRKEY low",
        "download mode, for USB_BOOT is high",
    ]


def test_the_log_tells_who_switched_off_and_what_hangs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "atwin.twin")

    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.pins.power_key = False
        await terminal.quiet(2)
        twin.pins.power_key = True
        twin.module.power_on()
        await terminal.quiet(10)
        twin.module.hang(resists_reset=True)
        twin.pins.reset = False
        await terminal.quiet(0.2)
        twin.pins.reset = True
        twin.pins.dip(0.1)
        await terminal.quiet(10)
        terminal.type(b"AT+CPOWD=0\r")
        await terminal.quiet(10)

    on_twin(test, "air724ug")
    assert [text for text in caplog.messages if "PWRKEY " not in text] == [
        "off (PWRKEY)",
        "boot (power)",
        "hang",
        "RESET low",
        "RESET does not help: only the supply ends this hang",
        "RESET high after 0.20 s",
        "supply dips for 0.1 s",
        "off (supply)",
        "boot (power)",
        "off (AT+CPOWD)",
    ]
