"""The records of a trace file."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import click

from atwin.disk.json_lines import read_json_lines
from atwin.trace.trace import FORMAT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from atwin.disk.json_lines import Lines
    from atwin.trace.described import Record

#: Of any number in a record.
_LARGEST = 1e15


def read_trace(
    path: str, wait: Callable[[], None] | None = None, *, name: str | None = None
) -> Iterator[Record]:
    """Record by record; errors call the file `name`, or else by its path.

    With `wait` it goes on up to the record that ends the trace: `wait` is called where there is
    nothing more to read, and returns when it is time to look again.

    Lines that are not records are left out; one record of kind `broken` says how many there were. A
    trace without an end gets a record of kind `cut`. Raises `click.UsageError` for
    anything but a trace, and `DiskError`.
    """
    last: Record = {}
    broken = 0
    lines = read_json_lines(path, follow=wait is not None)
    for record in chain.from_iterable(lines if wait is None else _waited(lines, wait)):
        if record is None or not _is_record(record):
            if not last:
                break
            broken += 1
            continue
        if not last and record.get("format") != FORMAT:
            break
        last = record
        yield record
        if wait is not None and record["kind"] == "end":
            break
    if not last:
        raise click.UsageError(
            f"{name or path} is not a trace: its first line does not say {FORMAT!r}"
        )
    if broken:
        yield {"t": last["t"], "kind": "broken", "event": "lines that are not records", "n": broken}
    if last["kind"] != "end":
        yield {"t": last["t"], "kind": "cut", "event": "no end: killed, or still running"}


def _waited(lines: Iterator[Lines], wait: Callable[[], None]) -> Iterator[Lines]:
    for some in lines:
        if not some:
            wait()
        yield some


def _is_record(value: Record) -> bool:
    """Whether it has what every record has, and no value that cannot be one.

    Numbers are of a size that can be drawn: not NaN, not endless, no time before the start.
    """
    for part in value.values():
        kind = type(part)
        if kind is str or part is None:
            continue
        if kind is list or kind is dict or not 0 <= part <= _LARGEST:
            return False
    number = (int, float)
    return (
        isinstance(value.get("t"), number)
        and type(value.get("kind")) is str
        and isinstance(value.get("bytes", 0), number)
        and isinstance(value.get("took", 0), number)
        and isinstance(value.get("announced", 0), number)
    )
