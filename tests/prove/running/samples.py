"""Proofs that lose, for the tests of the frame: named as they are found."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from prove.frame import NOTHING, Proof, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable


def _loses(seed: int) -> Verdict:
    print("what a try prints is not a verdict")
    lost = "UNLUCKY" if seed % 3 == 0 else ""
    return Verdict(seed, "done", lost, "x" * 9000 if lost else "", Counter(bytes=seed))


def _lacks(seed: int) -> Verdict:
    """As where a program of others is not installed."""
    return Verdict(seed, f"{NOTHING}: it is not here")


def _spoils(how: Callable[[], object], seed: int) -> Verdict:
    """Only every fifth try goes wrong."""
    if seed % 5 == 0:
        how()
    return Verdict(seed, "done")


def _sleep() -> None:
    time.sleep(60)


def _spin() -> None:
    while True:
        pass


def _deaf() -> None:
    """As where no Python runs: neither signal reaches it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGPROF})
    time.sleep(60)


def _stop() -> None:
    """As on a machine that swaps: it cannot even end itself."""
    os.kill(os.getpid(), signal.SIGSTOP)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _raise() -> None:
    raise ValueError("as it happens")


#: Far more than a try takes that has no trouble, however loaded the machine is.
_LONG = 60.0


def _proof(
    name: str, attempt: Callable[[int], Verdict], *, cpu: float = _LONG, real: float = _LONG
) -> Proof:
    """Short is only the limit that the sample runs into: load must not bring another one first."""
    place = f"{__name__}:{name}"
    return Proof(place, "It is so.", "tries", attempt, 6, 6, cpu=cpu, real=real)


LOSES = _proof("LOSES", _loses)
SLEEPS = _proof("SLEEPS", partial(_spoils, _sleep), real=0.3)
SPINS = _proof("SPINS", partial(_spoils, _spin), cpu=0.05)
DEAF = _proof("DEAF", partial(_spoils, _deaf), real=0.3)
STOPS = _proof("STOPS", partial(_spoils, _stop), real=0.3)
DIES = _proof("DIES", partial(_spoils, _die))
RAISES = _proof("RAISES", partial(_spoils, _raise))
NOTHING_HERE = _proof("NOTHING_HERE", _lacks)
LACKS = replace(LOSES, name=f"{__name__}:LACKS", missing=lambda: "a modem")
