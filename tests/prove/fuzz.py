"""Each fuzzer of `tests/fuzz` in turn, guided by coverage where atheris is installed.

Try n is the fuzzer n modulo their number. What it finds is repeated by the line that is told with
it, without atheris.
"""

from __future__ import annotations

from functools import partial

from fuzz.guided.hunt import can_be_guided, hunt
from fuzz.runner import Find, load, names
from fuzz.runner import fuzz as by_seed
from prove.frame import Proof, Verdict

#: Seconds of processor time for a fuzzer that goes on where others ended, and for one that begins
#: with the repository's examples alone.
LONG, BRIEF = 60.0, 2.0
_UNGUIDED = "by seed alone: atheris is missing"


def attempt(seed: int, *, seconds: float) -> Verdict:
    """One fuzzer for so many seconds."""
    name = names()[seed % len(names())]
    if not can_be_guided():
        return _seeded(name, seed, seconds)
    made = hunt(name, seconds=seconds, seed=seed, keep=seconds == LONG)
    counts = {"inputs": made.runs, "edges at first": made.began, "edges in the end": made.edges}
    return Verdict(seed, "guided", made.lost, made.told, counts)


def _seeded(name: str, seed: int, seconds: float) -> Verdict:
    """The same without atheris: by numbers that nothing steers."""
    try:
        made = by_seed(load(name), seconds=seconds, seed=seed)
    except Find as find:
        return Verdict(seed, _UNGUIDED, f"{name}: {find}"[:200], str(find))
    return Verdict(seed, _UNGUIDED, counts={"inputs": made})


def _lacks() -> str:
    return "" if can_be_guided() else "atheris, which guides by coverage"


_CLAIM = (
    "Whatever comes from outside (AT lines and data, Telnet, HTTP, TLS, certificates, traces,"
    " plans, control) ends in what is documented: no traceback, no wrong byte, no endless loop, and"
    " a module that still answers AT."
)

PROOF = Proof(
    name="fuzz",
    claim=f"{_CLAIM} Each fuzzer for {LONG:g} s of processor time, with what others found before.",
    unit="runs of a fuzzer",
    attempt=partial(attempt, seconds=LONG),
    whole=3 * len(names()),
    short=0,
    real=900.0,
    missing=_lacks,
)

BRIEFLY = Proof(
    name="fuzz-briefly",
    claim=f"The same, each fuzzer for {BRIEF:g} s, from the repository's own examples.",
    unit="runs of a fuzzer",
    attempt=partial(attempt, seconds=BRIEF),
    whole=len(names()),
    short=len(names()),
    real=200.0,
)
