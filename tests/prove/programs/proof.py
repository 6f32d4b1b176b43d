"""The proof `programs`: a try is one program on one model."""

from __future__ import annotations

from itertools import product

from atwin.models import MODELS
from prove.frame import NOTHING, Proof, Verdict, spread
from prove.programs.run import start_on
from prove.programs.table import OTHERS, PYTHON

_PAIRS = tuple(product((*PYTHON, *OTHERS), MODELS))


def attempt(seed: int) -> Verdict:
    """Its start-up; what is not installed here is said."""
    program, model = spread(_PAIRS, seed)
    if program.installed is None:
        return Verdict(seed, f"{NOTHING}: {program.name} is not here")
    started = start_on(program, model)
    lost = f"{program.name} on {model}: {started.why}" if started.why else ""
    return Verdict(seed, "started", lost[:200], lost, {program.name: 1})


PROOF = Proof(
    name="programs",
    claim="Programs of others start on every model.",
    unit="starts of a program",
    attempt=attempt,
    whole=len(_PAIRS),
    short=0,
    real=200.0,
)
