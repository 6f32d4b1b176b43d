"""The table of what can be asked of a running twin, whoever asks: JSON lines, HTTP, OpenAPI.

Each `Action` has a name, its place in HTTP, the JSON schema of what it takes, and what it does. So
a transport needs no cases of its own:

    action = BY_NAME["pulse"]
    answer = await perform(action, twin, {"pin": "reset", "seconds": 0.6})

The value is the body of the request. A path with `{id}` has none: there the value is the whole
number in its place. The answer is an object, fit for JSON; that of most actions is the state.
Whatever is wrong comes as an exception with one line for a person: `ValueError` for a value that
cannot be (400), `NotThereError` for something that is not there (404), `NotNowError` for what
cannot be now (409). Then nothing has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from atwin.control.faults import FAULT_SCHEMA, faults, kinds
from atwin.control.schemas import (
    ANSWER_SCHEMA,
    CARD_SCHEMA,
    URC_SCHEMA,
    Schema,
    choice,
    closed,
    nullable,
    number,
    table,
    text,
)
from atwin.control.settable import PINS, SETTABLE, apply
from atwin.control.shapes import FAULTS_SCHEMA, TRAFFIC_SCHEMA
from atwin.control.state import state, traffic
from atwin.disk.state import StateError
from atwin.text import check_keys
from atwin.twin.board.sim import Card
from atwin.twin.faults.plan import fault_from_table
from atwin.twin.script.written import Stub, row_from_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.twin.twin import Twin

    Teller = Callable[[str, float, bytes | None], Awaitable[tuple[list[str], str]]]
    Run = Callable[[Twin, Any], dict[str, Any] | Awaitable[dict[str, Any] | None] | None]

#: Pins that can be pulled low for a while.
PULSED = PINS[:3]
#: Seconds of the longest pulse, and of the longest wait for an answer.
_LONGEST_PULSE, _LONGEST_WAIT = 60, 600

#: `STATE_SCHEMA` of shapes.py, which OpenAPI has once.
_STATE: Schema = {"$ref": "#/components/schemas/State"}


class NotNowError(Exception):
    """It cannot be in the state in which the module is; the text is one line."""


class NotThereError(Exception):
    """What is named is not there; the text is one line."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be asked of a twin.

    `run` may be awaited, gives the answer, and None for the state. It raises as the module says.
    """

    name: str
    #: Of HTTP; the path below that of the module.
    method: str
    path: str
    summary: str
    run: Run
    #: JSON schemas: of the body (None where there is none), of the answer.
    takes: Schema | None = None
    gives: Schema = field(default_factory=lambda: _STATE)


async def perform(action: Action, twin: Twin, value: Any = None) -> dict[str, Any]:
    """Do it with `value`; the answer. Raises as the module says."""
    if action.takes is not None and not isinstance(value, dict):
        raise ValueError(f"{action.name} takes an object: {{…}}")
    try:
        value = _with_whole_numbers(value)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    answer = action.run(twin, value)
    if isinstance(answer, Awaitable):
        answer = await answer
    return state(twin) if answer is None else answer


def _with_whole_numbers(value: Any) -> Any:
    """In JSON 1.0 is the whole number 1."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {name: _with_whole_numbers(one) for name, one in value.items()}
        case list():
            return [_with_whole_numbers(one) for one in value]
    return value


# --- what they do -------------------------------------------------------------------------------


def _set(twin: Twin, values: dict[str, Any]) -> None:
    apply(values, twin)


async def _pulse(twin: Twin, value: dict[str, Any]) -> None:
    check_keys(value, ("pin", "seconds"))
    pin, seconds = value.get("pin"), value.get("seconds")
    good = type(seconds) in (int, float) and pin in PULSED
    if not good or not 0 < (seconds or 0) <= _LONGEST_PULSE:
        raise ValueError(f"reset, power_key or supply, for up to {_LONGEST_PULSE} seconds")
    setattr(twin.pins, str(pin), False)
    try:
        await asyncio.sleep(float(seconds or 0))
    finally:
        setattr(twin.pins, str(pin), True)


def _set_card(twin: Twin, value: dict[str, Any]) -> None:
    """Put the card in or out, or put in another one."""
    match value:
        case {"card": dict(values), **rest} if not rest:
            card = Card.of(values)
            twin.pull_card()
            twin.insert_card(card)
        case {"in": True, **rest} if not rest:
            twin.insert_card()
        case {"in": False, **rest} if not rest:
            twin.pull_card()
        case _:
            raise ValueError('give {"in": true}, {"in": false}, or {"card": {"pin": "4711"}}')


def _add_fault(twin: Twin, fields: dict[str, Any]) -> dict[str, Any]:
    number = twin.faults.add(fault_from_table(fields))
    return {"id": number, "state": state(twin)}


def _faults(twin: Twin, _: Any) -> dict[str, Any]:
    return {**faults(twin), "kinds": kinds()}


def _end_fault(twin: Twin, number: int) -> None:
    if not (twin.has_faults and twin.faults.end(number)):
        raise NotThereError(f"no fault {number} waits or is at work")


def _clear_faults(twin: Twin, _: Any) -> None:
    twin.faults.clear()


def _add_answer(twin: Twin, fields: dict[str, Any]) -> None:
    twin.answers.add(row_from_table(Stub, fields))


