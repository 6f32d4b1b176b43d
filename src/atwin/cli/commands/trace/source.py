"""The records of a trace file."""

import os
from collections.abc import Iterator
from typing import Any

import click

from atwin.disk.errors import DiskError
from atwin.disk.json_lines import read_json_lines
from atwin.trace.trace import FORMAT

#: Of any number in a record.
_LARGEST = 1e15


def read_trace(path: str) -> Iterator[dict[str, Any]]:
    """Record by record.

    Lines that are no records are left out; one record of kind `broken` says how many there were. A
    trace without an end gets a record of kind `cut`. Raises `click.UsageError` for
    anything but a trace.
    """
    try:
        yield from _records(path)
    except DiskError as error:
        raise click.UsageError(str(error)) from None


def is_same_file(path: str, other: str) -> bool:
    """Whether both name one file that exists."""
    try:
        return os.path.samefile(path, other)
    except (OSError, ValueError):
        return False


def _records(path: str) -> Iterator[dict[str, Any]]:
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


def _is_record(value: dict[str, Any]) -> bool:
    """Whether it has what every record has, and no value that cannot be one."""
    return (
        isinstance(value.get("t"), int | float)
        and isinstance(value.get("kind"), str)
        and all(
            isinstance(value.get(name, 0), int | float) for name in ("took", "bytes", "announced")
        )
        and all(
            part is None or isinstance(part, str) or _is_number(part) for part in value.values()
        )
    )


def _is_number(value: object) -> bool:
    """One of a size that can be drawn: not NaN, not endless, and no time before the start."""
    return isinstance(value, int | float) and 0 <= value <= _LARGEST
