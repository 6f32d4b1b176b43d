"""Where a response sends the module next, and what it takes along (docs/spec/http.md §6, OQ-19)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atwin.net.http import ResponseHead
    from atwin.net.url import Url

_REDIRECTS = (301, 302, 303, 307, 308)
#: After these a POST goes on as GET, as browsers do.
_BECOME_GET = (301, 302, 303)
#: Header lines of a body; they go where it goes (RFC 9110 §15.4).
_OF_A_BODY = (b"content-", b"transfer-encoding")
#: Header lines that are for one origin alone.
_OF_AN_ORIGIN = (b"authorization", b"cookie", b"host")


@dataclass(frozen=True, slots=True)
class Step:
    """One request on the way."""

    #: "GET", "POST" or "HEAD".
    method: str
    url: Url
    headers: tuple[tuple[bytes, bytes], ...] = ()
    #: None when it is sent piece by piece, so that it cannot be sent again.
    body: bytes | None = b""


def next_step(step: Step, head: ResponseHead) -> Step | None:
    """The request that `head`, the response to `step`, asks for.

    None when the response is to be reported as it is: no redirect, a Location that is missing or
    leads nowhere by HTTP, a body that would have to be sent again and is not there any more.
    """
    location = head.get(b"location")
    if head.status not in _REDIRECTS or location is None:
        return None
    try:
        url = step.url.join(location)
    except ValueError:
        return None
    method, headers, body = step.method, step.headers, step.body
    if method == "POST" and head.status in _BECOME_GET:
        method, body = "GET", b""
        headers = tuple(line for line in headers if not line[0].lower().startswith(_OF_A_BODY))
    elif body is None:
        return None
    if url.origin != step.url.origin:
        headers = tuple(line for line in headers if line[0].lower() not in _OF_AN_ORIGIN)
    return Step(method, url, headers, body)