def _clear_answers(twin: Twin, _: Any) -> None:
    twin.answers.clear()


def _say(twin: Twin, fields: dict[str, Any]) -> None:
    """A URC that somebody wrote; the keys as in a file of answers."""
    if "self" in fields:
        raise ValueError("self: unknown key")
    try:
        twin.urc(fields.get("text", ()), **{k: v for k, v in fields.items() if k != "text"})
    except RuntimeError as error:
        raise NotNowError(str(error)) from None


def _resolve(twin: Twin, rules: dict[str, Any]) -> None:
    twin.hosts.change(rules)


def _clear_names(twin: Twin, _: Any) -> None:
    twin.hosts.change(dict.fromkeys(twin.hosts))


def _fresh(twin: Twin, value: dict[str, Any]) -> None:
    check_keys(value, ("boot",))
    if (boot := value.get("boot", "warm")) not in ("warm", "cold"):
        raise ValueError("boot: warm or cold")
    try:
        twin.fresh(boot)
    except StateError as error:
        raise NotNowError(str(error)) from None


async def type_at(at: Teller, value: dict[str, Any]) -> dict[str, Any]:
    """The action "at" by `at`, which is that of a twin or a host. Raises as the module says."""
    check_keys(value, ("command", "seconds", "data"))
    command, seconds, data = value.get("command"), value.get("seconds", 10), value.get("data")
    if not isinstance(command, str) or not isinstance(data, str | None):
        raise ValueError("command and data take texts")
    if "AT" not in command.upper():  # such as A/, which repeats what the host has sent last
        raise ValueError("a command line begins with AT, such as AT+CSQ")
    if type(seconds) not in (int, float) or not 0 < seconds <= _LONGEST_WAIT:
        raise ValueError(f"seconds: above 0, up to {_LONGEST_WAIT}")
    sent = None if data is None else data.encode("utf-8", "surrogatepass")
    try:
        lines, result = await at(command, seconds, sent)
    except (RuntimeError, TimeoutError) as error:
        raise NotNowError(str(error)) from None
    return {"lines": lines, "result": result}


# --- the table ----------------------------------------------------------------------------------

_object = partial(dict[str, Any], type="object")

ACTIONS: tuple[Action, ...] = (
    Action("state", "GET", "/state", "What the module is and does now", lambda twin, _: None),
    Action(
        "set", "PATCH", "/state", "Set pins, RTS and DTR, cell, surroundings, a call, offline",
        _set, closed({name: one.schema for name, one in SETTABLE.items()}),
    ),
    Action(
        "pulse", "POST", "/pulse", "Pull a pin low, and answer when it is released",
        _pulse, closed(
            {"pin": choice(*PULSED), "seconds": number(0, _LONGEST_PULSE, above=True)},
            "pin", "seconds",
        ),
    ),
    Action(
        "sim", "PUT", "/sim", "Take the SIM card out, put it in, or put in another one",
        _set_card, {"oneOf": [
            closed({"in": {"type": "boolean"}}, "in"),
            closed({"card": CARD_SCHEMA}, "card"),
        ]},
    ),
    Action(
        "faults", "GET", "/faults", "The faults there are, and every kind with its fields",
        _faults, gives=FAULTS_SCHEMA,
    ),
    Action(
        "fault", "POST", "/faults", "Add a fault, which begins at its moment, or now",
        _add_fault, FAULT_SCHEMA,
        _object(properties={"id": {"type": "integer"}, "state": _STATE}),
    ),
    Action("clear_faults", "DELETE", "/faults", "End all faults", _clear_faults),
    Action("end_fault", "DELETE", "/faults/{id}", "End one fault", _end_fault),
    Action(
        "answer", "POST", "/answers", "Answer commands in place of the module",
        _add_answer, ANSWER_SCHEMA,
    ),
    Action(
        "clear_answers", "DELETE", "/answers", "Forget all answers and URCs of your own",
        _clear_answers,
    ),
    Action(
        "urc", "POST", "/urcs", "Say a line unasked: now, later, or after commands",
        _say, URC_SCHEMA,
    ),
    Action(
        "resolve", "PATCH", "/names", "Let names lead elsewhere; null takes one away",
        _resolve, table(nullable(text())),
    ),
    Action("clear_names", "DELETE", "/names", "Forget all names", _clear_names),
    Action(
        "fresh", "POST", "/fresh", "Start again as from the factory, with what it was made with",
        _fresh, closed({"boot": choice("warm", "cold")}),
    ),
    Action(
        "at", "POST", "/at", "Type an AT command beside the host, whose line hears nothing of it",
        lambda twin, value: type_at(twin.at, value), closed(
            {
                "command": text("[ -~]*[Aa][Tt][ -~]*", 4096),
                "seconds": number(0, _LONGEST_WAIT, above=True),
                "data": nullable(text()),
            },
            "command",
        ),
        _object(properties={
            "lines": {"type": "array", "items": text()}, "result": text(),
        }),
    ),
    Action(
        "traffic", "GET", "/traffic", "IP bytes: whole, boot, session, the last actions",
        lambda twin, _: traffic(twin), gives=TRAFFIC_SCHEMA,
    ),
)  # fmt: skip

BY_NAME = {action.name: action for action in ACTIONS}
