"""How far a fleet is, on a terminal: done, failed, rate, time left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from atwin.cli.progress import bar
from atwin.cli.results import counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from atwin.fleet.engine.run import RunTally


def show_progress(devices: int) -> AbstractContextManager[Callable[[RunTally], None]]:
    """What to call with each tally; the first one says what was there before."""

    def draw(shown: Any, tally: RunTally) -> None:
        now = "now the whole fleet at its server" if tally.done >= devices else ""
        also = ", ".join(filter(None, (_trouble(tally), now)))
        shown.set_postfix_str(also, refresh=bool(now))

    return bar("devices", draw, lambda tally: None, total=devices, unit="")


def _trouble(tally: RunTally) -> str:
    failed = f"{tally.failed} failed" if tally.failed else ""
    died = f"{counted(tally.restarts, 'worker')} died" if tally.restarts else ""
    return ", ".join(filter(None, (failed, died)))
