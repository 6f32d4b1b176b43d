"""Keys of PLAN.toml: each kind of value reads what a person wrote, and says what it takes.

A table is a dataclass whose fields are made by `key`. `read_table` makes it of what stands in the
file, and docs/fleet-plan.md is written from the same fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from atwin.host.errors import OptionError
from atwin.text import check_keys, rows_of, shown, told
from atwin.text.units import parse_rate, parse_seconds, parse_size

#: Characters of an error, of a piece of foreign text in it, and of a name.
LONGEST_ERROR, _PIECE, LONGEST_NAME = 290, 60, 40


class CampaignError(OptionError):
    """A plan cannot be like that: file, table, key, and what is allowed, in one short line."""

    def __init__(self, text: str) -> None:
        super().__init__(shown(text, limit=LONGEST_ERROR))
        self.args = (shown(str(self), limit=LONGEST_ERROR),)  # what is masked may grow


class Takes:
    """A kind of value: `words` say what it takes."""

    words: str = ""

    def read(self, key: str, value: Any, folder: Path) -> Any:
        """The value as the program has it; paths are relative to `folder`.

        Raises `ValueError` with one line that begins with `key`.
        """
        try:
            return self.parse(value, folder)
        except ValueError as error:
            why = str(error) or f"give {self.words}"
            raise ValueError(f"{key} is {told(value, limit=_PIECE)}: {why}") from None

    def parse(self, value: Any, folder: Path) -> Any:
        """The same. Raises `ValueError`, without a text where `words` say enough."""
        raise NotImplementedError


class Quantity(Takes):
    """A number from `low` to `high`; one of whole numbers is a `Whole`."""

    what = ""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high
        self.words = f"{self.what}{self.span(low)} to {self.span(high)}"

    def span(self, end: float) -> str:
        """An end of the range in words."""
        return f"{end:,g}" if end < 1e6 else f"{end:,.0f}"

    def parse(self, value: Any, folder: Path) -> float:
        number = self.number(value)
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ValueError
        if not self.low <= number <= self.high:
            raise ValueError
        return float(number)

    def number(self, value: Any) -> Any:
        """What `value` comes to; whatever it is no number."""
        return value


class Whole(Quantity):
    """A whole number."""

    what = "a whole number, "

    def parse(self, value: Any, folder: Path) -> int:
        if not isinstance(value, int):
            raise ValueError
        super().parse(value, folder)
        return value


class Bytes(Quantity):
    """A size: a whole number of bytes, or a text such as 300K."""

    what = "bytes, "

    def span(self, end: float) -> str:
        for sign, unit in (("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)):
            if end >= unit and not end % unit:
                return f"{end // unit:.0f}{sign}"
        return f"{end:.0f}"

    def parse(self, value: Any, folder: Path) -> int:
        number = parse_size(value) if isinstance(value, str) else value
        if not isinstance(number, int):
            raise ValueError
        super().parse(number, folder)
        return number


class Rate(Quantity):
    """Bytes per second: a number, or a text such as 1.2M."""

    what = "bytes per second, "

    def span(self, end: float) -> str:
        for sign, unit in (("G", 1e9), ("M", 1e6), ("K", 1e3)):
            if end >= unit:
                return f"{end / unit:g}{sign}"
        return f"{end:g}"

    def number(self, value: Any) -> Any:
        return parse_rate(value) if isinstance(value, str) else value


class Seconds(Quantity):
    """A duration: a number of seconds, or a text such as 15 min."""

    def span(self, end: float) -> str:
        for sign, unit in (("d", 86_400), ("h", 3600), ("min", 60)):
            if end >= unit and not end % unit:
                return f"{end / unit:g} {sign}"
        return f"{end:g} s" if end else "0"

    def number(self, value: Any) -> Any:
        return parse_seconds(value) if isinstance(value, str) else value


class Waits(Takes):
    """A list of durations."""

    def __init__(self, each: Seconds, most: int) -> None:
        self._each, self._most = each, most
        self.words = f"a list of 1 to {most} durations, {each.words} each"

    def parse(self, value: Any, folder: Path) -> tuple[float, ...]:
        if not isinstance(value, list) or not 1 <= len(value) <= self._most:
            raise ValueError
        return tuple(self._each.read("one of them", wait, folder) for wait in value)


class Switch(Takes):
    """True or false."""

    words = "true or false"

    def parse(self, value: Any, folder: Path) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value


class Chosen(Takes):
    """One of a few words."""

    def __init__(self, *values: str) -> None:
        self._values = values
        self.words = f"one of {', '.join(values)}"

    def parse(self, value: Any, folder: Path) -> str:
        if not isinstance(value, str) or value not in self._values:
            raise ValueError
        return value


class Label(Takes):
    """A name for people: it stands in reports, and in strata between slashes."""

    words = f"a text of 1 to {LONGEST_NAME} characters that show, without /"

    def parse(self, value: Any, folder: Path) -> str:
        if (
            not isinstance(value, str)
            or not 0 < len(value) <= LONGEST_NAME
            or "/" in value
            or shown(value) != value
            or value.strip() != value
        ):
            raise ValueError
        return value


class Dated(Takes):
    """A date with time and zone: TOML's own, or the same as a text."""

    words = 'a date, time and zone, such as "2026-12-01T00:00:00Z", of 2000 to 2099'

    def parse(self, value: Any, folder: Path) -> datetime:
        try:
            given = datetime.fromisoformat(value) if isinstance(value, str) else value
            moment = given.astimezone(UTC) if isinstance(given, datetime) else None
        except (ValueError, OverflowError):
            raise ValueError from None
        if moment is None or given.tzinfo is None or not 2000 <= moment.year <= 2099:
            raise ValueError
        return moment


