"""What went wrong in TLS, as one value and as the exceptions that carry it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from atwin.net.network import TlsError, TlsStreamError
from atwin.net.tls.alerts import FATAL, Alert


class Kind(Enum):
    """Who ended it, and how."""

    SETUP = "the settings forbid it"
    LOCAL_ALERT = "we refused"
    CERTIFICATE = "we refused the server's certificate"
    REMOTE_ALERT = "the server refused"
    CLOSED = "the connection was closed"
    NOT_TLS = "the server does not speak TLS"
    TIMEOUT = "out of time"


class Stage(Enum):
    """How far the connection had come."""

    START = "before anything was sent"
    HELLO = "waiting for the server's hello"
    CERTIFICATE = "waiting for the server's certificate"
    KEY_EXCHANGE = "waiting for the end of the server's hello"
    FINISHED = "waiting for the server to finish"
    DATA = "after the handshake"


@dataclass(frozen=True)
class TlsFailure:
    """Everything known about a failure. Holds no key and, in its text, no certificate."""

    kind: Kind
    stage: Stage
    #: One line.
    reason: str
    #: The alert sent (LOCAL_ALERT, CERTIFICATE, NOT_TLS) or received (REMOTE_ALERT).
    alert: Alert | None = None
    #: OpenSSL's X509_V_ERR_* number when `kind` is CERTIFICATE.
    verify_code: int | None = None
    #: What the server showed, leaf first, DER; empty when it had not come that far.
    chain: tuple[bytes, ...] = ()

    def __str__(self) -> str:
        alert = f" ({self.alert})" if self.alert else ""
        return f"TLS, {self.stage.value}: {self.reason}{alert}"


class TlsHandshakeError(TlsError):
    """The handshake failed; `failure` says how."""

    def __init__(self, failure: TlsFailure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class TlsBrokenError(TlsStreamError):
    """The secure channel broke after the handshake; `failure` says how."""

    def __init__(self, failure: TlsFailure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class EngineError(Exception):
    """Raised inside the engine, which adds what it knows and makes it a `TlsFailure`."""

    def __init__(
        self, kind: Kind, reason: str, alert: Alert | None = None, verify_code: int | None = None
    ) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.alert = alert
        self.verify_code = verify_code


def refusal(number: int, reason: str) -> EngineError:
    """What the peer did is answered with the fatal alert `number`."""
    return EngineError(Kind.LOCAL_ALERT, reason, Alert(FATAL, number))
