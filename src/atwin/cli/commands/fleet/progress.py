"""How far a fleet is, on a terminal: done, failed, rate, time left."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from atwin.cli.progress import bar
from atwin.cli.results import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from atwin.fleet.engine.run import RunTally


@contextmanager
def show_progress(devices: int) -> Iterator[Callable[[RunTally], None]]:
    """What to call with each tally; the first one says what was there before."""
    if not sys.stderr.isatty():
        yield lambda tally: None
        return
    with bar("devices", total=devices, unit="") as shown:
        begun = False

        def show(tally: RunTally) -> None:
            nonlocal begun
            if not begun:  # what was there before is not part of this run's rate
                shown.reset()
                shown.n = shown.initial = tally.done
                begun = True
            now = "now the whole fleet at its server" if tally.done >= devices else ""
            also = ", ".join(filter(None, (_trouble(tally), now)))
            shown.set_postfix_str(also, refresh=bool(now))
            shown.update(tally.done - shown.n)

        yield show


def _trouble(tally: RunTally) -> str:
    failed = f"{tally.failed} failed" if tally.failed else ""
    died = f"{counted(tally.restarts, 'worker')} died" if tally.restarts else ""
    return ", ".join(filter(None, (failed, died)))
