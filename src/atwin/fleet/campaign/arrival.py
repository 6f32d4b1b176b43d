"""When devices arrive, and when in the day they may begin."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from atwin.fleet.campaign.keys import changed, key
from atwin.fleet.campaign.kinds import Quantity, Seconds, Takes

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.fleet.campaign.kinds import Schema

#: Seconds of the longest campaign, and of a day.
LONGEST, DAY = 366 * 86_400, 86_400
#: Points of a curve.
_MOST_POINTS = 1000
#: Curves that have a name.
_WORDS = ("even", "at once", "falling")
#: How many means of an exponential arrival are waited for.
_MEANS = 3.0

_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_WHEN, _SHARE = Seconds(0, LONGEST), Quantity(0, 1)


@dataclass(frozen=True, slots=True)
class Curve:
    """How many have arrived by when: a word, or points of (seconds, share of the devices)."""

    word: str
    points: tuple[tuple[float, float], ...] = ()


class Curved(Takes):
    """A word, or points."""

    words = (
        '"even", "at once", "falling", or 1 to 1,000 points [time, share so far], neither '
        "of which falls, up to a share of 1"
    )

    @property
    def schema(self) -> Schema:
        point = {"type": "array", "prefixItems": [_WHEN.schema, _SHARE.schema], "minItems": 2}
        points = {"type": "array", "items": point, "minItems": 1, "maxItems": _MOST_POINTS}
        return {"anyOf": [{"enum": [*_WORDS]}, points]}

    def parse(self, value: Any, folder: Path) -> Curve:
        if isinstance(value, str) and value in _WORDS:
            return Curve(value)
        if not isinstance(value, list) or not 1 <= len(value) <= _MOST_POINTS:
            raise ValueError
        points = []
        for place, point in enumerate(value, 1):
            if not isinstance(point, list) or len(point) != 2:
                raise ValueError(f"point {place}: give [time, share so far]")
            when = _WHEN.read(f"time of point {place}", point[0], folder)
            points.append((when, _SHARE.read(f"share of point {place}", point[1], folder)))
        for place, (earlier, later) in enumerate(pairwise(points), 2):
            if later[0] < earlier[0] or later[1] < earlier[1]:
                raise ValueError(f"point {place}: it falls; neither time nor share may")
        if points[-1][1] != 1:
            raise ValueError("the last point: give it a share of 1, when all have arrived")
        return Curve("points", tuple(points))


@dataclass(frozen=True, slots=True)
class Window:
    """The time of the day in which a device may begin, in seconds after its midnight.

    One that ends before it begins goes over midnight.
    """

    begin: int
    end: int


class Daily(Takes):
    """A window: `02:00-05:00`."""

    words = 'a time of the day from and to, such as "02:00-05:00" or "22:00-04:00"'

    def parse(self, value: Any, folder: Path) -> Window:
        match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError
        begin, end = (int(match[n]) * 3600 + int(match[n + 1]) * 60 for n in (1, 3))
        if begin >= DAY or end > DAY or (end - begin) % DAY == 0:
            raise ValueError
        return Window(begin, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """`[arrival]`: when devices come for the file for the first time."""

    curve: Curve = key(Curved(), "even", "how devices arrive: a word, or points")
    over: float = key(
        Seconds(1, LONGEST),
        "2 h",
        "time in which they come, of which only the hours of a window count; not with points",
    )
    #: None where any time is right.
    window: Window | None = key(Daily(), None, "local time in which an attempt may begin")

    def __post_init__(self) -> None:
        if self.curve.word in ("at once", "points") and "over" in changed(self):
            raise ValueError('over means nothing with that curve: only with "even" and "falling"')

    def moment(self, share: float) -> float:
        """Seconds after the start at which that `share` (0 to 1) of the devices has arrived."""
        match self.curve.word:
            case "at once":
                return 0.0
            case "even":
                return share * self.over
            case "falling":
                left = 1 - share * -math.expm1(-_MEANS)
                return min(math.log(1 / left) * self.over / _MEANS, self.over)
        before = (self.curve.points[0][0], 0.0)
        for point in self.curve.points:
            if share <= point[1]:
                if point[1] == before[1] or point[1] == 0:
                    return point[0]
                part = (share - before[1]) / (point[1] - before[1])
                return before[0] + part * (point[0] - before[0])
            before = point
        return before[0]
