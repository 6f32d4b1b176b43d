"""`--config FILE.toml`: modules, lines, names and faults in one file (docs/reference/twin.md).

What may stand in it is in `KEYS`, and each key is the option of that name.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atwin.disk.errors import DiskError
from atwin.disk.whole import read_input
from atwin.host.errors import OptionError
from atwin.net.hosts import Hosts
from atwin.session.plans import is_no_path
from atwin.session.several import LINES, MOST_MODULES, ConfigFile, Wants
from atwin.session.url import split_model
from atwin.text import check_keys, parse_toml, rows_of, shown, told
from atwin.twin.board.sim import CARD_VALUES
from atwin.twin.faults.fault import PlanError
from atwin.twin.faults.plan import FaultPlan
from atwin.twin.script.written import UNKNOWN, Script, ScriptError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Bytes of a file.
_LARGEST = 1 << 20
_LONGEST_TEXT = 4096


class _WrongError(ValueError):
    """The text names the key, and says what it takes."""


def load_config(where: str) -> ConfigFile:
    """What the file `where` says. Raises `OptionError`: file, key, and what is allowed."""
    path = Path(os.path.expanduser(where))
    try:
        table = parse_toml(read_input(path, _LARGEST, name="it"))
        tables = rows_of(table.pop("module", []), "module", MOST_MODULES)
        common = _read(table, path.parent)
        if tables and common.line is not None:
            raise _WrongError(
                f"{common.line[0]}: a line belongs into a [[module]], where there are any"
            )
        modules = []
        for number, each in enumerate(tables, 1):
            try:
                modules.append(_read(each, path.parent))
            except ValueError as error:
                raise _WrongError(f"[[module]] {number}: {error}") from None
    except (DiskError, ValueError) as error:
        raise OptionError(f"{shown(where, limit=200)}: {error}") from None
    return ConfigFile(shown(where, limit=200), common, modules)


def _read(table: Mapping[str, Any], folder: Path) -> Wants:
    """One table. Raises `ValueError`."""
    given: dict[str, Any] = {}
    check_keys(table, KEYS)
    for key, value in table.items():
        try:
            given[key] = KEYS[key](value)
        except _WrongError as error:
            raise _WrongError(f"{key}{error}") from None
    for key in _PATHS & {*given}:
        path = os.path.expanduser(given[key])
        if key != "faults":
            given[key] = str(folder / path)
        elif not is_no_path(path):
            # Of `./NAME` a Path in the current folder would make the name.
            given[key] = os.path.join(folder, path)
    count = given.pop("count", None)
    lines = [(kind, given.pop(kind)) for kind in LINES if kind in given]
    if len(lines) > 1:
        raise _WrongError(f"{lines[0][0]} and {lines[1][0]}: a module has one line, choose one")
    tables: dict[str, Any] = {}
    for key, option in _ROWS.items():
        if key in given:
            if option in given:
                raise _WrongError(f"{key} and {option}: give the tables or the file")
            rows = given.pop(key)
            tables[option] = tables[option] + rows if option in tables else rows
    model, values, names = _model(given.pop("model", None), folder)
    names |= given.pop("names", {})
    values |= given.pop("sim", {}) | given.pop("flags", {}) | given
    return Wants(model, values, names, tables, lines[0] if lines else None, count)


def _model(text: str | None, folder: Path) -> tuple[str | None, dict[str, str], dict[str, str]]:
    if text is None:
        return None, {}, {}
    try:
        model, values, names = split_model(text)
    except OptionError as error:
        raise _WrongError(f"model: {error}") from None
    if model.endswith(".toml"):
        model = str(folder / os.path.expanduser(model))
    return model, values, names


# --- kinds of values: as the URL of a twin has them, or a `_WrongError` --------------------------


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > _LONGEST_TEXT or "\0" in value:
        raise _wrong(value, "a text")
    return value


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(value, "a number")
    return str(value)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_MODULES:
        raise _wrong(value, f"a whole number, 1 to {MOST_MODULES:,}")
    return value


def _switch(value: Any) -> str:
    if not isinstance(value, bool):
        raise _wrong(value, "true or false")
    return str(int(value))


def _baud(value: Any) -> str:
    return "max" if value == "max" else _number(value)


def _flag(value: Any) -> str:
    return _switch(value) if isinstance(value, bool) else str(value)


def _flags(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or any(isinstance(one, dict | list) for one in value.values()):
        tables = "a table of limits, times, features and choices: docs/reference/models.md"
        raise _wrong(value, tables)
    for name in value:
        if name in KEYS or name in CARD_VALUES:
            raise _WrongError(f": {name} is not a flag of a model, write it outside of [flags]")
    return {name: _flag(one) for name, one in value.items()}


def _card(value: Any) -> dict[str, str]:
    """Shows none of its values."""
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise _WrongError(f": give a table of texts: {', '.join(CARD_VALUES)}")
    try:
        check_keys(value, CARD_VALUES)
    except ValueError as error:
        raise _WrongError(f".{error}") from None
    return value


def _names(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _wrong(value, 'a table such as {"ota.example.com:80" = "127.0.0.1:8080"}')
    try:
        return dict(Hosts(value))
    except ValueError as error:
        raise _WrongError(f": {error}") from None


def _faults(value: Any) -> FaultPlan:
    try:
        return FaultPlan.from_table({"fault": value})
    except PlanError as error:
        raise _WrongError(f": {error}") from None


def _script(kind: str, value: Any) -> Script:
    try:
        return Script.from_table({kind: value})
    except ScriptError as error:
        raise _WrongError(f": {error}") from None


def _unknown(value: Any) -> str:
    if value not in UNKNOWN:
        raise _wrong(value, " or ".join(UNKNOWN))
    return str(value)


def _wrong(value: Any, takes: str) -> _WrongError:
    return _WrongError(f" = {told(value)}: it takes {takes}")


#: What may stand in the file, and in each [[module]] of it.
KEYS: dict[str, Callable[[Any], Any]] = {
    "model": _text,
    **dict.fromkeys(LINES, _text),
    "baud": _baud,
    "host_fifo": _number,
    "host_drain": _number,
    "rts": _text,
    "dtr": _text,
    "control": _text,
    "count": _count,
    "fresh": _switch,
    "state": _text,
    "seed": _number,
    "cold": _switch,
    "time_scale": _number,
    "flags": _flags,
    "sim": _card,
    "names": _names,
    "offline": _switch,
    "faults": _text,
    "fault": _faults,
    "answers": _text,
    "answer": partial(_script, "answer"),
    "urc": partial(_script, "urc"),
    "unknown": _unknown,
}
#: Lists of tables, such as [[fault]], and the option that names a file of them. One more kind is a
#: line here, one in `KEYS`, and one in `TABLES` of several.py.
_ROWS = {"fault": "faults", "answer": "answers", "urc": "answers"}
_PATHS = frozenset(("pty", "control", "state", "faults", "answers"))
