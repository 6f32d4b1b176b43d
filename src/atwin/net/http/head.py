"""The head of a response: as it was received, and as it is understood."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Bytes of status line and header together (spec: http.md §4, code 600).
HEAD_LIMIT = 8 * 1024

_BLANK_LINE = re.compile(rb"\n\r?\n")


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and header of a response."""

    status: int
    reason: bytes
    #: The header lines as received, joined by CRLF, without status line and last CRLF: what
    #: HTTPHEAD counts and sends (spec: http.md §3.7).
    block: bytes
    #: Names in lower case, values without blanks around them, folded lines unfolded.
    headers: tuple[tuple[bytes, bytes], ...]

    def get(self, name: bytes) -> bytes | None:
        """The first header called `name` (in lower case)."""
        return next((value for key, value in self.headers if key == name), None)


def end_of_head(data: bytes | bytearray, searched: int) -> int | None:
    """Bytes up to and with the first blank line, if it is there.

    `searched` bytes from the start are known not to hold it.
    """
    match = _BLANK_LINE.search(data, max(0, searched - 2))
    return match.end() if match else None


def header_block(head: bytes) -> bytes:
    """`Head.block` of a head that ends in a blank line; bare line feeds count as line ends."""
    lines = [line.removesuffix(b"\r") for line in head.split(b"\n")]
    return b"\r\n".join(lines[1:-2])
