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

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from atwin.host.download.entity import ContentRange, Entity, http_date, stated_length

if TYPE_CHECKING:
    from atwin.host.headers import Headers

#: Statuses that may be gone after a pause.
BUSY = (429, 500, 502, 503, 504)

#: Statuses of a server that did not like the condition, or the way it was put.
_CONDITION_REFUSED = (304, 400, 412, 416, 501)

#: Statuses whose body is the entity. 206 says which part of it.
_WHOLE = (200, 203)

#: Statuses from here on are not the server's (spec: http.md §4).
_MODULES_OWN = 600

#: Digits of a pause that Retry-After may ask for: ten digits of seconds are no pause.
_LONGEST_PAUSE = 10


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes `first` to `last` of an entity, both included; `last` None: up to the end."""

    first: int
    last: int | None

    def __str__(self) -> str:
        return f"the range {self.first}-{'' if self.last is None else self.last}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A GET: for `span`, None for all of it; `conditional` with If-Range.

    Byte `at` must be among what comes; None for the one that follows what is on disk.
    """

    span: Span | None = None
    conditional: bool = False
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """Its response, as a module tells of it.

    `held` bytes of the body are there. They are not all of them unless `complete`: then the module
    said 602, and nothing about the server's status. `headers` are empty where it hands none out.
    """

    status: int
    held: int
    headers: Headers
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before.

    `entity` is None where nothing is; `confirmed` tells that a GET, or an earlier run, has said
    it, and not only a HEAD. The first `kept` bytes are on disk. With `by_hash` the bytes are
    checked in the end, and validators count for nothing. `streams` tells whether all of it can be
    had at once instead. `head_status` is what a HEAD was answered with.
    """

    entity: Entity | None = None
    confirmed: bool = False
    kept: int = 0
    by_hash: bool = False
    streams: bool = False
    head_status: int = 0
    #: The last part was shorter than it was asked for, and the total is open.
    short: bool = False
    #: Parts have come from this server.
    ranges_work: bool = False
    #: What the HEAD says, where a part or an earlier run says otherwise.
    head_length: int | None = None
    #: Parts have not been found useless, nor tried because of a coding.
    may_part: bool = False
    #: The server contradicts itself about the total: only the end itself is believed.
    open_total: bool = False


# --- verdicts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TakeWhole:
    """What is held is all of `entity`."""

    entity: Entity


@dataclass(frozen=True, slots=True)
class TakeSlice:
    """What is held are bytes of `entity` from `first` on, the next one among them.

    `sure` is False where the server does not say so in a way that makes sense, and only the bytes
    can tell. `disputed`: it names another total than before.
    """

    first: int
    entity: Entity
    sure: bool = True
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Unconditional:
    """This server does not do If-Range: ask again without, and compare."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Nothing vouches for what came, or for the end: ask for some of what is on disk with it."""


@dataclass(frozen=True, slots=True)
class AllThere:
    """Nothing follows the bytes that are on disk."""


@dataclass(frozen=True, slots=True)
class NoRanges:
    """Parts cannot be had from this server, for this `reason`: a clause about the server.

    `refused` is the status that said so, if one did.
    """

    reason: str
    entity: Entity | None = None
    refused: int = 0


@dataclass(frozen=True, slots=True)
class TooLong:
    """All of `entity` was asked for, and it does not fit after all."""

    entity: Entity


