"""Real commands, killed at any change of a file that they make, and run again.

    python -m tests.prove kills --seed N

A command strikes itself with SIGKILL, SIGTERM or SIGINT before or after its nth call that changes a
file (`support.running.struck`); some are struck from outside, after a while. Then the folder is
looked at, and the same command goes on, in the end without a strike:

- `gets`: `atwin get` against a real server. `FILE` is the old or the right one; what the journal
  promises is there and is not fetched again; a trace can be read up to the cut.
- `twins`: `atwin twin --state`, between commands of a host. The state is that of the last command
  that was answered, or that of the one under way.
- `fleets`: `atwin fleet --out`. Each row is whole, workers end too, and the result of `--resume` is
  that of a fleet nobody stopped.

What is told to end does so with 143 or 130, one line of what is kept, one object with `--json`,
and leaves neither locks nor sockets nor links.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from random import Random

from prove.frame import MEMORY, Proof, Verdict
from prove.kills import fleets, gets, twins

#: How often each is drawn.
KINDS = (gets, gets, gets, twins, twins, fleets)


def attempt(seed: int) -> Verdict:
    """One command of a kind, and all of its strikes; another one if it ended before the first."""
    dice, counts = Random(seed), Counter[str]()
    kind = dice.choice(KINDS)
    while not counts["strikes"]:
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            counts.update(kind.attempt(dice, Path(folder)))
        counts["ended before"] += not counts["strikes"]
    return Verdict(seed, kind.__name__.rpartition(".")[2], counts=counts)


PROOF = Proof(
    name="kills",
    claim="A command that is killed at any moment loses nothing that was kept.",
    unit="commands that are killed, and go on",
    attempt=attempt,
    whole=500,
    short=10,
    alone=True,
)
