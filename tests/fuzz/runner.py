"""Runs a fuzzer: attempts one after the other until the time is over, each from its own seed.

A fuzzer is a module of this folder that ends like this::

    def attempt(dice: Random) -> None:
        # Make an input from `dice`, feed it in, assert what must hold.
        ...

    if __name__ == "__main__":
        main(attempt)

Whatever an attempt raises is a find; so is an error that `atwin` or asyncio logs meanwhile, and
an attempt that takes more than `LONGEST` seconds of processor time. By hand it is
`python -m tests.fuzz.NAME --seconds 60 --seed 7`, and guided by coverage the same with `--guided`:
then `dice` are a `GivenDice`, whose every number and text the coverage steers. A find is told with
the line that repeats it. `test_fuzzers.py` makes a few attempts of each, `make prove` hunts.
"""

from __future__ import annotations

import argparse
import base64
import importlib
import logging
import signal
import sys
import time
import traceback
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NoReturn

from fuzz.guided.dice import GivenDice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Seconds of processor time that one attempt may take; waiting costs none.
LONGEST = 10.0


class Find(AssertionError):  # noqa: N818 - what a fuzzer is there for
    """An attempt went wrong; its text says how to repeat it, its cause is what happened."""


def fuzz(
    attempt: Callable[[Random], None],
    *,
    seconds: float,
    seed: int,
    only: int | None = None,
    longest: float = LONGEST,
) -> int:
    """Attempts that were made in `seconds`, one at least; `only` makes that one alone.

    The nth attempt of a seed is the same in every run. Raises `Find` at the first that fails.
    """
    end = time.monotonic() + seconds
    number = only or 0
    while True:
        try:
            check(attempt, Random(f"{seed}/{number}"), longest)
        except (Exception, _TooLongError) as error:
            repeat = f"python -m tests.fuzz.{_name(attempt)} --seed {seed} --only {number}"
            raise Find(f"{type(error).__name__}: {error}\n  {repeat}") from error
        number += 1
        if only is not None or time.monotonic() >= end:
            return 1 if only is not None else number


def check(attempt: Callable[[Random], None], dice: Random, longest: float = LONGEST) -> None:
    """One attempt; raises whatever makes it a find."""
    with _ended_after(longest), _nothing_logged():
        attempt(dice)


def main(attempt: Callable[[Random], None]) -> NoReturn:
    """The command line of a fuzzer; exit code 1 for a find."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to go on")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--only", type=int, metavar="N", help="make the Nth attempt alone")
    parser.add_argument("--guided", action="store_true", help="by coverage, with atheris")
    parser.add_argument(
        "--input", type=base64.b64decode, metavar="BASE64", help="these bytes alone"
    )
    parser.add_argument("--file", type=Path, help="the bytes of this file alone")
    options = parser.parse_args()
    name = _name(attempt)
    given = options.file.read_bytes() if options.file else options.input
    try:
        if given is not None:
            said = _repeat(attempt, given)
        elif options.guided:
            said = _guided(name, options.seconds, options.seed)
        else:
            made = fuzz(attempt, seconds=options.seconds, seed=options.seed, only=options.only)
            said = f"{made} attempts with seed {options.seed}"
    except Find as find:
        if find.__cause__ is not None:
            traceback.print_exception(find.__cause__)
        print(f"found: {find}", file=sys.stderr)
        sys.exit(1)
    print(f"{name}: {said}, nothing found")
    sys.exit(0)


def _name(attempt: Callable[[Random], None]) -> str:
    return Path(attempt.__code__.co_filename).stem


def _repeat(attempt: Callable[[Random], None], given: bytes) -> str:
    try:
        check(attempt, GivenDice(given))
    except (Exception, _TooLongError) as error:
        raise Find(f"{type(error).__name__}: {error}") from error
    return f"an input of {len(given)} bytes"


def _guided(name: str, seconds: float, seed: int) -> str:
    from fuzz.guided.hunt import hunt

    made = hunt(name, seconds=seconds, seed=seed)
    if made.lost:
        raise Find(made.told)
    return f"{made.runs} inputs with seed {seed}, {made.began} edges at first, {made.edges} now"


def names() -> list[str]:
    """The fuzzers of this folder."""
    stems = {path.stem for path in Path(__file__).parent.glob("[a-z]*.py")} - {"runner"}
    return sorted(stem for stem in stems if not stem.startswith("test_"))


def load(name: str) -> Callable[[Random], None]:
    """What that fuzzer does."""
    attempt: Callable[[Random], None] = importlib.import_module(f"fuzz.{name}").attempt
    return attempt


class _TooLongError(KeyboardInterrupt):
    """Of the one kind that an event loop lets through."""


@contextmanager
def _ended_after(seconds: float) -> Iterator[None]:
    def end(signal_number: int, frame: object) -> NoReturn:
        raise _TooLongError(f"more than {seconds:g} s of processor time")

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


class _Ears(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(self.format(record))


@contextmanager
def _nothing_logged() -> Iterator[None]:
    ears = _Ears()
    loggers = [logging.getLogger(name) for name in ("atwin", "asyncio")]
    for logger in loggers:
        logger.addHandler(ears)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(ears)
    assert not ears.heard, f"logged: {ears.heard[0]}"


if __name__ == "__main__":
    print(*names(), sep="\n")