@dataclass(frozen=True, slots=True)
class Changed:
    """The URL stands for `entity` now, None where that is not known.

    `otherwise` is what is wrong with the server, if it does not.
    """

    reason: str
    entity: Entity | None = None
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Another:
    """This is no state of the entity at all: `what` came in place of it."""

    what: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The server contradicts itself: `what` is a sentence about the answer."""

    what: str


@dataclass(frozen=True, slots=True)
class ByParts:
    """A stream gets nowhere for this `reason`, a clause: parts can be read and asked for again."""

    reason: str


@dataclass(frozen=True, slots=True)
class AtOnce:
    """No part comes for this `reason`, a clause: a stream may be longer under way."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server said no; `busy` when it may say yes after `pause` seconds, None if unknown.

    `why` is a clause in place of the status, when that is not what is wrong.
    """

    status: int
    busy: bool = False
    pause: float | None = None
    why: str = ""


#: What ends a strategy, and may begin another.
Turn = NoRanges | TooLong | Changed | Another | Broken | ByParts | AtOnce
Verdict = TakeWhole | TakeSlice | Unconditional | Overlap | AllThere | Refused | Turn


# --- the decision -------------------------------------------------------------------------------


def judge(asked: Asked, seen: Seen, known: Known) -> Verdict:
    """What is to be done with a response to a GET."""
    status = seen.status
    content_range = ContentRange.of(seen.headers)
    if seen.complete:
        if status in BUSY:
            return Refused(status, busy=True, pause=retry_after(seen.headers))
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


def contradiction(known: Known, entity: Entity, status: int = 200) -> Changed | Another | None:
    """Why `entity` is not the known one; None when nothing says so.

    What has another type, or no validators where there were some, is no new state of the entity but
    something else.
    """
    before = known.entity
    if before is None:
        return None
    reason = before.difference(entity)
    same_length = before.length is not None and before.length == entity.length
    if known.by_hash:
        # The bytes decide; only a length can tell beforehand that they cannot be right.
        reason = None if same_length or None in (before.length, entity.length) else reason
    lost = before.validated and not entity.validated and not known.by_hash
    other_type = before.type is not None and entity.type not in (None, before.type)
    if lost and other_type:
        return _another(known, entity, status)
    if reason is None and (same_length or before.same_validators(entity)):
        return None
    if other_type or (lost and (reason or entity.type)):
        return _another(known, entity, status)
    return Changed(reason, entity) if reason else None


def retry_after(headers: Headers) -> float | None:
    """Seconds to wait by Retry-After (RFC 9110 §10.2.3); None without one that makes sense."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value) if len(value) <= _LONGEST_PAUSE else None
    at, now = http_date(value), http_date(headers.get("date", ""))
    # By the server's own clock: a module's, and this computer's, may be wrong.
    return max(0.0, at.timestamp() - now.timestamp()) if at and now else None


# --- by kind of response ------------------------------------------------------------------------


def _slice(asked: Asked, seen: Seen, said: ContentRange, known: Known) -> Verdict:
    """A response that says which bytes it holds, whatever its status."""
    assert said.first is not None
    assert said.last is not None
    told = entity = Entity.of(seen.headers)
    if said.total is None and known.entity is not None:
        entity = replace(entity, length=known.entity.length)
    if (verdict := _contradicts_part(known, entity)) is not None:
        return verdict
    disputed = known.open_total or _disputed(known.entity, entity)
    if known.entity is not None:
        entity = known.entity.updated(entity, confirmed=known.confirmed and known.kept > 0)
    if disputed:
        entity = replace(entity, length=None)
    claimed = said.last - said.first + 1
    body = seen.held if seen.complete else stated_length(seen.headers)
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
        if 0 < said.first == at == known.kept and not (sure and _vouches(known, told)):
            if _first(asked) < at:
                return _not_what_was_asked(asked, seen, said)
            return Overlap()
        return TakeSlice(said.first, entity, sure, disputed)
    if end == at and entity.length is None and said.total in (None, at):
        return AllThere()  # what was asked for went on from there, and nothing came
    if disputed:
        return NoRanges("the server tells another length of the file in each answer")
    return _not_what_was_asked(asked, seen, said)


def _vouches(known: Known, told: Entity) -> bool:
    """Whether a response says as much of its entity as is known of the one on disk."""
    before = known.entity
    if not known.kept or known.by_hash or before is None or not before.validated:
        return True
    return before.same_validators(told)


def _disputed(before: Entity | None, entity: Entity) -> bool:
    """Whether one entity is told to have two lengths. That HEAD says 0 is nothing but a habit."""
    if before is None or not before.length or entity.length in (None, before.length):
        return False
    # Without a validator on both sides it may as well be another entity.
    same = before.same_validators(entity)
    return same and replace(before, length=None).difference(replace(entity, length=None)) is None


