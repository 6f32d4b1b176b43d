"""From what was found to one sentence for each model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.net.tls import Version
from atwin.net.tls.probe import Outcome

if TYPE_CHECKING:
    from atwin.models import Profile
    from atwin.probe.survey import Survey

#: Bytes of a header block the modules take (spec: http.md §3.7).
_HEADER_LIMIT = 8192


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether this model can use the server; `why` is a sentence, `limits` are more of them."""

    model: str
    connects: bool
    why: str
    limits: tuple[str, ...] = ()


def verdict(profile: Profile, found: Survey, *, shows_certificate: bool) -> Verdict:
    """For one model; `shows_certificate`: the user has one for the module to show."""
    best = found.best
    if best is None:
        return Verdict(profile.key, False, _why_not(found))
    if best.client_cert_asked and not shows_certificate and not _answered(found):
        return Verdict(
            profile.key, False, "the server demands a client certificate and none was given"
        )
    if found.chain is not None and found.chain.refused is not None:
        return Verdict(
            profile.key,
            False,
            f"with seclevel 1 the module refuses the server: {found.chain.refused}",
        )
    limits = []
    http = found.http
    if http is not None and http.problem is not None:
        limits.append(f"HTTP did not work: {http.problem}")
    elif http is not None:
        if http.head_bytes > _HEADER_LIMIT:
            limits.append(f"the header block of {http.head_bytes} bytes is over {_HEADER_LIMIT}")
        buffer = profile.limit("http_buffer")
        if not http.ranges and not profile.has("ext_http"):
            limits.append(f"no ranges: files over {buffer} bytes cannot be downloaded")
        elif not http.ranges:
            limits.append("no ranges: large files come in one stream and cannot be resumed")
        if not http.keep_alive:
            limits.append("the server closes after each answer")
    if found.without_name is not None:
        limits.append("the server needs the server name (SNI), which the module sends")
    if found.chain is not None and not found.chain.checked:
        limits.append("the chain was not checked: give --ca")
    label = max(v for v, a in found.versions.items() if a.outcome is Outcome.ACCEPTED).label
    return Verdict(profile.key, True, f"it connects with {label}", tuple(limits))


def _answered(found: Survey) -> bool:
    return found.http is not None and found.http.problem is None


def _why_not(found: Survey) -> str:
    answer = found.versions[Version.TLS1_2]
    match answer.outcome:
        case Outcome.SILENT:
            return "the server accepts the connection and then says nothing"
        case Outcome.NOT_TLS:
            return "what answers there is no TLS server: wrong port?"
        case _ if found.modern is None:
            said = answer.detail or answer.outcome.value
            return f"the server refuses modules and a client of today alike ({said})"
        case _ if found.modern.startswith("TLSv1.3"):
            return (
                f"the server speaks {found.modern} and none of the six RSA suites of TLS 1.2"
                f" or older ({answer.detail})"
            )
        case _:
            return (
                f"the server offers only key exchanges a module does not know ({found.modern});"
                f" the six suites use static RSA ({answer.detail})"
            )
