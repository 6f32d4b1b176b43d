"""A trace as a dialogue."""

import os
import sys
from collections.abc import Iterable

from atwin.cli.commands.trace.records import Record, describe
from atwin.text import shown

#: Mark and colour of what is no dialogue, by kind. Colours are those of a terminal (SGR).
_BESIDE = {
    "start": ("*", "1"),
    "module": ("*", "1"),
    "line": ("~", "33"),
    "net": ("#", "35"),
    "buffer": ("=", "34"),
    "power": ("!", "1;31"),
    "fault": ("!", "31"),
    "host": ("+", "36"),
    "end": ("*", "1"),
    "broken": ("?", "1;31"),
    "cut": ("?", "1;31"),
}
_DIALOGUE = {"command": "1", "answer": "32", "urc": "1;36", "data": "2"}
_ERROR = "1;31"


def show_records(records: Iterable[Record], colour: bool | None) -> None:
    """Print them; `colour` None decides by the terminal. Nobody who reads on ends it quietly."""
    if colour is None:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    try:
        for record in records:
            mark, style = _look(record)
            time, text = f"{record['t']:12.6f} ", shown(f"{mark} {describe(record)}")
            print(f"\x1b[2m{time}\x1b[0m\x1b[{style}m{text}\x1b[0m" if colour else time + text)
        sys.stdout.flush()
    except BrokenPipeError:
        # What Python would still flush at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _look(record: Record) -> tuple[str, str]:
    kind = record["kind"]
    if kind in _DIALOGUE:
        style = _DIALOGUE[kind]
        if kind == "answer" and "ERROR" in str(record.get("text")):
            style = _ERROR
        return str(record.get("dir", "?")), style
    return _BESIDE.get(kind, ("?", "0"))
