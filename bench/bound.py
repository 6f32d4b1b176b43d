"""How fast a download could be at best: bytes that must cross the line, waits that must be waited.

A line carries one byte in ten bit times, and one command is under way at a time
(docs/spec/uart.md §3, §5), so what the method itself needs adds up, for ranges and for the stream
in different ways.

**Ranges** (docs/spec/flows.md §3). For each part the host says BREAK, BREAKEND, HTTPACTION and
HTTPREAD, and the module answers; echo is off, as the host runs it. Between HTTPACTION's OK and its
URC the line is silent: the module connects (one round trip), asks (another one) and receives the
part at the rate of the downlink. HTTPREAD needs the finished action, and the next action overwrites
the buffer that HTTPREAD empties, so none of that overlaps:

    part = (commands + answers + body) * 10 / rate  +  2 * round trip  +  body / downlink

Only the OK of HTTPACTION leaves while the module connects already, and does not count.

A module that lower-cases headers (Air724UG) cannot carry the ETag in If-Range, so that HTTPHEAD
after each part is what makes sure of the entity (docs/decisions.md, 22). That safety is part of the
method, and its bytes are among the answers.

**The stream** (HTTPEXACTION; docs/spec/http.md §3.11). The module receives while the host reads, so
the slower of the two counts, after one wait for the connection and the first byte. Each read of
3880 bytes costs a URC, the command, its header and its OK:

    stream = 2 * round trip  +  max(reads * (URC + command + answer + body) * 10 / rate,
                                    size / downlink)

Both begin with the vendor's question: HTTPINIT, the URL, HEAD and HTTPHEAD, and end with HTTPTERM.
Bounds leave out what is small and not the host's doing: the bytes of HTTP heads on the network, and
the time a module takes to think.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Bits on the wire for each byte: 8N1.
_BITS = 10
#: Bytes of one HTTPEXGET without a length (docs/spec/http.md §3.11).
EXGET = 3880

_OK = "\r\nOK\r\n"


@dataclass(frozen=True, slots=True)
class Way:
    """Line and network. `rate` in bit/s, `round_trip` in seconds, `downlink` in bytes/s."""

    rate: int
    round_trip: float
    downlink: float


@dataclass(frozen=True, slots=True)
class Job:
    """What is downloaded: `size` bytes from `url`, in parts of `chunk`.

    `condition` is the If-Range line that keeps parts of one entity together; None where the header
    block is compared after each part. `head` is the length of such a block: the server's choice.
    """

    size: int
    url: str
    chunk: int
    condition: str | None
    head: int


@dataclass(frozen=True, slots=True)
class Bound:
    """The terms, in seconds: commands and answers on the line, bodies on it, waits for the net."""

    talk: float
    body: float
    network: float

    @property
    def seconds(self) -> float:
        return self.talk + self.body + self.network


def range_bound(job: Job, way: Way) -> Bound:
    """Part by part; nothing overlaps."""
    talk = _question(job)
    if job.condition is not None:
        talk += _command(f'AT+HTTPPARA="USERDATA","{job.condition}"') + _head(job.head)
    firsts = range(0, job.size, job.chunk)
    for first in firsts:
        length = min(job.chunk, job.size - first)
        talk += _command(f'AT+HTTPPARA="BREAK",{first}')
        talk += _command(f'AT+HTTPPARA="BREAKEND",{first + length - 1}')
        talk += _action("AT+HTTPACTION=0", f"+HTTPACTION: 0,206,{length}")
        talk += _command("AT+HTTPREAD") + len(f"\r\n+HTTPREAD: {length}\r\n")
        if job.condition is None:
            talk += _head(job.head)
    waits = 2 * way.round_trip * (1 + len(firsts)) + job.size / way.downlink
    return Bound(_seconds(talk, way), _seconds(job.size, way), waits)


def stream_bound(job: Job, way: Way) -> Bound:
    """In one connection; the module receives while the host reads."""
    talk = _question(job) + _action("AT+HTTPEXACTION=0", "+HTTPEXACTION: 0,200")
    for first in range(0, job.size, EXGET):
        length = min(EXGET, job.size - first)
        talk += len("\r\n+HTTPEXGET\r\n")
        talk += _command("AT+HTTPEXGET") + len(f"\r\n+HTTPEXGET: {length}\r\n")
    line = Bound(_seconds(talk, way), _seconds(job.size, way), 4 * way.round_trip)
    late = job.size / way.downlink - line.talk - line.body
    return Bound(line.talk, line.body, line.network + max(0.0, late))


def _question(job: Job) -> int:
    """Bytes of INIT, URL, HEAD and its header block, and of TERM at the end."""
    ask = _command("AT+HTTPINIT") + _command(f'AT+HTTPPARA="URL","{job.url}"')
    ask += _action("AT+HTTPACTION=2", "+HTTPACTION: 2,200,0") + _head(job.head)
    return ask + _command("AT+HTTPTERM")


def _command(text: str) -> int:
    """Bytes of a command, its CR, and its OK."""
    return len(text) + 1 + len(_OK)


def _action(text: str, urc: str) -> int:
    """Bytes of a command and its CR, and of the URC that ends what it starts."""
    return len(text) + 1 + len(f"\r\n{urc}\r\n")


def _head(length: int) -> int:
    """Bytes of HTTPHEAD and its answer, with one more CR LF after its data
    (docs/spec/http.md §3.7)."""
    return _command("AT+HTTPHEAD") + len(f"\r\n+HTTPHEAD: {length}\r\n") + length + 2


def _seconds(count: int, way: Way) -> float:
    return count * _BITS / way.rate
