"""The proof `schedules`."""

from __future__ import annotations

import logging
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path

from prove.frame import MEMORY, Proof, Verdict
from prove.schedules.play import Player
from prove.schedules.schedule import Schedule


def attempt(seed: int, *, told: bool = False) -> Verdict:
    """The whole of a seed, in a folder of its own."""
    schedule = Schedule.of(seed)
    if told:
        print(schedule, flush=True)
    else:
        logging.getLogger("atwin").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        out = Player(schedule, Path(folder), told=told).play()
    counts = Counter({"bytes": out.bytes, "seconds of the line": int(out.seconds)})
    counts.update(f"fault {kind}" for kind in out.fired)
    counts.update(f"helped: {rung}" for rung in out.helped)
    counts.update([schedule.model, schedule.asked])
    counts["killed"] += out.killed
    detail = f"{schedule}\n{out.detail}" if out.wrong else ""
    return Verdict(seed, out.ended, out.wrong, detail, counts)


PROOF = Proof(
    name="schedules",
    claim="Whatever fails meanwhile, and however the bytes of the line come, the right file comes,"
    " or a documented exit code after which the next run goes on to the right file.",
    unit="transfers under a random schedule",
    attempt=attempt,
    told=partial(attempt, told=True),
    whole=10_000,
    short=800,
    cpu=60.0,
    real=150.0,
)
