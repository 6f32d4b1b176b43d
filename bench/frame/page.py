"""docs/reference/benchmarks.md, from its JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.benches import BENCHES
from bench.frame.machine import QUIET
from bench.frame.record import SHORT_RUNS
from bench.frame.table import HEADINGS, cells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.frame.record import Record

_HEAD = """\
# Benchmarks

`make bench` measures all that is here and ends with 0 when every goal is reached;
`python -m bench NAME` measures one bench, in the environment that `make tools .venv/.dev`
makes (`. .venv/bin/activate`). This page and [benchmarks.json](benchmarks.json) are
written by `python -m bench --docs docs`.

{facts}

How it is measured:

- Each bench is a process of its own. What a figure is compared with, its **peer**, is measured in
  the same run, what takes time by turns: whatever else the machine does meets both. The value is
  the median of the runs, the spread is the least and the most of them, the **ratio** is the median
  of the ratios of the turns. Ratios travel to other machines, values do not. Where the peer is no
  program but a piece of Python ("an empty coroutine awaited"), the ratio says nothing by itself: it
  shows whether another machine, or another commit, does as well.
- The machine must be **quiet**: before each bench the processors are watched while nothing of it
  runs. Here others took {taken} at most.{loud} Above {quiet:.0%} `python -m bench` warns, and does
  not write this page unless it is told to twice.
- nginx and gnutls-serv send by CUBIC, where the system lets a bench set that, whatever the machine
  uses: BBR sends at a rate that it has guessed (D-415).
- The **limit** is what bounds the figure. The **goal** is what it must reach: `make bench` ends
  with 1 when one is missed.
- `make bench SHORT=1` measures a part with fewer runs, for every change of this repository. It
  compares ratios only, with those of {short} short runs in benchmarks.json. It fails when a ratio
  is worse than the worst of them by a quarter, or half as good as their median, and is so again in
  a second run.
"""


def page(record: Record) -> str:
    """The whole page."""
    return "\n".join(_lines(record))


def _lines(record: Record) -> Iterator[str]:
    facts = record.facts
    known = [one.taken for one in record.benches.values() if one.taken is not None]
    loud = known and max(known) > QUIET
    yield _HEAD.format(
        facts=(
            f"Measured on {facts['date']} at commit {facts['commit']}, with {facts['processors']}"
            f" processors ({facts['processor']}), {facts['python']}, {facts['kernel']}."
        ),
        short=SHORT_RUNS,
        taken=f"{max(known):.0%}" if known else "an unknown part",
        loud=" **So it was not quiet**: believe the ratios, not the values." * bool(loud),
        quiet=QUIET,
    )
    if missing := [name for name in BENCHES if name not in record.benches]:
        yield f"Not measured that time: {', '.join(f'`{name}`' for name in missing)}.\n"
    for name, measured in record.benches.items():
        yield f"## {BENCHES[name].about}\n\n`python -m bench {name}` ({measured.seconds:.0f} s)\n"
        yield f"| {' | '.join(HEADINGS)} |"
        yield "|" + "---|" * len(HEADINGS)
        for figure in measured.figures:
            first, *rest = (cell.replace("|", "\\|") for cell in cells(figure))
            yield f"| {' | '.join([first.replace(figure.key, f'`{figure.key}`', 1), *rest])} |"
        yield ""
