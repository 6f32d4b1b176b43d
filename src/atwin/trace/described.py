"""What a record says, as one line for a person."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]

#: What stands in a record besides its own numbers.
_FRAME = ("t", "kind", "event", "dir", "text", "format", "bytes", "took", "announced")
#: Mark and colour of records beside the dialogue, by kind. Colours are those of a terminal (SGR).
_BESIDE = {
    "start": ("*", "1"),
    "module": ("*", "1"),
    "line": ("~", "33"),
    "net": ("#", "35"),
    "buffer": ("=", "34"),
    "power": ("!", "1;31"),
    "fault": ("!", "31"),
    "host": ("+", "36"),
    "script": ("@", "36"),
    "end": ("*", "1"),
    "broken": ("?", "1;31"),
    "cut": ("?", "1;31"),
}
_DIALOGUE = {"command": "1", "answer": "32", "urc": "1;36", "data": "2", "typed": "36"}
_ERROR = "1;31"
#: Kinds of records, and what a reader of a file adds: `broken` and `cut`.
KINDS = (*_DIALOGUE, *_BESIDE)


def describe(record: Record) -> str:
    """One line without the time."""
    match record:
        case {"kind": "start"}:
            return f"atwin {record.get('version')}: {record.get('command')}  {record.get('wall')}"
        case {"kind": "data", "bytes": int(count)}:
            return _data(record, count)
        case {"kind": "script", "text": str(text)}:
            return f"script: {record.get('event')} {text}"
        case {"kind": "typed", "text": str(text)}:
            return f"beside: {text}"
        case {"text": str(text)}:
            return f"{text}  (damaged: bytes got lost)" if record.get("damaged") else text
        case _:
            return "  ".join([f"{record['kind']}: {record.get('event', '')}", *_numbers(record)])


def _data(record: Record, count: int) -> str:
    took = record.get("took") or 0.0
    text = _bytes(count)
    if (announced := record.get("announced")) is not None:
        text += f" of {announced:,}"
    if took >= 0.001:
        text += f" in {took:.3f} s, {count / took / 1000:,.1f} kB/s"
    told = record.get("text")
    return f"({text}) {told}" if told else f"({text})"


def _bytes(count: int) -> str:
    return f"{count:,} byte" if count == 1 else f"{count:,} bytes"


def _numbers(record: Record) -> list[str]:
    told = [f"{name} {_value(value, name)}" for name, value in record.items() if name not in _FRAME]
    if isinstance(count := record.get("bytes"), int):
        told.insert(0, _bytes(count))
    if (took := record.get("took")) is not None:
        told.append(f"in {took:.3f} s")
    return [text for text in told if not text.endswith(" None")]


def _value(value: object, name: str) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int):
        return f"{value:,}" if value > 99_999 or name == "of" else str(value)
    return str(value)


def look(record: Record) -> tuple[str, str]:
    """The mark in front of it, and the colour, as of a terminal (SGR)."""
    kind = record["kind"]
    if kind in _DIALOGUE:
        style = _DIALOGUE[kind]
        if kind == "answer" and "ERROR" in str(record.get("text")):
            style = _ERROR
        return str(record.get("dir", "?")), style
    return _BESIDE.get(kind, ("?", "0"))
