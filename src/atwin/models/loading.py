"""Profiles from their TOML files: the ones in this folder, and a user's own."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from atwin.models.profile import (
    FEATURES,
    LIMITS,
    NAMES,
    QUIRKS,
    TEXTS,
    TIMES,
    Profile,
    Quirks,
    UnknownModelError,
    read_feature,
    read_limit,
    read_seconds,
)
from atwin.text import parse_toml, shown

#: A profile of a model is one file of this folder: its name without `.toml` is the model's key.
MODELS = tuple(
    sorted(
        entry.name.removesuffix(".toml")
        for entry in files(__package__).iterdir()
        if entry.name.endswith(".toml")
    )
)

#: Bytes a profile of somebody's own may have; the ones here have about a thousand.
_LARGEST = 65_536
_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


def load_profile(model: str | Path) -> Profile:
    """The profile of a model by its key, or that of a file, whose name ends with `.toml`.

    Raises `UnknownModelError` with one line that names the models there are, or the wrong value.
    """
    text = str(model)
    if text.endswith(".toml"):
        return _of_file(Path(text))
    if text not in MODELS:
        raise UnknownModelError(
            f"unknown model '{shown(text, limit=80)}'; there are {', '.join(MODELS)};"
            " give a model of your own by its path: ./mine.toml"
        )
    return _built_in(text)


@cache
def _built_in(key: str) -> Profile:
    return parse_profile(key, files(__package__).joinpath(f"{key}.toml").read_bytes())


def _of_file(path: Path) -> Profile:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise ValueError(f"a profile has at most {_LARGEST} bytes")
        key = path.name.removesuffix(".toml").lower()
        if not _KEY.fullmatch(key):
            raise ValueError("the file's name is the model's; use letters, digits, - and _")
        return parse_profile(key, data)
    except (OSError, ValueError) as error:  # ValueError: NUL in the name, too
        why = (isinstance(error, OSError) and error.strerror) or error
        raise UnknownModelError(f"{shown(str(path))}: {why}") from None


def parse_profile(key: str, data: bytes) -> Profile:
    """The profile a TOML document describes.

    `like = "air780e-at"` takes every value the document does not give from that model; without
    it the document gives them all. Raises `ValueError` with a reason for a person.
    """
    document = parse_toml(data)
    like = document.pop("like", None)
    base = _tables(_built_in(_key_of_ours(like))) if like is not None else {}
    given = {name: document.pop(name, {}) for name in (*_TABLES, "quirks")}
    names = _read("", document, NAMES, base.get("", {}), _text)
    tables: dict[str, Any] = {
        table: _read(table, given[table], known, base.get(table, {}), read)
        for table, (known, read) in _TABLES.items()
    }
    quirks = base.get("quirks", {}) | _checked("quirks", given["quirks"], QUIRKS)
    return Profile(key, **names, **tables, quirks=Quirks(**quirks))


def _key_of_ours(like: Any) -> str:
    """One model of this folder: a file of somebody's own could be like itself."""
    key = _text("like", like)
    if key not in MODELS:
        raise ValueError(
            f"like: unknown model '{shown(key, limit=80)}'; there are {', '.join(MODELS)}"
        )
    return key


def _tables(profile: Profile) -> dict[str, dict[str, Any]]:
    """A profile in the form of its document; the values outside of tables under no name."""
    return {
        "": {name: getattr(profile, name) for name in NAMES},
        **{table: dict(getattr(profile, table)) for table in _TABLES},
        "quirks": asdict(profile.quirks),
    }


def _read(
    table: str,
    given: Any,
    known: Mapping[str, str],
    base: dict[str, Any],
    read: Callable[[str, Any], Any],
) -> Mapping[str, Any]:
    """Every value of one table, given or of the model it is like, each checked by `read`."""
    values = base | _checked(table, given, dict.fromkeys(known, read))
    for name in known:
        if name not in values:
            raise ValueError(f'{name} is missing ({known[name]}); or say like = "{MODELS[0]}"')
    return MappingProxyType(values)


def _checked(
    table: str, given: Any, readers: dict[str, Callable[[str, Any], Any]]
) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ValueError(f"{table} must be a table")
    for name in given:
        if name not in readers:
            where = f"in [{table}]" if table else "outside of the tables"
            raise ValueError(
                f"{shown(name, limit=80)} {where} is unknown; known are {', '.join(readers)}"
            )
    return {name: readers[name](name, value) for name, value in given.items()}


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise ValueError(f"{name} must be a text of printable ASCII characters")
    return value


#: The values of each table, and what reads one of them.
_TABLES = {
    "limits": (LIMITS, read_limit),
    "times": (TIMES, read_seconds),
    "features": (FEATURES, read_feature),
    "texts": (TEXTS, _text),
}
