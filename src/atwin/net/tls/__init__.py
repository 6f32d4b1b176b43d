"""The module's TLS client: six RSA suites, SSL 3.0 to TLS 1.2, over any `Stream`.

For emulation and tests only: RC4, 3DES, SSL 3.0, static RSA and a CBC check that is not
constant time protect nothing.
"""

from atwin.net.tls.engine import TlsResult
from atwin.net.tls.errors import (
    Alert,
    AlertNumber,
    Kind,
    Stage,
    TlsBrokenError,
    TlsFailure,
    TlsHandshakeError,
)
from atwin.net.tls.profile import TlsProfile
from atwin.net.tls.stream import TlsStream, secure
from atwin.net.tls.suites import SUITES, Suite, Version, suites_for, versions_for

__all__ = [
    "SUITES",
    "Alert",
    "AlertNumber",
    "Kind",
    "Stage",
    "Suite",
    "TlsBrokenError",
    "TlsFailure",
    "TlsHandshakeError",
    "TlsProfile",
    "TlsResult",
    "TlsStream",
    "Version",
    "secure",
    "suites_for",
    "versions_for",
]
