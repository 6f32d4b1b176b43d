"""Unsolicited result codes: one class a text, written by the module and read by the host.

`str(urc)` is the line without its CR LF frame. `parse_urc` is the way back; a `PATTERN` is written
for `lenient`: any number of blanks where it has one after a colon or comma. `NAME` is what a
person calls it.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from atwin.at.lenient import lenient

if TYPE_CHECKING:
    import re


@dataclass(frozen=True, slots=True)
class HttpAction:
    """An HTTPACTION is over (spec: http.md §3.5)."""

    NAME: ClassVar[str] = "+HTTPACTION"
    PATTERN: ClassVar[str] = r"\+HTTPACTION: (\d+), (\d+), (\d+)"

    method: int
    status: int
    length: int

    def __str__(self) -> str:
        return f"+HTTPACTION: {self.method},{self.status},{self.length}"


@dataclass(frozen=True, slots=True)
class HttpExAction:
    """A streaming session is over (spec: http.md §3.11)."""

    NAME: ClassVar[str] = "+HTTPEXACTION"
    PATTERN: ClassVar[str] = r"\+HTTPEXACTION: (\d+), (\d+)"

    method: int
    status: int

    def __str__(self) -> str:
        return f"+HTTPEXACTION: {self.method},{self.status}"


@dataclass(frozen=True, slots=True)
class HttpExPostReady:
    """Connected: the module wants the request body (spec: http.md §3.11)."""

    NAME: ClassVar[str] = "+HTTPEXPOST"
    PATTERN: ClassVar[str] = r"\+HTTPEXPOST"

    def __str__(self) -> str:
        return "+HTTPEXPOST"


@dataclass(frozen=True, slots=True)
class HttpExPosted:
    """So many body bytes were delivered to the server (spec: http.md §3.11)."""

    NAME: ClassVar[str] = "+HTTPEXPOST"
    PATTERN: ClassVar[str] = r"\+HTTPEXPOST: (\d+)"

    length: int

    def __str__(self) -> str:
        return f"+HTTPEXPOST: {self.length}"


@dataclass(frozen=True, slots=True)
class HttpExGetReady:
    """Response data are waiting to be fetched (spec: http.md §3.11)."""

    NAME: ClassVar[str] = "+HTTPEXGET"
    PATTERN: ClassVar[str] = r"\+HTTPEXGET"

    def __str__(self) -> str:
        return "+HTTPEXGET"


@dataclass(frozen=True, slots=True)
class HttpGetToFs:
    """A download into the module's file system is over (spec: http.md §3.12)."""

    NAME: ClassVar[str] = "+HTTPGETTOFS"
    PATTERN: ClassVar[str] = r"\+HTTPGETTOFS: (\d+), (\d+)"

    status: int
    written: int

    def __str__(self) -> str:
        return f"+HTTPGETTOFS: {self.status},{self.written}"


@dataclass(frozen=True, slots=True)
class BearerDeact:
    """The network took the bearer away; no colon after SAPBR (spec: network.md §3)."""

    NAME: ClassVar[str] = "+SAPBR: DEACT"
    PATTERN: ClassVar[str] = r"\+SAPBR:? *(\d+): DEACT"

    cid: int

    def __str__(self) -> str:
        return f"+SAPBR {self.cid}: DEACT"


@dataclass(frozen=True, slots=True)
class Ready:
    """The firmware has started: whatever it was told before is gone (spec: uart.md §8)."""

    NAME: ClassVar[str] = "RDY"
    PATTERN: ClassVar[str] = r"RDY"

    def __str__(self) -> str:
        return "RDY"


def for_link(link: int | None, text: str) -> str:
    """`text` about one of several links; None where there is only one (spec: OQ-37)."""
    return text if link is None else f"{link}, {text}"


@dataclass(frozen=True, slots=True)
class ConnectOk:
    """A link is up (spec: network.md §5)."""

    NAME: ClassVar[str] = "CONNECT OK"
    PATTERN: ClassVar[str] = r"(?:(\d), )?CONNECT OK"

    link: int | None = None

    def __str__(self) -> str:
        return for_link(self.link, "CONNECT OK")


@dataclass(frozen=True, slots=True)
class ConnectFail:
    """A link did not come up (spec: network.md §5)."""

    NAME: ClassVar[str] = "CONNECT FAIL"
    PATTERN: ClassVar[str] = r"(?:(\d), )?CONNECT FAIL"

    link: int | None = None

    def __str__(self) -> str:
        return for_link(self.link, "CONNECT FAIL")


@dataclass(frozen=True, slots=True)
class Connect:
    """The line is the link's from here on: transparent mode (spec: network.md §5)."""

    NAME: ClassVar[str] = "CONNECT"
    PATTERN: ClassVar[str] = r"CONNECT"

    def __str__(self) -> str:
        return "CONNECT"


