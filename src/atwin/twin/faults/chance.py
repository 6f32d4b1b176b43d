"""Plans by chance: the same number gives the same plan, on every computer and in every release.

Each kind throws dice of its own, under its name. So a new kind inserts itself into some plans and
changes nothing else in any.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from atwin.twin.faults.dice import Dice
from atwin.twin.faults.kinds import KINDS
from atwin.twin.faults.plan import FaultPlan, fault_from_table

if TYPE_CHECKING:
    from atwin.twin.faults.fault import Fault

#: One of these is in every plan. To change this line is to change every plan.
_BASIS = ("pdp_loss", "stall", "reset_connection", "lost_bytes", "restart")
#: How likely a kind is in a plan, and how often at most.
_SHARE, _TIMES = 0.04, 2
#: How likely a fault that may last says for how long.
_LASTS = 0.8

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


def random_plan(seed: int) -> FaultPlan:
    """Some two or three faults, at least one, that may meet a download of a few hundred KB."""
    basis = Dice(seed).choice(_BASIS)
    drawn: list[tuple[float, str, Dice]] = []
    for kind in KINDS:
        for time in range(_TIMES):
            dice = Dice(seed, f"{kind} {time}")
            rank = dice.fraction()
            if rank < _SHARE or (kind == basis and time == 0):
                drawn.append((rank, kind, dice))
    faults = tuple(_random_fault(kind, dice) for _, kind, dice in sorted(drawn, key=_rank))
    return FaultPlan(faults, f"seed {seed}", seed=seed)


def _rank(drawn: tuple[float, str, Dice]) -> tuple[float, str]:
    return drawn[:2]


def _random_fault(kind: str, dice: Dice) -> Fault:
    table: dict[str, Any] = {"kind": kind, **_moment(dice)}
    for each in fields(KINDS[kind]):
        if (throw := each.metadata.get("throw")) is not None:
            table[each.name] = throw(dice)
    fault = fault_from_table(table)
    if not fault.lasts or dice.fraction() >= _LASTS:
        return fault
    return fault_from_table(table | _length(dice.choice(fault.lasts), fault.CURES, dice))


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


def _length(name: str, cures: tuple[str, ...], dice: Dice) -> dict[str, Any]:
    match name:
        case "seconds":
            return {"seconds": dice.magnitude(0.1, 200)}
        case "count":
            return {"count": dice.whole(1, 4)}
        case _:
            return {"until": dice.choice(cures), "times": dice.whole(1, 2)}
