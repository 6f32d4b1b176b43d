"""What can be wrong on the way to a server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is wrong, with one server (name or address) or with all."""

    host: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoName(Trouble):
    """The name server knows no address; `silent`: it does not answer."""

    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Trouble):
    """Connections are refused; `silent`: they are not answered."""

    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Trouble):
    """The connection ends after so many more bytes: in order, or by a `reset`."""

    after: int = 0
    reset: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stalled(Trouble):
    """After so many more bytes nothing comes any more, and nothing says why."""

    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow(Trouble):
    """Longer ways and narrow ones.

    Seconds each way, and up to so many more for each piece; bytes per second down and up, None
    without limit.
    """

    latency: float = 0.0
    jitter: float = 0.0
    rate: float | None = None
    up_rate: float | None = None
