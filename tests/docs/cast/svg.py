"""Screens of a terminal as one SVG that moves, for any place that shows pictures.

It needs no script and no font of its own: style sheets alone show each row in its time. Where
nothing may move, or can, it is the last screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docs.cast.recording import Picture, Span

#: Pixels.
_WIDTH, _HEIGHT, _EDGE, _SIZE = 7.8, 18, 14, 13
#: Seconds that the last screen stays.
_LAST = 4.0
_COLOURS = {
    "default": "#d6dbe4",
    "black": "#5c6773",
    "red": "#f0736f",
    "green": "#8fce7c",
    "brown": "#e3b765",
    "blue": "#7aa9f7",
    "magenta": "#d08be0",
    "cyan": "#6ccbd6",
    "white": "#ffffff",
    "brightblack": "#5c6773",
    "brightred": "#f0568c",
}
_STYLE = (
    "text{font:%dpx ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
    "white-space:pre;fill:%s}.b{font-weight:bold}g{visibility:hidden}g.z{visibility:visible}"
)


def svg(screens: list[tuple[float, Picture]], title: str) -> str:
    """The picture; `title` is for those who cannot see it."""
    end = screens[-1][0] + _LAST
    rows = len(screens[0][1])
    columns = max(
        span.column + len(span.text) for _, screen in screens for row in screen for span in row
    )
    width, height = round(columns * _WIDTH + 2 * _EDGE), rows * _HEIGHT + 2 * _EDGE
    groups, frames = [], []
    for number, (row, start, until, spans) in enumerate(_runs(screens, end)):
        last = " z" if until >= end else ""
        texts = "".join(_text(span, row) for span in spans)
        groups.append(f'<g class="a{number}{last}">{texts}</g>')
        shown = f"{start / end:.2%}{{visibility:visible}}"
        gone = "" if last else f"{until / end:.2%}{{visibility:hidden}}"
        frames.append(f"@keyframes k{number}{{0%{{visibility:hidden}}{shown}{gone}}}")
        frames.append(f".a{number}{{animation:k{number} {end:.1f}s step-end infinite}}")
    style = _STYLE % (_SIZE, _COLOURS["default"])
    moving = "\n".join(frames)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label={quoteattr(title)}>\n'
        f"<title>{escape(title)}</title>\n"
        f"<style>{style}\n@media(prefers-reduced-motion:no-preference){{\n{moving}\n}}</style>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="#1b2129"/>\n'
        + "\n".join(groups)
        + "\n</svg>\n"
    )


def _runs(
    screens: list[tuple[float, Picture]], end: float
) -> Iterator[tuple[int, float, float, tuple[Span, ...]]]:
    """Each row as long as it stays the same: its number, from, until, and what is in it."""
    times = [at for at, _ in screens] + [end]
    for row in range(len(screens[0][1])):
        since = 0
        for number in range(1, len(screens) + 1):
            spans = screens[since][1][row]
            if number < len(screens) and screens[number][1][row] == spans:
                continue
            if spans:
                yield row, times[since], times[number], spans
            since = number


def _text(span: Span, row: int) -> str:
    """One look of a row, as wide as in a terminal whatever the font is."""
    x = _EDGE + span.column * _WIDTH
    y = _EDGE + row * _HEIGHT + _SIZE
    colour = span.colour if span.colour in _COLOURS else f"#{span.colour}"
    fill = "" if colour == "default" else f' fill="{_COLOURS.get(colour, colour)}"'
    bold = ' class="b"' if span.bold else ""
    style = f' style="fill:{_COLOURS.get(colour, colour)}"' if fill else ""
    return (
        f'<text x="{x:g}" y="{y}" textLength="{len(span.text) * _WIDTH:g}" '
        f'lengthAdjust="spacingAndGlyphs"{bold}{style}>{escape(span.text)}</text>'
    )
