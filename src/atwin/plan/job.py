"""What is downloaded by which module, over which line and which way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from atwin.host.identity import Limits
from atwin.models import load_profile
from atwin.models.profile import Profile
from atwin.net.url import Url

if TYPE_CHECKING:
    from atwin.host.download.order import Strategy

#: Where the server is, and how it is called where its name is asked for.
ADDRESS: Final = "198.51.100.1"
NAME: Final = "example.org"
PATH: Final = "/file.bin"

#: What TLS is here: the suite that most servers and all modules have, by its IANA number.
SUITE: Final = 0x0035


@dataclass(frozen=True, slots=True)
class Route:
    """The way between module and server.

    `rtt` in seconds, there and back; `down` and `up` in bytes/s, None without limit; `loss` is the
    share of TCP segments that get lost, 0 to 0.5.
    """

    rtt: float = 0.1
    down: float | None = 1.2e6
    up: float | None = 0.2e6
    loss: float = 0.0


@dataclass(frozen=True, slots=True)
class RealServer:
    """A server on this computer, in place of that of a plan; real time only.

    `address` and `port` are where it listens, `sha256` is that of the file at `url`, in hex.
    """

    url: str
    address: str
    port: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Job:
    """One download of `size` bytes.

    `model` is a name of `atwin models`, NAME@FIRMWARE, a path that ends with .toml, or a profile.
    `baud` is the rate of the line in bit/s; None is a line that takes no time. `part` is the size
    of a part in bytes, None for what suits the module. `hash`: the host knows the SHA-256
    beforehand. `etag`: the server sends one. `dns`: the server has a name, which the module asks
    for before each connection; without it the URL has the server's address. `latency` is how many
    seconds the server takes until it answers.
    """

    size: int
    model: str | Profile = "air724ug"
    baud: int | None = 115200
    strategy: Strategy = "auto"
    part: int | None = None
    tls: bool = False
    hash: bool = True
    etag: bool = True
    dns: bool = False
    route: Route = field(default_factory=Route)
    latency: float = 0.0
    #: The server, where it is not the plan's; `latency` and `etag` mean nothing then.
    real: RealServer | None = None

    @property
    def profile(self) -> Profile:
        """Of the module. Raises `UnknownModelError`."""
        return self.model if isinstance(self.model, Profile) else load_profile(self.model)

    @property
    def scheme(self) -> Literal["http", "https"]:
        """Of the URL."""
        return "https" if self.tls else "http"

    @property
    def port(self) -> int:
        """Where the server listens."""
        if self.real is not None:
            return self.real.port
        return 443 if self.tls else 80

    @property
    def host(self) -> str:
        """How the URL calls the server."""
        if self.real is not None:
            return Url.parse(self.real.url.encode()).host
        return NAME if self.dns else ADDRESS

    @property
    def url(self) -> str:
        if self.real is not None:
            return self.real.url
        return f"{self.scheme}://{self.host}{PATH}"


def limits_of(profile: Profile) -> Limits:
    """What the host would learn of such a module."""
    return Limits(
        post_max=profile.limit("post_limit"),
        read_max=profile.limit("read_max"),
        streams=profile.has("ext_http"),
        lower_cases=profile.has("head_lowercase"),
    )
