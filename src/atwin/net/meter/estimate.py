"""What exchanges will cost before any has been made, by the model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from atwin.net.meter.bill import Bill, Count, OneWay
from atwin.net.meter.model import IPV6_MORE, LINUX, OPERATOR, Stack, Tally, name_query, way
from atwin.net.network import is_literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.net.http.request import Request
    from atwin.net.meter.tls_size import TlsShape


@dataclass(frozen=True, slots=True)
class PlannedExchange:
    """A request, and its answer in bytes.

    `apart`: the server sends the head of its answer before it has the body, as most do with
    files, so that the head has a packet of its own. The operator's example knows no such thing.
    """

    request: Request
    head: int
    body: int
    apart: bool = False


def estimate(
    exchanges: Sequence[PlannedExchange], tls: TlsShape | None = None, *, dns: bool = False
) -> Count:
    """One connection that carries `exchanges`, at least one, one after the other.

    `dns`: the name is asked for first, unless it is an address.
    """
    operator = _connection([replace(e, apart=False) for e in exchanges], tls, OPERATOR)
    linux = _connection(exchanges, tls, LINUX)
    host = exchanges[0].request.url.host
    query = name_query(host) if dns and not is_literal(host) else Bill()
    return Count(linux + query, operator + query)


def _connection(exchanges: Sequence[PlannedExchange], tls: TlsShape | None, stack: Stack) -> Bill:
    ipv6 = ":" in exchanges[0].request.url.host
    if ipv6:
        stack = replace(stack, segment=stack.segment - IPV6_MORE)
    tally = Tally(stack)
    tally.open()
    if tls is not None:
        for number, size in enumerate(tls.flights):
            tally.data(number % 2 == 0, size)
    up, down = OneWay(), OneWay()
    for exchange in exchanges:
        up += _sent(tally, exchange, tls)
        down += _received(tally, exchange, tls)
    if tls is not None:
        # Few servers answer it with their own.
        tally.data(True, tls.close_notify)
    tally.close()
    return Bill(
        _complete(up, tally, True, stack, ipv6), _complete(down, tally, False, stack, ipv6), 1
    )


def _sent(tally: Tally, exchange: PlannedExchange, tls: TlsShape | None) -> OneWay:
    head, body = len(exchange.request.head()), len(exchange.request.body)
    tally.data(True, head + body if tls is None else tls.records(head + body))
    return OneWay(http=head, payload=body)


def _received(tally: Tally, exchange: PlannedExchange, tls: TlsShape | None) -> OneWay:
    for size in (
        (exchange.head, exchange.body) if exchange.apart else (exchange.head + exchange.body,)
    ):
        tally.data(False, size if tls is None else tls.records(size))
        if tls is None:
            tally.push()
    return OneWay(http=exchange.head, payload=exchange.body)


def _complete(content: OneWay, tally: Tally, up: bool, stack: Stack, ipv6: bool) -> OneWay:
    side = tally.up if up else tally.down
    tls = side.data - content.http - content.payload
    return content + OneWay(tls=tls) + way(side, stack, ipv6=ipv6)