class Table(Takes):
    """A table of its own: `[key]`, or `key = { … }` in another."""

    words = "a table"

    def __init__(self, of: type[Any]) -> None:
        self.of = of

    def read(self, key: str, value: Any, folder: Path) -> Any:
        if not isinstance(value, Mapping):
            raise ValueError(f"{key} is {told(value, limit=_PIECE)}: give a table [{key}]")
        return _within(f"[{key}]", self.of, value, folder)


class Rows(Takes):
    """A list of tables, `[[key]]`; the file says the name in the singular."""

    def __init__(self, of: type[Any], least: int = 1, most: int = 100) -> None:
        self.of, self._least, self._most = of, least, most
        self.words = f"{least} to {most} tables"

    def read(self, key: str, value: Any, folder: Path) -> tuple[Any, ...]:
        rows = rows_of(value, key, self._most)
        if len(rows) < self._least:
            raise ValueError(f"{key} is []: give {self.words} [[{key}]]")
        return tuple(
            _within(f"[[{key}]] {place}", self.of, row, folder) for place, row in enumerate(rows, 1)
        )


def _within(place: str, of: type[Any], value: Mapping[str, Any], folder: Path) -> Any:
    try:
        return of(**read_table(of, value, folder))
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None


# --- declaring and reading ----------------------------------------------------------------------

#: The default of a key that has none and may be left out; None otherwise says the same.
NEEDED: Any = object()
#: Where relative paths of defaults would be.
_HERE = Path()


@dataclass(frozen=True, slots=True)
class Key:
    """What a key of the file takes: its name there, kind, default as written there, and help."""

    name: str
    kind: Takes
    default: Any
    help: str


def key(kind: Takes, default: Any, text: str, *, name: str = "") -> Any:
    """A field that is a key: `default` as in the file, `NEEDED` for none; `name` if it differs."""
    metadata = {"kind": kind, "default": default, "help": text, "name": name}
    if default is NEEDED:
        return field(metadata=metadata)
    if isinstance(kind, Table) and default == {}:
        return field(default_factory=kind.of, metadata=metadata)
    if default in (None, "") or isinstance(default, tuple):
        return field(default=default, metadata=metadata)
    return field(default=kind.parse(default, _HERE), metadata=metadata)


def keys_of(of: type[Any]) -> dict[str, Key]:
    """Field -> what the file may say of it."""
    return {each.name: _key(each) for each in fields(of) if each.metadata}


def _key(each: Field[Any]) -> Key:
    data = each.metadata
    return Key(data["name"] or each.name, data["kind"], data["default"], data["help"])


def changed(row: Any) -> list[str]:
    """The keys of a table whose values are not the usual ones."""
    return [
        each.name
        for each in fields(row)
        if each.metadata and getattr(row, each.name) != each.default
    ]


def read_table(of: type[Any], table: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The values of the fields that `table` gives. Raises `ValueError` with one line."""
    keys = keys_of(of)
    check_keys(table, [each.name for each in keys.values()], limit=_PIECE)
    given = {}
    for name, each in keys.items():
        if each.name in table:
            given[name] = each.kind.read(each.name, table[each.name], folder)
        elif each.default is NEEDED:
            raise ValueError(f"{each.name} is missing: give {each.kind.words}")
    return given
