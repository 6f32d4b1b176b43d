"""What a command answers, and how that is framed on the line (docs/spec/http.md §1, uart.md §2).

Each `frame_*` returns one complete piece of output, to be handed to the port in one write.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import NoneType
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias

from atwin.at.cme import Wording, cme_text, cms_text
from atwin.at.dialect.commands import SIGN
from atwin.at.dialect.results import ERROR, OK, ExtendedError, NoCarrier
from atwin.at.dialect.urcs import Connect

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.at.dialect.said import BodyHeader

#: V.250 numbers of the result codes that have one (ATV0).
_NUMERIC = {OK: "0", str(Connect()): "1", str(NoCarrier()): "3", ERROR: "4"}

_END = "\r\n"


class AtError(Exception):
    """Ends a command with plain `ERROR`."""


class UnknownCommandError(AtError):
    """The module has no such command, or not in that form."""


class CmeError(AtError):
    """Ends a command with `+CME ERROR: <number>`, in the shape AT+CMEE asks for.

    `lines` go out in front of it.
    """

    KIND: ClassVar[str] = "CME"

    def __init__(self, number: int, lines: tuple[str, ...] = ()) -> None:
        super().__init__(str(ExtendedError(self.KIND, str(number))))
        self.number = number
        self.lines = lines

    def words(self, wording: Wording) -> str:
        """Its text in AT+CMEE=2."""
        return cme_text(self.number, engine=wording.engine)


class CmsError(CmeError):
    """The same of SMS commands: `+CMS ERROR: <number>` (docs/spec/sms.md §7)."""

    KIND = "CMS"

    def words(self, wording: Wording) -> str:
        return cms_text(self.number)


@dataclass(frozen=True, slots=True)
class Reply:
    """Information lines, then a final result, then `trailer` lines (CIPSTATUS has such).

    `final` None ends the command without any result code. `after` runs when the answer has
    left for the line, which ends with that command: restarts and switching off happen there.
    `takes_line`: `after` gives the line away, for data.
    """

    lines: tuple[str, ...] = ()
    final: str | None = OK
    trailer: tuple[str, ...] = ()
    after: Callable[[], None] | None = None
    takes_line: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A length-prefixed answer: header line, raw bytes, and the result.

    Without `header` that line is left out, as FSREAD does. `tail` goes between the bytes and the
    result without being counted in the header.
    """

    header: BodyHeader | None
    data: bytes
    tail: bytes = b""


@dataclass(frozen=True, slots=True)
class Collect:
    """A data phase: prompt, then `size` raw bytes or `seconds`, whichever ends first.

    `done` gets the bytes (fewer than `size` when the time ran out) and gives the answer.
    `seconds` None is without limit. With `typed` it also ends at Ctrl-Z; ESC gives it up, which
    is answered `OK`. What is typed beyond `size` is then dropped up to the Ctrl-Z, all but one
    byte, by which `done` sees that it was too much.
    """

    prompt: bytes
    size: int
    seconds: float | None
    done: Callable[[bytes], Answer | Awaitable[Answer]]
    typed: bool = False


#: What a command method may return. None is `OK`, a string one information line and `OK`.
Answer: TypeAlias = str | Reply | Block | Collect | None
#: The same for `isinstance`, which is slow for what else a method may return, an `Awaitable`.
ANSWERS = (str, Reply, Block, Collect, NoneType)


_CME = re.compile(r"\+CME ERROR: ([0-9]{1,5})")


def literal(lines: tuple[str, ...], final: str | None) -> Reply:
    """The answer that somebody wrote down; None means no result at all.

    Raises `AtError` for an error result, which AT+CMEE shapes.
    """
    if final is not None and (number := _CME.fullmatch(final)):
        raise CmeError(int(number[1]), lines)
    if final == ERROR and not lines:
        raise AtError
    return Reply(lines, final)


class Style(Protocol):
    """The settings that shape results."""

    verbose: bool
    quiet: bool
    cmee: int


def frame_lines(lines: tuple[str, ...], style: Style) -> bytes:
    """Information text: one CR LF before the first line, one after each."""
    text = "\r\n".join(lines) + "\r\n"
    return (("\r\n" + text) if style.verbose else text).encode("latin-1")


def frame_final(final: str, style: Style) -> bytes:
    """A result code; nothing at all under ATQ1."""
    if style.quiet:
        return b""
    if style.verbose:
        return f"\r\n{final}\r\n".encode("latin-1")
    return f"{_NUMERIC.get(final, final)}\r".encode("latin-1")


def frame_error(error: AtError, style: Style, wording: Wording = Wording()) -> bytes:  # noqa: B008
    """The error result in the form of the current AT+CMEE mode (docs/spec/uart.md §9)."""
    if not isinstance(error, CmeError):
        return frame_final(ERROR, style)
    lines = frame_lines(error.lines, style) if error.lines else b""
    if style.cmee == 0:
        return lines + frame_final(ERROR, style)
    in_words = style.cmee == 2 or (wording.cms_always and isinstance(error, CmsError))
    detail = error.words(wording) if in_words else str(error.number)
    return lines + frame_final(str(ExtendedError(error.KIND, detail)), style)


def frame_block(block: Block, style: Style, *, final: bool = True) -> bytes:
    """Header, exactly the counted bytes, the uncounted tail, and the result if it is `final`."""
    if block.header is not None:
        header = frame_lines((str(block.header),), style)
    else:
        header = b"\r\n" if style.verbose else b""
    return b"".join((header, block.data, block.tail, frame_final(OK, style) if final else b""))


def frame_prompt(prompt: str, *, blank: bool = False) -> bytes:
    """What asks for data: a line, or the sign, which has no line end and perhaps a blank."""
    return frame_urc(prompt) if prompt != SIGN else b"\r\n> " if blank else b"\r\n>"


def frame_urc(text: str, *, bare: bool = False) -> bytes:
    """An unsolicited line; ATQ and ATV do not touch it (docs/spec/uart.md §2).

    `bare`: without the CR LF in front.
    """
    return f"{'' if bare else _END}{text}{_END}".encode("latin-1")
