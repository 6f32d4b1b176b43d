"""Keys of PLAN.toml, and tables of them.

A table is a dataclass whose fields are made by `key`. `read_table` makes it of what stands in the
file, and docs/reference/fleet-plan.md is written from the same fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atwin.fleet.campaign.kinds import PIECE, Takes
from atwin.host.errors import OptionError
from atwin.text import check_keys, rows_of, shown, told

if TYPE_CHECKING:
    from atwin.fleet.campaign.kinds import Schema

#: Characters of an error.
LONGEST_ERROR = 290


class CampaignError(OptionError):
    """A plan cannot be like that: file, table, key, and what is allowed, in one short line."""

    def __init__(self, text: str) -> None:
        super().__init__(shown(text, limit=LONGEST_ERROR))
        self.args = (shown(str(self), limit=LONGEST_ERROR),)  # what is masked may grow


class Table(Takes):
    """A table of its own: `[key]`, or `key = { … }` in another."""

    words = "a table"

    def __init__(self, of: type[Any]) -> None:
        self.of = of

    @property
    def schema(self) -> Schema:
        return schema_of(self.of)

    def read(self, key: str, value: Any, folder: Path) -> Any:
        if not isinstance(value, Mapping):
            raise ValueError(f"{key} is {told(value, limit=PIECE)}: give a table [{key}]")
        return _within(f"[{key}]", self.of, value, folder)


class Rows(Takes):
    """A list of tables, `[[key]]`; the file says the name in the singular."""

    def __init__(self, of: type[Any], least: int = 1, most: int = 100) -> None:
        self.of, self._least, self._most = of, least, most
        self.words = f"{least} to {most} tables"

    @property
    def schema(self) -> Schema:
        return {
            "type": "array",
            "items": schema_of(self.of),
            "minItems": self._least,
            "maxItems": self._most,
        }

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

#: The default of a key that must be given.
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
    check_keys(table, [each.name for each in keys.values()], limit=PIECE)
    given = {}
    for name, each in keys.items():
        if each.name in table:
            given[name] = each.kind.read(each.name, table[each.name], folder)
        elif each.default is NEEDED:
            raise ValueError(f"{each.name} is missing: give {each.kind.words}")
    return given


def schema_of(of: type[Any]) -> Schema:
    """The JSON schema of a table, for editors."""
    keys = keys_of(of).values()
    properties = {}
    for each in keys:
        properties[each.name] = {"description": f"{each.help} ({each.kind.words})"}
        properties[each.name] |= each.kind.schema
        if each.default is not NEEDED and each.default and not isinstance(each.default, tuple):
            properties[each.name]["default"] = each.default
    return {
        "type": "object",
        "properties": properties,
        "required": [each.name for each in keys if each.default is NEEDED],
        "additionalProperties": False,
    }
