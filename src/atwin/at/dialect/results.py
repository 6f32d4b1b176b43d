"""What stands in answers besides information: results, headers of bodies, heads of packets."""

from __future__ import annotations

from typing import Annotated

from atwin.at.dialect.said import BodyHeader, Link, OfLink, Result, Said

OK = "OK"
ERROR = "ERROR"


class ExtendedError(Result, says="+<kind> ERROR[: <what>]", any_case=True):
    """ERROR with its number, or the text of it (docs/spec/uart.md §9)."""

    kind: Annotated[str, "CM[ES]"]
    what: Annotated[str | None, ".*"]


def is_result(text: str) -> bool:
    """Whether that line ends any command: OK, ERROR, or an error with its number or text."""
    return text in (OK, ERROR) or ExtendedError.read(text) is not None


# --- results of the CIP commands, and of ATO (docs/spec/network.md §5) ----------------------------


class Address(Result, says="<address>"):
    """The whole answer to AT+CIFSR."""

    address: Annotated[str, r"[0-9.]{7,}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]+"]


class ShutOk(Result, says="SHUT OK"):
    """All links and the scene are gone."""


class CloseOk(OfLink, Result, says="[<link>, ]CLOSE OK"):
    """A link is closed."""


class SendOk(OfLink, Result, says="[<link>, ]SEND OK"):
    """The data are sent."""


class SendFail(OfLink, Result, says="[<link>, ]SEND FAIL"):
    """They are not."""


class DataAccept(Result, says="DATA ACCEPT:[<link>,]<size>"):
    """This many bytes are taken, and will be sent."""

    link: Link
    size: int


class AlreadyConnect(OfLink, Result, says="[<link>, ]ALREADY CONNECT"):
    """There is a link of that number."""


class NoCarrier(Result, says="NO CARRIER"):
    """There is no link to go back to."""


class LineUpgradeError(Result, says="+UARTUPGRAE ERROR: <number>"):
    """What is wrong with a block of AT+UARTUPGRADE, in the vendor's spelling."""

    number: int


class LinkStatus(Said, says="C: <number>,<state>"):
    """A line of AT+CIPSTATUS with several links: one of them, 0 to 5."""

    number: Annotated[int, r"\d"]
    state: Annotated[str, ".*"]


class HttpRead(BodyHeader, says="+HTTPREAD: <size>"):
    """A piece of the buffer (docs/spec/http.md §3.6)."""


class HttpHead(BodyHeader, says="+HTTPHEAD: <size>"):
    """The header block (docs/spec/http.md §3.7)."""


class HttpExGet(BodyHeader, says="+HTTPEXGET: <size>"):
    """A piece of a stream, as the manual's transcripts have it (docs/spec/http.md §3.11, OQ-14)."""


class HttpGet(BodyHeader, says="+HTTPGET: <size>"):
    """The same as the manual's table has it."""


class Fetched(BodyHeader, says='+CIPRXGET: <mode>,[<link>,]<size>,<left>[,"<peer>"]'):
    """What a link received, in mode 2, or in mode 3 in hex; `left` bytes stay with the module."""

    size: Annotated[int, r"\d{1,5}"]
    mode: Annotated[int, "[23]"]
    left: Annotated[int, r"\d{1,5}"]
    link: Link = None
    peer: Annotated[str | None, r"[^\s\",]+:\d+"] = None

    @property
    def length(self) -> int:
        return self.size * (2 if self.mode == 3 else 1)


# --- packets that come by themselves (docs/spec/network.md §5, Receive formats) -------------------


class PacketOfLink(Said, says="+RECEIVE,<link>,<size>:"):
    """A packet of one of several links, in a line of its own."""

    link: Annotated[int, r"\d"]
    size: Annotated[int, r"\d{1,5}"]


class Packet(Said, says="+IPD,<size>[,<protocol>]:"):
    """A packet of the only link, whose bytes follow the colon."""

    size: Annotated[int, r"\d{1,5}"]
    protocol: Annotated[str | None, "[A-Z]+"] = None
