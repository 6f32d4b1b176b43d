"""Power cuts: a file system that forgets, and what the next run makes of the folder.

    python -m tests.prove cuts --seed N

A command under test works on a folder, and everything it does there is written down (`recorder`).
Then the power is cut at one place of that log: `disk` draws a state that a cut there may leave,
a folder is made of it, and the same command goes on in it; and again, up to three times. After each
cut the folder is looked at as well, before anybody mends it. Each kind of thing on disk says for
itself what must hold:

- `downloads`: `FILE` is the old file or the right one. `FILE.journal` is what was saved last or
  just then, and what it promises is in `FILE.part`. The next run fetches nothing twice.
- `states`: NVRAM, SIM card and flash of a twin are those after the last change, or after the one
  that was under way.
- `rows`: a row of a fleet that was kept for a second is there, and the others are themselves.
- `traces`: what can be read of a trace are its records.

Sixteen seeds share their first run, which makes them cheap.
"""

from __future__ import annotations

from collections import defaultdict
from copy import copy
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Protocol

from atwin.disk.scratch import scratch_folder
from prove.cuts.disk import after_cut
from prove.cuts.downloads import Downloads
from prove.cuts.lines import Rows, Traces
from prove.cuts.recorder import Entries, recorded, write_tree
from prove.cuts.states import States
from prove.frame import Proof, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from prove.cuts.recorder import Log, Tree

#: Seeds that cut the same run.
SHARED = 16
#: Cuts in a row.
MOST_CUTS = 3


class Scenario(Protocol):
    """Something that is kept on disk, and who keeps it."""

    def start(self) -> Tree:
        """The folder before the first run."""

    def run(self, folder: Path, log: Log) -> None:
        """Once the whole work, from what is in `folder`; AssertionError when it is not right."""

    def check(self, folder: Path, log: Log, at: int) -> None:
        """AssertionError when a cut before event `at` of `log` may not leave this."""

    def go_on(self, dice: Random) -> None:
        """The world turns between two runs."""


#: How often each is drawn.
KINDS = (Downloads, Downloads, Downloads, States, States, Rows, Traces)


def attempt(seed: int) -> Verdict:
    """Cut a run one to three times, and go on after each."""
    dice = Random(seed)
    scenario, log = _first(seed // SHARED)
    scenario, cuts = copy(scenario), dice.randint(1, MOST_CUTS)
    for _ in range(cuts):
        at = _point(log, dice)
        with scratch_folder(1 << 20) as folder:
            write_tree(folder, after_cut(log, at, dice))
            scenario.check(folder, log, at)
            scenario.go_on(dice)
            log = _run(scenario, folder)
    return Verdict(seed, type(scenario).__name__.lower(), counts={"cuts": cuts})


def _point(log: Log, dice: Random) -> int:
    """Where to cut: anywhere, or right after something that is done for the first or last time."""
    if not log.events or dice.random() < 0.3:
        return dice.randint(0, len(log.events))
    kinds: dict[object, list[int]] = defaultdict(list)
    for number, event in enumerate(log.events, 1):
        where = event.changes[0][0] if isinstance(event, Entries) else getattr(event, "node", None)
        kinds[type(event), where].append(number)
    places = kinds[dice.choice(list(kinds))]
    return dice.choice((places[0], places[-1], dice.choice(places)))


@lru_cache(maxsize=2)
def _first(number: int) -> tuple[Scenario, Log]:
    """A scenario after its first run, and what that did."""
    dice = Random(number)
    scenario: Scenario = dice.choice(KINDS).of(dice)
    with scratch_folder(1 << 20) as folder:
        write_tree(folder, scenario.start())
        return scenario, _run(scenario, folder)


def _run(scenario: Scenario, folder: Path) -> Log:
    with recorded(folder) as log:
        scenario.run(folder, log)
    return log


PROOF = Proof(
    name="cuts",
    claim="A power cut costs nothing that was promised, and leaves nothing that is not true.",
    unit="power cuts of downloads, a twin's state, rows of a fleet and traces",
    attempt=attempt,
    whole=50_000,
    short=2000,
)
