"""Which strategy a download goes on by: parts, or a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from atwin.host.download.judging.refusals import refusal
from atwin.host.download.pace import stream_pays
from atwin.host.errors import ServerError

if TYPE_CHECKING:
    from atwin.host.download.course import Course
    from atwin.host.download.judging.verdict import NoRanges


def choose(course: Course, delay: float) -> Literal["parts", "stream"]:
    """How a download goes on; each request costs `delay` seconds besides its body.

    Raises `ServerError` when nothing is left.
    """
    limits, asked = course.limits, course.order.strategy
    total, useless = course.total, course.no_ranges
    if asked == "stream" or (course.stream_first and course.no_ranges is None):
        return "stream"
    if total is not None and total <= course.chunk:
        return "parts"
    if useless is not None:
        if total is not None and total <= limits.chunk_max:
            return "parts"
        if course.may_stream:
            return "stream"
        if total is None and not course.tried_whole:
            return "parts"
        raise _nothing_left(course, useless, total)
    if asked == "auto" and course.may_stream and not course.by_parts:
        pays = stream_pays(course.chunk, course.session.line_rate, delay)
        return "stream" if pays else "parts"
    return "parts"


def _nothing_left(course: Course, useless: NoRanges, total: int | None) -> ServerError:
    if useless.refused and useless.refused != 416:
        return refusal(course.session.shown_url, useless.refused)
    size = "an unknown number of" if total is None else str(total)
    hint = (
        "use strategy stream"
        if course.limits.streams
        else "and it cannot stream: use a server with ranges, or a module that streams"
    )
    return ServerError(
        f"{course.session.shown_url}: {useless.reason}, and {size} bytes do not fit this"
        f" module's {course.limits.chunk_max}; {hint}"
    )
