"""Some hours of what `soaking.days` does for days."""

from __future__ import annotations

from functools import partial

from atwin.models import MODELS
from prove.frame import Proof
from prove.soaking.watch import soak

PROOF = Proof(
    name="hours",
    claim="Some hours of the line leave nothing in the process; `soak` does the same for days.",
    unit="lives of 3 hours of work and 1 of an idle line",
    attempt=partial(soak, hours=3, idle=1),
    whole=len(MODELS),
    short=len(MODELS),
    cpu=120.0,
    real=600.0,
)
