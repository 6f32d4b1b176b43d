"""What a module sends, as events: what `AnswerParser` makes of its bytes."""

from dataclasses import dataclass

from atwin.at.dialect.said import Urc


@dataclass(frozen=True, slots=True)
class Echo:
    """The command in flight, as the module types it back."""

    text: str


@dataclass(frozen=True, slots=True)
class Information:
    """An information line of the command in flight."""

    text: str


@dataclass(frozen=True, slots=True)
class Final:
    """The result that ends the command in flight.

    `code` is the number of a `+CME ERROR` or `+CMS ERROR`; None for other results, and for a
    verbose text this package has no number for.
    """

    text: str
    ok: bool
    code: int | None = None
    #: Bytes of the counted body were lost, and others taken for them; or `unframed`, they may have
    #: been.
    damaged: bool = False
    #: No whole CR LF came between the counted body and this result.
    unframed: bool = False
    #: It need not be the end: lines of the answer may follow, or, where `owed`, the real result.
    open: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """The module waits for the data of the command in flight."""

    text: str


@dataclass(frozen=True, slots=True)
class BodyStart:
    """A counted body of `length` bytes follows, in `BodyData` events."""

    header: str
    length: int


@dataclass(frozen=True, slots=True)
class BodyData:
    """The next bytes of the counted body; a view of the bytes that were fed."""

    data: memoryview


@dataclass(frozen=True, slots=True)
class Received:
    """The next bytes of a packet that a TCP or UDP link received; a view of what was fed.

    `link` is None where there is only one; `left` bytes of the packet are still to come
    (docs/spec/network.md §5, Receive formats).
    """

    link: int | None
    data: memoryview
    left: int


@dataclass(frozen=True, slots=True)
class Unsolicited:
    """A line nobody asked for; `urc` when it is one of `atwin.at.dialect.urcs`."""

    text: str
    urc: Urc | None


Event = Echo | Information | Final | Prompt | BodyStart | BodyData | Received | Unsolicited
