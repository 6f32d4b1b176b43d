"""What a response may become: one decision, from what was asked, seen and known.

Theory of operation. A download knows an entity: from a HEAD (a courtesy, believed until a GET says
otherwise), from the first GET (which defines it), or from the journal of an earlier run. Each
response to a GET is judged against that before a byte of it is kept:

- it is the whole entity, or a slice of it that holds the next bytes: take it;
- it shows that ranges are no use here: go on with a stream, or a plain GET;
- the entity is another one now, and the server says so itself: start over with the new one;
- it is something else altogether, a login page for one: keep what there is, and say so;
- it is a refusal, for now or for good.

`judge` does no I/O. Nobody else decides what a body is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from atwin.host.download.judging.contradiction import (
    another,
    contradiction,
    contradicts_part,
    doubted,
    is_disputed,
    looks_alike,
    vouches,
)
from atwin.host.download.judging.entity import ContentRange, Entity, retry_after
from atwin.host.download.judging.verdict import (
    BUSY,
    AllThere,
    Another,
    Broken,
    ByParts,
    Changed,
    NoRanges,
    Overlap,
    Refused,
    TakeSlice,
    TakeWhole,
    TooLong,
    Unconditional,
)

if TYPE_CHECKING:
    from atwin.host.download.judging.verdict import Asked, Known, Seen, Span, Verdict

#: Statuses of a server that did not like the condition, or the way it was put.
_CONDITION_REFUSED = (304, 400, 412, 416, 501)

#: Statuses whose body is the entity. 206 says which part of it.
_WHOLE = (200, 203)


def judge(asked: Asked, seen: Seen, known: Known) -> Verdict:
    """What is to be done with a response to a GET."""
    status = seen.status
    content_range = ContentRange.of(seen.headers)
    if seen.complete:
        if status in BUSY:
            return Refused(status, pause=retry_after(seen.headers))
        if asked.conditional and status in _CONDITION_REFUSED:
            return Unconditional()
        if status == 416:
            return _beyond_end(asked, content_range, known)
        if status == 204:
            return _nothing(seen, known)
        if status not in (*_WHOLE, 206):
            return _refused(asked, status, known)
    if content_range is not None and content_range.first is not None:
        return _slice(asked, seen, content_range, known)
    if status == 206 and seen.complete:
        return _unnamed_slice(asked, seen, known)
    return _whole(asked, seen, known)


def _slice(asked: Asked, seen: Seen, said: ContentRange, known: Known) -> Verdict:
    """A response that says which bytes it holds, whatever its status."""
    assert said.first is not None
    assert said.last is not None
    told = entity = Entity.of(seen.headers)
    before = _believed(known, told)
    if said.total is None and before is not None:
        entity = replace(entity, length=before.length)
    if (verdict := contradicts_part(known, entity)) is not None:
        return verdict
    disputed = known.open_total or is_disputed(known.entity, entity)
    if before is not None:
        entity = before.updated(entity, confirmed=known.confirmed and known.kept > 0)
    if disputed:
        entity = replace(entity, length=None)
    claimed = said.last - said.first + 1
    body = seen.held if seen.complete else seen.headers.length
    wanted = _wanted(asked.span, entity.length)
    sure = True
    if body is not None and claimed != body:
        # Some count one too many; what they send is right.
        if not (claimed == body + 1 and said.first == _first(asked) and body == wanted):
            return _not_what_was_asked(asked, seen, said)
        sure = False
    if not seen.complete and seen.held == 0:
        return _not_what_was_asked(asked, seen, said)
    if asked.span is None and said.first == 0 and seen.complete and seen.held == entity.length:
        return TakeWhole(entity)
    if entity.length is not None and said.first + seen.held > entity.length:
        return _not_what_was_asked(asked, seen, said)
    at = known.kept if asked.at is None else asked.at
    end = said.first + seen.held
    if said.first <= at < end:
        if 0 < said.first == at == known.kept and not (sure and vouches(known, told)):
            if _first(asked) < at:
                return _not_what_was_asked(asked, seen, said)
            return Overlap()
        return TakeSlice(said.first, entity, sure, disputed)
    if end == at and entity.length is None and said.total in (None, at):
        return AllThere()  # what was asked for went on from there, and nothing came
    if disputed:
        return NoRanges("the server gives a different length of the file in each answer")
    return _not_what_was_asked(asked, seen, said)


def _believed(known: Known, told: Entity) -> Entity | None:
    """The known entity; None where a HEAD alone has told it, and a part has another type.

    Then the HEAD was answered with another thing, a login page for one: its length is not ours.
    """
    before = known.entity
    if before is None or known.confirmed or None in (before.type, told.type):
        return before
    return before if before.type == told.type else None


def _unnamed_slice(asked: Asked, seen: Seen, known: Known) -> Verdict:
    """206, and no word of which bytes: right if it is as long as what was asked for."""
    if seen.headers.get("content-type", "").lower().startswith("multipart/"):
        return NoRanges("the server answers a range with a multipart body")
    told = Entity.of(seen.headers)
    entity = _believed(known, told) or (replace(told, length=None) if known.entity else Entity())
    if not seen.held and known.kept == _first(asked) and entity.length is None:
        return AllThere()  # the range after the end, as simple servers see it
    # Its Content-Length is the part's.
    verdict = contradicts_part(known, replace(told, length=entity.length))
    if verdict is not None:
        return verdict
    if seen.held == entity.length and (asked.span is None or known.kept == 0):
        return TakeWhole(entity)
    wanted = _wanted(asked.span, entity.length)
    if wanted is not None and seen.held > wanted:
        return NoRanges(f"asked for {wanted} bytes, the server sent {seen.held}")
    if known.streams or seen.held != wanted:
        return NoRanges("the server's 206 does not say which bytes it holds")
    if 0 < known.kept == _first(asked):
        return Overlap()
    return TakeSlice(_first(asked), entity, sure=False)


def _whole(asked: Asked, seen: Seen, known: Known) -> Verdict:
    """A response that is the entity itself, as far as it goes."""
    entity = Entity.of(seen.headers)
    if seen.complete:
        if entity.length not in (None, seen.held):
            return Broken(f"{seen.held} bytes came where {entity.length} were announced")
        entity = replace(entity, length=seen.held)
    if asked.span is None and entity.coding and _is_plain(known):
        if known.may_part:
            return ByParts(f"all at once it comes content-coded ({entity.coding}), unlike its HEAD")
        if known.ranges_work:
            return Another(f"{seen.status}, content-coded ({entity.coding}), where parts are not")
    verdict = contradiction(known, entity, seen.status)
    if verdict is not None and not known.confirmed:
        verdict = doubted(known, verdict, entity)
    elif isinstance(verdict, Changed) and known.kept and not looks_alike(known.entity, entity):
        verdict = another(known, entity, seen.status)
    if verdict is not None:
        return verdict
    if asked.conditional:
        return Unconditional()
    if known.open_total and entity.length == known.kept == _first(asked):
        return AllThere()
    if asked.span is not None and not seen.complete:
        before = known.entity
        other = before is not None and before.type and entity.type not in (None, before.type)
        instead = f" and sends {entity.type}" if other else ""
        return NoRanges(f"the server ignores ranges{instead}", entity)
    if not seen.complete:
        return TooLong(entity)
    if (length := _cut(seen, known)) is not None:
        why = (
            f"{seen.held} bytes came where a HEAD announced {length}, and nothing says where the"
            " answer ends: it was cut, or the HEAD is wrong"
        )
        return Refused(seen.status, why=why)
    return TakeWhole(entity)


def _is_plain(known: Known) -> bool:
    """Whether it is known without a coding."""
    before = known.entity
    return before is not None and bool(before.length) and not before.coding


def _cut(seen: Seen, known: Known) -> int | None:
    """The length that was announced, where less came without an end of its own."""
    if known.entity is None or known.entity.length is None or not seen.headers:
        return None
    if "transfer-encoding" in seen.headers or seen.headers.length is not None:
        return None
    return known.entity.length if seen.held < known.entity.length else None


def _nothing(seen: Seen, known: Known) -> Verdict:
    """204."""
    length = known.entity.length if known.entity else None
    if known.kept or length:
        return Another("204, no content")
    return TakeWhole(replace(Entity.of(seen.headers), length=0))


def _beyond_end(asked: Asked, said: ContentRange | None, known: Known) -> Verdict:
    """416: it ends before, ranges are no use, or the server is wrong about one of the two."""
    first = _first(asked)
    total = said.total if said is not None else None
    length = known.entity.length if known.entity else None
    if total is None and known.head_length != length:
        total = known.head_length
    if known.open_total and known.kept == known.head_length:
        return AllThere()
    if first == 0 and total == 0:
        return TakeWhole(Entity(length=0))
    ended = total == known.kept or (total is None and known.short)
    if known.kept and ended and (length in (None, known.kept) or known.head_length == known.kept):
        return AllThere()
    if total is not None and total <= first and (known.kept or total != length):
        return Changed(f"it has {total} bytes now, none at {first}")
    if known.kept and known.kept == first and total is None and length is None:
        return Overlap()
    refusal = "the server answers 416 (no such range) to ranges it has"
    if known.ranges_work and total is None:
        return Changed(f"it has an unknown length now, none at {first}", otherwise=refusal)
    return NoRanges(refusal, refused=416)


def _refused(asked: Asked, status: int, known: Known) -> Verdict:
    """No success: of the entity, or of the way it was asked for."""
    of_ranges = asked.span is not None and not known.ranges_work
    if of_ranges and status >= 400 and status != known.head_status:
        return NoRanges(f"the server answers {status} to a range", refused=status)
    return Refused(status)


def _not_what_was_asked(asked: Asked, seen: Seen, said: ContentRange) -> NoRanges:
    more = "" if seen.complete else "more than "
    return NoRanges(
        f"asked for {asked.span or 'everything'}, the server sent {more}{seen.held} bytes and calls"
        f" them {said.first}-{said.last}"
    )


def _first(asked: Asked) -> int:
    return asked.span.first if asked.span is not None else 0


def _wanted(span: Span | None, total: int | None) -> int | None:
    """How many bytes that span has, of an entity of that length; None while that is open."""
    if span is None:
        return total
    ends = [end for end in (span.last, None if total is None else total - 1) if end is not None]
    return min(ends) - span.first + 1 if ends else None
