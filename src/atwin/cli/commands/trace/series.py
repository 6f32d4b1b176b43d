"""Numbers over time, out of the records of a trace."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from atwin.trace.described import Record

#: Columns the time is divided into: more than a page has pixels for helps nobody.
COLUMNS = 500


@dataclass(frozen=True, slots=True)
class Steps:
    """A value that holds until the next point; `top` is its largest possible one."""

    points: tuple[tuple[float, float], ...]
    top: float


@dataclass(slots=True)
class Series:
    """Everything a plot draws. Times in seconds, throughput in bytes per second."""

    start: Record
    #: What the module said of itself, where it is one of ours.
    module: Record
    duration: float
    to_host: list[float] = field(default_factory=lambda: [0.0] * COLUMNS)
    to_module: list[float] = field(default_factory=lambda: [0.0] * COLUMNS)
    buffer: Steps = Steps((), 0)
    connections: Steps = Steps((), 8)
    marks: list[Record] = field(default_factory=list)


def series_of(records: list[Record]) -> Series:
    """Read the records; the first one is the start."""
    module = next((record for record in records if record["kind"] == "module"), {})
    series = Series(records[0], module, max(record["t"] for record in records) or 1e-6)
    for record in records:
        if record["kind"] in ("command", "answer", "urc", "data"):
            size = record.get("bytes")
            # Of what is text about so many, with its CR LF.
            text = len(str(record.get("text"))) + 4
            _spread(series, record, size if isinstance(size, int) else text)
    series.buffer = _steps(records, "buffer", "bytes", _limit(module, "buffer", 0))
    series.connections = _steps(records, "net", "open", _limit(module, "connections", 8))
    series.marks = [record for record in records if _is_mark(record)]
    return series


def _spread(series: Series, record: Record, size: int) -> None:
    """Divide `size` bytes of one piece of the dialogue over the columns it took."""
    column = series.duration / COLUMNS
    took = record.get("took")
    end = min(max(record["t"], 0.0), series.duration)
    begin = max(0.0, end - max(took if isinstance(took, int | float) else 0.0, column * 1e-3))
    lane = series.to_module if record.get("dir") == ">" else series.to_host
    rate = size / max(end - begin, 1e-9)
    first, last = int(begin / column), min(int(end / column), COLUMNS - 1)
    for index in range(first, last + 1):
        overlap = min(end, (index + 1) * column) - max(begin, index * column)
        lane[index] += rate * max(overlap, 0.0) / column


def _steps(records: Iterable[Record], kind: str, name: str, top: float) -> Steps:
    points = tuple(
        (record["t"], float(record[name]))
        for record in records
        if record["kind"] == kind and isinstance(record.get(name), int | float)
    )
    return Steps(points, top or max((value for _, value in points), default=0.0))


def _limit(module: Record, name: str, usual: int) -> int:
    value = module.get(name)
    return value if isinstance(value, int) else usual


def _is_mark(record: Record) -> bool:
    """Whether it is worth a mark of its own: what is neither dialogue nor a mere number."""
    kind = record["kind"]
    if kind == "answer":
        return "ERROR" in str(record.get("text"))
    return kind in ("urc", "line", "net", "power", "fault", "host", "end")
