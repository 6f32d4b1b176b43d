"""Figures as a person reads them: the same words in the table and on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.figures import Figure

HEADINGS = ("figure", "value", "spread", "peer", "ratio", "goal", "limit", "holds")
_RIGHT = ("value", "spread", "ratio", "goal")


def number(value: float) -> str:
    """Three digits that tell something."""
    if abs(value) >= 1e5:
        value = float(f"{value:.3g}")
    size = abs(value)
    if size < 1 or (size < 100 and value == int(value)):
        return f"{value:.3g}"
    return f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2}f}"


def cells(figure: Figure) -> list[str]:
    """One for each heading."""
    unit = f" {figure.unit}" if figure.unit else ""
    peer = figure.peer
    if figure.peer_value is not None:
        peer += f": {number(figure.peer_value)}{unit}"
    return [
        f"{figure.key}: {figure.what}",
        number(figure.value) + unit,
        f"{number(figure.low)} to {number(figure.high)}" if figure.low < figure.high else "",
        peer,
        "" if figure.ratio is None else number(figure.ratio),
        goal(figure),
        figure.limit,
        verdict(figure),
    ]


def goal(figure: Figure) -> str:
    """What must be reached, and by what."""
    if figure.goal is None:
        return ""
    sign = "≥" if figure.better == "more" else "≤"
    unit = f" {figure.unit}" if figure.unit and figure.of == "value" else ""
    return f"{'ratio ' * (figure.of == 'ratio')}{sign} {number(figure.goal)}{unit}"


def verdict(figure: Figure) -> str:
    """Whether the goal is reached; "" where there is none."""
    return "" if figure.goal is None else "yes" if figure.holds else "NO"


def table(results: Mapping[str, Sequence[Figure]]) -> Table:
    """All of them, bench by bench."""
    drawn = Table(show_lines=False, pad_edge=False)
    for heading in HEADINGS:
        drawn.add_column(heading, justify="right" if heading in _RIGHT else "left")
    for figures in results.values():
        for figure in figures:
            drawn.add_row(*cells(figure), style="" if figure.holds else "bold red")
        drawn.add_section()
    return drawn
