"""The module's TLS client: six RSA suites, SSL 3.0 to TLS 1.2, over any `Stream`.

For emulation and tests only: RC4, 3DES, SSL 3.0, static RSA and a CBC check that is not
constant time protect nothing.
"""

from atwin.net.tls.profile import TlsProfile
from atwin.net.tls.stream import secure
from atwin.net.tls.suites import SUITES, Version, suites_for, versions_for

__all__ = [
    "SUITES",
    "TlsProfile",
    "Version",
    "secure",
    "suites_for",
    "versions_for",
]
