"""Texts that are nearly what they should be: what the fuzzers of JSON and TOML change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

#: What stands where something else should.
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1.5, -0.0, 1e308, 2**63, 10**400, "", "x", "\x1b[2J\x07", "\u202e",
    "\ud800", "a\nb", "x" * 3000, [], {}, [[]], {"a": {}}, "begins", "data", "command", ">", "OK",
)  # fmt: skip
_PIECES = (
    b"", b"\0", b"\xff", b"{", b"}", b"[" * 2000, b'{"a":' * 2000, b'"', b"\\u", b"\n", b",",
    b"NaN", b"Infinity", b"1e400", b"9" * 5000, b"-", b"\x1b]0;x\x07", b"\xe2\x80\xae",
)  # fmt: skip


def odd_value(dice: Random) -> Any:
    """Some JSON value."""
    return dice.choice(_VALUES)


def changed_object(
    dice: Random, good: dict[str, Any], more: tuple[str, ...] = ()
) -> dict[str, Any]:
    """`good` with some values changed, some keys gone, and some of `more` put in."""
    made = dict(good)
    for _ in range(dice.randrange(4)):
        key = dice.choice((*good, *more))
        if dice.random() < 0.2:
            made.pop(key, None)
        else:
            made[key] = odd_value(dice)
    return made


def text_of(dice: Random, value: object) -> bytes:
    """`value` in JSON, now and then with bytes that do not belong there."""
    text = bytearray(json.dumps(value).encode())
    while dice.random() < 0.3:
        place = dice.randrange(len(text) + 1)
        text[place : place + dice.randrange(3)] = dice.choice(_PIECES)
    return bytes(text)
