"""The requests of one download, and what their answers weigh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from atwin.net.http.request import Request
from atwin.net.meter.bill import Count
from atwin.net.meter.estimate import PlannedExchange, estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from atwin.net.meter.tls_size import TlsShape
    from atwin.net.url import Url

    #: Bytes of the header of an answer: to a method, and to a GET of the bytes of a span.
    HeadSize = Callable[[str, tuple[int, int] | None], int]

#: How a file comes: in one answer, part by part, or as a stream.
Way = Literal["whole", "range", "stream"]

#: Header lines of each request of a module, and those that the host adds to a download.
AGENT = ((b"User-Agent", b"AM_MODULE"),)
_OF_DOWNLOAD = (*AGENT, (b"Accept-Encoding", b"identity"))


@dataclass(frozen=True, slots=True)
class Repeated:
    """`times` exchanges that differ in nothing but digits; `span` is that of the first.

    It holds both ends, and is None where no range is asked for.
    """

    exchange: PlannedExchange
    times: int = 1
    span: tuple[int, int] | None = None

    @property
    def sent(self) -> int:
        """Bytes of the request."""
        return len(self.exchange.request.head()) + len(self.exchange.request.body)

    @property
    def status(self) -> int:
        """Of the answer."""
        return 200 if self.span is None else 206


def head_exchange(url: Url, head: HeadSize) -> Repeated:
    """What the host asks first: a HEAD."""
    return Repeated(PlannedExchange(Request("HEAD", url, _OF_DOWNLOAD), head("HEAD", None), 0))


def body_exchanges(
    url: Url, way: Way, size: int, chunk: int, condition: str, head: HeadSize
) -> list[Repeated]:
    """The GETs of a file of `size` bytes, in their order: parts of `chunk` bytes where it is parts.

    `condition` is the value of the If-Range of parts; empty for none.
    """
    if way != "range":
        get = PlannedExchange(Request("GET", url, _OF_DOWNLOAD), head("GET", None), size, True)
        return [Repeated(get)]
    found = []
    for span, times in _alike(size, chunk):
        headers = [*_OF_DOWNLOAD, (b"Range", b"bytes=%d-%d" % span)]
        if condition:
            headers.append((b"If-Range", condition.encode("latin-1")))
        body = span[1] - span[0] + 1
        get = PlannedExchange(Request("GET", url, headers), head("GET", span), body, True)
        found.append(Repeated(get, times, span))
    return found


def cost_of(
    exchanges: Sequence[Repeated],
    tls: TlsShape | None = None,
    *,
    times: int = 1,
    keep_alive: int = 1,
    dns: bool = False,
) -> Count:
    """What they cost, all of them done `times` times; `dns` as for `estimate`.

    Of those of one task `keep_alive` share a connection. A task of a single one shares it with the
    next.
    """
    if keep_alive == 1:
        groups = [([each.exchange], each.times * times) for each in exchanges]
    elif len(exchanges) == exchanges[0].times == 1:
        full, rest = divmod(times, keep_alive)
        one = exchanges[0].exchange
        groups = [([one] * keep_alive, full), ([one] * rest, 1)]
    else:
        every = [each.exchange for each in exchanges for _ in range(each.times)]
        firsts = range(0, len(every), keep_alive)
        groups = [(every[first : first + keep_alive], times) for first in firsts]
    costs = (estimate(group, tls, dns=dns) * often for group, often in groups if group and often)
    return sum(costs, Count())


def _alike(size: int, chunk: int) -> Iterator[tuple[tuple[int, int], int]]:
    """The first of parts that follow each other with as many digits and bytes, and how many."""
    first = 0
    while first < size:
        last = min(first + chunk, size) - 1
        times = 1
        if last + 1 - first == chunk:
            # As long as neither end gets another digit.
            left = (10 ** len(str(first)) - 1 - first) // chunk
            right = (10 ** len(str(last)) - 1 - last) // chunk
            times = 1 + min(left, right, (size - 1 - last) // chunk)
        yield (first, last), times
        first += times * chunk
