"""Which URLs a module can be asked for (docs/spec/http.md §3.3, §8)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from atwin.host.errors import UsageError

_LONGEST = 500
_AUTHORITY_END = re.compile(r"[/?#]")
#: The ports that go without saying.
_PORTS = {"http": 80, "https": 443}


def check_url(url: str) -> None:
    """Raises `UsageError`, with what to write, if it is not an http or https URL of a server.

    A module does without the scheme and takes what is left for a host name: `ftp://x` would be
    looked up in the DNS, and the DNS blamed.
    """
    try:
        size = len(url.encode())
    except UnicodeEncodeError:
        raise UsageError(f"the URL {url!r} is not UTF-8: write its bytes as %XX") from None
    if not 1 <= size <= _LONGEST:
        raise UsageError(f"the URL has {size} bytes, a module takes 1 to {_LONGEST}")
    if re.search(r'[\x00-\x20"\x7f]', url):
        raise UsageError(f"the URL {url!r} holds a blank or a quote: write %20 or %22")
    if host := _host_in_ascii(url):
        raise UsageError(f"{url!r}: a module looks up names in ASCII: write {host} for its host")
    if reason := _what_is_wrong(url):
        raise UsageError(f"{url!r} {reason}: write http[s]://HOST[:PORT][/PATH]")


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL that `check_url` takes: what one server is (RFC 6454 §4)."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or _PORTS[scheme]


def split_userinfo(url: str) -> tuple[str, str]:
    """A URL that `check_url` takes without what stands in front of its host, and that."""
    scheme, _, rest = url.partition("://")
    end = _AUTHORITY_END.search(rest)
    authority = rest[: end.start() if end else None]
    userinfo, at, host = authority.rpartition("@")
    return f"{scheme}://{host}{rest[len(authority) :]}" if at else url, userinfo


def _host_in_ascii(url: str) -> str | None:
    """The host as DNS has it (RFC 3490); None where it is so in `url`, or cannot be."""
    try:
        host = urlsplit(url).hostname or ""
        ascii_host = host.encode("idna").decode()
    except ValueError:
        return None
    return None if host.isascii() else ascii_host


def _what_is_wrong(url: str) -> str | None:
    scheme, separator, _ = url.partition("://")
    if not separator:
        return "has no http:// or https://"
    if scheme.lower() not in ("http", "https"):
        return f"is not a URL for a module, which does not speak {scheme!r}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return "has no host that makes sense"
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        return "has no port from 1 to 65535"
    if not parts.hostname:
        return "names no host"
    return None if parts.hostname.isascii() else "has a host that no module takes"
