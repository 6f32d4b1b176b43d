"""What went wrong in TLS: alerts, and a failure as one value and as the exceptions that carry it.

Alerts by number and name: RFC 5246 §7.2, RFC 6066 §9; SSL 3.0: RFC 6101 §5.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from atwin.net.network import TlsError, TlsStreamError

WARNING = 1
FATAL = 2


class AlertNumber(IntEnum):
    """The numbers that module and servers send."""

    CLOSE_NOTIFY = 0
    UNEXPECTED_MESSAGE = 10
    BAD_RECORD_MAC = 20
    DECRYPTION_FAILED = 21
    RECORD_OVERFLOW = 22
    DECOMPRESSION_FAILURE = 30
    HANDSHAKE_FAILURE = 40
    NO_CERTIFICATE = 41
    BAD_CERTIFICATE = 42
    UNSUPPORTED_CERTIFICATE = 43
    CERTIFICATE_REVOKED = 44
    CERTIFICATE_EXPIRED = 45
    CERTIFICATE_UNKNOWN = 46
    ILLEGAL_PARAMETER = 47
    UNKNOWN_CA = 48
    ACCESS_DENIED = 49
    DECODE_ERROR = 50
    DECRYPT_ERROR = 51
    PROTOCOL_VERSION = 70
    INSUFFICIENT_SECURITY = 71
    INTERNAL_ERROR = 80
    INAPPROPRIATE_FALLBACK = 86
    USER_CANCELED = 90
    NO_RENEGOTIATION = 100
    UNSUPPORTED_EXTENSION = 110
    UNRECOGNIZED_NAME = 112


@dataclass(frozen=True)
class Alert:
    """One alert, sent or received."""

    #: 1 warning, 2 fatal.
    level: int
    #: 0..255, known to `AlertNumber` or not.
    number: int

    @property
    def name(self) -> str:
        """`handshake_failure`; `alert 99` for a number without a name."""
        try:
            return AlertNumber(self.number).name.lower()
        except ValueError:
            return f"alert {self.number}"

    def __str__(self) -> str:
        level = {WARNING: "warning", FATAL: "fatal"}.get(self.level, f"level {self.level}")
        return f"{level} alert {self.number} {self.name}"


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
