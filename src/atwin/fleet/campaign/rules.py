"""What is fetched, from what server, by what rules, at what price."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from atwin.fleet.campaign.arrival import LONGEST
from atwin.fleet.campaign.keys import NEEDED, Table, changed, key
from atwin.fleet.campaign.kinds import (
    Bytes,
    Chosen,
    Dated,
    Label,
    Quantity,
    Rate,
    Seconds,
    Switch,
    Takes,
    Waits,
    Whole,
)
from atwin.host.download.pace import SMALLEST_CHUNK
from atwin.net.url import Url

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from atwin.host.download.order import Strategy

_LONGEST_URL = 1000
_SHARE = Quantity(0, 1)
_RATE = Rate(1, 1e11)
#: How a file is fetched, by all devices or by those of a model.
STRATEGY, PART = Chosen("auto", "range", "stream"), Bytes(SMALLEST_CHUNK, 1 << 30)


class Loopback(Takes):
    """The URL of a server on this computer."""

    words = 'an http:// or https:// URL of this computer, such as "http://127.0.0.1:8080/fw.bin"'

    def parse(self, value: Any, folder: Path) -> str:
        if not isinstance(value, str) or not value.startswith(("http://", "https://")):
            raise ValueError
        if len(value) > _LONGEST_URL or not value.isascii() or not value.isprintable():
            raise ValueError
        try:
            url = Url.parse(value.encode())
        except ValueError as error:
            raise ValueError(str(error)) from None
        if url.userinfo:
            raise ValueError("it holds a name or a password: this server is asked without")
        if not _is_loopback(url.host):
            raise ValueError(
                "only a server on this computer is loaded, as a fleet would overwhelm another's: "
                "give 127.0.0.1, [::1] or localhost"
            )
        return value


def _is_loopback(host: str) -> bool:
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadSpec:
    """`[download]`: the file that each device fetches, and how."""

    size: int = key(Bytes(1, 1 << 30), NEEDED, "size of the file")
    tls: bool = key(Switch(), False, "whether it comes by HTTPS (TLS 1.2)")
    strategy: Strategy = key(STRATEGY, "auto", "as `atwin get --strategy`")
    #: Bytes, None for what suits the module.
    part: int | None = key(
        PART,
        None,
        "size of a part, as `atwin get --chunk`; by default what suits the module",
    )
    hash: bool = key(Switch(), True, "whether the host knows the SHA-256 of the file beforehand")
    etag: bool = key(Switch(), True, "whether the server sends an ETag")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """`[retry]`: what a device does after an attempt that failed."""

    attempts: int = key(Whole(1, 100), 4, "attempts of a device, the first included")
    after: tuple[float, ...] = key(
        Waits(Seconds(0, LONGEST), 99),
        ["10 min", "1 h", "6 h"],
        "waits before the second attempt, the third and so on; the last one repeats",
    )
    give_up: float = key(
        Seconds(1, LONGEST), "15 min", "the host's own limit without progress, in one attempt"
    )
    restart: bool = key(
        Switch(),
        True,
        "whether every attempt after the first begins with a restart of the module, as "
        "`atwin recover --restart` does it: some faults end with nothing less",
    )

    def wait(self, attempt: int) -> float:
        """Seconds that a device waits before that attempt; 2 is the second."""
        return self.after[min(attempt - 2, len(self.after) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSpec:
    """`[server]`: what the server can do. A limit that is not given does not apply."""

    connections: int | None = key(Whole(1, 10_000_000), None, "connections at once")
    backlog: int = key(Whole(0, 10_000_000), 511, "connections that wait; more are refused")
    bandwidth: float | None = key(_RATE, None, "rate of all connections together")
    rate: float | None = key(_RATE, None, "rate of one connection")
    requests: float | None = key(Quantity(0.001, 1e9), None, "requests in a second")
    per_device: int = key(
        Whole(1, 1000), 8, "connections of one device; a module's HTTP has one, so none is refused"
    )
    keep_alive: float = key(
        Seconds(0, 86_400), "75 s", "how long an idle connection stays; 0: it ends with an answer"
    )
    latency: float = key(Seconds(0, 60), 0.02, "time until the first byte of an answer")
    url: str | None = key(
        Loopback(), None, "a real server on this computer, loaded in real time, instead of a model"
    )

    def __post_init__(self) -> None:
        if self.url is None:
            return
        for name in changed(self):
            if name != "url":
                raise ValueError(f"{name} means nothing with url: the server there decides")


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortRule:
    """`abort`: handing out stops when too many devices have failed for good."""

    failed: float = key(_SHARE, NEEDED, "share of the ended devices that may have failed")
    after: int = key(Whole(1, 1_000_000), 100, "ended devices before which nothing stops")


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRules:
    """`[campaign]`: when it begins and ends."""

    starts: datetime = key(Dated(), "2026-12-01T00:00:00Z", "when it begins")
    lasts: float | None = key(
        Seconds(1, LONGEST), None, "when it ends; what is not done then has failed"
    )
    abort: AbortRule | None = key(Table(AbortRule), None, "when it stops handing out")


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutStage:
    """A `[[stage]]`: a part of the fleet that comes before the others.

    The next one begins when its devices have ended, and not before `hold` has passed since it
    began; what the stages leave of the fleet is a last one.
    """

    share: float = key(_SHARE, NEEDED, "share of the whole fleet in this stage alone")
    hold: float = key(Seconds(0, LONGEST), 0, "least time from its begin to that of the next")
    failed: float = key(_SHARE, 1, "share of its devices that may fail; more stop the campaign")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """`[price]`: what a megabyte costs."""

    per_mb: float = key(Quantity(0, 1e9), NEEDED, "price of a megabyte")
    megabyte: int = key(Whole(1, 1 << 30), 1_048_576, "bytes of a megabyte on the bill")
    currency: str = key(Label(), "EUR", "what the price is in")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSpec:
    """`[sample]`: how many devices are simulated; the others are drawn from these."""

    devices: int = key(Whole(1, 1_000_000), 400, "devices to simulate; 8 of each stratum at least")
