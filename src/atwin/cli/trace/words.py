"""What a record says, in words; the same in `show` and in the tips of `plot`."""

from typing import Any

Record = dict[str, Any]

#: What stands in a record besides its own numbers.
_FRAME = ("t", "kind", "event", "dir", "text")


def describe(record: Record) -> str:
    """One line without the time."""
    match record:
        case {"kind": "start"}:
            what = {key: value for key, value in record.items() if key not in ("t", "kind", "format")}
            return "  ".join(f"{key} {value}" for key, value in what.items())
        case {"kind": "data", "bytes": int(count)}:
            return _data(record, count)
        case {"text": str(text)}:
            return text
        case _:
            numbers = (f"{k} {_number(v)}" for k, v in record.items() if k not in _FRAME)
            return f"{record.get('kind')}: {record.get('event', '')}  {'  '.join(numbers)}".rstrip()


def _data(record: Record, count: int) -> str:
    took = record.get("took") or 0.0
    text = f"({count:,} bytes"
    if took > 0:
        text += f" in {took:.3f} s, {count / took / 1000:.1f} kB/s"
    shown = record.get("text")
    return f"{text}) {shown}" if shown else f"{text})"


def _number(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
