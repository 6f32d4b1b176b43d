"""Kinds of values of a PLAN.toml: each reads what a person wrote, and says what it takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from atwin.text import shown, told
from atwin.text.units import (
    RATE_FORM,
    SECONDS_FORM,
    SIZE_FORM,
    parse_rate,
    parse_seconds,
    parse_size,
)

if TYPE_CHECKING:
    from pathlib import Path

    #: A JSON schema, for editors: it may take more than the kind, and nothing less.
    Schema = dict[str, Any]

#: Characters of a piece of foreign text in an error, and of a name.
PIECE, LONGEST_NAME = 60, 40


class Takes:
    """A kind of value: `words` say what it takes."""

    words: str = ""

    @property
    def schema(self) -> Schema:
        """What it takes, as far as a JSON schema can say."""
        return {"type": "string"}

    def read(self, key: str, value: Any, folder: Path) -> Any:
        """The value as the program has it; paths are relative to `folder`.

        Raises `ValueError` with one line that begins with `key`.
        """
        try:
            return self.parse(value, folder)
        except ValueError as error:
            why = str(error) or f"give {self.words}"
            raise ValueError(f"{key} is {told(value, limit=PIECE)}: {why}") from None

    def parse(self, value: Any, folder: Path) -> Any:
        """The same. Raises `ValueError`, without a text where `words` say enough."""
        raise NotImplementedError


class Quantity(Takes):
    """A number from `low` to `high`; one of whole numbers is a `Whole`."""

    what = ""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high
        self.words = f"{self.what}{self.span(low)} to {self.span(high)}"

    @property
    def schema(self) -> Schema:
        return {"type": "number", "minimum": self.low, "maximum": self.high}

    def span(self, end: float) -> str:
        """An end of the range in words."""
        return f"{end:,}" if isinstance(end, int) else f"{end:,g}" if end < 1e6 else f"{end:,.0f}"

    def parse(self, value: Any, folder: Path) -> float:
        number = self.number(value)
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ValueError
        if not self.low <= number <= self.high:
            raise ValueError
        return float(number)

    def number(self, value: Any) -> Any:
        """The number that `value` means; `value` as it is where it means none."""
        return value


class Whole(Quantity):
    """A whole number."""

    what = "a whole number, "

    @property
    def schema(self) -> Schema:
        return {**super().schema, "type": "integer"}

    def parse(self, value: Any, folder: Path) -> int:
        if not isinstance(value, int):
            raise ValueError
        super().parse(value, folder)
        return value


class Written(Quantity):
    """A quantity that may have a unit: a number, or a text of the `form`."""

    form = ""

    @property
    def schema(self) -> Schema:
        return {"anyOf": [super().schema, {"type": "string", "pattern": f"^(?:{self.form})$"}]}


class Bytes(Written):
    """A size: a whole number of bytes, or a text such as 300K."""

    what, form = "bytes, ", SIZE_FORM

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


class Rate(Written):
    """Bytes per second: a number, or a text such as 1.2M."""

    what, form = "bytes per second, ", RATE_FORM

    def span(self, end: float) -> str:
        for sign, unit in (("G", 1e9), ("M", 1e6), ("K", 1e3)):
            if end >= unit:
                return f"{end / unit:g}{sign}"
        return f"{end:g}"

    def number(self, value: Any) -> Any:
        return parse_rate(value) if isinstance(value, str) else value


class Seconds(Written):
    """A duration: a number of seconds, or a text such as 15 min."""

    form = SECONDS_FORM

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

    @property
    def schema(self) -> Schema:
        return {
            "type": "array",
            "items": self._each.schema,
            "minItems": 1,
            "maxItems": self._most,
        }

    def parse(self, value: Any, folder: Path) -> tuple[float, ...]:
        if not isinstance(value, list) or not 1 <= len(value) <= self._most:
            raise ValueError
        return tuple(self._each.read("one of them", wait, folder) for wait in value)


class Switch(Takes):
    """True or false."""

    words = "true or false"

    @property
    def schema(self) -> Schema:
        return {"type": "boolean"}

    def parse(self, value: Any, folder: Path) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value


class Chosen(Takes):
    """One of a few words."""

    def __init__(self, *values: str) -> None:
        self._values = values
        self.words = f"one of {', '.join(values)}"

    @property
    def schema(self) -> Schema:
        return {"enum": [*self._values]}

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
