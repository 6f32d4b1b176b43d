"""What is told at the end of a run."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from atwin.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from prove.frame import Proof
    from prove.running.journal import Told

#: Sums that are told of each proof, at most.
_MOST_SUMS = 14
#: Finds of a proof that are told with their reason.
_MOST_FINDS = 20


def repeat(name: str, seed: int) -> str:
    """The command that makes this try again."""
    return f"python -m tests.prove {name} --seed {seed}"


def seeds(told: Told) -> str:
    """From the least to the largest."""
    return f"{min(told.verdicts)}-{max(told.verdicts)}" if told.verdicts else "-"


def ends(told: Told) -> str:
    """How the tries ended, the most usual way first."""
    counted = Counter(verdict.lost or verdict.ended for verdict in told.verdicts.values())
    return _row(counted)


def sums(told: Told) -> str:
    """What the tries counted, all together."""
    total: Counter[str] = Counter()
    for verdict in told.verdicts.values():
        total.update(verdict.counts)
    return _row(total)


def _earlier(told: Told) -> str:
    """How many of the verdicts are not of the commit of the last run."""
    older = sum(run.commit != told.heads[-1].commit for run in told.runs.values())
    return f"  {older:,} AT ANOTHER COMMIT" if older else ""


def _row(counted: Counter[str]) -> str:
    told = [f"{shown(name)} {count:,}" for name, count in counted.most_common(_MOST_SUMS)]
    return ", ".join([*told, "…"] if len(counted) > _MOST_SUMS else told)


def table(
    proofs: Sequence[Proof], told: Mapping[str, Told], skipped: Mapping[str, str]
) -> Iterator[str]:
    """Lines: a row a proof, the sums, then each find with what repeats it."""
    yield f"{'proof':16} {'tried':>7} {'lost':>5} {'seconds':>8}  seeds"
    tried = lost = 0
    spent = 0.0
    for proof in proofs:
        if proof.name in skipped:
            yield f"{proof.name:16} SKIPPED: {skipped[proof.name]}"
            continue
        of = told[proof.name]
        tried, lost, spent = tried + of.tried, lost + len(of.finds), spent + of.seconds
        yield (
            f"{proof.name:16} {of.tried:7,} {len(of.finds):5,} {of.seconds:8,.0f}"
            f"  {seeds(of)}{_earlier(of)}"
        )
    yield f"{'together':16} {tried:7,} {lost:5,} {spent:8,.0f}"
    for proof in proofs:
        if proof.name in told and told[proof.name].verdicts:
            yield f"{proof.name}: {ends(told[proof.name])}"
            if counted := sums(told[proof.name]):
                yield f"    {counted}"
    for proof in proofs:
        finds = told[proof.name].finds if proof.name in told else []
        for find in finds[:_MOST_FINDS]:
            last = find.detail.strip().splitlines()[-1:] or [""]
            yield shown(f"LOST {proof.name} {find.seed}: {find.lost}: {last[0][:200]}")
            yield f"    {repeat(proof.name, find.seed)}"
        if len(finds) > _MOST_FINDS:
            yield f"LOST {proof.name}: {len(finds) - _MOST_FINDS} more, in its journal"
