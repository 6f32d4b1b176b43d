"""What a download tells while it runs, and its result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.host.download.pace import STREAM_PART, count_parts

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.host.download.course import Course
    from atwin.host.download.order import Order
    from atwin.host.recovery.ladder import Climbed


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a download stands.

    All sizes are bytes: `done` have come, `kept` of them are safe on disk (a kill costs the rest),
    `total` is None while unknown. `part` of `parts` counts from 1. `note` is a line for a person:
    what failed and is tried again, why it started over. `rung` is the one of the recovery ladder
    that is being climbed.
    """

    done: int
    kept: int
    total: int | None
    part: int
    parts: int | None
    retries: int
    strategy: str
    note: str | None = None
    rung: str | None = None


@dataclass(frozen=True, slots=True)
class DownloadResult:
    """A finished, verified download.

    `final_url` is where redirects led, without user and password; None where there were none, or
    the module follows by itself and does not say where to. `parts` of the size that was asked for
    make up the file; `fetched_parts` came in this run, more when they had to be smaller, none when
    the file was there already. It began at byte `resumed_from`. `seconds` are those of the clock.
    `strategy` is `whole`, `range` or `stream`, or `none` where nothing was asked for. `model` is a
    profile key, or what the module calls itself. `coding` is the server's Content-Encoding: the
    file is what it sent, not decoded.
    """

    url: str
    file: Path
    bytes: int
    sha256: str
    md5: str | None
    parts: int = 0
    fetched_parts: int = 0
    resumed_from: int = 0
    seconds: float = 0.0
    strategy: str = "none"
    model: str = ""
    retries: int = 0
    #: The rungs of the recovery ladder that were climbed, in order.
    recovery: tuple[Climbed, ...] = ()
    final_url: str | None = None
    coding: str | None = None


#: Hears where a download stands.
ProgressCall = Callable[[Progress], None]

#: Seconds between two reports inside a part.
_GAP = 0.1


def tell_rung(order: Order, call: ProgressCall | None, name: str) -> None:
    """A rung of the ladder is about to be climbed, before anything is known of a download."""
    if call is not None:
        told = f"recovery: {name}"
        call(Progress(0, 0, None, 1, None, 0, order.strategy, note=told, rung=name))


class Reports:
    """Makes a `Progress` of the course, when there is somebody to hear it."""

    def __init__(self, course: Course, call: ProgressCall | None) -> None:
        self._course = course
        self._call = call
        self._at = course.clock.now()
        self._told: set[str] = set()
        #: What the result says of how the file came.
        self.strategy = str(course.order.strategy)
        self.fetched_parts = 0

    @property
    def nominal(self) -> int:
        """Bytes of a part, the way it is done now."""
        return STREAM_PART if self.strategy == "stream" else self._course.chunk

    def body(self, count: int) -> None:
        """This many bytes of a body have come that are not kept yet; reported now and then."""
        if self._course.clock.now() - self._at >= _GAP:
            self.tell(count)

    def note(self, text: str) -> None:
        """A line for a person."""
        self.tell(0, text)

    def note_once(self, text: str) -> None:
        """The same, and not again."""
        if text not in self._told:
            self._told.add(text)
            self.note(text)

    def rung(self, name: str) -> None:
        """A rung of the ladder is about to be climbed."""
        self.tell(0, f"recovery: {name}", name)

    def tell(self, more: int = 0, note: str | None = None, rung: str | None = None) -> None:
        """Where it stands; `more` bytes have come than are kept."""
        if self._call is None:
            return
        course = self._course
        self._at = course.clock.now()
        kept = course.ledger.size
        total = course.facts.entity.length if course.facts.entity else None
        parts, part = self.parts(total), kept // self.nominal + 1
        self._call(
            Progress(
                done=kept + more,
                kept=kept,
                total=total,
                part=part if parts is None else min(part, parts),
                parts=parts,
                retries=course.retries,
                strategy=self.strategy,
                note=note,
                rung=rung,
            )
        )

    def parts(self, total: int | None) -> int | None:
        """How many parts `total` bytes make up the way it is done now."""
        if self.strategy == "whole":
            return 1
        return None if total is None else count_parts(total, self.nominal)
