"""Differences between two dialogues, as lines for a person and as an object for a program."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from atwin.text import masked_url, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from atwin.replay.compare import Compared
    from atwin.trace.exchanges import Exchanges

#: Lines around a difference, and lines of one that are shown.
_AROUND, _MOST = 3, 60
#: Of a terminal (SGR), by the first character.
_STYLES = {"-": "31", "+": "32", "@": "36"}


def show_differences(
    lines: Sequence[Compared], recorded: str, replayed: str, colour: bool | None
) -> None:
    """Print what differs with some lines around it; `colour` None decides by the terminal."""
    if colour is None:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    names = [f"--- {shown(recorded)}", f"+++ {shown(masked_url(replayed))}"]
    for text in [*names, *_hunks(lines)]:
        style = _STYLES.get(text[0]) if colour else None
        print(text if style is None else f"\x1b[{style}m{text}\x1b[0m")
    sys.stdout.flush()


def described(
    file: str,
    role: str,
    recorded: Exchanges,
    replayed: Exchanges,
    found: Sequence[Sequence[Compared]],
) -> dict[str, object]:
    """For `--json`."""
    return {
        "recording": file,
        "as": role,
        "recorded_commands": len(recorded.all) - 1,
        "commands": len(replayed.all) - 1,
        "differences": [
            {
                "command": group[0].command,
                "recorded": [text[2:] for text in _changed(group) if text[0] == "-"],
                "replayed": [text[2:] for text in _changed(group) if text[0] == "+"],
            }
            for group in found
        ],
    }


def _hunks(lines: Sequence[Compared]) -> Iterator[str]:
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
            yield from _changed(group)
            group = []
            if line.recorded is not None:
                yield f"  {line.recorded.told()}"
        else:
            group.append(line)
    yield from _changed(group)


def _changed(group: Sequence[Compared]) -> Iterator[str]:
    for mark, texts in (
        ("-", [c.recorded.told(c.replayed) for c in group if c.recorded is not None]),
        ("+", [c.replayed.told(c.recorded) for c in group if c.replayed is not None]),
    ):
        yield from (f"{mark} {text}" for text in texts[:_MOST])
        if len(texts) > _MOST:
            yield f"{mark} … {len(texts) - _MOST} more"
