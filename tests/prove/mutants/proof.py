"""A mutant for each number, in turn."""

from __future__ import annotations

from prove.frame import Proof, Verdict
from prove.mutants.hunt import hunt
from prove.mutants.table import MUTANTS


def attempt(seed: int) -> Verdict:
    """One mutant, by proofs that begin with this seed."""
    found = hunt(MUTANTS[seed % len(MUTANTS)], seed)
    return Verdict(
        seed,
        f"found by {found.proof}" if found.proof else "not found",
        f"{found.mutant.name}: {found.lost}" if found.lost else "",
        f"With {found.mutant.name} in a copy of the source:\n{found.told}",
    )


PROOF = Proof(
    name="mutants",
    claim="The short form finds each fault that is put into the source on purpose, by a seed.",
    unit="faults put in on purpose",
    attempt=attempt,
    whole=len(MUTANTS),
    short=0,
    alone=True,
    real=1800.0,
)
