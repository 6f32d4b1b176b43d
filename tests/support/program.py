"""`atwin` as a user starts it: a child process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: The whole program, without depending on what is on the PATH.
ATWIN = (sys.executable, "-m", "atwin.cli")


def start(
    *arguments: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start it with pipes on all three streams."""
    return subprocess.Popen(
        [*ATWIN, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(env),
        cwd=cwd,
    )


def atwin(
    *arguments: str | Path,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        [*ATWIN, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=_environment(env),
        cwd=cwd,
    )


def only_line(text: str) -> str:
    """`text` without its line end; AssertionError when it is not one line."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    return lines[0]


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    """Ours, but with a port that does not make a test wait for the network's delays."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ATWIN_")}
    return {**kept, "ATWIN_PORT": "twin://air724ug?time_scale=0", **(more or {})}
