"""The records of a trace file, and how `show` prints them."""

import os
import sys
from collections.abc import Iterable, Iterator

import click

from atwin.disk.json_lines import read_json_lines
from atwin.text import shown
from atwin.trace.described import Record, describe, look
from atwin.trace.trace import FORMAT

#: Of any number in a record.
_LARGEST = 1e15


def read_trace(path: str) -> Iterator[Record]:
    """Record by record.

    Lines that are no records are left out; one record of kind `broken` says how many there were. A
    trace without an end gets a record of kind `cut`. Raises `click.UsageError` for
    anything but a trace, and `DiskError`.
    """
    lines = read_json_lines(path)
    first = next(lines, None)
    if first is None or first.get("format") != FORMAT or not _is_record(first):
        raise click.UsageError(f"{path} is no trace: its first line does not say {FORMAT!r}")
    last, broken = first, 0
    yield first
    for record in lines:
        if record is not None and _is_record(record):
            yield record
            last = record
        else:
            broken += 1
    if broken:
        yield {"t": last["t"], "kind": "broken", "event": "lines that are no records", "n": broken}
    if last["kind"] != "end":
        yield {"t": last["t"], "kind": "cut", "event": "no end: killed, or still running"}


def _is_record(value: Record) -> bool:
    """Whether it has what every record has, and no value that cannot be one."""
    return (
        isinstance(value.get("t"), int | float)
        and isinstance(value.get("kind"), str)
        and all(
            isinstance(value.get(name, 0), int | float) for name in ("took", "bytes", "announced")
        )
        # Numbers of a size that can be drawn: not NaN, not endless, no time before the start.
        and all(
            part is None
            or isinstance(part, str)
            or (isinstance(part, int | float) and 0 <= part <= _LARGEST)
            for part in value.values()
        )
    )


def show_records(records: Iterable[Record], colour: bool | None) -> None:
    """Print them; `colour` None decides by the terminal. Nobody who reads on ends it quietly."""
    if colour is None:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    try:
        for record in records:
            mark, style = look(record)
            time, text = f"{record['t']:12.6f} ", shown(f"{mark} {describe(record)}")
            print(f"\x1b[2m{time}\x1b[0m\x1b[{style}m{text}\x1b[0m" if colour else time + text)
        sys.stdout.flush()
    except BrokenPipeError:
        # What Python would still flush at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
