"""Profiles from their TOML files: the ones in this folder, and a user's own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from atwin.models.answers import read_answer
from atwin.models.profile import (
    NAMES,
    QUIRKS,
    TABLES,
    Profile,
    Quirks,
    UnknownModelError,
    read_text,
)
from atwin.text import parse_toml, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: A profile of a model is one file of this folder: its name without `.toml` is the model's key.
MODELS = tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.toml")))

#: Bytes a profile of somebody's own may have; the ones here have about a thousand.
_LARGEST = 65_536
_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
#: The version in the name of a firmware: `AirM2M_780E_V1169_LTE_AT`.
_VERSION = re.compile(r"(?<=_V)[0-9]+(?=_)")
_BEFORE = re.compile(r"V([0-9]{1,7})", re.IGNORECASE)
_COMMAND = re.compile(r"AT[+*^&A-Z][ -~]{0,254}")


def load_profile(model: str | Path) -> Profile:
    """The profile of a model by its key, or that of a file, whose name ends with `.toml`.

    `air780e-at@V1122` is that model with an earlier firmware, so far as its change log is known.
    Raises `UnknownModelError` with one line that names the models there are, or the wrong value.
    """
    text = str(model)
    if text.endswith(".toml"):
        return _of_file(Path(text))
    key, at, version = text.partition("@")
    if key not in MODELS:
        raise UnknownModelError(
            f"unknown model '{shown(text, limit=80)}'; there are {', '.join(MODELS)};"
            " give a model of your own by its path: ./mine.toml"
        )
    try:
        return _built_in(key, version if at else None)
    except ValueError as error:
        raise UnknownModelError(f"{shown(text, limit=80)}: {error}") from None


@cache
def _built_in(key: str, version: str | None = None) -> Profile:
    sheet = _sheet(key)
    if version is None:
        return sheet.profile(key)
    return sheet.earlier(version).profile(f"{key}@{version.upper()}")


@cache
def _sheet(key: str) -> _Sheet:
    return _read_sheet(Path(__file__).with_name(f"{key}.toml").read_bytes())


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """The file of a model of somebody's own: the model's key, and what is in the file."""

    key: str
    data: bytes = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> ProfileFile:
        """What is at `path`, not yet checked. Raises `UnknownModelError`."""
        try:
            with path.open("rb") as file:
                data = file.read(_LARGEST + 1)
            if len(data) > _LARGEST:
                raise ValueError(f"a profile has at most {_LARGEST} bytes")
            key = path.name.removesuffix(".toml").lower()
            if not _KEY.fullmatch(key):
                raise ValueError("the file's name is the model's; use letters, digits, - and _")
        except (OSError, ValueError) as error:  # ValueError: NUL in the name, too
            raise _unreadable(path, error) from None
        return cls(key, data)


def _of_file(path: Path) -> Profile:
    file = ProfileFile.read(path)
    try:
        return parse_profile(file.key, file.data)
    except ValueError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> UnknownModelError:
    why = (isinstance(error, OSError) and error.strerror) or error
    return UnknownModelError(f"{shown(str(path))}: {why}")


def parse_profile(key: str, data: bytes) -> Profile:
    """The profile a TOML document describes.

    `like = "air780e-at"` takes every value the document does not give from that model; without
    it the document gives them all. Raises `ValueError` with a reason for a person.
    """
    return _read_sheet(data).profile(key)


@dataclass(frozen=True)
class _Sheet:
    """What a document says, checked, with what it takes from the model it is like.

    `tables` are `TABLES` and `quirks`; `before` has what was other before a version.
    """

    names: dict[str, Any]
    tables: dict[str, dict[str, Any]]
    answers: dict[str, tuple[str, ...]]
    before: dict[int, _Sheet] = field(default_factory=dict)

    def over(self, base: _Sheet) -> _Sheet:
        """This, and what it does not say from `base`."""
        return _Sheet(
            base.names | self.names,
            {table: base.tables[table] | values for table, values in self.tables.items()},
            base.answers | self.answers,
            base.before | self.before,
        )

    def earlier(self, version: str) -> _Sheet:
        """As it was with the firmware `V1122`. Raises `ValueError`."""
        wanted, now = _BEFORE.fullmatch(version), _VERSION.search(self.names["firmware"])
        if wanted is None or now is None or not 0 < int(wanted[1]) <= int(now[0]):
            newest = f", up to V{now[0]}" if now else ""
            raise ValueError(f"give a version of the firmware after the @: V and a number{newest}")
        number = int(wanted[1])
        sheet = self
        for gate in sorted(self.before, reverse=True):
            if number < gate:
                sheet = self.before[gate].over(sheet)
        firmware = _VERSION.sub(str(number), self.names["firmware"])
        return replace(sheet, names=sheet.names | {"firmware": firmware})

    def profile(self, key: str) -> Profile:
        """Raises `ValueError` where a value is missing."""
        values = {"": self.names} | self.tables
        for table, known in {"": NAMES, **{t: k for t, (k, _) in TABLES.items()}}.items():
            for name in known:
                if name not in values[table]:
                    where = f" in [{table}]" if table else f" ({NAMES[name]})"
                    raise ValueError(f'{name} is missing{where}; or say like = "{MODELS[0]}"')
        tables: dict[str, Any] = {t: MappingProxyType(self.tables[t]) for t in TABLES}
        return Profile(
            key,
            **self.names,
            **tables,
            answers=MappingProxyType(self.answers),
            quirks=Quirks(**self.tables["quirks"]),
        )


def _read_sheet(data: bytes) -> _Sheet:
    """Raises `ValueError`."""
    document = parse_toml(data)
    like = document.pop("like", None)
    gates = document.pop("before", {})
    if not isinstance(gates, dict):
        raise ValueError("before must be a table of versions")
    before = {_gate(version): _read_part(part) for version, part in gates.items()}
    sheet = replace(_read_part(document), before=before)
    return sheet if like is None else sheet.over(_sheet(_key_of_ours(like)))


def _gate(version: str) -> int:
    match = _BEFORE.fullmatch(version)
    if match is None:
        raise ValueError(
            f"before: {shown(version, limit=80)} is not a version; write [before.V1122]"
        )
    return int(match[1])


def _read_part(given: Any) -> _Sheet:
    """The names and tables of a document, or of what was other before a version."""
    if not isinstance(given, dict):
        raise ValueError("[before] has tables: [before.V1122.features]")
    given = dict(given)
    tables = {
        table: _checked(table, given.pop(table, {}), known, read)
        for table, (known, read) in {**TABLES, **_QUIRKS}.items()
    }
    answers = _checked("answers", given.pop("answers", {}), None, _read_answer)
    answers = {command.upper(): lines for command, lines in answers.items()}
    return _Sheet(_checked("", given, NAMES, read_text), tables, answers)


def _key_of_ours(like: Any) -> str:
    """One model of this folder: a file of somebody's own could be like itself."""
    key = read_text("like", like)
    if key not in MODELS:
        raise ValueError(
            f"like: unknown model '{shown(key, limit=80)}'; there are {', '.join(MODELS)}"
        )
    return key


