"""Plans thrown by dice: the same number gives the same plan, on every computer."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any, TypeVar

from atwin.twin.faults.fault import CURES
from atwin.twin.faults.plan import KINDS, FaultPlan, fault_from_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from atwin.twin.faults.fault import Fault

T = TypeVar("T")

#: Commands of a download, for faults that wait for one.
_COMMANDS = (
    "AT+SAPBR",
    "AT+HTTPINIT",
    "AT+HTTPPARA",
    "AT+HTTPACTION",
    "AT+HTTPHEAD",
    "AT+HTTPREAD",
    "AT+HTTPEXACTION",
    "AT+HTTPEXGET",
    "AT+HTTPTERM",
    "AT+CFUN",
)
_MOST_FAULTS = 4


class Dice:
    """Numbers from a seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._throws = 0

    def fraction(self) -> float:
        """From 0 up to 1."""
        self._throws += 1
        digest = hashlib.sha256(b"%d %d" % (self._seed, self._throws)).digest()
        return int.from_bytes(digest[:7], "big") / (1 << 56)

    def whole(self, low: int, high: int) -> int:
        """`low` to `high`, both included."""
        return low + int(self.fraction() * (high - low + 1))

    def magnitude(self, low: float, high: float) -> float:
        """`low` (above 0) to `high`, small ones as often as large ones; three digits."""
        exponent = math.log(low) + self.fraction() * math.log(high / low)
        return float(f"{math.exp(exponent):.3g}")

    def choice(self, among: Sequence[T]) -> T:
        """One of them."""
        return among[self.whole(0, len(among) - 1)]


def random_plan(seed: int) -> FaultPlan:
    """One to four faults that may meet a download of a few hundred kilobytes."""
    dice = Dice(seed)
    kinds = [dice.choice(tuple(KINDS)) for _ in range(dice.whole(1, _MOST_FAULTS))]
    return FaultPlan(tuple(_random_fault(kind, dice) for kind in kinds), f"seed {seed}", seed=seed)


def _random_fault(kind: str, dice: Dice) -> Fault:
    table: dict[str, Any] = {"kind": kind, **_moment(dice)}
    for name, throw in _DETAILS.get(kind, {}).items():
        table[name] = throw(dice)
    if kind == "lost_bytes" and not table["every"]:
        return fault_from_table(table)
    lasts = KINDS[kind].LASTS
    if lasts and dice.fraction() < 0.8:
        table |= _length(dice.choice(lasts), kind, dice)
    return fault_from_table(table)


def _moment(dice: Dice) -> dict[str, Any]:
    match dice.whole(0, 5):
        case 0:
            return {"at_time": dice.magnitude(0.1, 100)}
        case 1:
            return {"at_byte": int(dice.magnitude(1, 300_000))}
        case 2:
            return {"at_byte": int(dice.magnitude(1, 100_000)), "at_action": dice.whole(1, 8)}
        case 3:
            return {"at_action": dice.whole(1, 12)}
        case 4:
            return {"at_connection": dice.whole(1, 8)}
        case _:
            return {"at_command": dice.choice(_COMMANDS), "nth": int(dice.magnitude(1, 20))}


def _length(name: str, kind: str, dice: Dice) -> dict[str, Any]:
    match name:
        case "seconds":
            return {"seconds": dice.magnitude(0.1, 200)}
        case "count":
            return {"count": dice.whole(1, 4)}
        case _:
            cures = ("reset_pin", "power") if kind == "hang" else CURES
            return {"until": dice.choice(cures), "times": dice.whole(1, 2)}


#: What each kind has of its own.
_DETAILS: dict[str, dict[str, Callable[[Dice], Any]]] = {
    "pdp_refused": {"apn": lambda dice: dice.choice(("corp", None))},
    "weak_signal": {"rssi": lambda dice: dice.choice((0, 3, 99))},
    "pool_full": {"slots": lambda dice: dice.choice((None, 7, 8))},
    "dns_failure": {"silent": lambda dice: dice.choice((False, True))},
    "connect_refused": {"silent": lambda dice: dice.choice((False, True))},
    "stall": {"after": lambda dice: int(dice.magnitude(1, 50_000))},
    "reset_connection": {"after": lambda dice: int(dice.magnitude(1, 50_000))},
    "truncate": {"after": lambda dice: int(dice.magnitude(1, 50_000))},
    "drip": {"rate": lambda dice: dice.magnitude(100, 20_000)},
    "slow_link": {
        "latency": lambda dice: dice.magnitude(0.01, 5),
        "jitter": lambda dice: dice.choice((0, dice.magnitude(0.001, 1))),
        "bandwidth": lambda dice: dice.choice((None, dice.magnitude(500, 100_000))),
    },
    "brownout": {"period": lambda dice: dice.magnitude(0.5, 20)},
    "lost_bytes": {
        "bytes": lambda dice: int(dice.magnitude(1, 5_000)),
        "after": lambda dice: int(dice.magnitude(1, 200_000)),
        "every": lambda dice: dice.choice((0, int(dice.magnitude(500, 200_000)))),
    },
    "urc_interleave": {
        "text": lambda dice: dice.choice(("+CGREG: 1", "+CREG: 2", "+NITZ: 2024/08/23,06:52:50"))
    },
    "short_line_limit": {"bytes": lambda dice: int(dice.magnitude(20, 600))},
}
