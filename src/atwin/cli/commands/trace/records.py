"""The records of a trace file, and what each says; the same in `show` and in the tips of `plot`."""

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import click

from atwin.disk.json_lines import read_json_lines
from atwin.text import shown
from atwin.trace.trace import FORMAT

Record = dict[str, Any]

#: What stands in a record besides its own numbers.
_FRAME = ("t", "kind", "event", "dir", "text", "format", "bytes", "took", "announced")
#: Of any number in a record.
_LARGEST = 1e15
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
    told = record.get("text")
    return f"({text}) {told}" if told else f"({text})"


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
