"""Numbers over time, out of the records of a trace, in one pass and in bounded memory.

How long a trace is shows at its end only. So each of these begins as fine as there is something to
see, and becomes coarser by itself when it would hold too much.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from operator import add, itemgetter
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from atwin.trace.described import Record

    #: A time, and a value from then on.
    Point = tuple[float, float]

#: The most that is drawn: bins of the throughput, points of a value, marks of a row.
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
        lanes = {way: self._whole(way) for way in self._sums}
        while end >= self.width * MOST_BINS:
            self.width *= 2
            for way, sizes in lanes.items():
                sizes = [*map(add, sizes[::2], sizes[1::2])]
                lanes[way] = [*sizes, *[0.0] * (MOST_BINS - len(sizes))]
        for way, sizes in lanes.items():
            self._sums[way], self._changes[way] = array("d", sizes), _nothing()


def _nothing() -> array[float]:
    return array("d", bytes(8 * MOST_BINS))


@dataclass(slots=True)
class Steps:
    """A value that holds until the next point; `top` is its largest possible one."""

    top: float = 0.0
    #: Times and values, in order.
    points: list[Point] = field(default_factory=list)
    #: Seconds of which only the least, the largest and the last value are there; 0: all are.
    width: float = 0.0
    #: When the last of these seconds are over, what was in them, and whether the last point is
    #: neither of that.
    _until: float = 0.0
    _low: float = 0.0
    _high: float = 0.0
    _free: bool = False

    def add(self, time: float, value: object) -> None:
        """From then on it is `value`, if that is a number."""
        if type(value) not in (int, float):
            return
        number = cast("float", value)
        if time >= self._until:
            if self.width:
                self._until = (time // self.width + 1) * self.width
            self._low = self._high = number
            self._free = False
        elif self._low <= number <= self._high:
            if self._free:
                self.points[-1] = time, number
                return
            self._free = True
        else:
            self._low, self._high = min(self._low, number), max(self._high, number)
            self._free = False
        self.points.append((time, number))
        if len(self.points) >= 2 * MOST_POINTS:
            self.thin()

    def thin(self) -> None:
        """Put them in order, and keep `MOST_POINTS` at most."""
        self.points.sort(key=itemgetter(0))
        width = self.width or _NARROW
        while len(self.points) > MOST_POINTS:
            cells = [time // width for time, _ in self.points]
            edges = [at for at in range(1, len(cells)) if cells[at] != cells[at - 1]]
            pairs = pairwise([0, *edges, len(cells)])
            self.points = [
                point for pair in pairs for point in _extremes(self.points[slice(*pair)])
            ]
            self.width, width = width, width * 2
            self._until = 0.0


def _extremes(points: list[Point]) -> list[Point]:
    """Of points the least, the largest and the last one."""
    if len(points) <= 3:
        return points
    values = [value for _, value in points]
    places = {values.index(min(values)), values.index(max(values)), len(values) - 1}
    return [points[place] for place in sorted(places)]


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
            kept: list[Marked] = []
            last = -1.0
            for mark in self.marks:
                if (cell := mark.time // width) == last:
                    kept[-1].more += 1 + mark.more
                else:
                    kept.append(mark)
                    last = cell
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
