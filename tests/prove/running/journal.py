"""What is kept of a proof: one line for each run, and one for each try after it."""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from bench.frame.machine import commit, processor

from prove.frame import MOST_DETAIL, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator


_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Head:
    """A run: what was tried, when, where and from which number on."""

    proof: str
    base: int
    commit: str
    date: str
    machine: str

    @classmethod
    def now(cls, proof: str, base: int) -> Head:
        """Of a run that begins now, here."""
        date = time.strftime("%Y-%m-%d", time.gmtime())
        return cls(proof, base, commit(), date, machine())


@dataclass(slots=True)
class Told:
    """All that a journal says. The last verdict of a seed counts."""

    heads: list[Head] = field(default_factory=list)
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    #: Seconds of all tries together.
    seconds: float = 0.0
    #: Of each seed, the run of its verdict.
    runs: dict[int, Head] = field(default_factory=dict)
    #: Finds that a later commit has mended.
    mended: int = 0

    @property
    def finds(self) -> list[Verdict]:
        """What was lost, in the order of the seeds."""
        return [self.verdicts[seed] for seed in sorted(self.verdicts) if self.verdicts[seed].lost]

    @property
    def tried(self) -> int:
        """How many tries that is, without those for which there was nothing to try."""
        return sum(verdict.is_try for verdict in self.verdicts.values())

    def take(self, verdict: Verdict, seconds: float) -> None:
        """One more."""
        before = self.verdicts.get(verdict.seed)
        self.mended += before is not None and bool(before.lost) and not verdict.lost
        self.verdicts[verdict.seed] = verdict
        self.runs[verdict.seed] = self.heads[-1]
        self.seconds += seconds


class Journal:
    """The file of one proof. A line that was cut off by a kill is passed over."""

    def __init__(self, folder: Path, proof: str) -> None:
        self.path = folder / f"{proof}.jsonl"
        self.told = Told()
        self._file: IO[str] | None = None
        for line in self._lines():
            if "base" in line:
                self.told.heads.append(Head(**line))
            elif self.told.heads:
                seconds = line.pop("seconds")
                self.told.take(Verdict(**line), seconds)

    def begin(self, head: Head, *, fresh: bool) -> None:
        """A run; `fresh` puts those before aside, as they may have taken hours: NAME.jsonl.old."""
        self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if fresh:
            if self.told.verdicts:
                self.path.replace(f"{self.path}.old")
            self.told = Told()
        self._file = self.path.open("w" if fresh else "a", encoding="utf-8", buffering=1)
        self._write(asdict(head), before="" if fresh else "\n")
        self.told.heads.append(head)

    def doubt(self) -> None:
        """From here on this run is of a source that no commit has."""
        head = self.told.heads[-1]
        self.begin(replace(head, commit=f"{head.commit.removesuffix('+')}+"), fresh=False)

    def add(self, verdict: Verdict, seconds: float) -> None:
        """One more verdict, on disk when this returns."""
        verdict = replace(verdict, detail=_cut(verdict.detail))
        self._write({**verdict.row(), "seconds": round(seconds, 3)})
        self.told.take(verdict, seconds)

    def close(self) -> None:
        """Nothing more comes in this run."""
        if self._file is not None:
            self._file.close()

    def _write(self, line: dict[str, Any], before: str = "") -> None:
        assert self._file is not None
        self._file.write(before + json.dumps(line, ensure_ascii=False) + "\n")

    def _lines(self) -> Iterator[dict[str, Any]]:
        try:
            text = self.path.read_text("utf-8", "replace")
        except FileNotFoundError:
            return
        for line in text.split("\n"):
            try:
                yield json.loads(line)
            except ValueError:
                continue


def _cut(detail: str) -> str:
    """Its beginning and its end, where it is long."""
    half = MOST_DETAIL // 2
    return detail if len(detail) <= MOST_DETAIL else f"{detail[:half]}\n[…]\n{detail[-half:]}"


def source_time() -> float:
    """When a file of the source was last written, in seconds since 1970."""
    rooms = ("src", "tests", "bench")
    files = (file for room in rooms for file in (_ROOT / room).rglob("*.py"))
    return max(map(_written, files))


def _written(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:  # an editor's, gone again
        return 0.0


def machine() -> str:
    """What it ran on, in a few words."""
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} × {processor()}, {system}"
