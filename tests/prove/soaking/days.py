"""Three days of the line in one life: whatever a module and its host do, they keep nothing of it.

Downloads by parts, as a whole and as a stream, posts, heads, TLS, TCP links, URCs, sleep, restarts,
scripted answers, a second port, a control connection, traces and captures that come and go, and
once an hour each of the faults of `soaking.work`, with recovery up the ladder. After each hour,
and at a quiet moment, everything the process holds is counted (`soaking.counts`): what grew at
every count is a find, and so is a size that goes on growing by more than a hundredth in all.
"""

from __future__ import annotations

from functools import partial

from atwin.models import MODELS
from prove.frame import Proof
from prove.soaking.watch import soak

PROOF = Proof(
    name="soak",
    claim="Three days of the line leave nothing in the process: no task, no descriptor, no object.",
    unit="lives of 72 hours of work and 3 of an idle line",
    attempt=partial(soak, hours=72, idle=3),
    whole=len(MODELS),
    short=0,
    cpu=300.0,
    real=1800.0,
)

HOURS = Proof(
    name="hours",
    claim="Some hours of the line leave nothing in the process; `soak` does the same for days.",
    unit="lives of 3 hours of work and 1 of an idle line, models in turn",
    attempt=partial(soak, hours=3, idle=1),
    whole=len(MODELS),
    short=3,
    cpu=120.0,
    real=600.0,
)
