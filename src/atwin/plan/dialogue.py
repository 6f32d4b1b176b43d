"""How many bytes host and module say on the line, command by command."""

from __future__ import annotations

from http.client import responses
from typing import TYPE_CHECKING, Final

from atwin.at.dialect.results import HttpExGet, HttpHead, HttpRead
from atwin.at.dialect.urcs import (
    HttpAction,
    HttpExAction,
    HttpExGetReady,
    HttpExPosted,
    HttpExPostReady,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from atwin.at.dialect.said import Said, Urc
    from atwin.plan.exchanges import Repeated

#: Bits on the wire for each byte: 8N1.
BITS: Final = 10
#: Bytes of one HTTPEXGET without a length (docs/spec/http.md §3.11).
EXGET: Final = 3880

OK: Final = "\r\nOK\r\n"
#: Bytes of commands and answers: bringing up a module that is on the network, asking it who it is
#: and what it holds, and HTTPPARA? with its answer.
_BRING_UP, _LIMITS, _PARAMETERS = 330, 335, 162
#: What the host says before the first HTTPS.
_SSLCFG = (
    ("seclevel", "0"),
    ("ciphersuite", "0XFFFF"),
    ("hostname", ""),
    ("verifymode", "0"),
    ("sslversion", "4"),
    ("negotiatetimeout", "300"),
    ("ignorelocaltime", "1"),
)
#: Bytes that one HTTPREAD gives at the least, where a part is read in pieces.
_SMALLEST_READ = 1024


def opening(url: str, *, tls: bool) -> int:
    """From the first AT to the session with its URL, HTTPTERM at the end included."""
    said = _BRING_UP + _LIMITS + _PARAMETERS + command("AT+HTTPINIT") + command("AT+HTTPTERM")
    if tls:
        said += sum(command(f'AT+SSLCFG="{key}",153,{value}') for key, value in _SSLCFG)
    return said + parameters((("CID", 1), ("URL", f'"{url}"'), ("TIMEOUT", 120), ("REDIR", 0)))


def download(*, parts: bool, condition: str) -> int:
    """What the host tells the session of a download once; `condition` is that of its parts."""
    said = parameters((("TIMEOUT", 30), ("USER_DEFINED", '"Accept-Encoding: identity"')))
    if not parts:
        return said + parameters((("BREAK", 0), ("BREAKEND", 0)))
    if not condition:
        return said
    quoted = condition.replace('"', "\\22")
    return said + parameters((("USERDATA", f'"If-Range: {quoted}"'),))


def head(each: Repeated) -> int:
    """Of the HEAD."""
    return action("AT+HTTPACTION=2", HttpAction(2, 200, 0)) + head_block(each)


def part(each: Repeated, rate: int | None) -> int:
    """Of a part, or of the whole, beside its bytes; `rate` of the line in bit/s."""
    size = each.exchange.body
    talk = head_block(each) + action("AT+HTTPACTION=0", HttpAction(0, each.status, size))
    if each.span is not None:
        talk += parameters((("BREAK", each.span[0]), ("BREAKEND", each.span[1])))
    # What comes in ten seconds or so is read at a time, and one byte takes ten bits.
    reads = _pieces(size, max(_SMALLEST_READ, rate or size), 1.5)
    start = 0
    for read in reads:
        which = f"={start},{read}" if len(reads) > 1 else ""
        talk += command(f"AT+HTTPREAD{which}") + line(HttpRead(read))
        start += read
    return talk


def stream(each: Repeated) -> int:
    """Of a stream beside its bytes."""
    talk = action("AT+HTTPEXACTION=0", HttpExAction(0, 200)) + head_block(each)
    return talk + stream_reads(each.exchange.body)


def stream_reads(size: int) -> int:
    """What reading `size` bytes of a stream costs besides them."""
    full, rest = divmod(size, EXGET)
    once = line(HttpExGetReady()) + command("AT+HTTPEXGET")
    talk = full * (once + line(HttpExGet(EXGET)))
    return talk + (once + line(HttpExGet(rest)) if rest else 0)


def post(each: Repeated, most: int, *, streams: bool) -> int:
    """Of a POST beside both bodies; the module takes `most` bytes at a time, or `streams` them."""
    size, answer = len(each.exchange.request.body), each.exchange.body
    if not streams:
        talk = len(f"AT+HTTPDATA={size},10000\r\r\nDOWNLOAD\r\n") + len(OK)
        talk += action("AT+HTTPACTION=1", HttpAction(1, 200, answer)) + head_block(each)
        return talk + command("AT+HTTPREAD") + line(HttpRead(answer))
    talk = action(f"AT+HTTPEXACTION=1,{size}", HttpExPostReady()) + line(HttpExAction(1, 200))
    for piece in _pieces(size, most):
        talk += command(f"AT+HTTPEXPOST={piece},120000") + len("\r\n> ")
        talk += line(HttpExPosted(piece))
    return talk + stream_reads(answer) + head_block(each)


def message(size: int) -> int:
    """Of a message of `size` bytes on a CIPSTART link, beside it and its answer."""
    return len(f"AT+CIPSEND={size}\r\r\n> \r\nSEND OK\r\n")


def head_block(each: Repeated) -> int:
    """HTTPHEAD and its answer: the header lines, and one more CR LF.

    It has neither the status line nor the last line ends (docs/spec/http.md §3.7).
    """
    status = f"HTTP/1.1 {each.status} {responses[each.status]}\r\n\r\n\r\n"
    length = max(0, each.exchange.head - len(status))
    return command("AT+HTTPHEAD") + line(HttpHead(length)) + length + 2


def command(text: str) -> int:
    """A command, its CR, and its OK."""
    return len(text) + 1 + len(OK)


def parameters(values: Iterable[tuple[str, str | int]]) -> int:
    """HTTPPARA, and its OK, for each tag and value."""
    return sum(command(f'AT+HTTPPARA="{tag}",{value}') for tag, value in values)


def action(text: str, urc: Urc) -> int:
    """A command and its CR, and the URC that ends what it starts: its OK leaves meanwhile."""
    return len(text) + 1 + line(urc)


def line(said: Said) -> int:
    """A line of the module's, with CR LF on both sides."""
    return len(f"\r\n{said}\r\n")


def _pieces(size: int, piece: int, last: float = 1.0) -> list[int]:
    """The pieces in which `size` bytes go; the last one is up to `last` times as large."""
    pieces = []
    while size > last * piece:
        pieces.append(piece)
        size -= piece
    return [*pieces, size]
