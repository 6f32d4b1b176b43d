"""The head of a response: as it was received, as it is understood, and when it is not a head.

It is read as leniently as curl and the stacks of modules do: what is not a header line is passed
over, and the rest counts. Only what contradicts itself, or is no HTTP at all, is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.net.network import NetworkError
from atwin.text.parse import decimal
from atwin.text.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Bytes of status line and header together (docs/spec/http.md §4, code 600).
HEAD_LIMIT = 8 * 1024

_BLANK_LINE = re.compile(rb"\n\r?\n")
#: What an answer begins with. ICY is what streaming servers say for HTTP/1.0.
_STARTS = (b"HTTP/", b"ICY ")
#: Of a response; the groups are the code and the reason.
STATUS_LINE = re.compile(
    rb"(?:HTTP/[0-9](?:\.[0-9])?|ICY)[ \t]+([1-9][0-9]{2})(?![0-9])[ \t]*(.*)",
    re.IGNORECASE | re.DOTALL,
)

Fields = tuple[tuple[bytes, bytes], ...]


#: Bytes of foreign text in a message.
_BEGIN = 40


def begin_of(data: bytes | bytearray) -> str:
    """The first bytes of `data` for a message: on one line, in quotes."""
    text = bytes(data[:_BEGIN]).decode("latin-1")
    return f'"{shown(" ".join(text.split()))}"'


class HttpError(NetworkError):
    """The connection carried something, but no complete HTTP response."""


class NotHttpError(HttpError):
    """Status 600: no valid status line, a header over 8 KiB, or closed inside the header."""


class BodyCutError(HttpError):
    """Status 601: the body ended too early. `received` bytes of it had been read."""

    def __init__(self, reason: str, received: int) -> None:
        super().__init__(f"{reason} ({received} body bytes were read)")
        self.received = received


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """Status line and header of a response."""

    #: 100-999.
    status: int
    reason: bytes
    #: The header lines as received, joined by CRLF, without status line and last CRLF: what
    #: HTTPHEAD counts and sends (docs/spec/http.md §3.7).
    block: bytes
    #: See `fields`.
    headers: Fields

    @classmethod
    def parse(cls, received: bytes) -> ResponseHead:
        """Read a whole head, its blank line with it. Raises `NotHttpError`."""
        first, *lines = lines_of(received)
        match = STATUS_LINE.fullmatch(first)
        if match is None:
            raise NotHttpError(f"not a status line: {begin_of(first)}")
        if b"\x00" in received:
            raise NotHttpError("the header holds a zero byte")
        return cls(int(match[1]), match[2].rstrip(), b"\r\n".join(lines), fields(lines))

    def get(self, name: bytes) -> bytes | None:
        """The first header called `name` (in lower case)."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def length(self) -> int | None:
        """Content-Length; None without one. Said twice alike it counts once.

        Raises `NotHttpError` when it is not a number, or two.
        """
        said = {text.strip() for text in values(self.headers, b"content-length")}
        if not said:
            return None
        length = decimal(said.pop())
        if said or length is None:
            raise NotHttpError("Content-Length is not one number")
        return length


def is_interim(status: int) -> bool:
    """Whether another response follows this one: 1xx, but for 101, which is final."""
    return status < 200 and status != 101


def may_begin(data: bytes | bytearray) -> bool:
    """Whether `data` can be the first bytes of an answer."""
    return any(start.startswith(data[: len(start)].upper()) for start in _STARTS)


def end_of_head(data: bytes | bytearray, searched: int) -> int | None:
    """Bytes up to and with the first blank line, if it is there.

    `searched` bytes from the start are known not to hold it.
    """
    match = _BLANK_LINE.search(data, max(0, searched - 2))
    return match.end() if match else None


def lines_of(head: bytes) -> list[bytes]:
    """The lines of a head that ends in a blank line, without it; a bare LF ends a line too."""
    return [line.removesuffix(b"\r") for line in head.split(b"\n")][:-2]


def fields(lines: Iterable[bytes]) -> Fields:
    """Header lines as pairs: names in lower case, no blanks around either, folded lines joined.

    A line without a colon, or with nothing in front of it, is not a header. Nor is a line that is
    folded onto it.
    """
    found: list[tuple[bytes, bytes]] = []
    is_header = False
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            if is_header:
                name, value = found.pop()
                found.append((name, b"%b %b" % (value, line.strip())))
            continue
        before, colon, value = line.partition(b":")
        name = before.strip().lower()
        is_header = bool(name and colon)
        if is_header:
            found.append((name, value.strip()))
    return tuple((name, value.strip()) for name, value in found)


def values(headers: Fields, name: bytes) -> list[bytes]:
    """What all headers of that name list, separated by commas."""
    return [part for key, value in headers if key == name for part in value.split(b",")]


def codings(headers: Fields) -> list[bytes]:
    """The transfer codings that change the body, in lower case; `identity` changes nothing."""
    said = values(headers, b"transfer-encoding")
    names = [text.partition(b";")[0].strip().lower() for text in said]
    return [name for name in names if name not in (b"", b"identity")]
