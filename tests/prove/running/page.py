"""docs/explanation/proof.md, written from what is kept of the last whole run."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from atwin.text import shown
from prove.frame import PROOFS, load
from prove.running.journal import Journal
from prove.running.table import ends, repeat, seeds, sums

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from prove.frame import Proof
    from prove.running.journal import Told

_BEGIN = """\
# What is proved, and how to check it

`make prove` tries the claims of this page again and again. Each try is made from a number, its
**seed**; each run draws new seeds. `python -m tests.prove --docs docs` writes this page from what
such a run has kept, its journal in `.prove`. No figure in it is typed by hand.

## How to read it as a sceptic

- *Tried* counts tries, *lost* those in which the claim did not hold. A lost one stays in the
  journal, and on this page, until the same number is tried again and holds, at another commit or
  with changes that no commit has: *mended* counts those. *Of* is how many a whole run makes,
  *hours* the time of all tries added up, some of which are made at the same time.
- *Ended* says how: `done`, or the [exit code](../reference/exit-codes.md) with which a program gave
  up. To give up with the code that is right for the trouble is no loss. Words of the trade are in
  the [glossary](../reference/glossary.md).
- The commands below make tries again. One with `--seed` says what it does: of schedules, matrix,
  rungs and interruptions the plan and the end, of the others the end. `FRESH=1 make prove` has
  other seeds, `python -m tests.prove --base N` those from N on. `python` is that of `.venv`, which
  `make tools .venv/.dev` makes, with the servers that tests need; for fuzzers that are guided by
  what they cover, atheris, `make .venv/.guided`. Say `. .venv/bin/activate` before.
- What a clone has tried already is not tried again: `--fresh` puts its journal aside first.
- At another commit a seed may be another try: check out the one that is named. A `+` after it means
  that the source had changes which no commit has, or was changed during the run; then the seed may
  not bring the same.
- A seed is the same try each time where the clock is virtual and nothing outside takes part. In the
  real ones named below it brings the same plan, in other microseconds; a fuzzer goes on from what
  the ones before it have found. So a find of a fuzzer names its input.
- `make prove SHORT=1` takes three minutes. CI runs it at every change, from the same seeds on.
- A try that hangs, spins, or ends its process is lost: each is made in a process apart, with limits
  of processor time and of real time.
- Trying cannot show that nothing is wrong, only how often nothing was found. Whether a proof would
  notice is shown by faults put into the source on purpose, which the short form has to find:
  `python -m tests.prove.mutants --list` names them, and `python -m tests.prove.mutants NAME` puts
  one into a copy and has it found. How many were found at first sight of those that were chosen
  without a look at the proofs, and what became of the others, [D-377](../decisions/code.md) says.
- What a machine lacks (QEMU, programs of others) is *not tried* here, and *skipped* in the table of
  the run; a seed that finds *nothing to try* counts as no try. What is simulated (module, network,
  disk) is as true as the [specification](../spec/README.md) says. Real processes, signals, PTYs,
  sockets and clocks are in kills, interruptions, opens, fixtures, programs, suite and firmware.
"""


def write_page(journals: Path, folder: Path) -> int:
    """Write `folder`/explanation/proof.md; 1 when there is no journal to write it from."""
    told = {name: Journal(journals, name).told for name in PROOFS}
    if not any(each.verdicts for each in told.values()):
        print(f"no journal in {journals}: run `make prove` first", file=sys.stderr)
        return 1
    proofs = [load(name) for name in PROOFS]
    kept = folder / "explanation/proof.md"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("\n".join(page(proofs, told)) + "\n", "utf-8")
    return 0


def page(proofs: Sequence[Proof], told: Mapping[str, Told]) -> Iterator[str]:
    """Its lines."""
    yield _BEGIN
    yield "## All proofs\n"
    yield "| proof | what is tried | tried | of | lost | mended | hours |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for proof in proofs:
        of = told[proof.name]
        row = _numbers(of.tried, proof.whole, len(of.finds), of.mended, of.seconds)
        yield f"| [{proof.name}](#{proof.name}) | {proof.unit} | {row} |"
    each = [told[proof.name] for proof in proofs]
    whole = sum(proof.whole for proof in proofs)
    row = _numbers(
        sum(of.tried for of in each),
        whole,
        sum(len(of.finds) for of in each),
        sum(of.mended for of in each),
        sum(of.seconds for of in each),
    )
    yield f"| together | | {row} |"
    # More of one proof are no more of another.
    if left := sum(max(0, proof.whole - told[proof.name].tried) for proof in proofs):
        yield f"\nThis was not a whole run: {left:,} of its {whole:,} tries were not made."
    machines = {run.machine: None for of in each for run in of.runs.values()}
    yield from ("", *(f"Tried on {machine}." for machine in machines))
    for proof in proofs:
        yield from _section(proof, told[proof.name])


def _numbers(tried: int, whole: int, lost: int, mended: int, seconds: float) -> str:
    return f"{tried:,} | {whole:,} | {lost:,} | {mended:,} | {seconds / 3600:.2f}"


def _section(proof: Proof, told: Told) -> Iterator[str]:
    yield f"\n## {proof.name}\n"
    yield f"{proof.claim}\n"
    if not told.tried:
        yield f"- Not tried: {proof.missing() or ends(told) or 'no run has come to it'}."
        return
    yield f"- Tried: {told.tried:,} {proof.unit}, {len(told.finds):,} lost."
    tries = (run for seed, run in told.runs.items() if told.verdicts[seed].is_try)
    runs = Counter((run.date, run.commit) for run in tries)
    when = (f"{date} at `{commit}` ({count:,})" for (date, commit), count in runs.items())
    yield f"- When: {', '.join(when)}."
    yield f"- Seeds: {seeds(told)}."
    yield f"- Ended: {ends(told)}."
    if counted := sums(told):
        yield f"- Counted: {counted}."
    base, last = told.heads[0].base, max(told.verdicts)
    count = last - base + 1  # one that was under way when a run was stopped may be missing
    yield f"- All again: `python -m tests.prove {proof.name} --base {base} --tries {count} --fresh`"
    yield f"- The last again: `{repeat(proof.name, last)}`"
    for find in told.finds:
        yield f"- Lost: {shown(find.lost, limit=200)}: `{repeat(proof.name, find.seed)}`"
