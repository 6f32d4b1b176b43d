"""Faults beyond the mobile network: name server, servers, the way to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from atwin.twin.faults.dice import among, magnitude, size
from atwin.twin.faults.fault import Fault, PlanError, flag, number, whole

if TYPE_CHECKING:
    from atwin.twin.faults.case import Case
    from atwin.twin.faults.fault import End
    from atwin.twin.faults.victim import Victim


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFault(Fault):
    """Trouble with connections to `host` (a name or an address), or to all.

    `count` is in connections, and counts the open one first.
    """

    LASTS: ClassVar[tuple[str, ...]] = ("seconds", "count", "until")
    COUNT: ClassVar[int | None] = 1

    host: str | None = None

    def begin(self, victim: Victim, case: Case) -> End:
        return victim.network.begin(case)


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsFailure(NetworkFault):
    """The name has no address, or, `silent`, the name server does not answer."""

    KIND: ClassVar[str] = "dns_failure"

    silent: bool = flag(among(False, True))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectRefused(NetworkFault):
    """The server refuses the connection, or, `silent`, does not answer."""

    KIND: ClassVar[str] = "connect_refused"

    silent: bool = flag(among(False, True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut(NetworkFault):
    """Nothing comes after `after` more bytes."""

    after: int = whole(0, throw=size(1, 50_000))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall(Cut):
    """After `after` more bytes nothing comes any more; the connection stays open."""

    KIND: ClassVar[str] = "stall"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetConnection(Cut):
    """After `after` more bytes the connection is reset."""

    KIND: ClassVar[str] = "reset_connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Truncate(Cut):
    """After `after` more bytes the server closes in order, whatever it announced."""

    KIND: ClassVar[str] = "truncate"


class Slowness(NamedTuple):
    """What a slow way is like: seconds each way, up to `jitter` more for each piece, bytes/s.

    None is without limit. The rate is the one named, whatever the jitter.
    """

    latency: float = 0.0
    jitter: float = 0.0
    rate: float | None = None
    up_rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow(NetworkFault):
    """Longer ways and narrow ones."""

    @property
    def slowness(self) -> Slowness:
        """What it makes of a connection."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Drip(Slow):
    """The server sends `rate` bytes per second and no more."""

    KIND: ClassVar[str] = "drip"

    rate: float = number(100.0, 0.1, throw=magnitude(100, 20_000))

    @property
    def slowness(self) -> Slowness:
        return Slowness(rate=float(self.rate))


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowLink(Slow):
    """`latency` seconds more each way, up to `jitter` more for each piece, `bandwidth` bytes/s.

    The bandwidth is that of each connection, both ways; jitter does not change it.
    """

    KIND: ClassVar[str] = "slow_link"
    COUNT: ClassVar[int | None] = None

    latency: float = number(0.0, 0, 60, throw=magnitude(0.01, 5))
    jitter: float = number(0.0, 0, 60, throw=among(0, magnitude(0.001, 1)))
    bandwidth: float | None = number(None, 1, throw=among(None, magnitude(500, 100_000)))

    def __post_init__(self) -> None:
        Fault.__post_init__(self)
        if not (self.latency or self.jitter or self.bandwidth):
            raise PlanError("one of latency, jitter and bandwidth must be above 0")

    @property
    def slowness(self) -> Slowness:
        rate = None if self.bandwidth is None else float(self.bandwidth)
        return Slowness(self.latency, self.jitter, rate, rate)
