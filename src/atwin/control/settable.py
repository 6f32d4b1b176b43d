"""The table of what can be set: each value with what it takes, and where it goes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from atwin.control.schemas import Schema, array, closed, each, nullable, number, text, whole
from atwin.text import shown
from atwin.twin.board.cell import Cell
from atwin.twin.board.gpio import PINS as GPIO_PINS
from atwin.twin.board.installed import FIRMWARE_NAME, is_firmware
from atwin.twin.board.surroundings import AccessPoint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from atwin.twin.twin import Twin

#: Control pins of the module, and outputs of the host.
PINS = ("reset", "power_key", "supply", "usb_boot")
OUTPUTS = ("rts", "dtr")

_DRIVEN = {0: "not asserted", 1: "asserted", None: "given back to the port"}

_CALLER = re.compile(r"\+?[0-9]{1,20}")
_MAC = r"[0-9a-f]{2}(:[0-9a-f]{2}){5}"
#: ASCII without a quote, which no answer on the line could carry.
_PLAIN = r"[\x20\x21\x23-\x7e]*"
#: Access points that a request of 4096 bytes has room for, and the bytes of a name.
_MOST_POINTS, _LONGEST_NAME = 30, 32


@dataclass(frozen=True, slots=True)
class Settable:
    """One value: `takes` for a person, `read` gives it or raises `ValueError`, `put` sets it.

    `schema` is the JSON schema of what it takes.
    """

    takes: str
    schema: Schema
    read: Callable[[Any], Any]
    put: Callable[[Twin, Any], None]
    #: Raises `ValueError` with the reason why it cannot be now.
    check: Callable[[Twin, Any], None] = lambda twin, value: None


def apply(values: Mapping[str, Any], twin: Twin) -> None:
    """Set them all, or none. Raises `ValueError` with one line that names the wrong one."""
    wanted = []
    for name, value in values.items():
        settable = SETTABLE.get(name)
        if settable is None:
            raise ValueError(f"{shown(name, limit=80)}: there is {', '.join(SETTABLE)}")
        try:
            wanted.append((settable, settable.read(value)))
            settable.check(twin, wanted[-1][1])
        except ValueError as error:
            said = shown(json.dumps(value), limit=80)
            takes = str(error) or f"it takes {settable.takes}"
            raise ValueError(f"{name}: {said}: {takes}") from None
    for settable, value in wanted:
        settable.put(twin, value)


def surroundings(twin: Twin) -> dict[str, Any]:
    """All that `SURROUNDINGS` sets, as it is now, in the form it takes."""
    hardware = twin.module.hardware
    now = hardware.surroundings
    points = [[p.mac, p.rssi, p.channel, p.name] for p in now.access_points]
    other = {"gpio": hardware.gpio.levels, "access_points": points}
    return {name: other[name] if name in other else getattr(now, name) for name in SURROUNDINGS}


# --- kinds of values ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Form:
    """What a value looks like, and what reads it."""

    schema: Schema
    read: Callable[[Any], Any]


def _pin(name: str) -> Settable:
    def put(twin: Twin, value: int) -> None:
        setattr(twin.pins, name, bool(value))

    return Settable("0 or 1", _LEVEL.schema, _LEVEL.read, put)


def _output(name: str) -> Settable:
    def put(twin: Twin, value: int | None) -> None:
        hardware = twin.module.hardware
        hardware.happened(f"the host's {name.upper()} {_DRIVEN[value]}")
        hardware.uart.drive(name, None if value is None else bool(value))

    def read(value: Any) -> int | None:
        return None if value is None else _LEVEL.read(value)

    return Settable("0, 1 or null", nullable(_LEVEL.schema), read, put)


def _around(name: str, takes: str, form: _Form) -> Settable:
    def put(twin: Twin, value: Any) -> None:
        twin.module.surround(name, value)

    return Settable(takes, form.schema, form.read, put)


def _whole(low: int, high: int) -> _Form:
    def read(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise ValueError
        return value

    return _Form(whole(low, high), read)


def _number(low: float, high: float) -> _Form:
    def read(value: Any) -> float:
        if type(value) not in (int, float) or not low <= value <= high:
            raise ValueError
        return float(value)

    return _Form(number(low, high), read)


def _each(*forms: _Form) -> _Form:
    """A list with one value for each of `forms`."""

    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) != len(forms):
            raise ValueError
        return tuple(form.read(item) for form, item in zip(forms, value, strict=True))

    return _Form(each(*(form.schema for form in forms)), read)


def _text(longest: int, pattern: str = _PLAIN) -> _Form:
    def read(value: Any) -> str:
        good = isinstance(value, str) and len(value) <= longest and re.fullmatch(pattern, value)
        if not good:
            raise ValueError
        return str(value)

    return _Form(text(pattern, longest), read)


_LEVEL = _whole(0, 1)
_POINT = _each(_text(17, _MAC), _whole(-127, 0), _whole(1, 14), _text(_LONGEST_NAME))


def _points(value: Any) -> tuple[AccessPoint, ...]:
    if not isinstance(value, list) or len(value) > _MOST_POINTS:
        raise ValueError
    return tuple(AccessPoint(*_POINT.read(item)) for item in value)


def _levels(value: Any) -> dict[int, int | None]:
    """GPIO pins by their numbers; None lets go of one."""
    if not isinstance(value, dict) or not value:
        raise ValueError
    pins = {str(pin): pin for pin in GPIO_PINS}
    if not value.keys() <= pins.keys():
        raise ValueError
    return {
        pins[name]: None if level is None else _LEVEL.read(level) for name, level in value.items()
    }


def _drive(twin: Twin, levels: dict[int, int | None]) -> None:
    for pin, level in levels.items():
        twin.module.hardware.gpio.drive(pin, level)


def _firmware(value: Any) -> str:
    if value != "" and not is_firmware(value):
        raise ValueError
    return str(value)


def _caller(value: Any) -> str | None:
    if value is not None and not (isinstance(value, str) and _CALLER.fullmatch(value)):
        raise ValueError
    return value


def _no_call(twin: Twin, caller: str | None) -> None:
    number = twin.calls.number if _hears(twin) else None
    if caller is not None and number is not None:
        raise ValueError(f"{number} is calling already; null ends that call")


def _hears(twin: Twin) -> bool:
    firmware = twin.module.firmware
    return firmware is not None and not firmware.is_over and twin.radio.registered


def _ring(twin: Twin, caller: str | None) -> None:
    """A module that is off, nearly off or hangs, or has no network, hears nobody."""
    if _hears(twin):
        if caller is None:
            twin.calls.give_up()
        else:
            twin.calls.ring(caller)


def _cell(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError
    Cell.checked(value)
    return value


#: What is around the module.
SURROUNDINGS = {
    "voltage": _around("voltage", "a whole number from 0 to 5000, mV", _whole(0, 5000)),
    "charge": _around("charge", "a whole number from 0 to 100, per cent", _whole(0, 100)),
    "adc": _around(
        "adc", "two whole numbers from 0 to 5000, mV", _each(_whole(0, 5000), _whole(0, 5000))
    ),
    "gpio": Settable(
        'pins from "0" to "31", each 0, 1 or null: {"5": 1}',
        {**closed({str(pin): nullable(_LEVEL.schema) for pin in GPIO_PINS}), "minProperties": 1},
        _levels,
        _drive,
    ),
    "position": _around(
        "position",
        "degrees north (-90 to 90) and east (-180 to 180): [34.798, 114.32]",
        _each(_number(-90, 90), _number(-180, 180)),
    ),
    "location_code": _around("location_code", "a whole number from 0 to 65535", _whole(0, 65_535)),
    "access_points": _around(
        "access_points",
        f"at most {_MOST_POINTS} of MAC address, dBm (-127 to 0), channel (1 to 14) and name: "
        '[["22:f2:2c:6f:55:9a", -48, 11, "office"]]',
        _Form(array(_POINT.schema, _MOST_POINTS), _points),
    ),
    "update": _around(
        "update",
        "a firmware's name of at most 63 letters, digits, _, . and -",
        _Form(text(f"({FIRMWARE_NAME})?"), _firmware),
    ),
}

#: All there is to set.
SETTABLE: dict[str, Settable] = {
    **{name: _pin(name) for name in PINS},
    **{name: _output(name) for name in OUTPUTS},
    "offline": Settable(
        "0 or 1",
        _LEVEL.schema,
        _LEVEL.read,
        lambda twin, value: setattr(twin.hosts, "offline", bool(value)),
    ),
    "ring": Settable(
        "a number of 1 to 20 digits, a + before them or not, or null to give up",
        nullable(text(_CALLER.pattern)),
        _caller,
        _ring,
        _no_call,
    ),
    "cell": Settable(
        'an object: {"rssi": 9}',
        Cell.schema(),
        _cell,
        lambda twin, values: twin.change_cell(**values),
    ),
    **SURROUNDINGS,
}
