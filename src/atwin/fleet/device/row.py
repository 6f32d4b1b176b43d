"""What became of one device: a `Row` of its `Attempt`s, each with its load on the server.

All seconds are the device's own: 0 is its arrival.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self, TypeVar

from atwin.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Read = Callable[[str, object], Any]

T = TypeVar("T")

#: Characters of a text, and of the traceback; items of a list. What is more is not a row of ours.
LONGEST_TEXT, LONGEST_TRACEBACK = 2000, 8000
_MOST = 10_000
#: No number of a row is larger: bytes, seconds, and seeds of 64 bits.
_LARGEST = 1 << 64


def _number(name: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LARGEST:
        return float(value)
    raise _wrong(name, value, "a number, 0 or more")


def _whole(name: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST:
        return value
    raise _wrong(name, value, "a whole number, 0 or more")


def _flag(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _wrong(name, value, "true or false")


def _text(name: str, value: object, longest: int = LONGEST_TEXT) -> str:
    if isinstance(value, str) and len(value) <= longest:
        return value
    raise _wrong(name, value, f"a text of at most {longest} characters")


def _traceback(name: str, value: object) -> str:
    return _text(name, value, LONGEST_TRACEBACK)


def _items(read: Callable[[str, object], T]) -> Callable[[str, object], tuple[T, ...]]:
    def read_all(name: str, value: object) -> tuple[T, ...]:
        if not isinstance(value, list | tuple) or len(value) > _MOST:
            raise _wrong(name, value, f"a list of at most {_MOST}")
        return tuple(read(f"{name} {place}", item) for place, item in enumerate(value, 1))

    return read_all


_texts = _items(_text)


def _wrong(name: str, value: object, wanted: str) -> ValueError:
    return ValueError(f"{name} is {shown(repr(value), limit=80)}: it must be {wanted}")


def _a(read: Read, **default: Any) -> Any:
    """A field that `read` checks."""
    return field(metadata={"read": read}, **default)


def _checked(kind: type[T], name: str, table: Mapping[Any, object]) -> T:
    """A `kind` of the values in `table`, all of them and no other."""
    known = {each.name: each.metadata["read"] for each in fields(kind)}  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            raise ValueError(f"{name}has no {shown(str(key), limit=80)}")
    for key in known:
        if key not in table:
            raise ValueError(f"{name}{key} is missing")
    return kind(**{key: read(f"{name}{key}", table[key]) for key, read in known.items()})


@dataclass(frozen=True, slots=True)
class Span:
    """What a device asked of the server from second `begin` to `end`, which may be the same.

    `connections` is the mean number of open ones; `requests` arrived in it; `down` and `up` are
    bytes of its TCP streams, as the device sees them.
    """

    begin: float = _a(_number)
    end: float = _a(_number)
    connections: float = _a(_number)
    requests: float = _a(_number)
    down: float = _a(_number)
    up: float = _a(_number)

    def as_list(self) -> list[float]:
        """For JSON: the values in the order of the fields."""
        return [self.begin, self.end, self.connections, self.requests, self.down, self.up]


def _span(name: str, value: object) -> Span:
    names = [each.name for each in fields(Span)]
    if not isinstance(value, list | tuple) or len(value) != len(names):
        raise _wrong(name, value, f"a list of {len(names)}")
    span = _checked(Span, f"{name}: ", dict(zip(names, value, strict=True)))
    if span.begin > span.end:
        raise ValueError(f"{name}: it ends before it begins")
    return span


def _spans(name: str, value: object) -> tuple[Span, ...]:
    spans = _items(_span)(name, value)
    for before, after in pairwise(spans):
        if before.end > after.begin:
            raise ValueError(
                f"{name}: one begins at {after.begin:g}, before the one before it ends"
            )
    return spans


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of the host: it `began` that many seconds after the device's arrival.

    The spans of `load` follow each other without overlap, and hold all its traffic. `cause` is
    empty, or a key of `atwin.fleet.device.causes.CAUSES`.
    """

    began: float = _a(_number)
    seconds: float = _a(_number)
    ok: bool = _a(_flag)
    cause: str = _a(_text)
    load: tuple[Span, ...] = _a(_spans)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return _as_dict(self) | {"load": [span.as_list() for span in self.load]}


def _attempt(name: str, value: object) -> Attempt:
    if not isinstance(value, dict):
        raise _wrong(name, value, "an object")
    return _checked(Attempt, f"{name}: ", value)


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one simulated device.

    `model`, `link` and `faults` are what was planned for it, as text; `faults` is empty where it
    has none. `ok`: the right file came. `wrong`: a file came that is not the right one. `exit_code`
    is that of `atwin get` at the last attempt, `cause` and `error` (one line) say why it failed.
    `seconds` is from its arrival to its end, with the waits between attempts.

    Over all attempts: `billed` bytes by the operator's rules, `payload` bytes among them that are
    bodies; `requests` and `connections` at the server, the `connection_seconds` these were open;
    `rungs` of the recovery ladder that were climbed, and those that `helped`; the kinds of faults
    that `fired`, in order. `traceback` is there for a crash. `cpu_seconds` it took to simulate it:
    nothing else of a row differs between two runs.
    """

    device: int = _a(_whole)
    seed: int = _a(_whole)
    stratum: str = _a(_text)
    model: str = _a(_text)
    link: str = _a(_text)
    faults: str = _a(_text)
    ok: bool = _a(_flag)
    wrong: bool = _a(_flag)
    exit_code: int = _a(_whole)
    cause: str = _a(_text)
    error: str = _a(_text)
    seconds: float = _a(_number)
    attempts: tuple[Attempt, ...] = _a(_items(_attempt))
    billed: int = _a(_whole)
    payload: int = _a(_whole)
    requests: int = _a(_whole)
    connections: int = _a(_whole)
    connection_seconds: float = _a(_number)
    rungs: tuple[str, ...] = _a(_texts)
    helped: tuple[str, ...] = _a(_texts)
    fired: tuple[str, ...] = _a(_texts)
    traceback: str = _a(_traceback, default="")
    cpu_seconds: float = _a(_number, default=0.0)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return _as_dict(self) | {"attempts": [attempt.as_dict() for attempt in self.attempts]}

    @classmethod
    def from_dict(cls, table: object) -> Self:
        """The row that `as_dict` gave, wherever it has been meanwhile.

        Raises `ValueError` for anything else: one line, which value, and what it must be.
        """
        if not isinstance(table, dict):
            raise _wrong("a row", table, "an object")
        return _checked(cls, "row: ", table)


def _as_dict(one: Attempt | Row) -> dict[str, Any]:
    values = ((each.name, getattr(one, each.name)) for each in fields(one))
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values}
