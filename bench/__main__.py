"""`python -m bench`: measure, and show each figure beside its peer and its limit.

    python -m bench                     all benches; `make bench`
    python -m bench download commands   some of them
    python -m bench --short             ratios, against the record; `make bench SHORT=1`
    python -m bench --json FILE         what was measured, for programs
    python -m bench --docs docs         write docs/reference/benchmarks.md and .json

Exit code 1: a goal is missed, a ratio is worse than it was or is gone, or a bench did not
come to its end.
Before each bench the machine is watched: when others take more than a tenth of its processors, that
is said, and the page is not written unless `--docs` is there twice.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.benches import BENCHES
from bench.figures import Scale
from bench.frame.child import figures_of
from bench.frame.machine import QUIET, facts, taken_by_others
from bench.frame.page import page
from bench.frame.record import SHORT_RUNS, Measured, Record
from bench.frame.regressions import regressions
from bench.frame.table import cells, table
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: The record that short runs are compared with.
RECORD = Path(__file__).parents[1] / "docs/reference/benchmarks.json"
#: Seconds for which the machine is watched before a bench, whole and short.
WATCHED, WATCHED_SHORT = 2.0, 0.2

CONSOLE = Console(width=160, highlight=False)


def measure(name: str, scale: Scale) -> Measured:
    """One bench; says what it finds as soon as it is there."""
    measured = Measured(taken=taken_by_others(WATCHED_SHORT if scale.short else WATCHED))
    CONSOLE.print(f"[bold]{name}[/]: {BENCHES[name].about}{_noise(measured.taken)}")
    began = time.perf_counter()
    try:
        for figure in figures_of(name, scale):
            measured.figures.append(figure)
            what, value, spread, peer, ratio, *_ = cells(figure)
            parts = [f"{value}{f' ({spread})' if spread else ''}", peer, f"ratio {ratio}"]
            CONSOLE.print(f"  {what}: {'; '.join(parts[: 3 if ratio else 1])}")
    except RuntimeError as error:
        measured.error = str(error)
        CONSOLE.print(f"  [bold red]{error}[/]")
    measured.seconds = time.perf_counter() - began
    return measured


def _noise(taken: float | None) -> str:
    """What is to be said of a machine of which others take so much."""
    if taken is None:
        return " (whether the machine is quiet is not known)"
    if taken > QUIET:
        return f" [bold yellow](not quiet: others take {taken:.0%} of the processors)[/]"
    return f" (others take {taken:.0%} of the processors)"


def whole(names: Sequence[str], record: Record) -> bool:
    """Measure; whether every goal is reached."""
    for name in names:
        record.benches[name] = measure(name, Scale())
    CONSOLE.print(table({name: one.figures for name, one in record.benches.items()}))
    missed = [
        f"{figure.key} ({cells(figure)[1]}, goal {cells(figure)[5]})"
        for one in record.benches.values()
        for figure in one.figures
        if not figure.holds
    ]
    errors = [one.error for one in record.benches.values() if one.error]
    CONSOLE.print("\n".join([*(f"missed: {each}" for each in missed), *errors]) or "all goals hold")
    return not missed and not errors


def short(names: Sequence[str], record: Record) -> bool:
    """Measure the short forms; whether each ratio is what it was, if need be at a second try."""
    kept = Record.read(RECORD) if RECORD.exists() else Record({})
    failed: dict[str, str] = {}
    for name in names:
        if found := _worse(name, record, kept):
            CONSOLE.print(f"  once more: {'; '.join(found.values())}")
            again = _worse(name, record, kept)
            failed |= {key: told for key, told in again.items() if key in found}
    figures = [figure for name in names for figure in record.benches[name].figures]
    measured = [figure.key for figure in figures if figure.ratio is not None]
    new = [key for key in measured if key not in kept.short]
    if new:
        CONSOLE.print(f"[bold yellow]not on record, compared with nothing:[/] {', '.join(new)}")
    if len(new) == len(measured):
        failed.setdefault("", "nothing was compared: `python -m bench --docs docs` makes a record")
    told = "\n".join(failed.values())
    CONSOLE.print(told or f"none of {len(measured) - len(new)} ratios is worse than recorded")
    return not failed


def _worse(name: str, record: Record, kept: Record) -> dict[str, str]:
    """What is wrong with a short run, by the key of the figure, or by the name of the bench."""
    measured = record.benches[name] = measure(name, Scale(short=True))
    found = regressions(measured.figures, kept.short) | gone(name, measured, kept)
    return found | ({name: measured.error} if measured.error else {})


def gone(name: str, measured: Measured, kept: Record) -> dict[str, str]:
    """Ratios on record that a short run did not bring, by key."""
    known = kept.benches[name].figures if name in kept.benches else []
    there = {figure.key for figure in measured.figures if figure.ratio is not None}
    missing = {figure.key for figure in known} & kept.short.keys() - there
    return {key: f"{key}: on record, and not measured any more" for key in sorted(missing)}


def noise(names: Sequence[str]) -> dict[str, list[float]]:
    """The ratios of some short runs."""
    found: dict[str, list[float]] = {}
    for name in SHORT_RUNS * [name for name in names if BENCHES[name].short]:
        for figure in measure(name, Scale(short=True)).figures:
            if figure.ratio is not None:
                found.setdefault(figure.key, []).append(figure.ratio)
    return found


def too_loud(taken: Iterable[float | None]) -> bool:
    """Whether the machine was not quiet."""
    return any(part is not None and part > QUIET for part in taken)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, allow_abbrev=False
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--short", action="store_true", help="ratios only, against the record")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured")
    parser.add_argument("--docs", type=Path, metavar="DIR", action="append", default=[])
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - BENCHES.keys():
        parser.error(f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    places = [*wanted.docs, *([wanted.json.parent] if wanted.json else [])]
    if absent := [str(place) for place in places if not place.is_dir()]:
        parser.error(f"no folder is called {absent[0]}")
    names = wanted.names or [name for name in BENCHES if BENCHES[name].short or not wanted.short]
    stubborn = len(wanted.docs) > 1
    if wanted.docs and wanted.short:
        parser.error("--docs writes a page of whole runs: without --short")
    if wanted.docs and wanted.names and not stubborn:
        parser.error("--docs writes a page of all benches: name none")
    if wanted.docs and not stubborn and too_loud([taken_by_others(WATCHED)]):
        parser.error(f"others take more than {QUIET:.0%} of the processors: no page is written")
    record = Record(facts())
    good = (short if wanted.short else whole)(names, record)
    if wanted.docs:
        if not stubborn and too_loud(one.taken for one in record.benches.values()):
            CONSOLE.print("[bold red]the machine was not quiet: no page is written[/]")
            return 1
        record.short = noise(names)
        kept = wanted.docs[0] / "reference/benchmarks.json"
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(record.json(), "utf-8")
        # As it is kept: rounded twice a number may be another.
        kept.with_suffix(".md").write_text(page(Record.read(kept)), "utf-8")
    if wanted.json:
        wanted.json.write_text(record.json(), "utf-8")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
