"""What one TLS connection may do and must insist on: SSLCFG, resolved into values."""

from __future__ import annotations

from dataclasses import dataclass, field

from atwin.net.tls.suites import SUITES, Suite, Version


@dataclass(frozen=True)
class TlsProfile:
    """The settings of one connection. Certificates and keys are bytes, PEM or DER.

    The bytes stay out of the representation, so a log line cannot leak them.
    """

    #: Offered in this order.
    suites: tuple[Suite, ...] = SUITES
    min_version: Version = Version.SSL3_0
    max_version: Version = Version.TLS1_2

    #: Server name in the ClientHello; None sends none.
    sni: str | None = None

    #: Certificates to trust; None: the server is not authenticated.
    ca: bytes | None = field(default=None, repr=False)
    #: Refuse to start without `ca` (seclevel 1 and 2).
    authenticate: bool = False
    #: `ca` holds the server's own certificate instead of a root (verifymode 1).
    pinned: bool = False
    #: UTC seconds since 1970 that validity dates are held against; None ignores the dates.
    check_time: float | None = None
    #: Host name or IP address the server's certificate must be for; None: any.
    check_name: str | None = None

    #: Shown when the server asks for it; with its chain, leaf first.
    client_cert: bytes | None = field(default=None, repr=False)
    client_key: bytes | None = field(default=None, repr=False)
    #: Refuse to start without `client_cert` and `client_key` (seclevel 2).
    mutual: bool = False

    #: 32 bytes: the ClientHello random; 28: its last bytes, after the time; None: chosen freely.
    client_random: bytes | None = field(default=None, repr=False)

    #: Seconds the whole handshake may take (negotiatetimeout).
    deadline: float = 300.0

    def __post_init__(self) -> None:
        """Raises ValueError for a profile that no connection could use."""
        if not self.suites:
            raise ValueError("a TLS profile needs at least one cipher suite")
        if self.min_version > self.max_version:
            raise ValueError(
                f"lowest version {self.min_version.label} is above {self.max_version.label}"
            )
        if self.client_random is not None and len(self.client_random) not in (28, 32):
            raise ValueError(f"client random has {len(self.client_random)} bytes, not 28 or 32")
        if self.deadline <= 0:
            raise ValueError(f"handshake deadline {self.deadline} s is not above 0")
