"""`Twin.fresh`: the module as it was made, whatever has happened to it, on the same line."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from atwin.control.actions import BY_NAME, NotNowError, perform
from atwin.control.state import state
from atwin.disk.state import StateDirectory
from atwin.twin.faults.plan import FaultPlan
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

#: Goes on over a fresh start, or is of the moment.
COUNTS = ("time", "boots", "boot_seconds", "counters", "traffic", "answers", "faults")
MADE: dict[str, Any] = {
    "sim": {"apn": "corp"},
    "hosts": {"a.example": "127.0.0.1"},
    "faults": FaultPlan.from_table({"fault": [{"kind": "hang", "at_time": 1e6}]}),
    "script": {"answer": [{"command": "AT+CNUM", "lines": "+CNUM: 1"}]},
}
CHANGES: list[tuple[str, Any]] = [
    (
        "set",
        {"cell": {"rssi": 3, "plmn": "46001"}, "voltage": 3300, "gpio": {"5": 1}, "offline": 1},
    ),
    ("set", {"rts": 0, "dtr": 1, "ring": "10086"}),
    ("resolve", {"b.example": "127.0.0.1", "a.example": "127.0.0.2"}),
    ("answer", {"command": "AT+CSQ", "lines": "+CSQ: 1,1"}),
    ("fault", {"kind": "weak_signal"}),
    ("fault", {"kind": "pool_full"}),
    ("sim", {"card": {"pin": "4711"}}),
]


async def change_all(twin: Twin, terminal: Terminal) -> None:
    await terminal.ask(b"AT+IFC=2,2;&W")
    await terminal.ask(b'AT+FSMKDIR="/d"')
    await twin.at('AT+FSCREATE="/d/f"')
    await terminal.ask(b"AT+CIPMUX=1")
    for name, value in CHANGES:
        await perform(BY_NAME[name], twin, value)


def seen(twin: Twin) -> dict[str, Any]:
    return {key: value for key, value in state(twin).items() if key not in COUNTS}


@pytest.mark.parametrize(
    "at_last",
    [
        ("set", {"usb_boot": 1}),
        ("set", {"supply": 0, "usb_boot": 1, "power_key": 0}),
        ("set", {"reset": 0}),
        ("fault", {"kind": "hang"}),
        ("sim", {"in": False}),
    ],
    ids=["on", "off", "RESET", "hung", "no card"],
)
def test_all_is_as_it_was_made(at_last: tuple[str, Any]) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        before, files = seen(twin), twin.module.hardware.flash.free
        await change_all(twin, terminal)
        await perform(BY_NAME[at_last[0]], twin, at_last[1])
        assert seen(twin) != before
        await perform(BY_NAME["fresh"], twin, {})
        assert seen(twin) == before
        assert twin.module.hardware.flash.free == files
        after = state(twin)
        assert after["boots"] >= 2
        assert [each["kind"] for each in after["faults"]["waiting"]] == ["hang"]
        assert after["faults"]["at_work"] == []
        assert [each["name"] for each in after["answers"]] == ["AT+CNUM"]
        # What was held or counted down before is forgotten as well.
        await terminal.quiet(90)
        assert seen(twin) == before
        assert await terminal.ask(b"AT+CIPMUX?") == b"AT+CIPMUX?\r\r\n+CIPMUX: 0\r\n\r\nOK\r\n"

    on_twin(test, echo=True, **MADE)


def test_cold_is_from_power_off() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.fresh("cold")
        assert await terminal.quiet(0.01) == b""
        assert b"RDY" in await terminal.quiet(30)
        assert state(twin)["radio"]["registration"] == 1

    on_twin(test)


def test_the_state_directory_is_emptied(tmp_path: Path) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await change_all(twin, terminal)
        twin.fresh()

    on_twin(test, state=tmp_path / "s", **MADE)
    with StateDirectory(tmp_path / "s", "air780e-at") as kept:
        assert (kept.load_records(), kept.load_files(), kept.load_directories()) == ({}, {}, [])
        assert kept.load_card()["card"] == {"apn": "corp"}


def test_a_directory_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await twin.at('AT+FSCREATE="/f"')
        for path in (tmp_path / "s" / "files").iterdir():
            path.unlink()
        with pytest.raises(NotNowError, match="cannot delete"):
            await perform(BY_NAME["fresh"], twin, {})
        assert state(twin)["boots"] == 1
        assert await twin.at("AT") == ([], "OK")

    on_twin(test, state=tmp_path / "s")


def test_what_is_under_way_ends() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        waiting = asyncio.ensure_future(twin.at("AT+COPS=?", 60))
        terminal.type(b"AT+COPS=?\r")
        await terminal.quiet(0.1)
        twin.fresh()
        with pytest.raises(RuntimeError, match="went off"):
            await waiting
        assert await terminal.ask(b"ATE0") == b"ATE0\r\r\nOK\r\n"

    on_twin(test)
