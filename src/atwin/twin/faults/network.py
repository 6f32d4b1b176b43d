"""Faults behind the mobile network: name server, servers, the way to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from atwin.net.troubles import Ended, NoName, Refused, Slow, Stalled
from atwin.twin.faults.fault import Fault, PlanError, number, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.net.troubles import Trouble
    from atwin.twin.faults.bench import Bench
    from atwin.twin.faults.fault import End


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFault(Fault):
    """Trouble with connections to `host` (a name or an address), or to all.

    `count` is in connections, and counts the open one first.
    """

    LASTS: ClassVar[tuple[str, ...]] = ("seconds", "count", "until")
    COUNT: ClassVar[int | None] = 1

    host: str | None = None

    def trouble(self) -> Trouble:
        """What the network does."""
        raise NotImplementedError

    def begin(self, bench: Bench, used: Callable[[], None]) -> End:
        return bench.network.begin(self.trouble(), self.limit, used)


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsFailure(NetworkFault):
    """The name has no address, or, `silent`, the name server does not answer."""

    KIND: ClassVar[str] = "dns_failure"

    silent: bool = False

    def trouble(self) -> Trouble:
        return NoName(host=self.host, silent=self.silent)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectRefused(NetworkFault):
    """The server refuses the connection, or, `silent`, does not answer."""

    KIND: ClassVar[str] = "connect_refused"

    silent: bool = False

    def trouble(self) -> Trouble:
        return Refused(host=self.host, silent=self.silent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall(NetworkFault):
    """After `after` more bytes nothing comes any more; the connection stays open."""

    KIND: ClassVar[str] = "stall"

    after: int = whole(0)

    def trouble(self) -> Trouble:
        return Stalled(host=self.host, after=self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetConnection(NetworkFault):
    """After `after` more bytes the connection is reset."""

    KIND: ClassVar[str] = "reset_connection"

    after: int = whole(0)

    def trouble(self) -> Trouble:
        return Ended(host=self.host, after=self.after, reset=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truncate(NetworkFault):
    """After `after` more bytes the server closes in order, whatever it announced."""

    KIND: ClassVar[str] = "truncate"

    after: int = whole(0)

    def trouble(self) -> Trouble:
        return Ended(host=self.host, after=self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drip(NetworkFault):
    """The server sends `rate` bytes per second and no more."""

    KIND: ClassVar[str] = "drip"

    rate: float = number(100.0, 0.1)

    def trouble(self) -> Trouble:
        return Slow(host=self.host, rate=float(self.rate))


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowLink(NetworkFault):
    """`latency` seconds more each way, up to `jitter` more for each piece, `bandwidth` bytes/s.

    The bandwidth is that of each connection, both ways; jitter does not change it.
    """

    KIND: ClassVar[str] = "slow_link"
    COUNT: ClassVar[int | None] = None

    latency: float = number(0.0, 0, 60)
    jitter: float = number(0.0, 0, 60)
    bandwidth: float | None = number(None, 1)

    def __post_init__(self) -> None:
        Fault.__post_init__(self)
        if not (self.latency or self.jitter or self.bandwidth):
            raise PlanError("latency, jitter or bandwidth is wanted")

    def trouble(self) -> Trouble:
        rate = None if self.bandwidth is None else float(self.bandwidth)
        return Slow(
            host=self.host, latency=self.latency, jitter=self.jitter, rate=rate, up_rate=rate
        )