def _checked(
    table: str, given: Any, known: Iterable[str] | None, read: Callable[[str, Any], Any]
) -> dict[str, Any]:
    """The values of one table as `read` has them; `known` None allows any name."""
    if not isinstance(given, dict):
        raise ValueError(f"{table} must be a table")
    for name in given:
        if known is not None and name not in known:
            where = f"in [{table}]" if table else "outside of the tables"
            if not table and isinstance(given[name], dict):
                known, where = _TABLES, "as a table"
            raise ValueError(
                f"{shown(name, limit=80)} {where} is unknown; known are {', '.join(known)}"
            )
    return {name: read(name, value) for name, value in given.items()}


def _read_answer(command: str, value: Any) -> tuple[str, ...]:
    """The lines of an answer; an OK ends it where it names no result. None at all is silence."""
    name = shown(command, limit=80)
    if not _COMMAND.fullmatch(command):
        raise ValueError(f"[answers] {name}: write the whole command in capitals, as AT+CNUM")
    return read_answer(f"[answers] {name}", value)


#: What a document may have in brackets.
_TABLES = (*(f"[{table}]" for table in (*TABLES, "quirks", "answers")), "[before.V1122]")
_QUIRKS = {"quirks": (QUIRKS, lambda name, value: QUIRKS[name](name, value))}
