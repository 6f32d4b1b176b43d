"""The records of a trace file."""

from collections.abc import Iterator
from typing import Any

from atwin.disk.errors import DiskError
from atwin.disk.json_lines import read_json_lines
from atwin.trace.trace import FORMAT


def read_trace(path: str) -> Iterator[dict[str, Any]]:
    """Record by record; a last line that a crash cut short is left out.

    Raises `DiskError`, also for a file that is no trace.
    """
    records = read_json_lines(path)
    first = next(records, None)
    if first is None or first.get("format") != FORMAT:
        raise DiskError(f"{path} is no trace: its first line does not say {FORMAT!r}")
    yield first
    for record in records:
        if record is not None and isinstance(record.get("t"), int | float):
            yield record
