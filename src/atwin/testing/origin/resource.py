"""What an origin keeps under its paths, and how each kind answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING

from atwin.testing.origin.conditions import (
    UnsatisfiableError,
    if_range_holds,
    precondition_status,
    requested_range,
)
from atwin.testing.origin.content import Content, Stored

if TYPE_CHECKING:
    from collections.abc import Sequence

#: 2024-08-01 00:00:00 UTC, for files that do not say when they were changed.
_SOME_DAY = 1_722_470_400

Headers = dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response before it is written: `length` bytes of `content` from `start` on."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    content: Content = field(default_factory=lambda: Stored(b""))
    start: int = 0
    length: int = 0
    chunked: bool = False


def plain(
    status: int,
    text: bytes = b"",
    headers: Sequence[tuple[str, str]] = (),
    content_type: str = "text/plain",
) -> Answer:
    """An answer that is only `text`."""
    lines = [*headers, ("Content-Type", content_type)] if text else list(headers)
    return Answer(status, lines, Stored(text), length=len(text))


@dataclass(frozen=True, slots=True)
class File:
    """A file with validators and, if `ranges`, with byte ranges (RFC 9110 §8.8, §13, §14)."""

    content: Content
    content_type: str = "application/octet-stream"
    #: UTC seconds since 1970.
    modified: int = _SOME_DAY
    #: Without quotes; None is the content's own tag.
    etag: str | None = None
    #: False: Range is ignored, as servers may.
    ranges: bool = True
    #: Send no Content-Length but the chunked coding.
    chunked: bool = False

    methods = ("GET", "HEAD")

    def answer(self, method: str, headers: Headers, body: bytes) -> Answer:
        """Answer one request of `methods`; `headers` has lower-case names."""
        etag = f'"{self.etag or self.content.tag}"'
        validators = [
            ("ETag", etag),
            ("Last-Modified", formatdate(self.modified, usegmt=True)),
            ("Accept-Ranges", "bytes" if self.ranges else "none"),
        ]
        refused = precondition_status(headers, etag, self.modified)
        if refused is not None:
            return Answer(refused, validators)
        size = self.content.size
        lines = [*validators, ("Content-Type", self.content_type)]
        part = None
        if self.ranges and method == "GET" and if_range_holds(headers, etag, self.modified):
            try:
                part = requested_range(headers.get(b"range"), size)
            except UnsatisfiableError:
                return plain(416, headers=[*validators, ("Content-Range", f"bytes */{size}")])
        if part is None:
            return Answer(200, lines, self.content, 0, size, self.chunked)
        lines.append(("Content-Range", f"bytes {part.start}-{part.stop - 1}/{size}"))
        return Answer(206, lines, self.content, part.start, len(part), self.chunked)


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same answer: a redirect, an error, a teapot."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    content_type: str = "text/plain"

    methods = ("GET", "HEAD", "POST")

    def answer(self, method: str, headers: Headers, body: bytes) -> Answer:
        """See `File.answer`."""
        return plain(self.status, self.body, self.headers, self.content_type)


@dataclass(slots=True)
class Sink:
    """Takes what is posted."""

    reply: bytes = b"ok"
    content_type: str = "text/plain"
    status: int = 200
    #: The bodies, first one first.
    bodies: list[bytes] = field(default_factory=list)

    methods = ("POST",)

    def answer(self, method: str, headers: Headers, body: bytes) -> Answer:
        """See `File.answer`."""
        self.bodies.append(body)
        return plain(self.status, self.reply, content_type=self.content_type)


Resource = File | Fixed | Sink
