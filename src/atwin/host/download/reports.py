"""Tells whoever watches a download where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.host.download.events import Progress
from atwin.host.download.plan import count_parts

if TYPE_CHECKING:
    from atwin.host.download.course import Course
    from atwin.host.download.events import ProgressCall
    from atwin.host.download.order import Order

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

    def body(self, count: int) -> None:
        """So many bytes of a body have come that are not kept yet; told now and then."""
        if self._course.clock.now() - self._at >= _GAP:
            self.tell(count)

    def note(self, text: str) -> None:
        """A line for a person."""
        self.tell(0, text)

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
        total = course.entity.length if course.entity else None
        parts, part = self.parts(total), kept // course.nominal + 1
        self._call(
            Progress(
                done=kept + more,
                kept=kept,
                total=total,
                part=part if parts is None else min(part, parts),
                parts=parts,
                retries=course.retries,
                strategy=course.strategy,
                note=note,
                rung=rung,
            )
        )

    def parts(self, total: int | None) -> int | None:
        """How many parts `total` bytes make up the way it is done now."""
        if self._course.strategy == "whole":
            return 1
        return None if total is None else count_parts(total, self._course.nominal)
