"""What is asked, seen and known of a response, and what it may become.

`atwin.host.download.judging.judge` makes the one of the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.host.errors import ServerBusyError, ServerError

if TYPE_CHECKING:
    from atwin.host.download.judging.entity import Entity
    from atwin.host.headers import Headers

#: Statuses that may be gone after a pause.
BUSY = (429, 500, 502, 503, 504)


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
    """Its response, as a module reports it.

    `held` bytes of the body are there. They are not all of them unless `complete`: then the module
    said 602, and nothing about the server's status. `headers` are empty where it hands none out.
    """

    status: int
    held: int
    headers: Headers
    complete: bool = True


@dataclass(slots=True)
class Known:
    """What is known before.

    `entity` is None where nothing is; `confirmed` says that a GET, or an earlier run, has said
    it, and not only a HEAD. The first `kept` bytes are on disk. With `by_hash` the bytes are
    checked in the end, and validators count for nothing. `streams` says whether all of it can be
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
    #: This server's word about its parts cannot be trusted: each is compared with what is kept.
    doubtful: bool = False
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
    """This server gives no parts, for this `reason`: a clause about the server.

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
    """This is not a state of the entity at all: `what` came in place of it."""

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
    """The server said no, or yes after `pause` seconds, which Retry-After says.

    `why` is a clause in place of the status, when that is not what is wrong: it may pass.
    """

    status: int
    pause: float | None = None
    why: str = ""

    def error(self, url: str, page: str = "") -> ServerError:
        """For a person; `page` is the begin of what came with it."""
        if self.why:
            return ServerBusyError(f"{url}: {self.why}", self.status)
        text = f"the server answered {self.status} for {url}" + (f": {page}" if page else "")
        if self.status in BUSY:
            return ServerBusyError(text, self.status, retry_after=self.pause)
        return ServerError(text, self.status)


#: What ends a strategy, and may begin another.
Turn = NoRanges | TooLong | Changed | Another | Broken | ByParts | AtOnce
Verdict = TakeWhole | TakeSlice | Unconditional | Overlap | AllThere | Refused | Turn
