"""SIM, registration and the PDP, beyond what the transcripts say."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.at.reply import CmeError
from atwin.clock import VirtualLoop
from atwin.twin.board.cell import Cell
from atwin.twin.board.sim import Sim
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

SERVICE = b"\r\n^MODE: 17,17\r\n\r\n+E_UTRAN Service\r\n\r\n+CGEV: ME PDN ACT 1,0\r\n"


async def restarted(twin: Twin, terminal: Terminal) -> bytes:
    """Boot, with echo off again; what was heard after RDY."""
    twin.module.restart()
    await terminal.expect(b"RDY\r\n")
    await terminal.ask(b"ATE0")
    return await terminal.quiet(10)


def test_a_locked_card_holds_the_start_up_until_the_pin_is_entered() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.radio.sim.lock(True)
        assert await restarted(twin, terminal) == b""
        assert await terminal.ask(b"AT+CPIN?") == b"\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n"
        assert await terminal.ask(b"AT+CIMI", b"\r\n+CME ERROR: 11\r\n")
        assert (await terminal.ask(b"AT+CCID")).startswith(b"\r\n898604")
        for wrong in (b"12a4", b"123", b"123456789", b"12345,x"):
            await terminal.ask(b"AT+CPIN=" + wrong, b"\r\n+CME ERROR: 50\r\n")
        await terminal.ask(b"AT+CPIN=4321", b"\r\n+CME ERROR: 16\r\n")
        assert await terminal.ask(b'AT+CPIN="1234"') == b"\r\nOK\r\n"
        assert (await terminal.quiet(5)).startswith(SERVICE)
        # Once entered it is no longer wanted.
        await terminal.ask(b"AT+CPIN=1234", b"\r\n+CME ERROR: 3\r\n")

    on_twin(test)


@pytest.mark.parametrize("late", [0.0, 1.0, 5.0], ids="{} s late".format)
def test_a_busy_computer_changes_no_order_of_what_a_start_says(late: float) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.radio.sim.lock(True)
        await restarted(twin, terminal)
        await terminal.ask(b'AT+CPIN="1234"')
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop._jumping.now += late
        said = await terminal.quiet(10)
        assert said.startswith(b"\r\n^STN: 37\r\n\r\nSMS READY\r\n\r\n^MODE: 17,17\r\n")

    on_twin(test, "air724ug")


def test_three_wrong_pins_ask_for_the_puk_and_power_does_not_help() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.radio.sim.lock(True)
        await restarted(twin, terminal)
        for _ in range(3):
            await terminal.ask(b"AT+CPIN=0000", b"\r\n+CME ERROR: 16\r\n")
        await restarted(twin, terminal)
        assert await terminal.ask(b"AT+CPIN?") == b"\r\n+CPIN: SIM PUK\r\n\r\nOK\r\n"
        await terminal.ask(b"AT+CPIN=1234", b"\r\n+CME ERROR: 12\r\n")
        await terminal.ask(b"AT+CPIN=87654321,5555", b"\r\n+CME ERROR: 16\r\n")
        await terminal.ask(b"AT+CPIN=12345678,5555")
        await restarted(twin, terminal)
        await terminal.ask(b"AT+CPIN=5555")
        assert b"READY" in await terminal.ask(b"AT+CPIN?")

    on_twin(test)


def test_724ug_tells_a_locked_card_at_boot() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.radio.sim.lock(True)
        assert await restarted(twin, terminal) == b"\r\n+CPIN: SIM PIN\r\n"

    on_twin(test, "air724ug")


def test_a_network_that_denies() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CREG=1;&W")
        twin.radio.cell.grants = 3
        twin.module.restart()
        await terminal.expect(b"RDY\r\n")
        assert await terminal.quiet(10) == b"\r\n+CREG: 2\r\n\r\n+CREG: 3\r\n"
        assert not twin.radio.registered

    on_twin(test)


def test_a_network_without_pdp() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.radio.cell.grants_pdp = False
        twin.radio.lose_pdp()
        await terminal.quiet()
        await terminal.ask(b"AT+SAPBR=1,1", b"\r\n+CME ERROR: 3\r\n")
        await terminal.ask(b"AT+CGACT=1,1", b"\r\n+CME ERROR: 3\r\n")
        assert b"+CGATT: 1" in await terminal.ask(b"AT+CGATT?")
        assert b'1,3,"0.0.0.0"' in await terminal.ask(b"AT+SAPBR=2,1")

    on_twin(test)


def test_flight_mode_during_the_search_ends_it() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CFUN=0;+CFUN=1")
        await terminal.quiet(1)
        await terminal.ask(b"AT+CFUN=0")
        assert await terminal.quiet(20) == b""
        assert twin.radio.stat == 0

    on_twin(test)


def test_roaming_is_service_too() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.radio.deregister()
        twin.radio.register(5)
        await terminal.quiet(5)
        assert b"+CREG: 0,5" in await terminal.ask(b"AT+CREG?")
        assert twin.radio.address is not None

    on_twin(test)


def test_signal_is_a_knob() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.radio.cell.rssi = 7
        assert await terminal.ask(b"AT+CSQ") == b"\r\n+CSQ: 7,0\r\n\r\nOK\r\n"
        assert b"99,99,255,255,20,14\r\n" in await terminal.ask(b"AT+CESQ")

    on_twin(test)


def test_what_did_not_change_is_not_told_twice() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.radio.lose_pdp()
        twin.radio.lose_pdp()
        twin.radio.register()
        twin.radio.insert_sim()
        twin.radio.pull_sim()
        heard = await terminal.quiet(10)
        twin.radio.pull_sim()
        twin.radio.deregister()
        heard += await terminal.quiet(10)
        assert heard.count(b"DEACT") == 1
        assert heard.count(b"^MODE: 0,0") == 1

    on_twin(test)


def test_without_nitz_the_clock_stays_where_it_was() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.radio.cell.sends_nitz = False
        twin.module.cut_power()
        twin.module.power_on()
        heard = await terminal.quiet(10)
        assert b"NITZ" not in heard
        assert b'"00/01/01,00:00:' in await terminal.ask(b"AT+CCLK?")

    on_twin(test)


def test_a_second_context_shares_the_pdp() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+CGDCONT=3,"IP","corp";+CGACT=1,3')
        assert twin.radio.address is not None
        address = twin.radio.address.encode()
        assert await terminal.ask(b"AT+CGPADDR") == (
            b'\r\n+CGPADDR: 1,"%b"\r\n+CGPADDR: 3,"%b"\r\n\r\nOK\r\n' % (address, address)
        )
        assert b"(1,3)" in await terminal.ask(b"AT+CGPADDR=?")
        assert b"(1,3)" in await terminal.ask(b"AT+CGCONTRDP=?")
        assert b',"corp",' in await terminal.ask(b"AT+CGCONTRDP=3")
        await terminal.ask(b"AT+CGDCONT=3", b"\r\n+CME ERROR: 3\r\n")
        await terminal.ask(b"AT+CGACT=0,3;+CGDCONT=3")
        assert twin.radio.address is not None
        await terminal.ask(b"AT+CGACT=0")
        assert twin.radio.address is None
        assert (await terminal.ask(b"AT+CGDCONT=?")).count(b"+CGDCONT: (1-15)") == 5

    on_twin(test)


def test_each_registration_may_bring_another_address() -> None:
    cell = Cell()
    leases = [cell.lease("460040123456789") for _ in range(50)]
    assert len(set(leases)) == 50
    for address in leases:
        first, *rest = map(int, address.split("."))
        assert first == 10
        assert all(1 <= octet <= 254 for octet in rest)


def test_a_blocked_card_takes_no_pin() -> None:
    sim = Sim()
    assert not sim.verify("1")
    assert sim.verify("1234")
    assert sim.tries_left == 3
    for _ in range(3):
        sim.verify("1")
    assert sim.blocked
    assert not sim.verify("1234")


def test_the_card_is_busy_while_it_starts() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        with pytest.raises(CmeError, match="14"):
            _ = twin.radio.sim_state

    on_twin(test, echo=True, warm=False)


@pytest.mark.parametrize("model", ["air724ug", "air780e-at", "air780e-lsat"])
@pytest.mark.parametrize("moment", [0.5, 1.5])
def test_a_card_that_comes_or_goes_during_the_start_is_found_by_it(
    moment: float, model: str
) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        for first in (False, True):
            twin.module.switch_off()
            twin.module.hardware.sim.present = first
            terminal.heard.clear()
            twin.module.power_on()
            heard = await terminal.quiet(moment)
            (twin.radio.pull_sim if first else twin.radio.insert_sim)()
            heard += await terminal.quiet(10)
            said = heard.partition(b"RDY")
            assert b"CPIN" not in said[0]
            assert b"CREG" not in said[0]
            assert twin.radio.registered != first
            assert b"REMOVED" not in heard

    on_twin(test, model)


def test_what_the_host_itself_asked_for_is_no_event() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+SAPBR=1,1")
        terminal.type(b"AT+CGATT=0\r")
        assert await terminal.quiet(3) == b"\r\nOK\r\n\r\n+SAPBR 1: DEACT\r\n"
        for line in (b"AT+CGATT=0", b"AT+CGATT=1", b"AT+CGACT=0,1", b"AT+CGACT=1,1"):
            terminal.type(line + b"\r")
            assert await terminal.quiet(3) == b"\r\nOK\r\n"

    on_twin(test)
