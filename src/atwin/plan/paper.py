"""One download on paper: bytes that must cross the line, waits that must be waited.

A line carries one byte in ten bit times, and one command is under way at a time
(docs/spec/uart.md §3, §5), so what a download needs adds up, for parts and for the stream in
different ways.

**Every request** has a connection of its own: one round trip until it is there, with the question
for a name one more, with TLS two more and the bytes of the handshake. Then the request goes up, and
its answer comes down, each at the rate of its direction. No connection carries more than one TCP
window in a round trip.

**Parts** (docs/spec/flows.md §3). For each the host says BREAK, BREAKEND, HTTPACTION, HTTPHEAD and
HTTPREAD, and the module answers; echo is off, as the host runs it. Between HTTPACTION's OK and its
URC the line is silent. HTTPREAD needs the finished action, and the next action overwrites the
buffer that HTTPREAD empties, so none of that overlaps:

    part = (commands + answers + body) * 10 / rate  +  request  +  body / downlink

Only the OK of HTTPACTION leaves while the module connects already, and does not count. That all
parts are of one entity is made sure by If-Range, where the host knows no hash and the module keeps
the server's letters, and by the header block of each part (docs/decisions.md, 22).

**The stream** (HTTPEXACTION; docs/spec/http.md §3.11). The module receives while the host reads, so
the slower of the two counts, after one wait for the connection and the first byte. Each read of
3880 bytes costs a URC, the command, its header and its OK:

    stream = request  +  max(reads * (URC + command + answer + body) * 10 / rate, size / downlink)

Before that the host brings the module up, asks what it can hold, opens the session and asks for the
head; HTTPTERM is its last word. Left out is what chance decides: lost segments, TCP's slow start.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from http.client import responses
from typing import TYPE_CHECKING

from atwin.host.download.order import chunk_of
from atwin.host.download.pace import stream_pays
from atwin.net.meter.model import MSS
from atwin.net.meter.tls_size import LARGEST_RECORD, TlsShape
from atwin.net.tls.suites import suites_for
from atwin.net.url import Url
from atwin.plan.exchanges import body_exchanges, cost_of, head_exchange
from atwin.plan.job import NAME, SUITE, limits_of
from atwin.plan.served import CHANGED, QUOTED_ETAG, file_of, head_size
from atwin.twin.chapters.bearer import OPEN_TIME

if TYPE_CHECKING:
    from atwin.net.meter.bill import Count
    from atwin.plan.exchanges import Repeated, Way
    from atwin.plan.job import Job

#: Bits on the wire for each byte: 8N1.
BITS = 10
#: Bytes of one HTTPEXGET without a length (docs/spec/http.md §3.11).
EXGET = 3880
#: Seconds of the line in which a part is read by one HTTPREAD, at the most about.
_READ_SECONDS = 10

_OK = "\r\nOK\r\n"
#: Bytes of commands and answers: bringing up a module that is on the network, asking it who it is
#: and what it holds, and HTTPPARA? with its answer.
_BRING_UP, _LIMITS, _PARAMETERS = 330, 335, 162
#: Commands that are echoed, also where the port tells no rate; and the seconds for which a module
#: that echoes LF waits for one after each.
_ECHOED, _ECHOED_UNPACED, _ECHO_WAIT = 4, 2, 0.02
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


@dataclass(frozen=True, slots=True)
class Times:
    """Where the time of a download goes, in seconds, one after the other.

    `talk`: commands and answers on the line; `body`: the file on it. `requests`: connecting,
    asking, and waiting for the first byte; `tls`: handshakes; `transfer`: the file on the network,
    where the line waits for it. `module`: what the module takes for itself, and whatever else the
    host waits for.
    """

    talk: float = 0.0
    body: float = 0.0
    requests: float = 0.0
    tls: float = 0.0
    transfer: float = 0.0
    module: float = 0.0

    @property
    def seconds(self) -> float:
        """All of it."""
        return float(sum(getattr(self, each.name) for each in fields(self)))

    def __add__(self, other: Times) -> Times:
        return Times(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __mul__(self, times: float) -> Times:
        return Times(*(getattr(self, each.name) * times for each in fields(self)))


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one download takes and costs. `held`: seconds in which a connection was open."""

    way: Way
    chunk: int
    times: Times
    count: Count
    requests: int
    connections: int
    held: float


@dataclass(frozen=True, slots=True)
class Terms:
    """What may be other than in a plan's own world: the URL, the server's heads and certificates.

    `head`: bytes of the header of each answer, None for those of the plan's server. `keep_alive`
    requests go over one connection, where a module could do that. `bare`: the GETs alone.
    """

    url: Url | None = None
    head: int | None = None
    shape: TlsShape | None = None
    keep_alive: int = 1
    bare: bool = False


