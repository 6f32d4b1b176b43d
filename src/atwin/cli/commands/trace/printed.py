"""How `atwin trace show` prints a trace."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from contextlib import contextmanager, nullcontext
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from atwin.cli.commands.trace.records import read_trace
from atwin.disk.errors import telling
from atwin.trace.described import look

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin.cli.commands.trace.chosen import Choice

#: Seconds between two looks at a file that grows.
_PAUSE = 0.1


def show_trace(path: str, choice: Choice, *, follow: bool, colour: bool | None) -> None:
    """Print what is chosen of the trace; `follow`: up to its end, also where that is to come.

    `colour` None decides by the terminal. Nobody who reads on ends it quietly.
    Raises `click.UsageError` and `DiskError`.
    """
    if colour is None:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    with _readable_twice(path) if choice.needs_end else nullcontext(path) as file:
        end = max(record["t"] for record in read_trace(file, name=path)) if choice.needs_end else 0
        records = read_trace(file, _wait if follow else None, name=path)
        try:
            for record, line in choice.of(records, end):
                clock, style = f"{record['t']:12.6f} ", look(record)[1]
                print(
                    f"\x1b[2m{clock}\x1b[0m\x1b[{style}m{line}\x1b[0m" if colour else clock + line
                )
            sys.stdout.flush()
        except BrokenPipeError:
            # What Python would still flush at its end goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _wait() -> None:
    sys.stdout.flush()
    time.sleep(_PAUSE)


@contextmanager
def _readable_twice(path: str) -> Iterator[str]:
    """`path`, or the path of a copy of all that a pipe brings, which is there at its end only."""
    with TemporaryDirectory(prefix="atwin-") as scratch:
        with telling("read", path):
            if not stat.S_ISREG(os.stat(path).st_mode):
                copy = os.path.join(scratch, "trace")
                with open(path, "rb") as pipe, open(copy, "wb") as file:
                    shutil.copyfileobj(pipe, file)
                path = copy
        yield path
