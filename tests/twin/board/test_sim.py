"""The SIM card: what its operator takes, what it counts, and what outlives the module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from atwin.twin.board.sim import CARD_VALUES, Access, Card, Sim
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

PRIVATE = {"apn": "Corp", "apn_user": "u", "apn_password": "p", "apn_auth": "chap"}


@pytest.mark.parametrize(
    ("values", "asked", "taken"),
    [
        ({}, Access("any", "x", "y", 1), True),
        ({"apn": "corp"}, Access(), False),
        ({"apn": "corp"}, Access("CORP", "whoever"), True),
        (PRIVATE, Access("corp", "u", "p", 2), True),
        (PRIVATE, Access("corp", "u", "p"), True),
        (PRIVATE, Access("corp", "u", "p", 1), False),
        (PRIVATE, Access("corp", "u", "P", 2), False),
        (PRIVATE, Access("corp", "v", "p", 2), False),
        (PRIVATE, Access("other", "u", "p", 2), False),
        # By no way at all nobody says who it is.
        ({"apn": "corp", "apn_user": "u"}, Access("corp", "u", "p", 0), False),
        ({"apn": "corp", "apn_auth": "none"}, Access("corp", auth=0), True),
    ],
)
def test_what_an_operator_takes(values: dict[str, str], asked: Access, taken: bool) -> None:
    assert Card.of(values).takes(asked) is taken


@pytest.mark.parametrize(
    "values",
    [
        {"pin": "123"},
        {"pin": "12a4"},
        {"pin": 1234},
        {"puk": "1234567"},
        {"apn": ""},
        {"apn": 'a"b'},
        {"apn": "corp", "apn_user": "x" * 65},
        {"apn": "corp", "apn_auth": "md5"},
        {"apn_user": "zoe"},
        {"colour": "1234"},
    ],
)
def test_what_is_no_card_is_said_without_the_value(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=rf"{'|'.join(CARD_VALUES)}") as caught:
        Card.of(values)
    assert not any(str(value) in str(caught.value) for value in values.values() if value)


def test_nothing_of_a_card_that_is_secret_is_shown_by_accident() -> None:
    card = Card.of({"pin": "4711", "puk": "87654321", **PRIVATE, "apn_password": "geheim"})
    text = repr(Sim.issued(card)) + repr(Access("a", "b", "geheim"))
    assert not any(secret in text for secret in ("4711", "87654321", "geheim"))


def test_the_tenth_wrong_puk_is_the_end() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        for _ in range(3):
            await terminal.ask(b"AT+CPIN=0000", b"\r\n+CME ERROR: 16\r\n")
        for _ in range(10):
            await terminal.ask(b"AT+CPIN=11111111,0000", b"\r\n+CME ERROR: 16\r\n")
        for line in (b"AT+CPIN?", b"AT+CPIN=12345678,0000", b"AT+CIMI", b'AT+CLCK="SC",2'):
            await terminal.ask(line, b"\r\n+CME ERROR: 13\r\n")

    on_twin(test, sim={"pin": "1234"})


def test_tries_outlive_factory_reset_power_and_process(tmp_path: Path) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CPIN=0000", b"\r\n+CME ERROR: 16\r\n")
        await terminal.ask(b"AT+RSTSET")
        await terminal.expect(b"RDY\r\n")
        twin.pins.supply = False
        await terminal.quiet(5)
        assert twin.module.hardware.sim.tries_left == 2

    on_twin(test, sim={"pin": "1234"}, state=tmp_path)

    async def later(twin: Twin, terminal: Terminal) -> None:
        assert twin.radio.sim.tries_left == 2
        await terminal.ask(b"AT+CPIN=1234")
        await terminal.ask(b'AT+CPWD="SC","1234","2468"')

    on_twin(later, state=tmp_path)

    async def changed(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CPIN=1234", b"\r\n+CME ERROR: 16\r\n")
        await terminal.ask(b"AT+CPIN=2468")

    # The same card as at first, with all that has changed on it.
    on_twin(changed, sim={"pin": "1234"}, state=tmp_path)

    async def other(twin: Twin, terminal: Terminal) -> None:
        assert twin.radio.sim.tries_left == 3
        await terminal.ask(b"AT+CPIN=5555")

    on_twin(other, sim={"pin": "5555"}, state=tmp_path)


@pytest.mark.parametrize(
    "record", [{"card": 1}, {"card": {"pin": 1}}, {"pin": "x", "card": {}}, {"pin": 4711}]
)
@pytest.mark.parametrize("tries", [None, -1, 11, "2", [], 1.5, 10**20])
def test_a_damaged_record_makes_a_usual_card(record: dict[str, Any], tries: object) -> None:
    sim = Sim.restored({**record, "tries_left": tries, "puk_tries_left": tries, "asks": tries})
    assert sim == Sim(keep=sim.keep)


def test_another_card_while_the_module_runs() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CSDT=1")
        twin.pull_card()
        assert b"+CPIN: SIM REMOVED 0\r\n" in await terminal.quiet(5)
        twin.insert_card(Card.of({"pin": "4711"}))
        assert b"+CPIN: SIM PIN 0\r\n" in await terminal.quiet(5)
        await terminal.ask(b"AT+CPIN=4711")
        assert b"+E_UTRAN" in await terminal.quiet(5)

    on_twin(test)


def test_a_card_in_the_other_slot_is_no_matter_of_this_one() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CSDT=1;+CFUN=0;+SIMCROSS=1")
        await terminal.quiet()
        twin.pull_card()
        twin.insert_card()
        assert await terminal.quiet(5) == b""
        await terminal.ask(b"AT+SIMCROSS=0")
        await terminal.ask(b"AT+CFUN=1")
        assert b"+E_UTRAN" in await terminal.quiet(5)

    on_twin(test)
