"""Differences as lines for a person, as `diff -u` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from atwin.replay.compare import Compared

#: Lines around a difference, and lines of one side of it that are shown.
_AROUND, _MOST = 3, 60


def hunks(lines: Sequence[Compared]) -> Iterator[str]:
    """What differs with some lines around it, secrets masked."""
    start = end = None
    for at, line in enumerate([*lines, None]):
        if line is not None and not line.same:
            start = max(at - _AROUND, end or 0) if start is None else start
            end = at + _AROUND + 1
        elif start is not None and end is not None and (line is None or at >= end + _AROUND):
            yield f"@@ command {lines[start].command} @@"
            yield from _told(lines[start:end])
            start = None


def _told(lines: Sequence[Compared]) -> Iterator[str]:
    """Lines as they are, and differences one side after the other."""
    group: list[Compared] = []
    for line in lines:
        if line.same:
            yield from changed(group)
            group = []
            if line.recorded is not None:
                yield f"  {line.recorded.told()}"
        else:
            group.append(line)
    yield from changed(group)


def changed(group: Sequence[Compared]) -> Iterator[str]:
    """The lines of one difference: those that were recorded (`-`), and then the new ones (`+`)."""
    for mark, texts in (
        ("-", [c.recorded.told(c.replayed) for c in group if c.recorded is not None]),
        ("+", [c.replayed.told(c.recorded) for c in group if c.replayed is not None]),
    ):
        yield from (f"{mark} {text}" for text in texts[:_MOST])
        if len(texts) > _MOST:
            yield f"{mark} … {len(texts) - _MOST} more"
