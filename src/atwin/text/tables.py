"""Tables that a person wrote, in TOML or JSON: their keys, their rows, how a value is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from atwin.text.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterable


def told(value: object, *, limit: int = 80) -> str:
    """What somebody wrote, for the text of an error. Raises nothing."""
    try:
        text = json.dumps(value, default=str, ensure_ascii=False)
    except (ValueError, RecursionError):  # an integer of more than 4300 digits
        text = "a value that is too long"
    return shown(text, limit=limit)


def check_keys(table: Iterable[str], known: Iterable[str], *, limit: int = 80) -> None:
    """Raises `ValueError` for the first key that is not known: it names the nearest, and all."""
    names = list(known)
    for key in table:
        if key not in names:
            near = nearest(str(key)[:limit], names)
            meant = f"no such key, perhaps {near}" if near else "no such key"
            raise ValueError(
                f"{shown(str(key), limit=limit)}: {meant}; there are {', '.join(names)}"
            )


def nearest(written: str, names: Iterable[str]) -> str | None:
    """Which of `names` was meant: one that begins so, or is much like it."""
    from difflib import get_close_matches  # only where something is wrong

    names = list(names)
    longer = [name for name in names if written and name.startswith(written)]
    return next(iter(longer or get_close_matches(written, names, 1, 0.7)), None)


def rows_of(value: Any, name: str, most: int) -> list[Mapping[str, Any]]:
    """The tables `[[name]]`, at most `most`. Raises `ValueError`."""
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise ValueError(f"{name}: must be tables [[{name}]]")
    if len(value) > most:
        raise ValueError(f"[[{name}]]: at most {most:,} of them")
    return value
