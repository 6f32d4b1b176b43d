"""Files that grow by lines: rows of a fleet, which must last, and traces, which must be true."""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from atwin.disk.json_lines import JsonLines, read_json_lines
from atwin.fleet.engine.executors import InThisProcess
from atwin.fleet.engine.journal import LASTING, RowJournal
from atwin.fleet.engine.run import run
from atwin.trace.trace import FORMAT
from support.fleet.tasks import crashed, row_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

    from atwin.fleet.device.row import Row
    from prove.cuts.recorder import Log, Tree

FOLDER, ROWS, TRACE = "made/out", "made/out/rows.jsonl", "trace"


@dataclass
class _Ticking:
    """A clock that goes on whenever somebody looks."""

    dice: Random
    now: float = field(default_factory=time.monotonic)

    def __call__(self) -> float:
        self.now += self.dice.expovariate(8)
        return self.now


@dataclass
class Rows:
    """A fleet that is simulated again and again until all its rows are there."""

    devices: int
    dice: Random
    #: The rows that were there before this run.
    found: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, dice: Random) -> Rows:
        """A small one."""
        return cls(dice.randint(1, 40), dice)

    def start(self) -> Tree:
        """Nothing, not even the folder."""
        return {}

    def go_on(self, dice: Random) -> None:
        """Nothing else changes."""
        self.dice = dice

    def run(self, folder: Path, log: Log) -> None:
        """What is missing, kept row by row; each is marked with its time."""
        clock = _Ticking(self.dice)
        with patch("atwin.disk.growing.monotonic", clock), closing(self._journal(folder)) as kept:
            assert set(kept.rows) == self.found
            missing = [number for number in range(self.devices) if number not in kept.rows]
            for row in run(row_of, missing, InThisProcess(), kept, crashed=crashed):
                log.mark((row.device, clock.now))
        log.mark(None)
        self._all_there(folder)

    def check(self, folder: Path, log: Log, at: int) -> None:
        """Each row is itself or missing, and only those of a second may be missing."""
        before, after = log.marks(at)
        there = set(self._read(folder))
        lost = [mark for mark in before if mark is not None and mark[0] not in there]
        assert self.found <= there, "rows of an earlier run are lost"
        assert there - self.found <= {mark[0] for mark in [*before, *after[:1]] if mark is not None}
        assert not lost or None not in before, "the fleet was done, and rows are lost"
        if lost:
            times = [when for _, when in lost]
            assert max(times) - min(times) <= LASTING, f"{len(lost)} rows are lost"
        self.found = there

    def _journal(self, folder: Path) -> RowJournal:
        return RowJournal(str(folder / FOLDER), "digest", 1, self._is_of, resume=True)

    def _is_of(self, row: Row) -> bool:
        return row == row_of(row.device)

    def _read(self, folder: Path) -> Iterator[int]:
        path = folder / ROWS
        if not path.exists():
            return
        objects = list(chain.from_iterable(read_json_lines(str(path))))
        if not path.read_bytes().endswith(b"\n"):
            del objects[-1:]  # it may be whole, but the next run does not know that
        for each in objects:
            if each is not None and "device" in each:
                assert each == json.loads(json.dumps(row_of(each["device"]).as_dict()))
                yield each["device"]

    def _all_there(self, folder: Path) -> None:
        assert sorted(self._read(folder)) == list(range(self.devices)), "rows are lost, or twice"


@dataclass
class Traces:
    """A trace of a command, which the next one replaces by its own."""

    batches: list[list[dict[str, Any]]]
    #: What is there before the next one.
    found: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, dice: Random) -> Traces:
        """Records of all lengths, some at a time."""
        return cls(_batches(dice))

    def start(self) -> Tree:
        """Nothing."""
        return {}

    def go_on(self, dice: Random) -> None:
        """Another command."""
        self.batches = _batches(dice)

    @property
    def records(self) -> list[dict[str, Any]]:
        """All of them."""
        return list(chain.from_iterable(self.batches))

    def run(self, folder: Path, log: Log) -> None:
        """All records, from the first to the last."""
        with closing(JsonLines(str(folder / TRACE), FORMAT)) as file:
            for batch in self.batches:
                file.append("".join(f"{json.dumps(record)}\n" for record in batch))
        assert _objects(folder) == self.records

    def check(self, folder: Path, log: Log, at: int) -> None:
        """Whoever reads it gets records of one of the two, in their order, and nothing else."""
        there = [each for each in _objects(folder) if each is not None]
        assert any(_is_of(there, records) for records in (self.records, self.found))
        self.found = there


def _is_of(there: list[dict[str, Any]], records: list[dict[str, Any]]) -> bool:
    """Whether they are some of `records`, in their order."""
    left = iter(records)
    return all(each in left for each in there)


def _objects(folder: Path) -> list[dict[str, Any] | None]:
    path = folder / TRACE
    return list(chain.from_iterable(read_json_lines(str(path)))) if path.exists() else []


def _batches(dice: Random) -> list[list[dict[str, Any]]]:
    serial = dice.getrandbits(60)
    first = {"t": 0, "kind": "start", "format": FORMAT, "serial": serial}
    first["command"] = "x" * dice.choice((10, 600, 3000))
    batches = [[first]]
    for number in range(dice.randint(0, 20)):
        size = dice.randint(1, 5)
        batches.append(
            [
                {"t": number + n / 10, "serial": serial, "text": "y" * dice.randrange(2000)}
                for n in range(size)
            ]
        )
    return batches
