"""How far a fleet is, on a terminal: done, failed, rate, time left."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from atwin.cli.results import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Task

    from atwin.fleet.engine.run import RunTally


@contextmanager
def show_progress(devices: int) -> Iterator[Callable[[RunTally], None]]:
    """What to call with each tally; the first one says what was there before."""
    if not sys.stderr.isatty():
        yield lambda tally: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """Devices a second."""

        def render(self, task: Task) -> Text:
            """The text of this column."""
            return Text("" if task.speed is None else f"{task.speed:.2g}/s")

    columns = (
        TextColumn("devices"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[trouble]}", style="yellow"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=devices, trouble="")
        begun = False

        def show(tally: RunTally) -> None:
            nonlocal begun
            if not begun:  # what was there before is not part of this run's rate
                bar.reset(task, completed=tally.done)
                begun = True
            now = "now all of them at their server" if tally.done >= devices else ""
            also = ", ".join(filter(None, (_trouble(tally), now)))
            bar.update(task, completed=tally.done, trouble=also)

        yield show


def _trouble(tally: RunTally) -> str:
    failed = f"{tally.failed} failed" if tally.failed else ""
    died = f"{counted(tally.restarts, 'worker')} died" if tally.restarts else ""
    return ", ".join(filter(None, (failed, died)))