@dataclass(frozen=True, slots=True)
class Closed:
    """The peer closed a link, or it broke (spec: network.md §5)."""

    NAME: ClassVar[str] = "CLOSED"
    PATTERN: ClassVar[str] = r"(?:(\d), )?CLOSED"

    link: int | None = None

    def __str__(self) -> str:
        return for_link(self.link, "CLOSED")


@dataclass(frozen=True, slots=True)
class TransportError:
    """Why a link broke or could not be had; the vendor's number (spec: network.md §5)."""

    NAME: ClassVar[str] = "TCP ERROR"
    PATTERN: ClassVar[str] = r"(TCP|UDP) ERROR: (\d+)"

    protocol: str
    number: int

    def __str__(self) -> str:
        return f"{self.protocol} ERROR: {int(self.number)}"


@dataclass(frozen=True, slots=True)
class SceneState:
    """The state a failed CIPSTART left, and what CIPSTATUS tells (spec: network.md §5)."""

    NAME: ClassVar[str] = "STATE"
    PATTERN: ClassVar[str] = r"STATE: ([A-Z /]+)"

    state: str

    def __str__(self) -> str:
        return f"STATE: {self.state}"


@dataclass(frozen=True, slots=True)
class PdpDeact:
    """The network took the PDP of the sockets away (spec: network.md §4, OQ-36)."""

    NAME: ClassVar[str] = "+PDP: DEACT"
    PATTERN: ClassVar[str] = r"\+PDP(?:: | )DEACT"

    def __str__(self) -> str:
        return "+PDP: DEACT"


@dataclass(frozen=True, slots=True)
class DataWaiting:
    """Received data wait to be fetched with CIPRXGET (spec: network.md §5)."""

    NAME: ClassVar[str] = "+CIPRXGET"
    PATTERN: ClassVar[str] = r"\+CIPRXGET: 1(?:, (\d))?"

    link: int | None = None

    def __str__(self) -> str:
        return "+CIPRXGET: 1" + ("" if self.link is None else f",{self.link}")


@dataclass(frozen=True, slots=True)
class NameResolved:
    """The address of a name (spec: network.md §5)."""

    NAME: ClassVar[str] = "+CDNSGIP"
    PATTERN: ClassVar[str] = r'\+CDNSGIP: 1, "?([^",\s]*)"?, "?([^",\s]*)"?'

    name: str
    address: str

    def __str__(self) -> str:
        return f'+CDNSGIP: 1,"{self.name}","{self.address}"'


@dataclass(frozen=True, slots=True)
class NameUnknown:
    """A name that has no address; `error` is 10-15 (spec: network.md §5)."""

    NAME: ClassVar[str] = "+CDNSGIP"
    PATTERN: ClassVar[str] = r"\+CDNSGIP: 0, (\d+)"

    error: int

    def __str__(self) -> str:
        return f"+CDNSGIP: 0,{self.error}"


Urc = (
    HttpAction
    | HttpExAction
    | HttpExPostReady
    | HttpExPosted
    | HttpExGetReady
    | HttpGetToFs
    | BearerDeact
    | Ready
    | ConnectOk
    | ConnectFail
    | Connect
    | Closed
    | TransportError
    | SceneState
    | PdpDeact
    | DataWaiting
    | NameResolved
    | NameUnknown
)

_KINDS: tuple[tuple[re.Pattern[str], type[Urc]], ...] = tuple(
    (lenient(kind.PATTERN), kind)
    for kind in (
        HttpAction,
        HttpExAction,
        HttpExPosted,
        HttpExPostReady,
        HttpExGetReady,
        HttpGetToFs,
        BearerDeact,
        Ready,
        ConnectOk,
        ConnectFail,
        Connect,
        Closed,
        TransportError,
        SceneState,
        PdpDeact,
        DataWaiting,
        NameResolved,
        NameUnknown,
    )
)


# Host and trace ask about the same lines, and most lines come again.
@lru_cache(maxsize=128)
def parse_urc(line: str) -> Urc | None:
    """The URC that `line` (without CR LF) is, or None for any other line."""
    for pattern, kind in _KINDS:
        if match := pattern.fullmatch(line.strip()):
            return kind(*map(_value, fields(kind), match.groups()))
    return None


def urcs_behind(body: bytes) -> list[tuple[str, Urc]]:
    """The URCs that were counted as the end of a body which came short: whole lines behind its OK.

    Bytes of the body were lost, so what followed it on the line was taken for them.
    """
    _, ok, behind = body.rpartition(b"\r\nOK\r\n")
    if not ok or not behind.endswith(b"\r\n"):
        return []
    lines = [line.strip() for line in behind.decode("latin-1").split("\r\n")]
    return [(line, urc) for line in lines if (urc := parse_urc(line)) is not None]


def _value(field: Field[Any], group: str | None) -> Any:
    """What the group means: the fields are numbers, text, or a number that may be missing."""
    return group if group is None or field.type == "str" else int(group)
