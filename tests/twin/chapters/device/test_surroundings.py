"""What is around a module, to its commands (docs/spec/general.md §2, docs/reference/control.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from atwin.control.settable import SETTABLE, apply, surroundings
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal


def test_a_voltage_is_read_and_below_the_threshold_switches_off() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CBC=3400,3300")
        apply({"voltage": 3301}, twin)
        assert b"+CBC: 3301\r" in await terminal.ask(b"AT+CBC")
        apply({"voltage": 3299}, twin)
        await terminal.expect(b"\r\nNORMAL POWER DOWN\r\n")
        assert not twin.pins.vdd_ext
        # It starts with so much that it does not fall again at once.
        apply({"voltage": 3399}, twin)
        twin.pins.power_key = False
        await terminal.quiet(2)
        assert not twin.pins.vdd_ext
        twin.pins.power_key = True
        apply({"voltage": 3400}, twin)
        twin.pins.power_key = False
        await terminal.quiet(1.1)
        twin.pins.power_key = True
        await terminal.expect(b"RDY")

    on_twin(test)


def test_per_cent_are_told_where_the_model_tells_them() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        apply({"charge": 7, "voltage": 3500}, twin)
        assert b"+CBC: 0,7,3500\r" in await terminal.ask(b"AT+CBC")

    on_twin(test, "air724ug")


def test_levels_come_in_and_go_out() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        apply({"adc": [5, 4999], "gpio": {"9": 1, "10": 0}}, twin)
        await terminal.ask(b"AT+CADC=1,1")
        assert b"+CADC: 1,4999\r" in await terminal.ask(b"AT+CADC=1,2")
        assert b"+CGPIO: 0,9,1\r" in await terminal.ask(b"AT+CGPIO=0,9,0")
        assert b"+CGPIO: 0,10,0\r" in await terminal.ask(b"AT+CGPIO=0,10,1")
        apply({"gpio": {"9": None, "10": None}}, twin)
        assert b"+CGPIO: 0,9,0\r" in await terminal.ask(b"AT+CGPIO=0,9,0")
        assert b"+CGPIO: 0,10,1\r" in await terminal.ask(b"AT+CGPIO=0,10,1")
        await terminal.ask(b"AT+CGPIO=1,22,1;+IOSET=2")
        assert surroundings(twin)["gpio"] == {9: 0, 10: 1, 22: 1}
        assert twin.module.hardware.gpio.voltage == 2
        # What the module drove is gone with the run; the other side still drives.
        apply({"gpio": {"22": 0}}, twin)
        assert surroundings(twin)["gpio"][22] == 1
        await terminal.ask(b"AT+RESET")
        await terminal.expect(b"RDY")
        assert surroundings(twin)["gpio"] == {22: 0}
        assert twin.module.hardware.gpio.voltage == 0

    on_twin(test)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("voltage", 5001), ("voltage", -1), ("voltage", 1.5), ("voltage", True), ("voltage", "1"),
        ("charge", 101), ("adc", [1]), ("adc", [1, 2, 3]), ("adc", 7), ("adc", [1, None]),
        ("gpio", {}), ("gpio", []), ("gpio", {"32": 1}), ("gpio", {"1": 2}), ("gpio", {"x": 1}),
        ("position", [90.1, 0]), ("position", [0, -181]), ("position", [0]), ("position", "here"),
        ("location_code", 65536), ("access_points", [[]]), ("access_points", {}),
        ("access_points", [["22:f2:2c:6f:55:9a", -48, 11]]),
        ("access_points", [["22:f2:2c:6f:55", -48, 11, ""]]),
        ("access_points", [["22:f2:2c:6f:55:9a", 1, 11, ""]]),
        ("access_points", [["22:f2:2c:6f:55:9a", -48, 15, ""]]),
        ("access_points", [["22:f2:2c:6f:55:9a", -48, 11, 'a"b']]),
        ("access_points", [["22:f2:2c:6f:55:9a", -48, 11, "\r\nRDY"]]),
        ("access_points", [["22:f2:2c:6f:55:9a", -48, 11, "\N{SNOWMAN}"]]),
        ("access_points", [["22:f2:2c:6f:55:9a", -48, 11, "x" * 33]]),
        ("access_points", [["22:f2:2c:6f:55:9a", -48, 11, ""]] * 31),
        ("update", "V1\r\nRDY"), ("update", "x" * 64), ("update", 5), ("reset", 2),
        ("reset", None), ("rts", "on"), ("usb_boot", []), ("colour", 1),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line_and_changes_nothing(name: str, value: Any) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        before = surroundings(twin)
        with pytest.raises(ValueError, match=f"^{name}: .+$") as error:
            apply({"voltage": 1234, name: value} if name != "voltage" else {name: value}, twin)
        assert "\n" not in str(error.value)
        assert len(str(error.value)) < 400
        assert surroundings(twin) == before

    on_twin(test)


def test_whatever_is_shown_can_be_set_again() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        apply({"gpio": {"5": 1}, "update": "AirM2M_V2"}, twin)
        shown = surroundings(twin)
        assert shown.keys() <= SETTABLE.keys()
        again = {name: list(v) if isinstance(v, tuple) else v for name, v in shown.items()}
        apply(again | {"gpio": {str(pin): level for pin, level in shown["gpio"].items()}}, twin)
        assert surroundings(twin) == shown

    on_twin(test)
