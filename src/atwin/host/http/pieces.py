"""How many bytes are asked for at a time, and what follows when some get lost on the line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from atwin.at.dialect.urcs import parse_urc

if TYPE_CHECKING:
    from atwin.host.errors import NoAnswerError
    from atwin.host.http.session import HttpSession

#: How often bytes that do not arrive whole are asked for.
_TRIES = 6
#: Bytes of a piece after the first loss, half the FIFO a host usually has; at the least; and at the
#: least when the same piece got lost again.
_FIRST_CUT, _SMALL, _SMALLEST = 2048, 256, 64

#: A line that may be no part of the body it ends, and the bytes in which it is looked for.
_FRAMED_LINE = re.compile(rb"\r\n[A-Z+*^][^\r\n]{1,120}\r\n\Z")
LONGEST_LINE: Final = 128

#: What helps against bytes that get lost on the line.
FLOW_ADVICE: Final = (
    "turn on flow control (--port PORT?flow=hardware, which tells the module AT+IFC=2,2),"
    " with RTS and CTS connected"
)


class Pieces:
    """The size of the pieces that a session asks for: smaller ones once the line lost bytes."""

    def __init__(self, session: HttpSession) -> None:
        self._session = session
        #: Bytes one command may give, once the line was seen to lose some.
        self.largest: int | None = None

    async def lost(self, failure: NoAnswerError, size: int, tries: int) -> None:
        """Ask for smaller pieces from now on: the host's own FIFO may hold one of those.

        Raises `NoAnswerError` when that has not helped.
        """
        session = self._session
        lost = f"bytes lost on the line: {failure.missing} of {size}; {FLOW_ADVICE}"
        session.on_note(lost if failure.missing else f"{failure.came}; reading again")
        if tries == _TRIES:
            advice = f"bytes get lost on the line: {FLOW_ADVICE}" if failure.missing else None
            raise failure.reword(came=f"{failure.came}, {_TRIES} times", advice=advice)
        if session.on_loss is not None and (done := await session.on_loss()):
            session.on_note(done)
        if tries > 1 or failure.missing:
            self.largest = max(_SMALL if tries == 1 else _SMALLEST, min(size // 2, _FIRST_CUT))


def line_at_end(body: bytes) -> bytes:
    """The end of `body` where it is a line with the frame of a URC; empty for any other end.

    Bytes that got lost on the line may have been counted as there by a URC that came meanwhile.
    """
    found = _FRAMED_LINE.search(body, max(0, len(body) - LONGEST_LINE))
    return found[0] if found is not None else b""


def urc_at_end(body: bytes) -> bytes:
    """The same where it can hardly be text of a file."""
    line = line_at_end(body)
    text = line.decode("latin-1").strip()
    return line if text[:1] in ("+", "*", "^") or parse_urc(text) is not None else b""
