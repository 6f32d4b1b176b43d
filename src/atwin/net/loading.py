"""Loading the TLS client at its first use: an idle module does not need it."""

from __future__ import annotations

import asyncio
import sys
import warnings
from importlib import import_module

_TLS = "atwin.net.tls"
#: What it stands on, in pieces of some 15 ms: in one go the first handshake of a process would
#: stop every module in its loop for some 70 ms. tlslite brings an XML-RPC server along.
_GROUND = (
    "cryptography.hazmat.bindings._rust",
    "cryptography.x509",
    "OpenSSL.crypto",
    "ecdsa",
    "xmlrpc.server",
    "tlslite.api",
    "cryptography.hazmat.primitives.serialization",
)


async def load_tls() -> None:
    """Have `atwin.net.tls` imported, with turns for everyone else in between."""
    if _TLS not in sys.modules:
        for name in (*_GROUND, _TLS):
            with warnings.catch_warnings():
                # tlslite imports modules that later Pythons lack, and does without them there.
                warnings.simplefilter("ignore", DeprecationWarning)
                import_module(name)
            await asyncio.sleep(0)
