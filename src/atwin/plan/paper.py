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
from typing import TYPE_CHECKING

from atwin.host.download.order import chunk_of
from atwin.host.download.pace import stream_pays
from atwin.host.http.request import choose as choose_post
from atwin.net.meter.model import MSS
from atwin.net.meter.tls_size import LARGEST_RECORD, TlsShape
from atwin.net.tls.suites import suites_for
from atwin.net.url import Url
from atwin.plan import dialogue
from atwin.plan.dialogue import BITS, EXGET
from atwin.plan.exchanges import Repeated, body_exchanges, cost_of, head_exchange
from atwin.plan.job import NAME, SUITE, limits_of
from atwin.plan.served import CHANGED, QUOTED_ETAG, file_of, head_size
from atwin.twin.chapters.bearer import OPEN_TIME

if TYPE_CHECKING:
    from atwin.net.meter.bill import Count
    from atwin.net.meter.estimate import PlannedExchange
    from atwin.plan.exchanges import Way
    from atwin.plan.job import Job

#: Commands that are echoed, also where the port gives no rate; and the seconds for which a module
#: that echoes LF waits for one after each.
_ECHOED, _ECHOED_UNPACED, _ECHO_WAIT = 4, 2, 0.02


#: Where time goes, and how it is called in front of people.
TIMES = {
    "talk": "commands and answers",
    "body": "the file on the line",
    "requests": "connecting and asking",
    "tls": "TLS handshakes",
    "transfer": "the network",
    "module": "module and waits",
}


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
    """What one download takes and costs. `held`: seconds in which a connection was open.

    `chunk`: bytes of a part, whether it comes in parts or not. `exchanges`: what is asked of the
    server; what was asked does not stand there.
    """

    way: Way
    chunk: int
    times: Times
    count: Count
    requests: int
    connections: int
    held: float
    exchanges: tuple[Repeated, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """What may be other than in a plan's own world: the URL, the server's heads and certificates.

    `head`: bytes of the header of each answer, None for those of the plan's server. `keep_alive`
    requests go over one connection, where a module could do that. `bare`: the GETs alone, and one
    of all unless the job names a part.
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


def post_on_paper(job: Job, post: PlannedExchange, terms: Terms | None = None) -> Times:
    """How long a POST takes by the module and on the route of `job`, whose size does not matter."""
    return _Paper(job, terms or Terms()).post(Repeated(post))


def message_on_paper(job: Job, up: int, down: int) -> Times:
    """How long a message on an open TCP link takes, and its answer: bytes of both."""
    return _Paper(job, Terms()).message(up, down)


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
        self._window = self._profile.limit("tcp_window")
        #: Seconds that a byte takes to the module.
        self._byte = 1 / job.route.down if job.route.down else 0.0
        folded = self._profile.has("head_lowercase")
        self._condition = "" if folded or job.hash else QUOTED_ETAG if job.etag else CHANGED

    def forecast(self) -> Forecast:
        """See `on_paper`."""
        job, terms, connected = self._job, self._terms, self._connected()
        head = head_exchange(self._url, self._head_size)
        way = self._way(connected.seconds + self._asked(head).seconds)
        bodies = body_exchanges(
            self._url, way, job.size, self._chunk, self._condition, self._head_size
        )
        exchanges = tuple(bodies) if terms.bare else (head, *bodies)
        times, held = self._around(), 0.0
        times += self._line(dialogue.download(parts=way == "range", condition=self._condition))
        for each in exchanges:
            asked = self._asked(each)
            if each is head:
                line, held_for = self._line(dialogue.head(each)), asked.seconds
            elif way == "stream":
                line = self._line(dialogue.stream(each), each.exchange.body)
                asked, held_for = self._streamed(each, asked)
            else:
                line = self._line(dialogue.part(each, job.baud), each.exchange.body)
                held_for = asked.seconds
            times += (line + asked) * each.times
            held += held_for * each.times
        requests = sum(each.times for each in exchanges)
        connections = -(-requests // terms.keep_alive)
        return Forecast(
            way,
            self._chunk,
            times + connected * connections,
            cost_of(exchanges, self._shape, keep_alive=terms.keep_alive, dns=job.dns),
            requests,
            connections,
            held + connected.tls * connections,
            exchanges,
        )

    def post(self, each: Repeated) -> Times:
        """See `post_on_paper`."""
        limits, exchange = self._limits, each.exchange
        body = exchange.request.body
        streams = choose_post("auto", len(body), limits) == "stream"
        talk = dialogue.post(each, limits.post_max, streams=streams)
        line = self._line(talk, len(body) + exchange.body)
        asked = self._asked(each)
        if streams:
            # What has come over the line goes up while the next piece comes.
            gone = max(0, len(body) - 1) // limits.post_max * limits.post_max
            asked = replace(asked, requests=asked.requests - self._up(gone))
        return self._around() + self._connected() + asked + line

    def message(self, up: int, down: int) -> Times:
        """See `message_on_paper`."""
        wait = self._up(up) + self._job.route.rtt + self._down(down)
        return self._line(dialogue.message(up), up + down) + Times(requests=wait)

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
        if job.size <= self._chunk or (self._terms.bare and job.part is None):
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
        first, whole = each.exchange.head, each.exchange.head + each.exchange.body
        wait = self._up(self._sealed(each.sent)) + self._job.route.rtt + self._job.latency
        return Times(
            requests=wait + self._down(first),
            transfer=self._down(self._sealed(whole)) - self._down(first),
        )

    def _streamed(self, each: Repeated, asked: Times) -> tuple[Times, float]:
        """The same where the host reads what comes; and how long the connection is there.

        Reading begins with the first segment, or TLS record, and ends after what comes last at
        once. The module hangs up when it has nothing left, before that has crossed the line.
        """
        size = each.exchange.body
        reads = self._read(size)
        if self._shape is None:
            # The rest of a window comes in one go, as fast as the network is.
            rest = (size - 1) % self._window + 1
            first, waits = self._down(min(size, MSS)), 0.0
            last = max(self._read(min(size, MSS)), self._read(rest) - rest * self._byte)
        else:
            first, waits = self._down(min(size, LARGEST_RECORD)), self._between_records(size)
            last = self._read((size - 1) % LARGEST_RECORD + 1)
        took = max(first + reads + waits, asked.transfer + last)
        on_its_way = self._line(len(dialogue.OK), size % EXGET or EXGET).seconds
        return replace(asked, transfer=took - reads), asked.requests + took - on_its_way

    def _between_records(self, size: int) -> float:
        """Seconds in which the line waits for the rest of a TLS record that a window did not hold.

        The module asks for more when what it has left of the record before fits its buffer.
        """
        reads = -(-max(0, LARGEST_RECORD - self._profile.limit("http_buffer")) // EXGET)
        left = self._read(LARGEST_RECORD - max(0, reads - 1) * EXGET)
        full, last = divmod(size - 1, LARGEST_RECORD)
        waits = 0.0
        # The first record is waited for in any case.
        for record, times in ((LARGEST_RECORD, full - 1), (last + 1, 1)):
            if full and (rest := self._sealed(record) - self._window) > 0:
                waits += times * max(0.0, self._job.route.rtt + self._down(rest) - left)
        return waits

    def _sealed(self, size: int) -> int:
        return size if self._shape is None else self._shape.records(size)

    def _up(self, size: int) -> float:
        return size / self._job.route.up if self._job.route.up else 0.0

    def _down(self, size: int) -> float:
        """Seconds until `size` bytes of one connection have left the server."""
        full, rest = divmod(max(0, size - 1), self._window)
        # News of its first segment are back after a round trip, and there is room for the next.
        window = max(self._job.route.rtt + MSS * self._byte, self._window * self._byte)
        return full * window + (rest + 1) * self._byte

    # --- line -----------------------------------------------------------------------------------

    def _line(self, talk: int, body: int = 0) -> Times:
        """Bytes of commands and answers, and of a file."""
        if not self._job.baud:
            return Times()
        return Times(talk * BITS / self._job.baud, body * BITS / self._job.baud)

    def _read(self, size: int) -> float:
        """Seconds of reading `size` bytes of a stream."""
        return self._line(dialogue.stream_reads(size), size).seconds

    def _around(self) -> Times:
        """What comes before the first request and after the last."""
        url = self._url.absolute.decode("latin-1")
        echoed = _ECHOED if self._job.baud else _ECHOED_UNPACED
        waits = OPEN_TIME + echoed * _ECHO_WAIT * self._profile.has("echo_lf")
        said = dialogue.opening(url, tls=self._shape is not None)
        return self._line(said) + Times(module=waits)
