"""A trace as one HTML page that needs nothing else."""

from html import escape
from itertools import groupby
from math import floor, log10

from atwin.cli.commands.trace.series import COLUMNS, Series, Steps, series_of
from atwin.text import shown
from atwin.trace.described import Record, describe

#: Of the drawing, in its own units.
_WIDTH, _LEFT, _RIGHT = 1000, 70, 20
_INNER = _WIDTH - _LEFT - _RIGHT
_GAP = 46

#: Events that the tip of one mark tells.
_TOLD = 8

#: Rows of the events, and the kinds of records that belong there.
_ROWS = (
    ("URC", "urc", ("urc",)),
    ("errors", "bad", ("answer",)),
    ("network", "net", ("net",)),
    ("line", "line", ("line",)),
    ("power", "bad", ("power",)),
    ("faults", "bad", ("fault",)),
    ("host", "host", ("host", "end")),
)

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2330;--dim:#6b7686;--rule:#d9dee5;--a:#1769c2;--b:#c2571a;
--bad:#c62828;--net:#8e24aa;--line:#b58900;--host:#00838f}
@media(prefers-color-scheme:dark){:root{--ink:#e4e8ee;--dim:#96a1b0;--rule:#3a4250;--a:#64b5f6;
--b:#ffb074;--bad:#ff7b72;--net:#d59cf0;--line:#e3c35a;--host:#5fd0d8}}
body{font:14px/1.45 system-ui,sans-serif;max-width:1040px;margin:24px auto;padding:0 16px}
h1{font-size:20px;margin:0 0 4px}p{color:var(--dim);margin:0 0 16px}
svg{width:100%;height:auto;display:block}text{fill:var(--dim);font-size:12px}
.title{fill:var(--ink);font-weight:600;font-size:13px}.rule{stroke:var(--rule)}
rect{shape-rendering:crispEdges}.a{fill:var(--a)}.b{fill:var(--b)}.step{fill:none;stroke:var(--a);stroke-width:1.5}
.limit{stroke:var(--bad);stroke-dasharray:4 4}
.urc{fill:var(--a)}.bad{fill:var(--bad)}.net{fill:var(--net)}.line{fill:var(--line)}
.host{fill:var(--host)}
"""


def page(records: list[Record], name: str) -> str:
    """The page; `records` begins with the start record."""
    series = series_of(records)
    panels = [
        (150, _throughput(series, 150), "throughput of the line, kB/s (upwards to the host)"),
        (110, _stepped(series, series.buffer, 110), "HTTP buffer, bytes"),
        (80, _stepped(series, series.connections, 80), "connections, of eight"),
        (22 * len(_ROWS), _events(series), "events"),
    ]
    y, drawn = 24, []
    for height, body, title in panels:
        drawn.append(
            f'<g transform="translate(0 {y})"><text class="title" x="{_LEFT}" y="-8">'
            f"{escape(title)}</text>{body}</g>"
        )
        y += height + _GAP
    drawn.append(f'<g transform="translate(0 {y - _GAP})">{_time_axis(series)}</g>')
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        f"<title>{escape(shown(name))}</title><style>{_STYLE}</style>"
        f"<h1>{escape(shown(name))}</h1><p>{escape(shown(describe(series.start)))}</p>"
        f'<svg viewBox="0 0 {_WIDTH} {y}" role="img" aria-label="timeline">{"".join(drawn)}</svg>'
        "</html>\n"
    )


def _x(series: Series, seconds: float) -> float:
    return round(_LEFT + seconds / series.duration * _INNER, 2)


def _throughput(series: Series, height: int) -> str:
    """Two areas on one scale from a middle line: to the host upwards, to the module downwards."""
    up, down = max(series.to_host), max(series.to_module)
    scale = height / ((up + down) or 1.0)
    middle = round(up * scale, 2)
    width = _INNER / COLUMNS
    parts = [_rule(middle)]
    for lane, css in ((series.to_host, "a"), (series.to_module, "b")):
        for column, rate in enumerate(lane):
            if rate > 0:
                size = max(rate * scale, 0.5)
                parts.append(
                    f'<rect class="{css}" x="{_LEFT + column * width:.2f}" '
                    f'y="{middle - size if css == "a" else middle:.2f}" '
                    f'width="{width:.2f}" height="{size:.2f}"/>'
                )
    parts.append(_label(middle + 4, "0"))
    for rate, y in ((up, 8), (down, height)):
        if rate * scale > 20:
            parts.append(_label(y, f"{rate / 1000:,.1f}"))
    return "".join(parts)


def _stepped(series: Series, steps: Steps, height: int) -> str:
    top = max([steps.top, *(value for _, value in steps.points)]) or 1.0

    def y(value: float) -> float:
        return round(height - value / top * (height - 6), 2)

    parts = [_rule(height), _label(height + 4, "0"), _label(y(top) + 4, f"{top:,.0f}")]
    if steps.top:
        limit = y(steps.top)
        parts.append(
            f'<line class="limit" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{limit}" y2="{limit}"/>'
        )
    if steps.points:
        path = [f"M{_LEFT} {height}"]
        # Of those at one place the ends and the last one: more cannot be seen.
        for x, points in groupby(steps.points, lambda point: round(_x(series, point[0]), 1)):
            values = [value for _, value in points]
            if len(values) > 3:
                values = [min(values), max(values), values[-1]]
            path.append(f"H{x}" + "".join(f"V{y(value)}" for value in values))
        path.append(f"H{_WIDTH - _RIGHT}")
        parts.append(f'<path class="step" d="{"".join(path)}"/>')
    return "".join(parts)


def _events(series: Series) -> str:
    parts = []
    for row, (title, css, kinds) in enumerate(_ROWS):
        y = 22 * row + 11
        parts.append(_rule(y))
        parts.append(_label(y + 4, title))
        # Those that would lie on each other are one mark.
        places: dict[int, list[Record]] = {}
        for mark in [mark for mark in series.marks if mark["kind"] in kinds]:
            places.setdefault(round(_x(series, mark["t"])), []).append(mark)
        parts.extend(
            f'<circle class="{css}" cx="{x}" cy="{y}" r="4"><title>{_tip(marks)}</title></circle>'
            for x, marks in places.items()
        )
    return "".join(parts)


def _tip(marks: list[Record]) -> str:
    """Of marks at one place the first ones."""
    lines = [f"{mark['t']:.6f} s  {shown(describe(mark))}" for mark in marks[:_TOLD]]
    if len(marks) > _TOLD:
        lines.append(f"and {len(marks) - _TOLD:,} more")
    return escape("\n".join(lines))


def _time_axis(series: Series) -> str:
    # 1, 2 or 5 times a power of ten: eight labels or fewer.
    least = series.duration / 8
    power = 10.0 ** floor(log10(least))
    step = next(power * f for f in (1, 2, 5, 10) if power * f >= least * (1 - 1e-9))
    parts, at = [], 0.0
    while at <= series.duration * (1 + 1e-9):
        x = _x(series, at)
        parts.append(f'<text x="{x}" y="20" text-anchor="middle">{at:g} s</text>')
        at = round(at + step, 12)
    return "".join(parts)


def _rule(y: float) -> str:
    return f'<line class="rule" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'


def _label(y: float, text: str) -> str:
    return f'<text x="{_LEFT - 8}" y="{y}" text-anchor="end">{escape(text)}</text>'
