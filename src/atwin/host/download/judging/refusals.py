"""A server that says no: for good, or until it has time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.host.download.judging.entity import http_date
from atwin.host.errors import ServerBusyError, ServerError

if TYPE_CHECKING:
    from atwin.host.headers import Headers

#: Statuses that may be gone after a pause.
BUSY = (429, 500, 502, 503, 504)

#: Digits of a pause that Retry-After may ask for: ten digits of seconds are no pause.
_LONGEST_PAUSE = 10


def retry_after(headers: Headers) -> float | None:
    """Seconds to wait by Retry-After (RFC 9110 §10.2.3); None without one that makes sense."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value) if len(value) <= _LONGEST_PAUSE else None
    at, now = http_date(value), http_date(headers.get("date", ""))
    # By the server's own clock: a module's, and this computer's, may be wrong.
    return max(0.0, at.timestamp() - now.timestamp()) if at and now else None


def refusal(url: str, status: int, excerpt: str = "", pause: float | None = None) -> ServerError:
    """The error for a status that is no success; `pause` is what Retry-After says."""
    tail = f": {excerpt}" if excerpt else ""
    text = f"the server answered {status} for {url}{tail}"
    if status in BUSY:
        return ServerBusyError(text, status, retry_after=pause)
    return ServerError(text, status)
