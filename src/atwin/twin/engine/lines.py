"""From received bytes to command lines and data: terminators, editing, echo, counts.

See docs/spec/uart.md §1, §2; http.md §3.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atwin.at.reply import Collect
    from atwin.clock.base import Timer

CR, LF, BACKSPACE, CTRL_Z, ESC, SLASH = 0x0D, 0x0A, 0x08, 0x1A, 0x1B, 0x2F


#: Stands for a line that was too long; no real line holds a CR.
OVERLONG = "\r"


class LineReader:
    """Assembles lines; holds at most one line's bytes.

    A CR ends a line. Where the module echoes a LF after it (`awaits_line_feed`), the line is held
    until the next byte, or until `release` says that none comes.
    """

    def __init__(self, longest: int) -> None:
        #: Bytes, CR included; a longer line is dropped, with `refuses` delivered as `OVERLONG`.
        self.longest = longest
        self.refuses = True
        self.awaits_line_feed = False
        #: What goes back to the host for what `take` removed last.
        self.echo = b""
        self._line = bytearray()
        self._overlong = False
        self._held: str | None = None
        self._after_cr = False
        self._late_echo = b""  # of a LF that comes when its line has been released
        self._after_data = False
        self._previous = ""

    @property
    def pending(self) -> bool:
        """Whether a line has begun and not ended."""
        return bool(self._line) or self._overlong or self.holds

    @property
    def holds(self) -> bool:
        """Whether a line has ended that may still get its LF."""
        return self._held is not None

    def forget(self) -> None:
        """Drop the line that has begun: the serial line goes into other hands now."""
        self._line.clear()
        self._overlong = False
        self._held = None

    def release(self) -> str:
        """The line that is held: its LF does not come, or alone."""
        line, self._held = self._held or "", None
        self._after_cr, self._late_echo = True, b"\n"
        return line

    def take(self, rx: bytearray) -> str | None:
        """Remove from `rx` what belongs to the current line, at most up to its end.

        The line when it is complete; one that is refused is `OVERLONG`.
        """
        self.echo = b""
        if self._after_data:
            self._skip_trailer(rx)
        if self._held is not None:
            line = self.release()
            self.echo = self.swallow_line_feed(rx)
            return line
        if self._after_cr and (late := self.swallow_line_feed(rx)):
            self.echo = late
            return None
        if not rx:
            return None
        if self._is_plain(rx, end := rx.find(CR)):
            self.echo = typed = bytes(rx[:end])
            return self._end(self._remember(typed.decode("latin-1")), rx, end)
        end = first_of(rx, CR, LF)
        typed = bytes(rx[:end]) if end >= 0 else bytes(rx)
        # Up to the first character that is taken back.
        edited = typed.find(BACKSPACE) + 1
        typed = typed[: edited or None]
        if (self._line + typed[:2])[:2].upper() == b"A/" and len(self._line) < 2:
            # It needs no terminator, so what follows is another line.
            typed = typed[: 2 - len(self._line)]
        del rx[: len(typed)]
        self.echo = self._append(typed)
        if self._repeats():
            self._line.clear()
            return self._previous
        if edited or not rx:
            return None
        return self._end(self._finish(), rx, 0)

    def swallow_line_feed(self, rx: bytearray) -> bytes:
        """Remove the LF of a CR LF: no line of its own, and no data byte (docs/spec/uart.md §1).

        Returns its echo.
        """
        if self._after_cr and rx:
            self._after_cr = False
            if rx[0] == LF:
                del rx[0]
                return self._late_echo
        return b""

    def swallow_trailer(self) -> None:
        """Data just ended: a CR LF or Ctrl-Z sent after them by habit is not input (§11)."""
        self._after_data = True

    def _is_plain(self, rx: bytearray, end: int) -> bool:
        """Whether `rx` begins with a whole line without editing: what programs send."""
        return (
            1 < end < self.longest - 1
            and not self._line
            and not self._overlong
            and rx[1] != SLASH
            and rx.find(LF, 0, end) < 0
            and BACKSPACE not in rx
        )

    def _end(self, line: str, rx: bytearray, end: int) -> str | None:
        """A line is whole: remove its terminator, at `end` of `rx`, and all in front of it."""
        terminator = rx[end]
        del rx[: end + 1]
        self._after_cr, self._late_echo = terminator == CR, b""
        if terminator == LF:
            # Our own leniency, and so is the echo: a client looks for its command and a CR.
            self.echo += b"\r" if line else b"\n"
            return line
        self.echo += b"\r"
        if not self.awaits_line_feed:
            return line
        if not rx:
            self._held = line
            return None
        self._late_echo = b"\n"
        self.echo += self.swallow_line_feed(rx)
        return line

    def _skip_trailer(self, rx: bytearray) -> None:
        count = 0
        while count < len(rx) and rx[count] in (CR, LF, CTRL_Z):
            count += 1
        self._after_data = count == len(rx)
        del rx[:count]

    def _append(self, typed: bytes) -> bytes:
        """Add to the line, whose last character a backspace takes back; the echo of it."""
        kept = typed.removesuffix(b"\b")
        self._extend(kept)
        if kept == typed or not self._line:
            return kept
        self._line.pop()
        return kept + b"\b \b"

    def _extend(self, typed: bytes) -> None:
        # The terminator counts as one byte of the line.
        if len(self._line) + len(typed) < self.longest:
            if not self._overlong:
                self._line += typed
        elif self.refuses:
            self._overlong = True
            self._line.clear()
        else:
            self._search_on(typed)

    def _search_on(self, typed: bytes) -> None:
        """The line gets too long, and nothing is said: look for AT in the rest.

        What is in front of an AT takes no room.
        """
        for value in typed:
            self._line.append(value)
            if len(self._line) >= self.longest:
                start = self._line.upper().find(b"AT")
                if start < 0 and value in b"Aa":
                    start = len(self._line) - 1
                del self._line[: start if start > 0 else None]

    def _repeats(self) -> bool:
        """`A/` runs the previous line again, without waiting for a terminator."""
        return len(self._line) == 2 and self._line.upper() == b"A/"

    def _finish(self) -> str:
        if self._overlong:
            self._overlong = False
            return OVERLONG
        line = self._line.decode("latin-1")
        self._line.clear()
        return self._remember(line)

    def _remember(self, line: str) -> str:
        """`line`, which `A/` will run again if it is a command line."""
        if "AT" in line or "AT" in line.upper():
            self._previous = line
        return line


class DataPhase:
    """The data of one `Collect` as they come; holds at most one byte more than its size."""

    def __init__(self, collect: Collect) -> None:
        self.collect = collect
        self.data = bytearray()
        #: Whether ESC ended it.
        self.given_up = False
        self.timer: Timer | None = None

    def stop_timer(self) -> None:
        """It is over, one way or another."""
        if self.timer is not None:
            self.timer.cancel()

    def feed(self, rx: bytearray) -> bool:
        """Remove from `rx` what belongs to it; whether it is complete."""
        if self.collect.typed:
            return self._feed_typed(rx)
        rest = self.collect.size - len(self.data)
        self.data += rx[:rest]
        del rx[:rest]
        return len(self.data) == self.collect.size

    def _feed_typed(self, rx: bytearray) -> bool:
        end = first_of(rx, CTRL_Z, ESC)
        typed = rx if end < 0 else rx[:end]
        self.data += typed[: self.collect.size + 1 - len(self.data)]
        if end < 0:
            rx.clear()
            return False
        self.given_up = rx[end] == ESC
        del rx[: end + 1]
        return True


def first_of(data: bytearray, a: int, b: int) -> int:
    """Where the first `a` or `b` stands, -1 when neither is there."""
    at_a, at_b = data.find(a), data.find(b)
    if at_a < 0 or at_b < 0:
        return max(at_a, at_b)
    return min(at_a, at_b)
