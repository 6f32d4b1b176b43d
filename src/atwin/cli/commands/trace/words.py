"""What a record says, in words; the same in `show` and in the tips of `plot`."""

from typing import Any

Record = dict[str, Any]

#: What stands in a record besides its own numbers.
_FRAME = ("t", "kind", "event", "dir", "text", "format", "bytes", "took", "announced")


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
