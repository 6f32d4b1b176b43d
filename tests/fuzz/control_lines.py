"""Lines of a control socket's clients: each is answered by one JSON object, and the twin lives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from atwin.clock import LoopClock
from atwin.clock.virtual import VirtualLoop
from atwin.control.lines import RingWatch, _answer
from atwin.line.ports.memory import memory_pair
from atwin.models import load_profile
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin
from fuzz.guided.dice import text
from fuzz.runner import main
from support.servers.odd_documents import changed_object, odd_value, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

GOOD: list[dict[str, Any]] = [
    {"set": {"reset": 1, "rts": None}},
    {"set": {"supply": 1, "dtr": 0}},
    {"pulse": "reset", "seconds": 0.001},
    {"hold": "power_key"},
    {"fault": {"kind": "hang", "at_time": 9e8}},
    {"fault": {"kind": "lost_bytes", "every": 100}},
    {"clear": "faults"},
    {"clear": "faults", "id": 1},
    {"at": "AT+CSQ", "seconds": 0.5, "data": "x"},
    {"fresh": "cold"},
    {"fault": {"kind": "hang", "at_time": 0}},
    {"set": {"ring": "+8613800138000", "offline": 1}},
    {"set": {"cell": {"rssi": 9, "grants": 5, "tac": "1864", "neighbours": []}}},
    {"sim": "out"},
    {"sim": {"pin": "1234", "puk": "12345678"}},
    {"sim": {"apn": "a", "apn_user": "b", "apn_password": "c", "apn_auth": "pap"}},
    {"resolve": {"a.example": "127.0.0.1:80"}},
    {"answer": {"on": "AT+X", "lines": ["+X: 1"]}},
    {"urc": "+X: 2"},
    {"watch": "ri"},
    {"set": {"voltage": 3300, "charge": 5, "adc": [1, 2], "gpio": {"1": 1, "31": None}}},
    {"set": {"position": [1.5, -2], "location_code": 7, "update": "V2"}},
    {"set": {"access_points": [["22:f2:2c:6f:55:9a", -48, 11, "x"]]}},
    {"get": "state"},
    {"get": "traffic"},
]
MORE = ("set", "pulse", "seconds", "hold", "fault", "clear", "get", "sim", "resolve", "urc", "x")


WORDS = tuple(json.dumps(word).encode() for good in GOOD for word in good)


def seeds() -> Iterator[bytes]:
    """Each line."""
    yield from (json.dumps(good).encode() for good in GOOD)


def attempt(dice: Random) -> None:
    """Some lines to one twin, on the virtual clock."""
    loop = VirtualLoop()
    try:
        loop.run_until_complete(_talk(dice))
    finally:
        loop.close()


async def _talk(dice: Random) -> None:
    _, port = memory_pair("twin")
    held: set[str] = set()
    async with Twin(load_profile("air724ug"), port, network=SimulatedNetwork(LoopClock())) as twin:
        watch = RingWatch(twin, lambda event: None)
        for _ in range(dice.randrange(1, 12)):
            line = text(dice, _made).partition(b"\n")[0]
            answer = await _answer(line + b"\n", twin, held, watch)
            assert isinstance(answer["ok"], bool)
            json.dumps(answer, allow_nan=False)


def _made(dice: Random) -> bytes:
    good = dice.choice(GOOD)
    value: object = changed_object(dice, good, MORE)
    if dice.random() < 0.2:
        key = dice.choice(list(good))
        inner = good[key]
        made = changed_object(dice, inner, ("x",)) if isinstance(inner, dict) else inner
        value = good | {key: made}
    elif dice.random() < 0.1:
        value = odd_value(dice)
    return text_of(dice, value)


if __name__ == "__main__":
    main(attempt)
