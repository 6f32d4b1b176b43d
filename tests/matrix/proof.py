"""The proof `matrix`: a seed is the number of a case, and every case has one."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from matrix.run import run
from matrix.whole import BY_NAME, MODELS, cases
from prove.frame import Proof, Verdict, spread

if TYPE_CHECKING:
    from support.odd_servers import Case


@cache
def every() -> tuple[tuple[str, Case], ...]:
    """Each behaviour with each of its cases."""
    return tuple(
        (name, case)
        for name, behaviour in BY_NAME.items()
        for model in MODELS
        for case in cases(behaviour, model)
    )


def attempt(seed: int, *, told: bool = False) -> Verdict:
    """One case."""
    name, case = spread(every(), seed)
    outcome = run(BY_NAME[name], case)
    if told:
        print(outcome)
    as_asked = outcome.goes_on or case.start == "fresh"
    counts: dict[str, int] = {case.start if as_asked else "ended before the kill": 1}
    if outcome.good:
        return Verdict(seed, outcome.verdict, counts=counts)
    return Verdict(seed, outcome.verdict, f"{outcome.verdict}: {name}", str(outcome), counts)


PROOF = Proof(
    name="matrix",
    claim="From every odd server of the test kit each model gets the right file, by every strategy,"
    " fresh, resumed and killed, or says why not in a documented way.",
    unit="downloads from an odd server",
    attempt=attempt,
    told=partial(attempt, told=True),
    whole=len(every()),
    short=900,
    cpu=10.0,
    real=120.0,
)
