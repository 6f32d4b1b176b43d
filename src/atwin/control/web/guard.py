"""Who may come in by TCP, and what each answer tells a browser.

A page on the internet can make a browser send requests to a port of this computer. So every
request needs the token; its Host must be ours, for a name of others may lead here meanwhile (DNS
rebinding); and its Origin, where there is one. A Unix socket has its file's mode instead.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from secrets import compare_digest
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "font-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
#: What holds nothing of the module. A browser sends no strict cookie with the redirect of a link
#: that it found elsewhere, so the page itself has to do without.
_OPEN = ("/", "/api/health")
_OPEN_FOLDER = "/page/"


@dataclass(frozen=True, slots=True)
class Door:
    """A listening TCP port: the host that was asked for, the port it got, and its token."""

    host: str
    port: int
    token: str

    @property
    def cookie(self) -> str:
        """Cookies know no ports: the name tells apart several panels of one computer."""
        return f"atwin_{self.port}"

    def is_ours(self, host: str) -> bool:
        """Whether a Host header leads here and nowhere else."""
        name, colon, port = host.rpartition(":")
        if not colon or name.endswith(":"):  # an IPv6 address without brackets is refused
            name, port = host, "80"
        if port != str(self.port):
            return False
        name = name.removeprefix("[").removesuffix("]").lower()
        if name in ("localhost", self.host.lower()):
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        # An address is not a name, so nobody else can have it lead here.
        return address.is_loopback or _is_any(self.host)

    def opens(self, scope: Scope) -> bool:
        """Whether the request has the token: in its query, as a bearer, or in our cookie."""
        headers = Headers(scope=scope)
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        shown = [bearer.strip()] if scheme.lower() == "bearer" else []
        shown += queried(scope)
        # Others of this computer may have left cookies of any form beside it.
        shown += [HTTPConnection(scope).cookies.get(self.cookie, "")]
        return any(compare_digest(one.encode(), self.token.encode()) for one in shown)


def is_loopback(host: str) -> bool:
    """Whether a host to listen at is for this computer alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """Lets through to `app` what may come in; by a Unix socket, without a `door`, all of it."""

    def __init__(self, app: ASGIApp, door: Door | None) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = None if self._door is None else _judged(scope, self._door)
        await (answer or self._app)(scope, receive, sending)


def _judged(scope: Scope, door: Door) -> Response | None:
    """The answer to who may not come in, and to who comes by the printed URL."""
    headers = Headers(scope=scope)
    host, origin = headers.get("host", ""), headers.get("origin")
    if len(headers.getlist("host")) != 1 or not door.is_ours(host):
        return refusal(403, "the Host of this request is not the address of this server")
    if origin is not None and origin.lower() != f"http://{host}".lower():
        return refusal(403, "the Origin of this request is another one")
    path = scope["path"]
    entering = path == "/" and queried(scope)
    if not entering and (path in _OPEN or path.startswith(_OPEN_FOLDER)):
        return None
    if not door.opens(scope):
        said = refusal(401, "the token is missing or wrong: it is in the URL that atwin printed")
        said.headers["www-authenticate"] = "Bearer"
        return said
    if entering:
        page = RedirectResponse("/", 303)
        page.set_cookie(door.cookie, door.token, httponly=True, samesite="strict")
        return page
    return None


def queried(scope: Scope) -> list[str]:
    """The tokens in the query of a request."""
    query = scope["query_string"].decode("ascii", "replace")
    try:
        return parse_qs(query, max_num_fields=100).get("token", [])
    except ValueError:  # too many fields
        return []


def refusal(status: int, why: str) -> JSONResponse:
    """An error, in the form that all of them have."""
    return JSONResponse({"error": why}, status)


def _is_any(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
