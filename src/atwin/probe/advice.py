"""What to change at the server, with lines to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.net.tls.probe import Outcome
from atwin.probe.chain import ONE_RECORD
from atwin.probe.verdict import HEADER_LIMIT, needs_client_certificate

if TYPE_CHECKING:
    from atwin.probe.survey import Survey

_CIPHERS = (
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:AES256-SHA256:AES128-SHA:AES256-SHA"
)

#: OpenSSL 3 has neither RC4 nor 3DES, so the AES suites are what these servers can add.
_SUITES = {
    "nginx": f"ssl_protocols TLSv1.2 TLSv1.3;\nssl_ciphers '{_CIPHERS}';",
    "Apache": f"SSLProtocol -all +TLSv1.2 +TLSv1.3\nSSLCipherSuite {_CIPHERS}",
    "HAProxy": f"ssl-default-bind-options ssl-min-ver TLSv1.2\nssl-default-bind-ciphers {_CIPHERS}",
}


def advice(found: Survey) -> dict[str, str]:
    """Lines by server software, or by subject; empty when nothing has to change."""
    changes: dict[str, str] = {}
    best = found.best
    if best is None and found.modern is not None:
        changes |= _SUITES
        changes["certificate"] = (
            "the server needs a certificate with an RSA key (an EC one may stand beside it)"
        )
    if found.chain is not None and found.chain.refused is not None:
        changes["chain"] = (
            "send every intermediate certificate behind the server's own, and give the module the"
            " root as cacert"
        )
    elif found.chain is not None and any(
        not one.key.startswith("RSA") for one in found.chain.certificates[:1]
    ):
        changes["certificate"] = "the server's certificate needs an RSA key"
    if found.chain is not None and found.chain.size > ONE_RECORD:
        changes["chain size"] = "send the server's certificate and its intermediates, nothing else"
    if needs_client_certificate(found):
        changes["client certificate"] = (
            "give the module one: clientcert, clientkey and seclevel 2 in AT+SSLCFG, or --cert and"
            " --key here"
        )
    http = found.http
    if http is not None and http.head_bytes > HEADER_LIMIT:
        changes["headers"] = "send fewer or shorter header lines for what modules ask for"
    if http is not None and http.problem is None and not http.ranges:
        changes["ranges"] = (
            "serve files statically, or answer Range requests with 206 and Content-Range"
        )
    if found.versions and all(a.outcome is Outcome.NOT_TLS for a in found.versions.values()):
        changes["port"] = "ask the port that speaks TLS, 443 by default"
    return changes
