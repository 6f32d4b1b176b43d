"""TLS alerts by number and name (RFC 5246 §7.2, RFC 6066 §9; SSL 3.0: RFC 6101 §5.4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

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