def _contradicts_part(known: Known, entity: Entity) -> Changed | Another | None:
    """As `contradiction`: but a part with a total says much of itself, and a HEAD says little."""
    if known.entity is None or not known.confirmed or known.entity.surely(entity):
        return None
    verdict = contradiction(known, entity, 206)
    if isinstance(verdict, Another) and (reason := known.entity.difference(entity)):
        return Changed(reason, entity)
    return verdict


def _unnamed_slice(asked: Asked, seen: Seen, known: Known) -> Verdict:
    """206, and no word of which bytes: right if it is as long as what was asked for."""
    if seen.headers.get("content-type", "").lower().startswith("multipart/"):
        return NoRanges("the server answers a range with a multipart body")
    entity = known.entity or Entity()
    if not seen.held and known.kept == _first(asked) and entity.length is None:
        return AllThere()  # the range behind the end, as simple servers see it
    # Its Content-Length is the part's.
    verdict = _contradicts_part(known, replace(Entity.of(seen.headers), length=entity.length))
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
        verdict = _doubted(known, verdict, entity)
    elif isinstance(verdict, Changed) and known.kept and not _looks_alike(known.entity, entity):
        verdict = _another(known, entity, seen.status)
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
            f"{seen.held} bytes came where a HEAD announced {length}, and nothing tells where the"
            " answer ends: it was cut, or the HEAD is wrong"
        )
        return Refused(seen.status, busy=True, why=why)
    return TakeWhole(entity)


def _cut(seen: Seen, known: Known) -> int | None:
    """The length that was announced, where less came without an end of its own."""
    if known.entity is None or known.entity.length is None or not seen.headers:
        return None
    if "transfer-encoding" in seen.headers or stated_length(seen.headers) is not None:
        return None
    return known.entity.length if seen.held < known.entity.length else None


def _is_plain(known: Known) -> bool:
    """Whether it is known without a coding."""
    before = known.entity
    return before is not None and bool(before.length) and not before.coding


def _doubted(known: Known, verdict: Changed | Another, entity: Entity) -> Another | None:
    """Nothing but a HEAD speaks against this GET: the GET decides.

    Except for a page in place of a file that the HEAD knew well.
    """
    before = known.entity
    assert before is not None
    if isinstance(verdict, Changed):
        return None
    if before.type == entity.type or entity.type != "text/html":
        return None
    shorter = (before.length or 0) > (entity.length or 0)
    lost = before.validated and not entity.validated
    return verdict if lost or (shorter and before.type is not None) else None


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
    return NoRanges(
        f"asked for {asked.span or 'everything'}, the server sent {_amount(seen)} and calls them"
        f" {said.first}-{said.last}"
    )


def _another(known: Known, entity: Entity, status: int) -> Another:
    before = known.entity
    instead = f" instead of {before.length}" if before and before.length is not None else ""
    size = "an unknown number of" if entity.length is None else str(entity.length)
    kind = f" {entity.type}" if entity.type else ""
    # With 602 the module has not told the server's own.
    shown = f"{status}{kind}" if status < _MODULES_OWN else kind.strip() or "something"
    return Another(f"{shown}, {size} bytes{instead}")


def _looks_alike(before: Entity | None, entity: Entity) -> bool:
    """Whether a whole answer may be a new state of an entity, and not just some page."""
    if before is None or before.validated:
        return True
    return before.type is not None and before.type == entity.type


def _amount(seen: Seen) -> str:
    return f"{seen.held} bytes" if seen.complete else f"more than {seen.held} bytes"


def _first(asked: Asked) -> int:
    return asked.span.first if asked.span is not None else 0


def _wanted(span: Span | None, total: int | None) -> int | None:
    """How many bytes that span has, of an entity of that length; None while that is open."""
    if span is None:
        return total
    ends = [end for end in (span.last, None if total is None else total - 1) if end is not None]
    return min(ends) - span.first + 1 if ends else None
