"""A request, and its head byte for byte (docs/spec/http.md §3.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.net.url import Url

#: The lines with a place of their own, in the order of docs/spec/http.md §3.5.
_PLACES = (
    b"host",
    b"user-agent",
    b"accept",
    b"connection",
    b"content-length",
    b"content-type",
    b"range",
)
_BREAKS_OUT = re.compile(rb"[\x00\r\n]")


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask of a server.

    `headers` come in the user's spelling. One that is named like a line with a place of its
    own (Host, User-Agent, Accept, Connection, Content-Length, Content-Type, Range) goes there,
    instead of the generated line if there is one, and the last of its name counts; the
    others follow in their order. User-Agent, Content-Type and Range are sent only if given.
    """

    #: "GET", "POST" or "HEAD".
    method: str
    url: Url
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b""
    #: Name the whole URL in the request line.
    via_proxy: bool = False
    #: Bytes to announce when the body is sent in pieces and not held in `body`.
    announced: int | None = None

    def head(self) -> bytes:
        """Everything in front of the body.

        Written here and not by h11, which would move Host, check what users wrote, and so send
        other bytes than the module. Raises `ValueError` for a line break inside a header.
        """
        generated = [(b"Host", self.url.authority), (b"Accept", b"*/*")]
        generated.append((b"Connection", b"keep-alive"))
        if self.method == "POST":
            length = len(self.body) if self.announced is None else self.announced
            generated.append((b"Content-Length", b"%d" % length))
        placed: dict[bytes, bytes] = {}
        others: list[bytes] = []
        for name, value in [*generated, *self.headers]:
            line = b"%b: %b" % (name, value)
            if _BREAKS_OUT.search(line):
                raise ValueError(f"header line {line!r} holds a line break or a zero byte")
            if name.lower() in _PLACES:
                placed[name.lower()] = line
            else:
                others.append(line)
        target = self.url.absolute if self.via_proxy else self.url.target
        lines = [b"%b %b HTTP/1.1" % (self.method.encode("ascii"), target)]
        lines += [placed[name] for name in _PLACES if name in placed]
        lines += self._credentials()
        return b"\r\n".join([*lines, *others, b"", b""])

    def _credentials(self) -> list[bytes]:
        """Basic authorization out of the URL, unless the user brings a line of that name."""
        value = self.url.authorization
        if value is None or any(name.lower() == b"authorization" for name, _ in self.headers):
            return []
        return [b"Authorization: " + value]
