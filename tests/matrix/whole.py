"""The whole matrix on all processors, and a table of what became of it."""

from __future__ import annotations

import argparse
import os
import random
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from matrix.judge import VERDICTS, Outcome
from matrix.run import run
from support.odd_servers import Case, OddServer, kinds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from atwin.host.download.order import Strategy
    from support.odd_servers import Start

MODELS = ("air724ug", "air780e-at", "air780e-lsat")
STARTS: tuple[Start, ...] = ("fresh", "resumed", "killed")


def strategies(model: str) -> tuple[Strategy, ...]:
    """What a module can be asked for."""
    return ("auto", "range") if model == "air724ug" else ("auto", "range", "stream")


def cases(behaviour: type[OddServer], model: str) -> Iterator[Case]:
    """Every case of one behaviour and model that makes sense."""
    for strategy in strategies(model):
        for start in STARTS:
            for sha256 in (False, True):
                for small in (True, False):
                    case = Case(model, strategy, start, sha256, small)
                    if behaviour.applies(case):
                        yield case


def sample(behaviour: type[OddServer], seed: int, each: int = 1) -> list[Case]:
    """Some cases of each model; the same for the same seed."""
    dice = random.Random(f"{seed} {behaviour.name()}")
    chosen: list[Case] = []
    for model in MODELS:
        able = list(cases(behaviour, model))
        chosen += dice.sample(able, min(each, len(able)))
    return chosen


def _run(job: tuple[str, Case]) -> Outcome:
    return run(BY_NAME[job[0]], job[1])


BY_NAME = {behaviour.name(): behaviour for behaviour in kinds()}


def main(arguments: Sequence[str] | None = None) -> int:
    """1 when an outcome was not good."""
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("--all", action="store_true", help="every case, not a sample")
    parser.add_argument("--seed", type=int, default=None, help="of the sample")
    parser.add_argument("--each", type=int, default=1, help="cases of each model in a sample")
    parser.add_argument("-k", metavar="WORD", default="", help="behaviours with that word")
    parser.add_argument("--list", action="store_true", help="the behaviours, and what they are")
    parser.add_argument("--failures", type=Path, help="write one line for each bad outcome")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args(arguments)
    chosen = [behaviour for name, behaviour in BY_NAME.items() if options.k in name]
    if options.list:
        for behaviour in chosen:
            print(f"{behaviour.name():34} {(behaviour.__doc__ or '').splitlines()[0]}")
        return 0
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    jobs = [
        (behaviour.name(), case)
        for behaviour in chosen
        for case in (
            [case for model in MODELS for case in cases(behaviour, model)]
            if options.all
            else sample(behaviour, seed, options.each)
        )
    ]
    began = time.monotonic()
    outcomes: list[Outcome] = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for outcome in pool.map(_run, jobs, chunksize=8):
            outcomes.append(outcome)
            if not outcome.good:
                print(outcome, flush=True)
    bad = [outcome for outcome in outcomes if not outcome.good]
    if options.failures is not None:
        options.failures.write_text("".join(f"{outcome}\n" for outcome in bad))
    _table(outcomes)
    took = time.monotonic() - began
    print(f"{len(chosen)} behaviours, {len(jobs)} cases in {took:.0f} s, {len(bad)} bad", end="")
    print("" if options.all else f", seed {seed}")
    return 1 if bad else 0


def _table(outcomes: Sequence[Outcome]) -> None:
    """One line for each behaviour that had a bad outcome, and the sums."""
    by_name: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        by_name.setdefault(outcome.behaviour, Counter())[outcome.verdict] += 1
    seen = [v for v in VERDICTS if any(counts[v] for counts in by_name.values())]
    print("\n" + " " * 34, *(f"{verdict:>15}" for verdict in seen))
    for name, counts in by_name.items():
        if any(counts[verdict] for verdict in VERDICTS[2:]):
            print(f"{name:34}", *(f"{counts[v] or '':>15}" for v in seen))
    total = sum(by_name.values(), Counter[str]())
    print(f"{'together':34}", *(f"{total[v]:>15}" for v in seen))