def on_paper(job: Job, terms: Terms | None = None) -> Forecast:
    """What `job` will take. Raises `UnknownModelError`.

    And `UsageError` for a part or strategy that the module does not have.
    """
    return _Paper(job, terms or Terms()).forecast()


class _Paper:
    """Adds up what one job says and waits for."""

    def __init__(self, job: Job, terms: Terms) -> None:
        self._job, self._terms = job, terms
        self._profile = job.profile
        self._limits = limits_of(self._profile)
        self._chunk = chunk_of(self._limits, job.part, job.strategy)
        self._url = terms.url or Url.parse(job.url.encode())
        self._shape = terms.shape
        if self._url.secure and self._shape is None:
            self._shape = TlsShape(suites_for(SUITE)[0], sni=NAME if job.dns else None)
        self._byte = BITS / job.baud if job.baud else 0.0
        folded = self._profile.has("head_lowercase")
        self._condition = "" if folded or job.hash else QUOTED_ETAG if job.etag else CHANGED

    def forecast(self) -> Forecast:
        """See `on_paper`."""
        head = head_exchange(self._url, self._head_size)
        connected = self._connected()
        way = self._way(connected.seconds + self._asked(head).seconds)
        bodies = body_exchanges(
            self._url, way, self._job.size, self._chunk, self._condition, self._head_size
        )
        exchanges = bodies if self._terms.bare else [head, *bodies]
        times, held = self._around(way), 0.0
        for each in exchanges:
            asked = self._asked(each)
            line = Times(self._line(self._talk(each, way)), self._line(each.exchange.body))
            if way == "stream" and each is not head:
                asked, open_for = self._streamed(each, asked)
            else:
                open_for = asked.seconds
            times += (line + asked) * each.times
            held += open_for * each.times
        requests = sum(each.times for each in exchanges)
        connections = -(-requests // self._terms.keep_alive)
        return Forecast(
            way,
            self._chunk,
            times + connected * connections,
            cost_of(exchanges, self._shape, self._terms.keep_alive, dns=self._job.dns),
            requests,
            connections,
            held + connected.tls * connections,
        )

    def _head_size(self, method: str, span: tuple[int, int] | None) -> int:
        if self._terms.head is None:
            return head_size(file_of(self._job), method, span)
        if span is None:
            return self._terms.head
        ends = f"{span[0]}-{span[1]}/{self._job.size}"
        return self._terms.head + len(f"Content-Range: bytes {ends}\r\n")

    def _way(self, wait: float) -> Way:
        """As `atwin.host.download.turns.choose` has it, where a HEAD took `wait` seconds."""
        job = self._job
        if job.strategy == "stream":
            return "stream"
        if job.size <= self._chunk:
            return "whole"
        may = job.strategy == "auto" and self._limits.streams
        return "stream" if may and stream_pays(self._chunk, job.baud, wait) else "range"

    # --- network --------------------------------------------------------------------------------

    def _connected(self) -> Times:
        """What each connection takes before a request can be sent."""
        rtt = self._job.route.rtt
        tls = 0.0
        if self._shape is not None:
            flights = enumerate(self._shape.flights)
            tls = 2 * rtt + sum((self._down if n % 2 else self._up)(size) for n, size in flights)
        return Times(requests=rtt * (1 + self._job.dns), tls=tls)

    def _asked(self, each: Repeated) -> Times:
        """A request on its connection, and its answer."""
        exchange, route = each.exchange, self._job.route
        first, whole = exchange.head, exchange.head + exchange.body
        wait = self._up(self._sealed(each.sent)) + route.rtt + self._job.latency
        return Times(
            requests=wait + self._down(first),
            transfer=self._down(self._sealed(whole)) - self._down(first),
        )

    def _sealed(self, size: int) -> int:
        return size if self._shape is None else self._shape.records(size)

    def _up(self, size: int) -> float:
        return size / self._job.route.up if self._job.route.up else 0.0

    def _down(self, size: int) -> float:
        return size / self._job.route.down if self._job.route.down else 0.0

    def _streamed(self, each: Repeated, asked: Times) -> tuple[Times, float]:
        """The same where the host reads what comes; and how long the connection is there.

        Reading begins with the first segment, or TLS record, and ends after the last. The module
        hangs up when it has nothing left, before that has crossed the line.
        """
        size = each.exchange.body
        unit = MSS if self._shape is None else LARGEST_RECORD
        reads = self._line(size + self._reads_talk(size))
        last = size % unit or min(unit, size)
        last_read = self._line(last + self._reads_talk(last))
        first = self._down(min(size, unit))
        took = max(first + reads, asked.transfer + last_read)
        last = size % EXGET or EXGET
        return replace(asked, transfer=took - reads), asked.requests + took - self._line(
            last + len(_OK)
        )

    # --- line -----------------------------------------------------------------------------------

    def _line(self, size: int) -> float:
        return size * self._byte

    def _around(self, way: Way) -> Times:
        """What is said before the first request and after the last."""
        profile, url = self._profile, self._url.absolute.decode("latin-1")
        said = _BRING_UP + _LIMITS + _PARAMETERS
        if self._shape is not None:
            said += sum(_command(f'AT+SSLCFG="{key}",153,{value}') for key, value in _SSLCFG)
        said += _command("AT+HTTPINIT") + _command("AT+HTTPTERM")
        said += sum(
            _parameter(tag, value)
            for tag, value in (
                ("CID", 1),
                ("URL", f'"{url}"'),
                ("TIMEOUT", 30),
                ("REDIR", 0),
                ("USER_DEFINED", '"Accept-Encoding: identity"'),
                ("TIMEOUT", 120),
            )
        )
        if way != "range":
            said += _parameter("BREAK", 0) + _parameter("BREAKEND", 0)
        elif self._condition:
            condition = self._condition.replace('"', "\\22")
            said += _parameter("USERDATA", f'"If-Range: {condition}"')
        echoed = _ECHOED if self._job.baud else _ECHOED_UNPACED
        echo = echoed * _ECHO_WAIT * profile.has("echo_lf")
        return Times(talk=self._line(said), module=OPEN_TIME + echo)

    def _talk(self, each: Repeated, way: Way) -> int:
        """Bytes of the commands and answers of one exchange, without its body."""
        exchange, size = each.exchange, each.exchange.body
        status = 200 if each.span is None else 206
        head = _head(exchange.head - len(f"HTTP/1.1 {status} {responses[status]}\r\n\r\n\r\n"))
        if exchange.request.method == "HEAD":
            return _action("AT+HTTPACTION=2", "+HTTPACTION: 2,200,0") + head
        if way == "stream":
            talk = _action("AT+HTTPEXACTION=0", "+HTTPEXACTION: 0,200") + head
            return talk + self._reads_talk(size)
        talk = head + _action("AT+HTTPACTION=0", f"+HTTPACTION: 0,{status},{size}")
        if each.span is not None:
            first, last = each.span
            talk += _parameter("BREAK", first) + _parameter("BREAKEND", last)
        reads = _reads(size, max(1024, self._job.baud or size), 1.5)
        start = 0
        for read in reads:
            part = f"={start},{read}" if len(reads) > 1 else ""
            talk += _command(f"AT+HTTPREAD{part}") + len(f"\r\n+HTTPREAD: {read}\r\n")
            start += read
        return talk

    @staticmethod
    def _reads_talk(size: int) -> int:
        """Bytes that reading `size` bytes of a stream costs besides them."""
        full, rest = divmod(size, EXGET)
        once = len("\r\n+HTTPEXGET\r\n") + _command("AT+HTTPEXGET")
        talk = full * (once + len(f"\r\n+HTTPEXGET: {EXGET}\r\n"))
        return talk + (once + len(f"\r\n+HTTPEXGET: {rest}\r\n") if rest else 0)


def _reads(size: int, piece: int, last: float = 1.0) -> list[int]:
    """The pieces in which `size` bytes are read; the last one is up to `last` times as large."""
    pieces = []
    while size > last * piece:
        pieces.append(piece)
        size -= piece
    return [*pieces, size]


def _command(text: str) -> int:
    """Bytes of a command, its CR, and its OK."""
    return len(text) + 1 + len(_OK)


def _parameter(tag: str, value: str | int) -> int:
    """Bytes of an HTTPPARA and its OK."""
    return _command(f'AT+HTTPPARA="{tag}",{value}')


def _action(text: str, urc: str) -> int:
    """Bytes of a command and its CR, and of the URC that ends what it starts."""
    return len(text) + 1 + len(f"\r\n{urc}\r\n")


def _head(length: int) -> int:
    """Bytes of HTTPHEAD and its answer: `length` of header lines, one more CR LF after them.

    It has neither the status line nor the last line ends (docs/spec/http.md §3.7).
    """
    return _command("AT+HTTPHEAD") + len(f"\r\n+HTTPHEAD: {length}\r\n") + length + 2
