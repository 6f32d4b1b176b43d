"""A trace as one HTML page that needs nothing else: the data, and the scripts that draw them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from atwin.page.frame import alone
from atwin.text import shown
from atwin.trace.described import describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.cli.commands.trace.series import Marks, Series, Steps

_STYLES = ("plot/plot.css",)
_MODULES = ("plot/words.js", "plot/data.js", "plot/lists.js", "plot/plot.js")

#: Characters of the text of a mark.
_LONGEST = 200


def page_of(series: Series, name: str) -> str:
    """The page."""
    return alone(shown(name), _data(series, name), styles=_STYLES, modules=_MODULES)


def _data(series: Series, name: str) -> dict[str, Any]:
    """What data.js reads. Times are in microseconds, each after the one before."""
    texts: dict[str, int] = {}
    return {
        "name": shown(name),
        "about": shown(describe(series.start)),
        "wall": shown(str(series.start.get("wall")), limit=40),
        "records": series.count,
        "duration": series.duration,
        "bin": series.bins.width,
        "toHost": series.bins.sizes("<", series.duration),
        "toModule": series.bins.sizes(">", series.duration),
        "buffer": _steps(series.buffer),
        "connections": _steps(series.connections),
        "rows": {row: _marks(marks, texts) for row, marks in series.rows.items()},
        "texts": list(texts),
    }


def _steps(steps: Steps) -> dict[str, Any]:
    values = [value for _, value in steps.points]
    times = _deltas([time for time, _ in steps.points])
    return {"times": times, "values": values, "top": steps.top, "width": steps.width}


def _marks(marks: Marks, texts: dict[str, int]) -> dict[str, Any]:
    """`texts` gets each text once; a mark has its number there."""
    told = (shown(describe(mark.record), limit=_LONGEST) for mark in marks.marks)
    return {
        "times": _deltas([mark.time for mark in marks.marks]),
        "texts": [texts.setdefault(text, len(texts)) for text in told],
        "more": [mark.more for mark in marks.marks] if marks.width else [],
        "width": marks.width,
    }


def _deltas(times: Sequence[float]) -> list[int]:
    whole = [round(time * 1e6) for time in times]
    return [later - earlier for earlier, later in pairwise([0, *whole])]
