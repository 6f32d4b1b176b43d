"""The records of a trace file, and what each says; the same in `show` and in the tips of `plot`."""

import os
from collections.abc import Iterator
from typing import Any

import click

from atwin.disk.json_lines import read_json_lines
from atwin.trace.trace import FORMAT

Record = dict[str, Any]

#: What stands in a record besides its own numbers.
_FRAME = ("t", "kind", "event", "dir", "text", "format", "bytes", "took", "announced")
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


def is_same_file(path: str, other: str) -> bool:
    """Whether both name one file that exists."""
    try:
        return os.path.samefile(path, other)
    except (OSError, ValueError):
        return False


def _is_record(value: Record) -> bool:
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


def describe(record: Record) -> str:
    """One line without the time."""
    match record:
        case {"kind": "start"}:
            return f"atwin {record.get('version')}: {record.get('command')}  {record.get('wall')}"
        case {"kind": "data", "bytes": int(count)}:
            return _data(record, count)
        case {"text": str(text)}:
            return f"{text}  (damaged: bytes got lost)" if record.get("damaged") else text
        case _:
            return "  ".join([f"{record['kind']}: {record.get('event', '')}", *_numbers(record)])


def _data(record: Record, count: int) -> str:
    took = record.get("took") or 0.0
    text = f"{count:,} bytes"
    if (announced := record.get("announced")) is not None:
        text += f" of {announced:,}"
    if took >= 0.001:
        text += f" in {took:.3f} s, {count / took / 1000:,.1f} kB/s"
    shown = record.get("text")
    return f"({text}) {shown}" if shown else f"({text})"


def _numbers(record: Record) -> list[str]:
    told = [f"{name} {_value(value)}" for name, value in record.items() if name not in _FRAME]
    if isinstance(count := record.get("bytes"), int):
        told.insert(0, f"{count:,} bytes")
    if (took := record.get("took")) is not None:
        told.append(f"in {took:.3f} s")
    return [text for text in told if not text.endswith(" None")]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int):
        return f"{value:,}" if value > 99_999 else str(value)
    return str(value)
