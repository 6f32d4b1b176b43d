"""What a proof is: a claim, and tries of it, each made from its seed alone.

A proof is a module with a `PROOF`, and a row of `PROOFS`. A try gets a number and gives a
`Verdict`; the same number is the same try. `prove.runner` makes many of them, in processes of their
own: what dies or hangs there is a find of its seed.
"""

from __future__ import annotations

import asyncio
import importlib
import math
import os
import signal
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType

T = TypeVar("T")

#: Where each proof is; it is imported when it runs.
PROOFS: Mapping[str, str] = {
    "schedules": "prove.schedules.proof",
    "rungs": "prove.rungs",
    "matrix": "matrix.proof",
    "fuzz": "prove.fuzz",
    "fuzz-briefly": "prove.fuzz:BRIEFLY",
    "cuts": "prove.cuts",
    "kills": "prove.kills",
    "curl": "matrix.curl",
    "interruptions": "prove.interruptions",
    "soak": "prove.soaking.days",
    "hours": "prove.soaking.days:HOURS",
    "opens": "prove.soaking.opens",
    "fixtures": "prove.fixtures",
    "programs": "prove.programs.proof",
    "suite": "prove.suite",
    "firmware": "prove.suite:FIRMWARE_PROOF",
    "mutants": "prove.mutants.proof",
}

#: Where a sync to the disk costs nothing, if there is such a place.
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
#: Of the test kit: its servers and its lines last as long as their loop.
_KIT = (" attend ", " PiecesPort.lost")
#: How a try ended for which there was nothing to try, and why: it does not count as one.
NOTHING = "nothing to try"
#: Characters of a failure that are kept.
MOST_DETAIL = 4096


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one try."""

    seed: int
    #: "done", "exit 3", …: what the table counts.
    ended: str
    #: Why it is a find; "" for none.
    lost: str = ""
    #: The whole text of the failure, bounded where it is kept.
    detail: str = ""
    #: What else is summed up in the table: faults fired, rungs, bytes.
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_try(self) -> bool:
        """Whether anything was tried."""
        return bool(self.lost) or not self.ended.startswith(NOTHING)

    def row(self) -> dict[str, Any]:
        """As JSON has it; `Verdict(**row)` is the same again."""
        return {
            "seed": self.seed,
            "ended": self.ended,
            "lost": self.lost,
            "detail": self.detail,
            "counts": dict(self.counts),  # not asdict: it breaks a Counter
        }


def _nothing_missing() -> str:
    return ""


@dataclass(frozen=True)
class Proof:
    """A claim, and how it is tried."""

    #: Repeat a try by `python -m tests.prove NAME --seed N`.
    name: str
    #: One sentence: what holds.
    claim: str
    #: What is tried: "downloads under a random schedule".
    unit: str
    #: Pure function of the seed.
    attempt: Callable[[int], Verdict]
    #: Tries of `make prove`, and of `make prove SHORT=1`.
    whole: int
    short: int
    #: Real processes and clocks: one such try at a time.
    alone: bool = False
    #: Seconds of processor time, and real ones, after which a try hangs.
    cpu: float = 60.0
    real: float = 300.0
    #: The same try with all of it told on stdout, for `--seed`.
    told: Callable[[int], Verdict] | None = None
    #: What this machine lacks for it, in a few words; "" for nothing.
    missing: Callable[[], str] = _nothing_missing


def spread(cases: Sequence[T], seed: int) -> T:
    """One of the cases: as many seeds in a row as there are bring each once, unlike ones first."""
    step = round(len(cases) * 0.618)
    while math.gcd(step, len(cases)) > 1:
        step += 1
    return cases[seed * step % len(cases)]


class HangError(KeyboardInterrupt):
    """Time is up: asyncio hands on nothing else from inside a callback."""


def load(name: str) -> Proof:
    """The proof of that name; one that has no row is called MODULE:NAME."""
    module, _, attribute = PROOFS.get(name, name).partition(":")
    proof = getattr(importlib.import_module(module), attribute or "PROOF")
    assert isinstance(proof, Proof), "it is something else"
    assert proof.name == name, f"{module} has {proof.name}"
    return proof


def tried(proof: Proof, seed: int, *, told: bool = False) -> Verdict:
    """One try, ended when its time is over; what it raises is a find."""
    attempt = proof.told if told and proof.told is not None else proof.attempt
    try:
        with bounded(proof.cpu, proof.real):
            return attempt(seed)
    except HangError as error:
        return Verdict(seed, "hang", f"HANG: {error}", traceback.format_exc())
    except (Exception, SystemExit) as error:
        return Verdict(
            seed, "traceback", f"{type(error).__name__}: {error}"[:200], traceback.format_exc()
        )


def tasks_left() -> str:
    """Tasks of this loop that nobody has ended, other than those of the test kit; "" for none.

    Asked at the end of a try: later the collector finds them, in whatever try that is.
    """
    left = [
        task for task in asyncio.all_tasks() - {asyncio.current_task()} if not task.cancelling()
    ]
    # By what repr tells: its code is none of the coroutine's public face.
    told = (repr(task.get_coro()) for task in left)
    return ", ".join(sorted(each for each in told if not any(kit in each for kit in _KIT)))


@contextmanager
def bounded(cpu: float, real: float) -> Iterator[None]:
    """Raises `HangError` after `cpu` seconds of this process, or after `real` ones.

    The signals come again and again: closing a loop may spin as well.
    """

    def give_up(number: int, frame: FrameType | None) -> None:
        spun = number == signal.SIGPROF
        raise HangError(f"{cpu:g} s of a processor" if spun else f"{real:g} s")

    clocks = (
        (signal.ITIMER_PROF, signal.SIGPROF, cpu),
        (signal.ITIMER_REAL, signal.SIGALRM, real),
    )
    handlers = [signal.signal(number, give_up) for _, number, _ in clocks]
    timers = [signal.setitimer(timer, seconds, 2) for timer, _, seconds in clocks]
    try:
        yield
    finally:
        for (timer, number, _), handler, left in zip(clocks, handlers, timers, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)
            signal.setitimer(timer, *left)
