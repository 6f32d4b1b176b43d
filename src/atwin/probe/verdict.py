"""From what was found to one sentence for each model."""

from collections.abc import Iterator
from dataclasses import dataclass

from atwin.models import Profile
from atwin.net.tls import Version
from atwin.net.tls.errors import AlertNumber
from atwin.net.tls.probe import Outcome
from atwin.probe.chain import ONE_RECORD
from atwin.probe.diagnosis import Cause
from atwin.probe.survey import Survey

#: Bytes of a header block the modules take (docs/spec/http.md §4).
HEADER_LIMIT = 8192
#: How servers that let strangers finish the handshake turn them away afterwards.
_STRANGER = (400, 401, 403)
#: Nothing is there; says nothing about ranges.
GONE = (404, 410)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether this model can use the server; `why` is a sentence, `limits` are more of them."""

    model: str
    connects: bool
    why: str
    limits: tuple[str, ...] = ()


def verdict(profile: Profile, found: Survey, *, shows_certificate: bool, ca_size: int) -> Verdict:
    """For one model.

    `shows_certificate`: the user has one for the module to show. `ca_size`: bytes of the CA file
    the module would have to store, 0 when none was given.
    """
    reason = _why_not(found) or _refused(found, shows_certificate) or _no_room(profile, ca_size)
    if reason is not None:
        return Verdict(profile.key, False, reason)
    assert found.version is not None
    limits = (*_http_limits(profile, found), *_chain_limits(found))
    return Verdict(profile.key, True, f"it connects with {found.version.label}", limits)


def needs_client_certificate(found: Survey) -> bool:
    """Whether the server, which was shown none, asks for one and goes no further without it."""
    http = found.http
    if found.best is None or not found.best.client_cert_asked or http is None:
        return False
    return not http.handshake or http.status in _STRANGER


def _refused(found: Survey, shows_certificate: bool) -> str | None:
    """Why a handshake that began well comes to nothing; None when it does not."""
    http = found.http
    if not shows_certificate and needs_client_certificate(found):
        said = f"; without one it answers {http.status}" if http and http.handshake else ""
        return f"the server demands a client certificate and none was given{said}"
    if found.chain is not None and found.chain.refused is not None:
        return f"with seclevel 1 the module refuses the server: {found.chain.refused.reason}"
    if http is not None and not http.handshake:
        return f"the handshake does not complete: {http.problem}"
    return None


def _no_room(profile: Profile, ca_size: int) -> str | None:
    """A CA is stored in the module's flash, in whole blocks (docs/spec/fs.md §1)."""
    total = profile.limit("fs_total")
    if -(-ca_size // profile.limit("fs_block")) * profile.limit("fs_block") <= total:
        return None
    return f"the CA file of {ca_size} bytes does not fit into the module's {total} bytes of flash"


def _chain_limits(found: Survey) -> Iterator[str]:
    chain = found.chain
    if found.without_name is not None:
        yield "the server needs the server name (SNI), which the module sends"
    if chain is None:
        return
    if chain.size > ONE_RECORD:
        yield (
            f"the chain of {chain.size} bytes is over the {ONE_RECORD} of one record, more than"
            " small TLS stacks take"
        )
    for one in chain.certificates:
        if one.odd:
            yield f"odd certificate {one.subject}: {'; '.join(one.odd)}"
    if chain.outdated is not None:
        yield f"{chain.outdated}: with ignorelocaltime 0 the module refuses it"
    if not chain.checked:
        yield "the chain was not checked: give --ca"


def _http_limits(profile: Profile, found: Survey) -> Iterator[str]:
    http = found.http
    if http is None:
        return
    if http.problem is not None:
        yield f"HTTP did not work: {http.problem}"
        return
    if http.location is not None:
        yield f"HEAD is answered with {http.status}, on to {http.location}: probe that"
        if profile.has("head_lowercase") and http.location != http.location.lower():
            yield "the module reports that URL in lower case only: give devices the final one"
    elif http.status >= 400:
        gone = ": there is nothing at that path" if http.status in GONE else ""
        yield f"HEAD is answered with {http.status}{gone}"
    if http.head_bytes > HEADER_LIMIT:
        yield f"the header block of {http.head_bytes} bytes is over {HEADER_LIMIT}"
    if http.ranges is None:
        yield "whether there are ranges is not known: that takes the URL of a file"
    elif not http.ranges and not profile.has("ext_http"):
        size = profile.limit("http_buffer")
        yield f"no ranges: files over {size} bytes cannot be downloaded"
    elif not http.ranges:
        yield "no ranges: large files come in one stream and cannot be resumed"
    if not http.keep_alive:
        yield "the server closes after each answer"


def _why_not(found: Survey) -> str | None:
    """Why no ClientHello was accepted; None when one was."""
    if found.best is not None:
        return None
    answer = found.versions[Version.TLS1_2]
    match answer.outcome:
        case Outcome.SILENT:
            return "the server accepts the connection and then says nothing"
        case Outcome.NOT_TLS:
            return "what answers there is no TLS server: wrong port?"
        case _ if answer.alert is not None and answer.alert.number == AlertNumber.UNRECOGNIZED_NAME:
            return "the server answers to names it knows only: give the right one with --name"
        case _ if found.modern is None:
            said = answer.detail or answer.outcome.value
            return f"the server refuses modules and a client of today alike ({said})"
        case _ if found.modern.said.startswith("TLSv1.3"):
            return (
                f"the server speaks {found.modern.said} and none of the six RSA suites of TLS 1.2"
                f" or older ({answer.detail})"
            )
        case _:
            return (
                "the server offers only key exchanges a module does not know"
                f" ({found.modern.said}); the six suites use static RSA ({answer.detail})"
            )


# --- what to change at the server, with lines to copy ---------------------------------------------

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
        if not found.modern.key.startswith("RSA"):
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
