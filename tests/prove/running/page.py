"""docs/proof.md, written from what is kept of the last whole run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from prove.frame import PROOFS, load
from prove.running.journal import Journal
from prove.running.table import ends, repeat, seeds, sums

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from prove.frame import Proof
    from prove.running.journal import Head, Told

_BEGIN = """\
# What is proved, and how to check it

`make prove` tries the claims of this page again and again, each time from a number that nobody ran
before. This page is written by `python -m tests.prove --docs docs` from the journals of such a
run; no figure in it is typed by hand.

## How to read it as a sceptic

- *Tried* counts tries, *lost* those in which the claim did not hold. A lost one stays in the
  journal, and on this page, until the same number is tried again on another commit: *mended* counts
  those.
- A try is made from its number alone. The commands below make one of them again, with everything
  told: the plan, the bytes on the line, the end.
- `make prove FRESH=1` begins with other numbers (hours); `make prove SHORT=1` takes three minutes,
  and CI runs it at every change. `--base N` has the numbers of a table again.
- A try that hangs, spins, or ends its process is lost: each runs in a process of its own, with a
  limit of processor time and of real time.
- A proof by trying cannot show that nothing is wrong, only how often nothing was found. What a try
  would notice is shown by faults put in on purpose, which the short form has to find
  (`tests/prove/mutants`).
- What a machine lacks (QEMU, programs of others) is *skipped*, and said so in the table.
"""


def write_page(journals: Path, folder: Path) -> int:
    """Write `folder`/proof.md; 1 when there is no journal to write it from."""
    told = {name: Journal(journals, name).told for name in PROOFS}
    if not any(each.verdicts for each in told.values()):
        print(f"no journal in {journals}: run `make prove` first", file=sys.stderr)
        return 1
    proofs = [load(name) for name in PROOFS]
    (folder / "proof.md").write_text("\n".join(page(proofs, told)) + "\n", "utf-8")
    return 0


def page(proofs: list[Proof], told: Mapping[str, Told]) -> Iterator[str]:
    """Its lines."""
    yield _BEGIN
    yield "## All proofs\n"
    yield "| proof | what is tried | tried | lost | mended | hours |"
    yield "|---|---|--:|--:|--:|--:|"
    for proof in proofs:
        of = told[proof.name]
        lost = len(of.finds)
        yield (
            f"| [{proof.name}](#{proof.name}) | {proof.unit} | {len(of.verdicts):,} of"
            f" {proof.whole:,} | {lost:,} | {of.mended:,} | {of.seconds / 3600:.2f} |"
        )
    tried = sum(len(told[proof.name].verdicts) for proof in proofs)
    lost = sum(len(told[proof.name].finds) for proof in proofs)
    mended = sum(told[proof.name].mended for proof in proofs)
    hours = sum(told[proof.name].seconds for proof in proofs) / 3600
    yield f"| together | | {tried:,} | {lost:,} | {mended:,} | {hours:.2f} |"
    for proof in proofs:
        yield from _section(proof, told[proof.name])


def _section(proof: Proof, told: Told) -> Iterator[str]:
    yield f"\n## {proof.name}\n"
    yield f"{proof.claim}\n"
    if not told.verdicts:
        yield f"- Not tried: {proof.missing() or 'no run has reached it'}."
        return
    yield f"- Tried: {len(told.verdicts):,} {proof.unit}, {len(told.finds):,} lost."
    yield f"- Seeds: {seeds(told)}; ended: {ends(told)}."
    if counted := sums(told):
        yield f"- Counted: {counted}."
    for head in _runs(told.heads):
        yield f"- Run on {head.date}, commit `{head.commit}`, {head.machine}."
    last = max(told.verdicts)
    yield f"- Again: `python -m tests.prove {proof.name} --base {told.heads[0].base}`;"
    yield f"  one of them: `{repeat(proof.name, last)}`."
    for find in told.finds:
        yield f"- Lost: {find.seed}, {find.lost}: `{repeat(proof.name, find.seed)}`."


def _runs(heads: list[Head]) -> list[Head]:
    """Each commit, day and machine once."""
    return list({(head.date, head.commit, head.machine): head for head in heads}.values())
