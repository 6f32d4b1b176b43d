"""What to change at the server, with lines to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.net.tls.probe import Outcome
from atwin.probe.chain import ONE_RECORD
from atwin.probe.diagnosis import Cause
from atwin.probe.verdict import GONE, HEADER_LIMIT, needs_client_certificate

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

#: What has to change for each cause of a refusal.
_SUBJECTS = {
    Cause.ISSUER_MISSING: "CA or chain",
    Cause.OTHER_CA: "CA",
    Cause.OTHER_KEY: "CA",
    Cause.WRONG_NAME: "server name",
    Cause.OTHER: "certificate",
}


def advice(found: Survey) -> dict[str, str]:
    """Lines by server software, or by subject; empty when nothing has to change."""
    changes: dict[str, str] = {}
    best = found.best
    if best is None and found.modern is not None:
        changes |= _SUITES
        if not found.modern.has_rsa_key:
            changes["certificate"] = (
                f"the server showed one whose key is {found.modern.key}; the six suites need a"
                " certificate with an RSA key (the other may stand beside it)"
            )
    if found.chain is not None and found.chain.refused is not None:
        changes[_SUBJECTS[found.chain.refused.cause]] = found.chain.refused.change
    if found.chain is not None and found.chain.outdated is not None:
        changes["dates"] = "renew that certificate"
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
    if http is not None and http.status in GONE:
        changes["path"] = "give the whole URL of a file: atwin probe https://HOST:PORT/PATH"
    if http is not None and http.ranges is False and http.problem is None:
        changes["ranges"] = (
            "serve files statically, or answer Range requests with 206 and Content-Range"
        )
    if found.versions and all(a.outcome is Outcome.NOT_TLS for a in found.versions.values()):
        changes["port"] = "ask the port that speaks TLS, 443 by default"
    return changes
