"""What a download tells while it runs, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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

    `final_url` is where redirects led, without user and password; None where there were none, or
    the module follows by itself and does not tell. `parts` of the size that was asked for make up
    the file; `fetched_parts` came in this run, more when they had to be smaller, none when the
    file was there already. It began at byte `resumed_from`. `seconds` are those of the clock.
    `strategy` is `whole`, `range` or `stream`, or `none` where nothing was asked for. `model` is a
    profile key, or what the module calls itself. `coding` is the server's Content-Encoding: the
    file is what it sent, not decoded.
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
    final_url: str | None = None
    coding: str | None = None


if TYPE_CHECKING:
    ProgressCall = Callable[[Progress], None]
