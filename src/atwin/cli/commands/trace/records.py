"""The records of a trace file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

    Lines that are no records are left out; one record of kind `broken` says how many there were. A
    trace without an end gets a record of kind `cut`. Raises `click.UsageError` for
    anything but a trace, and `DiskError`.
    """
    last: Record = {}
    broken = 0
    for record in _waiting(read_json_lines(path, follow=wait is not None), wait):
        is_one = record is not None and _is_record(record)
        if not last and not (is_one and record.get("format") == FORMAT):
            raise _no_trace(name or path)
        if is_one:
            last = record
            yield record
            if wait is not None and last["kind"] == "end":
                break
        else:
            broken += 1
    if not last:
        raise _no_trace(name or path)
    if broken:
        yield {"t": last["t"], "kind": "broken", "event": "lines that are no records", "n": broken}
    if last["kind"] != "end":
        yield {"t": last["t"], "kind": "cut", "event": "no end: killed, or still running"}


def _waiting(lines: Iterator[Lines], wait: Callable[[], None] | None) -> Iterator[Any]:
    for some in lines:
        if wait is not None and not some:
            wait()
        yield from some


def _no_trace(path: str) -> click.UsageError:
    return click.UsageError(f"{path} is no trace: its first line does not say {FORMAT!r}")


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
