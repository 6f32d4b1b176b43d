"""The JSON schema of an action says what it takes: no less, and no more."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from atwin.control.actions import ACTIONS, BY_NAME, NotNowError, perform
from support.modules.on_twin import on_twin
from support.servers.odd_documents import changed_object

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

#: Values that each action takes; what is tried is made of them.
GOOD: dict[str, list[dict[str, Any]]] = {
    "set": [
        {"reset": 1, "supply": 1, "power_key": 1, "usb_boot": 0, "rts": None, "dtr": 1},
        {"offline": 0, "ring": None, "voltage": 3700, "charge": 5, "adc": [1, 2]},
        {"gpio": {"5": 1, "31": None}, "position": [1.5, -2], "location_code": 7, "update": "V2"},
        {"access_points": [["22:f2:2c:6f:55:9a", -48, 11, "x"]]},
        {"cell": {"rssi": 99, "grants": 5, "grants_pdp": False, "tac": "18ab", "plmn": "46000"}},
        {"cell": {"neighbours": [{"earfcn": 1, "cell_id": "0b140580", "rsrp": 255, "level": 0}]}},
    ],
    "pulse": [{"pin": "reset", "seconds": 0.001}],
    "sim": [{"in": True}, {"card": {"pin": "1234", "puk": "12345678", "apn": "a"}}],
    "fault": [
        {"kind": "weak_signal", "rssi": 3, "seconds": 5},
        {"kind": "hang", "at_time": 9e8, "until": "reset_pin"},
        {"kind": "lost_bytes", "every": 100, "at_command": "AT+CSQ", "nth": 2},
        {"kind": "pool_full", "at_action": 3, "seconds": 5},
    ],
    "answer": [
        {"command": "AT+X", "lines": ["+X: 1"], "result": "OK", "delay": 1, "times": 2, "after": 1},
        {"command": "AT+X*", "match": "glob", "prompt": ">", "data": "ctrl-z", "urc": "+Y: 1"},
    ],
    "urc": [
        {"text": "+X: 2", "delay": 5},
        {"text": ["A", "B"], "command": "AT+X", "times": 1, "after": 2, "match": "exact"},
    ],
    "resolve": [{"a.example": "127.0.0.1:80", "*.b.example": "[::1]"}],
    "fresh": [{}, {"boot": "cold"}],
    "at": [{"command": "AT+CSQ", "seconds": 1, "data": "x"}],
}
#: What is right by the schema, and wrong all the same: rules over several fields, or over names.
BEYOND = {"fault", "answer", "urc", "resolve", "at"}


def test_there_are_good_values_of_each() -> None:
    assert GOOD.keys() == {each.name for each in ACTIONS if each.takes is not None}


@pytest.mark.parametrize("name", GOOD)
def test_what_is_taken_is_what_the_schema_says(name: str) -> None:
    """Of values that are nearly right."""
    validator = jsonschema.Draft202012Validator(BY_NAME[name].takes or {})
    dice = Random(name)
    wrong: list[tuple[bool, str]] = []
    told: list[str] = []

    async def test(twin: Twin, terminal: Terminal) -> None:
        for good in GOOD[name]:
            validator.validate(good)
            await perform(BY_NAME[name], twin, good)
        for _ in range(60):
            value = changed(dice, dice.choice(GOOD[name]))
            by_schema = validator.is_valid(value)
            try:
                await perform(BY_NAME[name], twin, value)
                taken = True
            except NotNowError:
                taken = by_schema
            except ValueError as error:
                taken = False
                told.append(str(error))
            if taken != by_schema and (taken or name not in BEYOND):
                wrong.append((taken, json.dumps(value)[:300]))
            twin.answers.clear()
            twin.faults.clear()

    on_twin(test)
    assert wrong == []
    assert all(len(text.splitlines()) == 1 and len(text) < 1000 for text in told)


def changed(dice: Random, good: dict[str, Any]) -> dict[str, Any]:
    """Nearly `good`, or what is inside of it."""
    inner = [key for key, value in good.items() if isinstance(value, dict)]
    if inner and dice.random() < 0.7:
        key = dice.choice(inner)
        return {**good, key: changed_object(dice, good[key], ("x",))}
    return changed_object(dice, good, ("x", "kind", "until", "seconds"))
