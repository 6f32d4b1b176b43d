"""Unsolicited result codes: one class a text, written by the module and read by the host.

`str(urc)` is the line without its CR LF frame. `parse_urc` is the way back; it accepts the
blank after the colon or none (spec: open-questions.md OQ-1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class HttpAction:
    """An HTTPACTION is over (spec: http.md §3.5)."""

    PATTERN: ClassVar[str] = r"\+HTTPACTION: ?(\d+),(\d+),(\d+)"

    method: int
    status: int
    length: int

    def __str__(self) -> str:
        return f"+HTTPACTION: {self.method},{self.status},{self.length}"


@dataclass(frozen=True, slots=True)
class HttpExAction:
    """A streaming session is over (spec: http.md §3.11)."""

    PATTERN: ClassVar[str] = r"\+HTTPEXACTION: ?(\d+),(\d+)"

    method: int
    status: int

    def __str__(self) -> str:
        return f"+HTTPEXACTION: {self.method},{self.status}"


@dataclass(frozen=True, slots=True)
class HttpExPostReady:
    """Connected: the module wants the request body (spec: http.md §3.11)."""

    PATTERN: ClassVar[str] = r"\+HTTPEXPOST"

    def __str__(self) -> str:
        return "+HTTPEXPOST"


@dataclass(frozen=True, slots=True)
class HttpExPosted:
    """So many body bytes were delivered to the server (spec: http.md §3.11)."""

    PATTERN: ClassVar[str] = r"\+HTTPEXPOST: ?(\d+)"

    length: int

    def __str__(self) -> str:
        return f"+HTTPEXPOST: {self.length}"


@dataclass(frozen=True, slots=True)
class HttpExGetReady:
    """Response data are waiting to be fetched (spec: http.md §3.11)."""

    PATTERN: ClassVar[str] = r"\+HTTPEXGET"

    def __str__(self) -> str:
        return "+HTTPEXGET"


@dataclass(frozen=True, slots=True)
class HttpGetToFs:
    """A download into the module's file system is over (spec: http.md §3.12)."""

    PATTERN: ClassVar[str] = r"\+HTTPGETTOFS: ?(\d+),(\d+)"

    status: int
    written: int

    def __str__(self) -> str:
        return f"+HTTPGETTOFS: {self.status},{self.written}"


@dataclass(frozen=True, slots=True)
class BearerDeact:
    """The network took the bearer away; no colon after SAPBR (spec: network.md §3)."""

    PATTERN: ClassVar[str] = r"\+SAPBR (\d+): DEACT"

    cid: int

    def __str__(self) -> str:
        return f"+SAPBR {self.cid}: DEACT"


@dataclass(frozen=True, slots=True)
class Ready:
    """The firmware has started: whatever it was told before is gone (spec: uart.md §8)."""

    PATTERN: ClassVar[str] = r"RDY"

    def __str__(self) -> str:
        return "RDY"


Urc = (
    HttpAction
    | HttpExAction
    | HttpExPostReady
    | HttpExPosted
    | HttpExGetReady
    | HttpGetToFs
    | BearerDeact
    | Ready
)

_KINDS: tuple[tuple[re.Pattern[str], type[Urc]], ...] = tuple(
    (re.compile(kind.PATTERN), kind)
    for kind in (
        HttpAction,
        HttpExAction,
        HttpExPosted,
        HttpExPostReady,
        HttpExGetReady,
        HttpGetToFs,
        BearerDeact,
        Ready,
    )
)


def parse_urc(line: str) -> Urc | None:
    """The URC that `line` (without CR LF) is, or None for any other line."""
    for pattern, kind in _KINDS:
        if match := pattern.fullmatch(line.strip()):
            return kind(*(int(group) for group in match.groups()))
    return None
