"""Faults of module, supply, radio, line, as a terminal sees them (docs/spec/power.md, uart.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from atwin.models import load_profile
from atwin.twin.faults.plan import FaultPlan, fault_from_table
from support.modules.http_twin import SIZE, action, on_http
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal


def add(twin: Twin, **table: Any) -> None:
    twin.faults.add(fault_from_table(table))


async def press(twin: Twin, terminal: Terminal, pin: str, seconds: float) -> None:
    setattr(twin.pins, pin, False)
    await terminal.quiet(seconds)
    setattr(twin.pins, pin, True)


def is_on(twin: Twin) -> bool:
    return twin.module.firmware is not None


# --- hang ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["air724ug", "air780e-at"])
def test_a_hang_ends_by_reset_and_by_nothing_softer(model: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="hang", at_command="AT+CSQ")
        terminal.type(b"AT+CSQ\r")
        assert await terminal.quiet(60) == b""
        terminal.type(b"AT\rAT+RESET\rAT+CFUN=1,1\r")
        twin.radio.lose_pdp()
        await press(twin, terminal, "power_key", 3)
        assert await terminal.quiet(60) == b""
        assert is_on(twin)
        await press(twin, terminal, "reset", 0.6)
        if load_profile(model).has("reset_is_off"):
            assert not is_on(twin)
            await press(twin, terminal, "power_key", 1.1)
        await terminal.expect(b"RDY")
        assert [event.what for event in twin.faults.history] == ["begins", "ends"]

    on_twin(test, model)


@pytest.mark.parametrize("model", ["air724ug", "air780e-at"])
def test_a_hang_that_resists_reset_ends_by_the_supply(model: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="hang", until="power")
        await press(twin, terminal, "reset", 3)
        await press(twin, terminal, "power_key", 3)
        assert await terminal.quiet(60) == b""
        await press(twin, terminal, "supply", 3)
        await press(twin, terminal, "power_key", 1.3)
        await terminal.expect(b"RDY")
        await terminal.ask(b"AT")

    on_twin(test, model)


def test_the_watchdog_ends_a_hang_and_says_so() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="hang", seconds=15)
        assert await terminal.quiet(15) == b""
        await terminal.expect(b"RDY\r\n")
        assert b"*EXINFO:poweron=4,assert=func=-line=0-ra=0\r" in await terminal.ask(b"AT*EXINFO?")

    on_twin(test, "air724ug")


def test_a_hang_cuts_the_answer_it_meets() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        assert await action(terminal) == b"0,200,%d" % SIZE
        terminal.type(b"AT+HTTPREAD\r")
        await terminal.expect(b"+HTTPREAD: ")
        add(twin, kind="hang")
        heard = await terminal.quiet(300)
        assert len(heard) < SIZE / 2
        assert not heard.endswith(b"OK\r\n")

    on_http(test, baud=115200)


# --- restarts -----------------------------------------------------------------------------------


def test_a_spontaneous_restart() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="restart", at_byte=50_000)
        await terminal.ask(b"AT+HTTPACTION=0")
        assert b"HTTPACTION" not in await terminal.expect(b"RDY\r\n")
        await terminal.expect(b"+NITZ")
        await terminal.ask(b"ATE0")
        await terminal.ask(b"AT+HTTPTERM", b"+CME ERROR: 3\r\n")
        assert b"*EXINFO: 6\r" in await terminal.ask(b"AT*EXINFO?")

    on_http(test)


def test_a_restart_at_a_command_leaves_it_unanswered() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="restart", at_command="AT+CGSN", nth=2)
        await terminal.ask(b"AT+CGSN")
        terminal.type(b"AT+CSQ;+CGSN;+CSQ\r")
        heard = await terminal.expect(b"RDY\r\n")
        assert heard.startswith(b"\r\n+CSQ: 22,0\r\n^boot.rom")

    on_twin(test)


#: After a start by the supply.
EXINFO = {"air724ug": b"*EXINFO:poweron=0\r", "air780e-at": b"*EXINFO: 0\r"}


@pytest.mark.parametrize("model", EXINFO)
def test_a_brown_out_repeats_rdy_and_ends(model: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="brownout", count=3)
        heard = await terminal.quiet(40)
        assert heard.count(b"RDY\r\n") == 3
        assert heard.count(b"+E_UTRAN Service") == 1
        assert heard.index(b"+E_UTRAN") > heard.rindex(b"RDY")
        await terminal.ask(b"ATE0")
        assert EXINFO[model] in await terminal.ask(b"AT*EXINFO?")

    on_twin(test, model)


def test_a_brown_out_that_goes_on_until_the_supply_is_changed() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="brownout", until="power", period=3)
        assert (await terminal.quiet(60)).count(b"RDY\r\n") in (19, 20)
        await press(twin, terminal, "supply", 3)
        twin.pins.power_key = False
        assert (await terminal.quiet(30)).count(b"RDY\r\n") == 1

    on_twin(test)


def test_a_brown_out_does_not_wake_a_module_that_is_off() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="brownout", until="power")
        await terminal.quiet(1)
        twin.pins.supply = False
        assert await terminal.quiet(60) == b""
        twin.pins.supply = True
        assert await terminal.quiet(60) == b""

    on_twin(test)


# --- radio --------------------------------------------------------------------------------------


def test_a_pdp_loss_has_its_urcs_and_lasts_until_flight_mode() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="pdp_loss", at_byte=50_000, until="cfun")
        await terminal.ask(b"AT+HTTPACTION=0")
        assert await terminal.quiet(10) == (
            b"\r\n+CGEV: NW PDN DEACT 1\r\n\r\n+SAPBR 1: DEACT\r\n\r\n+HTTPACTION: 0,601,0\r\n"
        )
        for _ in range(5):
            await terminal.ask(b"AT+SAPBR=0,1", b"+CME ERROR: 3\r\n")
            await terminal.ask(b"AT+SAPBR=1,1", b"+CME ERROR: 3\r\n")
        await terminal.ask(b"AT+CGACT=1,1", b"+CME ERROR: 3\r\n")
        await terminal.ask(b"AT+CIPSHUT", b"SHUT OK\r\n")
        await terminal.ask(b"AT+SAPBR=1,1", b"+CME ERROR: 3\r\n")
        await terminal.ask(b"AT+CFUN=0")
        await terminal.ask(b"AT+CFUN=1", b"+NITZ")
        await terminal.ask(b"AT+SAPBR=1,1")
        assert await action(terminal) == b"0,200,%d" % SIZE

    on_http(test)


@pytest.mark.parametrize(
    ("until", "times", "commands"),
    [
        ("new_pdp", 1, [b"AT+SAPBR=1,1"]),
        ("new_pdp", 3, [b"AT+SAPBR=1,1"] * 3),
        ("new_pdp", 1, [b"AT+CIPSHUT"]),
        ("cipshut", 1, [b"AT+SAPBR=1,1", b"AT+CIPSHUT"]),
        ("cfun", 2, [b"AT+CFUN=4", b"AT+CFUN=1", b"AT+CFUN=0", b"AT+CFUN=1"]),
        ("cfun", 1, [b"AT+CFUN=1", b"AT+RESET"]),
        ("reset", 1, [b"AT+CIPSHUT", b"AT+CFUN=0", b"AT+CFUN=1", b"AT+CFUN=1,1"]),
        ("reset", 1, [b"AT+RESET"]),
        ("reset_pin", 1, [b"AT+RESET", b"reset"]),
        ("power", 1, [b"AT+RESET", b"reset", b"supply"]),
    ],
)
def test_what_cures_and_that_nothing_less_does(
    until: str, times: int, commands: list[bytes]
) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="pdp_loss", until=until, times=times)
        for place, command in enumerate(commands):
            assert place == 0 or twin.faults.state["at_work"]
            if command.startswith(b"AT"):
                terminal.type(command + b"\r")
            else:
                await press(twin, terminal, command.decode(), 0.7)
            await terminal.quiet(10)
        assert twin.faults.state["at_work"] == []
        assert twin.module.hardware.cell.grants_pdp

    on_twin(test, "air724ug")


def test_opening_an_open_bearer_is_no_new_pdp() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+SAPBR=1,1")
        add(twin, kind="dns_failure", until="new_pdp")
        await terminal.ask(b"AT+SAPBR=1,1", b"+CME ERROR: 3\r\n")
        await terminal.ask(b"AT+SAPBR=1,9", b"+CME ERROR: 50\r\n")
        assert twin.faults.state["at_work"]
        await terminal.ask(b"AT+SAPBR=0,1;+SAPBR=1,1")
        assert not twin.faults.state["at_work"]

    on_twin(test)


def test_radio_gone_and_back_also_over_a_restart() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CREG=1;&W")
        add(twin, kind="radio_gone", seconds=30)
        heard = await terminal.quiet(10)
        assert heard.startswith(b"\r\n^MODE: 0,0\r\n\r\n+NO Service\r\n\r\n+CREG: 2\r\n")
        assert b"+CGEV: NW PDN DEACT 1" in heard
        assert b"+CSQ: 99,99" in await terminal.ask(b"AT+CSQ")
        await terminal.ask(b"AT+RESET", b"RDY\r\n")
        await terminal.ask(b"ATE0")
        assert b"E_UTRAN" not in await terminal.quiet(15)
        await terminal.expect(b"+E_UTRAN Service")
        assert b"+CREG: 1,1" in await terminal.ask(b"AT+CREG?")

    on_twin(test)


def test_two_radio_gones_end_with_the_second() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="radio_gone", seconds=10)
        add(twin, kind="radio_gone", at_time=5, seconds=20)
        assert b"E_UTRAN" not in await terminal.quiet(25)
        assert b"E_UTRAN" in await terminal.quiet(5)

    on_twin(test)


def test_a_card_that_is_out_from_the_start_and_put_in() -> None:
    plan = FaultPlan.from_table({"fault": [{"kind": "sim_pulled", "seconds": 20}]})

    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.expect(b"RDY\r\n")
        await terminal.ask(b"ATE0")
        await terminal.ask(b"AT+CPIN?", b"\r\n+CME ERROR: 10\r\n")
        await terminal.ask(b"AT+CSDT=1")
        await terminal.expect(b"+E_UTRAN Service")
        await terminal.expect(b"+CPIN: READY 0\r\n")

    on_twin(test, echo=True, warm=False, faults=plan)


def test_an_access_point_the_network_refuses() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="pdp_refused", apn="corp")
        await terminal.ask(b'AT+SAPBR=3,1,"APN","corp"')
        await terminal.ask(b"AT+SAPBR=1,1", b"\r\n+CME ERROR: 3\r\n")
        assert b'1,3,"0.0.0.0"' in await terminal.ask(b"AT+SAPBR=2,1")
        await terminal.ask(b'AT+CGDCONT=4,"IP","corp"')
        await terminal.ask(b"AT+CGACT=1,4", b"\r\n+CME ERROR: 3\r\n")
        await terminal.ask(b'AT+SAPBR=3,1,"APN",""')
        await terminal.ask(b"AT+SAPBR=1,1")
        twin.faults.clear()
        await terminal.ask(b"AT+CGACT=1,4")

    on_twin(test)


def test_a_refused_pdp_leaves_the_one_that_is_up() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="pdp_refused", seconds=60)
        await terminal.ask(b"AT+SAPBR=1,1")
        await terminal.ask(b"AT+CGATT=0")
        await terminal.ask(b"AT+CGATT=1")
        await terminal.ask(b"AT+SAPBR=1,1", b"\r\n+CME ERROR: 3\r\n")
        await terminal.quiet(60)
        await terminal.ask(b"AT+SAPBR=1,1")

    on_twin(test)


def test_a_weak_signal() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="weak_signal", seconds=5)
        assert b"+CSQ: 0,0" in await terminal.ask(b"AT+CSQ")
        await terminal.quiet(5)
        assert b"+CSQ: 22,0" in await terminal.ask(b"AT+CSQ")

    on_twin(test)


def test_of_two_weak_signals_the_last_one_shows() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="weak_signal", rssi=7, seconds=5)
        add(twin, kind="weak_signal", rssi=3, seconds=20)
        assert b"+CSQ: 3,0" in await terminal.ask(b"AT+CSQ")
        await terminal.quiet(5)
        assert b"+CSQ: 3,0" in await terminal.ask(b"AT+CSQ")
        add(twin, kind="weak_signal", rssi=9, seconds=5)
        assert b"+CSQ: 9,0" in await terminal.ask(b"AT+CSQ")
        await terminal.quiet(5)
        assert b"+CSQ: 3,0" in await terminal.ask(b"AT+CSQ")
        await terminal.quiet(10)
        assert b"+CSQ: 22,0" in await terminal.ask(b"AT+CSQ")

    on_twin(test)


# --- line ---------------------------------------------------------------------------------------


def test_lost_bytes_are_lost_and_counted() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="lost_bytes", bytes=3, after=4)
        terminal.type(b"AT+CGMM\r")
        assert await terminal.quiet() == b"\r\n+C" + b': "Air780E"\r\n\r\nOK\r\n'
        assert twin.module.hardware.uart.host_lost_bytes == 3
        assert b'+CGMM: "Air780E"\r\n' in await terminal.ask(b"AT+CGMM")
        assert twin.faults.state["at_work"] == []

    on_twin(test)


def test_urcs_inside_answers() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="urc_interleave", count=3)
        assert await terminal.ask(b"AT+CSQ") == (b"\r\n+CSQ: 22,0\r\n\r\n+CGREG: 1\r\n\r\nOK\r\n")
        assert await terminal.ask(b"AT") == b"\r\nOK\r\n"
        assert await terminal.ask(b"AT+CMEE=1") == b"\r\n+CGREG: 1\r\n\r\nOK\r\n"
        assert await action(terminal) == b"0,200,%d" % SIZE
        assert await terminal.ask(b"AT+CSQ") == b"\r\n+CSQ: 22,0\r\n\r\nOK\r\n"

    on_http(test)


def test_a_urc_behind_a_counted_body() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        assert await action(terminal) == b"0,200,%d" % SIZE
        add(twin, kind="urc_interleave", text="+CREG: 2")
        await terminal.ask(b"AT+HTTPREAD=0,10", b"\r\n+HTTPREAD: 10\r\n")
        assert (await terminal.quiet())[10:] == b"\r\n+CREG: 2\r\n\r\nOK\r\n"

    on_http(test)


def test_no_httpexpost() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="no_httpexpost_urc", count=1)
        await terminal.ask(b'AT+HTTPPARA="URL","http://files.example/up"')
        await terminal.ask(b"AT+HTTPEXACTION=1,5")
        assert b"HTTPEXPOST" not in await terminal.quiet(5)
        await terminal.ask(b"AT+HTTPTERM;+HTTPINIT")
        await terminal.ask(b'AT+HTTPPARA="URL","http://files.example/up"')
        await terminal.ask(b"AT+HTTPEXACTION=1,5")
        await terminal.expect(b"\r\n+HTTPEXPOST\r\n")

    on_http(test)


def test_short_lines_only() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="short_line_limit", bytes=20, seconds=30)
        add(twin, kind="short_line_limit", bytes=30, seconds=60)
        await terminal.ask(b"AT+CREG=0;+CMEE=1")
        await terminal.ask(b"AT+CREG=0;+CMEE=1;", b"\r\nOK\r\n")
        await terminal.ask(b"AT+CREG=0;+CMEE=1;E0", b"\r\nERROR\r\n")
        await terminal.quiet(30)
        await terminal.ask(b"AT+CREG=0;+CMEE=1;E0")
        await terminal.ask(b"AT+CREG=0;+CMEE=1;+CREG=0;+CREG=0", b"\r\nERROR\r\n")
        await terminal.quiet(30)
        await terminal.ask(b"AT+CREG=0;+CMEE=1;+CREG=0;+CREG=0")

    on_twin(test)


# --- by hand ------------------------------------------------------------------------------------


def test_by_hand_and_cleared() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        waits = fault_from_table({"kind": "radio_gone", "at_action": 5})
        twin.faults.add(waits)
        assert twin.radio.registered
        twin.faults.trigger(waits)
        assert not twin.radio.registered
        twin.faults.clear()
        await terminal.quiet(5)
        assert twin.radio.registered
        assert twin.faults.state["waiting"] == []
        assert twin.faults.state["begun"] == {"radio_gone": 1}
        assert [case.why_never for case in twin.faults.cases] == [None, None]

    on_twin(test)


def test_nothing_happens_behind_the_end_of_the_twin() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        for kind in ("brownout", "restart", "hang"):
            add(twin, kind=kind, at_time=3)
        add(twin, kind="brownout", count=50)
        await terminal.quiet(1)
        await twin.close()
        await terminal.quiet(100)
        assert not is_on(twin)

    on_twin(test)


def test_a_supply_that_dips_for_a_year_keeps_no_timers() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        add(twin, kind="brownout", until="power", period=3)
        await terminal.quiet(3000)
        assert len(twin.faults._victim._timers) <= 2
        for _ in range(50):
            add(twin, kind="weak_signal", seconds=5)
            twin.faults.clear()
        assert len(twin.faults._victim._timers) == 0

    on_twin(test)
