"""A trace as one HTML page that needs nothing else: the data, and the scripts that draw them."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from atwin.page import asset
from atwin.text import shown
from atwin.trace.described import describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from atwin.cli.commands.trace.series import Marks, Series, Steps

#: Files of the page, in the order in which they need each other.
_STYLES = ("vendor/uplot.min.css", "style.css", "plot/plot.css")
#: Before it, colours, letters and what can be pressed: what panel and plot have in common.
_PANEL_ONLY = "/* --- the frame --- */"
_SCRIPTS = ("vendor/uplot.min.js",)
_LICENCE = "vendor/uplot.LICENSE"
_MODULES = ("js/chart.js", "plot/words.js", "plot/data.js", "plot/lists.js", "plot/plot.js")

#: Characters of the text of a mark.
_LONGEST = 200
#: What could end the element that holds the data, or confuse a reader of it.
_UNSAFE = {ord(char): f"\\u{ord(char):04x}" for char in "<>&"}


def page_of(series: Series, name: str) -> str:
    """The page."""
    styles = "\n".join(_text(file).partition(_PANEL_ONLY)[0] for file in _STYLES)
    scripts = [_text(file) for file in _SCRIPTS]
    module = _as_one(_text(file) for file in _MODULES)
    allowed = " ".join(_hash(text) for text in (*scripts, module))
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(styles)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return "".join(
        (
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="referrer" content="no-referrer">\n<link rel="icon" href="data:,">\n',
            f"<title>{escape(shown(name))}</title>\n<style>{styles}</style>\n",
            f"<!-- uPlot: {_text(_LICENCE)} -->\n",
            '<body class="plot">\n<noscript>This page draws with JavaScript.</noscript>\n',
            f'<script type="application/json" id="data">{_json(_data(series, name))}</script>\n',
            *(f"<script>{text}</script>\n" for text in scripts),
            f'<script type="module">{module}</script>\n</html>\n',
        )
    )


def _text(file: str) -> str:
    return asset(file)[0].decode()


def _as_one(modules: Iterable[str]) -> str:
    """One script of modules that import nothing but what stands before them."""
    return re.sub(r"^import [^;]*;\n|^export ", "", "\n".join(modules), flags=re.MULTILINE)


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _json(value: object) -> str:
    """ASCII, with nothing that HTML would take for its own."""
    return json.dumps(value, separators=(",", ":")).translate(_UNSAFE)


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
