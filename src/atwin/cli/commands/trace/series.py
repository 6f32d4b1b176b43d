"""Numbers over time, out of the records of a trace, in one pass and in bounded memory.

How long a trace is shows at its end only. So each of these begins as fine as there is something to
see, and becomes coarser by itself when it would hold too much.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from atwin.trace.described import Record

#: Bins of the throughput, points of a value, marks of a row: at most so many are drawn.
MOST_BINS, MOST_POINTS, MOST_MARKS = 1 << 16, 30_000, 3_000

#: Seconds that are looked at as one where there is too much, to begin with.
_NARROW = 0.001

#: Rows of marks, and the kinds of records that belong there; of answers only errors.
ROWS = {
    "command": ("command",),
    "error": ("answer",),
    "urc": ("urc",),
    "net": ("net",),
    "line": ("line",),
    "power": ("power",),
    "fault": ("fault", "script"),
    "host": ("host", "end", "broken", "cut"),
}
#: Kinds that are text.
_TEXTS = frozenset({"command", "answer", "urc"})


class Bins:
    """Bytes of the two directions over time, in bins of `width` seconds."""

    def __init__(self) -> None:
        self.width = _NARROW
        #: By direction: bytes in a bin, and by how many there are more than in the one before.
        self._sums = {way: _nothing() for way in "><"}
        self._changes = {way: _nothing() for way in "><"}

    def add(self, way: str, time: float, size: float) -> None:
        """`size` bytes `way` (`>` to the module, `<` from it) at that time."""
        try:
            self._sums[way][int(time / self.width)] += size
        except IndexError:
            self._widen(time)
            self.add(way, time, size)

    def spread(self, way: str, begin: float, end: float, size: float) -> None:
        """`size` bytes `way`, evenly from `begin` to `end`."""
        if end >= self.width * MOST_BINS:
            self._widen(end)
        width = self.width
        first, last = int(begin / width), int(end / width)
        if first == last:
            self.add(way, end, size)
            return
        sums, changes = self._sums[way], self._changes[way]
        rate = size / (end - begin)
        sums[first] += rate * ((first + 1) * width - begin)
        sums[last] += rate * (end - last * width)
        changes[first + 1] += rate * width
        changes[last] -= rate * width

    def sizes(self, way: str, duration: float) -> list[float]:
        """Bytes in each bin up to that time, to a tenth."""
        count = min(int(duration / self.width) + 1, MOST_BINS)
        sizes = [max(round(size, 1), 0.0) for size in self._whole(way)[:count]]
        return [int(size) if size.is_integer() else size for size in sizes]

    def _whole(self, way: str) -> list[float]:
        both = zip(self._sums[way], accumulate(self._changes[way]), strict=True)
        return [size + more for size, more in both]

    def _widen(self, end: float) -> None:
        factor = 2
        while end >= self.width * factor * MOST_BINS:
            factor *= 2
        for way in self._sums:
            whole, merged = self._whole(way), _nothing()
            for index, at in enumerate(range(0, MOST_BINS, factor)):
                merged[index] = sum(whole[at : at + factor])
            self._sums[way], self._changes[way] = merged, _nothing()
        self.width *= factor


def _nothing() -> array[float]:
    return array("d", bytes(8 * MOST_BINS))


@dataclass(slots=True)
class Steps:
    """A value that holds until the next point; `top` is its largest possible one."""

    top: float = 0.0
    #: Times and values, in order.
    points: list[tuple[float, float]] = field(default_factory=list)
    #: Seconds of which only the least, the largest and the last value are there; 0: all are.
    width: float = 0.0

    def add(self, time: float, value: object) -> None:
        """From then on it is `value`, if that is a number."""
        if type(value) in (int, float):
            self.points.append((time, cast("float", value)))
            if len(self.points) >= 2 * MOST_POINTS:
                self.thin()

    def thin(self) -> None:
        """Put them in order, and keep `MOST_POINTS` at most."""
        self.points.sort(key=lambda point: point[0])
        width = self.width or _NARROW
        while len(self.points) > MOST_POINTS:
            self.points = list(self._kept(width))
            self.width, width = width, width * 2

    def _kept(self, width: float) -> Iterator[tuple[float, float]]:
        for _, group in groupby(self.points, lambda point: point[0] // width):
            points = list(group)
            if len(points) > 3:
                values = [value for _, value in points]
                places = {values.index(min(values)), values.index(max(values)), len(values) - 1}
                points = [points[place] for place in sorted(places)]
            yield from points


@dataclass(slots=True)
class Marked:
    """A record, and how many that came soon after it are not kept."""

    time: float
    record: Record
    more: int = 0


@dataclass(slots=True)
class Marks:
    """The records of one row."""

    marks: list[Marked] = field(default_factory=list)
    #: Seconds of which only the first one is there; 0: all are.
    width: float = 0.0
    #: Up to when what comes is more of the last one.
    _until: float = 0.0

    def add(self, time: float, record: Record) -> None:
        """One more."""
        if time < self._until:
            self.marks[-1].more += 1
            return
        self.marks.append(Marked(time, record))
        if self.width:
            self._until = (time // self.width + 1) * self.width
        if len(self.marks) >= 2 * MOST_MARKS:
            self.thin()

    def thin(self) -> None:
        """Put them in order, and keep `MOST_MARKS` at most."""
        self.marks.sort(key=lambda mark: mark.time)
        width = self.width or _NARROW
        while len(self.marks) > MOST_MARKS:
            kept = self.marks[:1]
            for mark in self.marks[1:]:
                if mark.time // width == kept[-1].time // width:
                    kept[-1].more += 1 + mark.more
                else:
                    kept.append(mark)
            self.marks, self.width, width = kept, width, width * 2


@dataclass(slots=True)
class Series:
    """Everything a plot draws. Times in seconds."""

    #: The first record, and what the module said of itself, where it is one of ours.
    start: Record = field(default_factory=dict)
    module: Record = field(default_factory=dict)
    duration: float = 0.0
    count: int = 0
    bins: Bins = field(default_factory=Bins)
    buffer: Steps = field(default_factory=Steps)
    connections: Steps = field(default_factory=Steps)
    rows: dict[str, Marks] = field(default_factory=lambda: {row: Marks() for row in ROWS})


def series_of(records: Iterable[Record]) -> Series:
    """Read the records; the first one is the start."""
    series = Series()
    bins, duration, count = series.bins, 0.0, 0
    marks = {kind: series.rows[row] for row, kinds in ROWS.items() for kind in kinds}
    for record in records:
        kind, time = record["kind"], record["t"]
        if not count:
            series.start = record
        count += 1
        if time > duration:
            duration = time
        if kind in _TEXTS:
            # Of what is text about so many, with its CR LF.
            text = str(record.get("text"))
            bins.add(">" if record.get("dir") == ">" else "<", time, len(text) + 4)
            if kind != "answer" or "ERROR" in text:
                marks[kind].add(time, record)
        elif kind == "data":
            begin = max(0.0, time - record.get("took", 0.0))
            way = ">" if record.get("dir") == ">" else "<"
            bins.spread(way, begin, time, record.get("bytes", 0))
        elif kind == "buffer":
            series.buffer.add(time, record.get("bytes"))
        elif kind == "module":
            series.module = series.module or record
        elif kind in marks:
            marks[kind].add(time, record)
            series.connections.add(time, record.get("open"))
    series.duration, series.count = duration or 1e-6, count
    for steps in (series.buffer, series.connections):
        steps.thin()
    for row in series.rows.values():
        row.thin()
    series.buffer.top = _limit(series, "buffer", 0)
    series.connections.top = _limit(series, "connections", 8)
    return series


def _limit(series: Series, name: str, usual: int) -> int:
    value = series.module.get(name)
    return value if type(value) is int else usual
