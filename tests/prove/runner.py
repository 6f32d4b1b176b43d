"""Runs proofs, keeps the outcome of each try, and prints a table of them.

    python -m tests.prove                      all proofs, their whole number of tries
    python -m tests.prove --short              so many as fit into three minutes
    python -m tests.prove schedules cuts       those alone
    python -m tests.prove schedules --seed 7   one try, with everything told
    python -m tests.prove --docs docs          write docs/explanation/proof.md from what is kept

Try n of a run has the seed base + n; the base is another one each time, and is printed. A second
run goes on where one was stopped, and tries again what another commit had lost. Exit code 1 when
something is lost, 5 when nothing was tried, 130 when it was stopped.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import random
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from prove.frame import PROOFS, load, tried
from prove.running.journal import Head, Journal, source_time
from prove.running.page import write_page
from prove.running.pool import Job, Pool
from prove.running.table import repeat, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prove.frame import Proof, Verdict

#: Where journals are kept; those of the short form apart.
FOLDER, SHORT = Path(".prove"), "short"
#: Seconds between two words on how far it is: on a terminal, and elsewhere.
_OFTEN, _SELDOM = 1.0, 30.0
#: And between two looks at the source.
NOTICED = 30.0


class _LostError(Exception):
    """The first find ends the run, as was asked for."""


class Run:
    """One call of the program."""

    def __init__(self, names: Sequence[str], options: argparse.Namespace) -> None:
        self.proofs = [load(name) for name in names]
        self.options = options
        self.folder: Path = options.journal / SHORT if options.short else options.journal
        base = options.base
        self.base = random.SystemRandom().randrange(10**6, 10**9) if base is None else base
        self.skipped: dict[str, str] = {}
        self.journals: dict[str, Journal] = {}
        self._last = self._noticed = time.monotonic()
        #: When the source was changed last; None once it was changed since.
        self._source: float | None = source_time()

    def run(self) -> int:
        """The exit code."""
        jobs = [job for proof in self.proofs if (job := self._job(proof)) is not None]
        bases = sorted({journal.told.heads[0].base for journal in self.journals.values()})
        left = sum(len(job.seeds) for job in jobs)
        print(f"base {', '.join(map(str, bases)) or '-'}; {left:,} tries", file=sys.stderr)
        if jobs and not left:
            print("all was tried before: FRESH=1 or --fresh starts over", file=sys.stderr)
        stopped = False
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            Pool(jobs, self.options.jobs, self._heard, self._look).run()
        except KeyboardInterrupt:
            stopped = True
        except _LostError:
            pass
        finally:
            signal.signal(signal.SIGTERM, before)
            for journal in self.journals.values():
                journal.close()
        told = {name: journal.told for name, journal in self.journals.items()}
        print(*table(self.proofs, told, self.skipped), sep="\n", flush=True)
        if stopped:
            again = "" if self.options.short else ": the same command goes on from here"
            print(f"stopped; all is kept in {self.folder}{again}", file=sys.stderr)
            return 130
        if any(of.finds for of in told.values()):
            return 1
        return 0 if any(of.tried for of in told.values()) else 5

    def _job(self, proof: Proof) -> Job | None:
        """What is left to try; None when it cannot be tried here, or not in this form."""
        count = proof.short if self.options.short else proof.whole
        count = count if self.options.tries is None else self.options.tries
        if missing := proof.missing() or ("" if count else "not part of the short form"):
            self.skipped[proof.name] = missing
            return None
        journal = self.journals[proof.name] = Journal(self.folder, proof.name)
        heads = journal.told.heads
        asked, options = self.options.base, self.options
        other = not heads or (asked is not None and asked != heads[0].base)
        fresh = options.short or options.fresh or other
        head = Head.now(proof.name, self.base if fresh else heads[0].base)
        journal.begin(head, fresh=fresh)
        told = journal.told
        # Of changes that are not committed nobody knows whether they are the same.
        same = "" if head.commit.endswith("+") else head.commit
        again = [find.seed for find in told.finds if told.runs[find.seed].commit != same]
        ahead = range(head.base, head.base + count)
        return Job(proof, again + [seed for seed in ahead if seed not in told.verdicts])

    def _heard(self, proof: Proof, verdict: Verdict, seconds: float) -> None:
        self._heed_source()
        self.journals[proof.name].add(verdict, seconds)
        if verdict.lost:
            print(f"LOST {verdict.lost}: {repeat(proof.name, verdict.seed)}", file=sys.stderr)
            if self.options.first:
                raise _LostError

    def _heed_source(self) -> None:
        """What is tried after a change of the source is not of the commit that was there."""
        if self._source is None or time.monotonic() - self._noticed < NOTICED:
            return
        self._noticed = time.monotonic()
        if source_time() != self._source:
            self._source = None
            print("the source has changed: these tries are of no commit now", file=sys.stderr)
            for journal in self.journals.values():
                journal.doubt()

    def _look(self) -> None:
        """How far it is, now and then."""
        terminal = sys.stderr.isatty()
        if time.monotonic() - self._last < (_OFTEN if terminal else _SELDOM):
            return
        self._last = time.monotonic()
        parts = [
            f"{name} {len(journal.told.verdicts)}"
            + (f" ({len(journal.told.finds)} lost)" if journal.told.finds else "")
            for name, journal in self.journals.items()
            if journal.told.verdicts
        ]
        print(f"{', '.join(parts):100}", end="\r" if terminal else "\n", file=sys.stderr)


class _VirtualTime(logging.Formatter):
    """The time of the loop that runs, which is that of the line."""

    def format(self, record: logging.LogRecord) -> str:
        try:
            now = f"{asyncio.get_running_loop().time():10.3f}"
        except RuntimeError:
            now = " " * 10
        return f"{now} # {record.name}: {record.getMessage()}"


@contextmanager
def _log_told() -> Iterator[None]:
    logger, handler = logging.getLogger("atwin"), logging.StreamHandler(sys.stdout)
    handler.setFormatter(_VirtualTime())
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def one(proof: Proof, seed: int) -> int:
    """One try here, in this process, with everything told."""
    began = time.process_time()
    with _log_told():
        verdict = tried(proof, seed, told=True)
    print(f"{proof.name} {seed}: {verdict.ended}, {time.process_time() - began:.2f} s of CPU")
    for name, count in verdict.counts.items():
        print(f"    {name}: {count:,}")
    if verdict.detail:
        print(verdict.detail.rstrip())
    if verdict.lost:
        print(f"LOST: {verdict.lost}")
    return 1 if verdict.lost else 0


def _number(least: int) -> Callable[[str], int]:
    """For argparse: a seed, or a number of tries or processes."""

    def number(text: str) -> int:
        if (read := int(text)) < least:
            raise argparse.ArgumentTypeError(f"{least} or more, not {read}")
        return read

    return number


def _unknown(name: str) -> str:
    """Why no proof is called so; "" if one is."""
    if name in PROOFS:
        return ""
    if ":" not in name:
        return f"no proof is called {name}"
    try:
        load(name)
    except (ImportError, AttributeError, AssertionError, ValueError) as error:
        return f"no proof is at {name}: {error}"
    return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """The program."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.prove",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PROOFS))
    parser.add_argument("--short", action="store_true", help="within three minutes")
    parser.add_argument("--base", type=_number(0), metavar="N", help="the seed of the first try")
    parser.add_argument("--tries", type=_number(1), metavar="N", help="so many of each proof")
    parser.add_argument(
        "--seed", type=_number(0), metavar="N", help="this one, with everything told"
    )
    parser.add_argument("--first", action="store_true", help="stop at the first find")
    parser.add_argument("--fresh", action="store_true", help="forget what is kept")
    parser.add_argument("--jobs", type=_number(1), default=os.cpu_count(), help="tries at a time")
    parser.add_argument("--journal", type=Path, default=FOLDER, metavar="DIR", help="kept here")
    parser.add_argument("--docs", type=Path, metavar="DIR", help="write DIR/explanation/proof.md")
    parser.add_argument("--list", action="store_true", help="the proofs, and what they claim")
    options = parser.parse_args(arguments)
    if unknown := "; ".join(filter(None, map(_unknown, options.names))):
        parser.error(unknown)
    names = options.names or list(PROOFS)
    if options.list:
        for name in names:
            print(f"{name:16} {load(name).claim}")
        return 0
    if options.docs is not None:
        if not options.docs.is_dir():
            parser.error(f"--docs: no folder is called {options.docs}")
        return write_page(options.journal, options.docs)
    if options.seed is not None:
        if len(names) != 1:
            parser.error("--seed: of which proof?")
        return one(load(names[0]), options.seed)
    try:
        options.journal.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--journal: {error}")
    return Run(names, options).run()
