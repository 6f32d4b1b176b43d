"""What a download tells while it runs, what ends it early, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from atwin.host.download.entity import Entity
    from atwin.host.recovery import Climbed


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

    `parts` make up the file, `fetched_parts` of them came in this run, which began at byte
    `resumed_from`. `seconds` are those of the clock. `model` is a profile key, or what the module
    calls itself.
    """

    url: str
    file: Path
    bytes: int
    sha256: str
    md5: str | None
    parts: int
    fetched_parts: int
    resumed_from: int
    seconds: float
    strategy: str
    model: str
    retries: int
    #: The rungs of the recovery ladder that were climbed, in order.
    recovery: tuple[Climbed, ...] = ()


if TYPE_CHECKING:
    ProgressCall = Callable[[Progress], None]


class EntityChanged(Exception):  # noqa: N818 - no failure: the download starts over
    """The URL stands for something else now; `entity` is what it is, as far as known."""

    def __init__(self, reason: str, entity: Entity | None = None) -> None:
        super().__init__(reason)
        self.entity = entity


class RangesIgnored(Exception):  # noqa: N818 - no failure: another strategy follows
    """The server answered a range with the whole entity, and that does not fit the buffer."""

    def __init__(self, entity: Entity) -> None:
        super().__init__("the server ignores ranges")
        self.entity = entity
