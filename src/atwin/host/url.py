"""Which URLs a module can be asked for (spec: http.md §3.3, §8)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from atwin.host.errors import UsageError

_LONGEST = 500


def check_url(url: str) -> None:
    """Raises `UsageError`, with what is wanted, for what is no http or https URL of a server.

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
    if reason := _what_is_wrong(url):
        raise UsageError(f"{url!r} {reason}: http[s]://HOST[:PORT][/PATH] is wanted")


def _what_is_wrong(url: str) -> str | None:
    scheme, separator, _ = url.partition("://")
    if not separator:
        return "has no http:// or https://"
    if scheme.lower() not in ("http", "https"):
        return f"is no URL for a module, which does not speak {scheme!r}"
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
    return None if parts.hostname else "names no host"
