"""Differences between two dialogues, as lines for a person and as an object for a program."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from atwin.replay.diff import changed, hunks
from atwin.text import masked_url, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.replay.compare import Compared
    from atwin.trace.exchanges import Exchanges

#: Of a terminal (SGR), by the first character.
_STYLES = {"-": "31", "+": "32", "@": "36"}


def show_differences(
    lines: Sequence[Compared], recorded: str, replayed: str, colour: bool | None
) -> None:
    """Print what differs with some lines around it; `colour` None decides by the terminal."""
    if colour is None:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    names = [f"--- {shown(recorded)}", f"+++ {shown(masked_url(replayed))}"]
    for text in [*names, *hunks(lines)]:
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
                "recorded": [text[2:] for text in changed(group) if text[0] == "-"],
                "replayed": [text[2:] for text in changed(group) if text[0] == "+"],
            }
            for group in found
        ],
    }
