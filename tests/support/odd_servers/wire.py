"""What an odd server hears and says: requests, and answers as pieces of bytes, pauses and ends."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: A second all odd servers were last changed in, and one of the time they answer at.
MODIFIED = "Wed, 08 Jan 2020 08:29:29 GMT"
NOW = "Thu, 16 Jan 2020 06:50:58 GMT"

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")

REASONS = {200: "OK", 206: "Partial Content", 302: "Found", 404: "Not Found", 416: "Bad Range"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `number` counts from 1 those a server got while it was odd, `at` is seconds."""

    method: str
    target: str
    headers: dict[str, str]
    host: str = ""
    number: int = 1
    at: float = 0.0

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def ranged(self) -> bool:
        """Whether it is a GET that asks for a range."""
        return self.method == "GET" and _RANGE.fullmatch(self.headers.get("range", "")) is not None

    def span(self, size: int) -> tuple[int, int]:
        """First and last byte asked for of a file of `size`; the whole file without a range."""
        match = _RANGE.fullmatch(self.headers.get("range", "")) if self.ranged else None
        if match is None:
            return 0, size - 1
        return int(match[1]), min(int(match[2] or size - 1), size - 1)


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause of so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Forever:
    """The same bytes again and again, with a pause of so many seconds after each time."""

    data: bytes
    pause: float = 0.01


class End(Enum):
    """How a connection ends; without one it is kept for the next request."""

    CLOSE = "closed"
    RESET = "reset"
    #: Nothing more comes, and nothing is closed.
    SILENCE = "silent"


Piece = bytes | Wait | Forever | End
Header = tuple[str, str | int]


def reply(
    request: Request,
    status: int,
    headers: Iterable[Header] = (),
    body: bytes = b"",
    *,
    length: bool = True,
    version: str = "HTTP/1.1",
    end: End | None = None,
) -> list[Piece]:
    """An answer with its Content-Length, unless it has one or `length` is off; none to a HEAD.

    The body of an answer to HEAD is left away.
    """
    lines = [f"{version} {status} {REASONS.get(status, 'Odd')}"]
    headers = list(headers)
    lines += [f"{name}: {value}" for name, value in headers]
    if length and not any(name.lower() == "content-length" for name, _ in headers):
        lines.append(f"Content-Length: {len(body)}")
    pieces: list[Piece] = ["\r\n".join([*lines, "", ""]).encode("latin-1")]
    if request.method != "HEAD" and body:
        pieces.append(body)
    return pieces if end is None else [*pieces, end]


def page(request: Request, status: int = 200, size: int = 612) -> list[Piece]:
    """An HTML page of `size` bytes."""
    text = b"<html><head><title>Sign in</title></head><body>%b</body></html>"
    body = text % b"".ljust(max(0, size - len(text) + 2), b"x")
    return reply(request, status, [("Content-Type", "text/html")], body)


@lru_cache(maxsize=64)
def content(size: int, seed: int = 1) -> bytes:
    """`size` bytes, the same at every run."""
    return random.Random(seed).randbytes(size)


def in_pieces(body: bytes, count: int, pause: float) -> list[Piece]:
    """`body` in `count` pieces with `pause` seconds before each."""
    step = max(1, -(-len(body) // count))
    pieces: list[Piece] = []
    for at in range(0, len(body), step):
        pieces += [Wait(pause), body[at : at + step]]
    return pieces


def parse(head: bytes, number: int, at: float) -> Request:
    """The request whose head that is, without its blank line."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target = [*first.split(" "), "", ""][:2]
    pairs = [line.partition(":") for line in lines]
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    host = headers.get("host", "")
    return Request(method, target, headers, host, number, at)


@dataclass(slots=True)
class Logged:
    """What a server keeps of one request: which, when, and the status it was answered with."""

    request: Request
    status: int

    @classmethod
    def of(cls, request: Request, pieces: Sequence[Piece]) -> Logged:
        head = next((piece for piece in pieces if isinstance(piece, bytes)), b"")
        match = re.match(rb"HTTP/1\.\d (\d{3})", head)
        return cls(request, int(match[1]) if match else 0)


@dataclass(slots=True)
class Log:
    """All requests a server got while it was odd."""

    entries: list[Logged] = field(default_factory=list)

    def times(self, method: str = "") -> list[float]:
        """When the requests came, in seconds; of one method, or all."""
        return [e.request.at for e in self.entries if method in ("", e.request.method)]
