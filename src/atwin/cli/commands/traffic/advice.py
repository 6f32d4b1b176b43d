"""What would make a task cheaper; every piece of advice comes with its numbers."""

from typing import TYPE_CHECKING

from atwin.net.meter.model import HEADERS, MSS, OPERATOR, OPERATOR_RIDING, heartbeat

if TYPE_CHECKING:
    from atwin.net.meter.bill import Bill, Count

#: Share of the payload below which requests are small, and of other kinds that is worth a word.
_SMALL_PAYLOAD = 1 / 3
_MUCH_TLS = 0.1
_MANY_REPEATED = 0.01
#: Payload of a part below which larger ones pay, in bytes, and requests that make a habit.
_SMALL_PART = 65_536
_HABIT = 3


def advise(count: "Count", requests: int | None = None) -> list[str]:
    """From what was or will be sent, by the operator's rules.

    `requests`: how many there were; as many as connections, unless some shared one.
    """
    bill = count.operator
    if not bill.connections:
        return []
    requests = requests or bill.connections
    advice = []
    payload = bill.kind("payload")
    if 0 < payload < _SMALL_PAYLOAD * bill.total:
        advice += _for_small(bill, payload, requests)
    elif requests >= _HABIT and payload / requests < _SMALL_PART:
        beside = (bill.total - payload) / requests
        advice.append(
            f"Larger parts: {requests:,} requests cost {beside:,.0f} bytes each beside"
            f" {payload / requests:,.0f} of payload. Parts twice as large save up to"
            f" {1 - (payload + beside * requests / 2) / bill.total:.0%}."
        )
    advice += _for_tls(bill)
    advice += _for_trouble(count.wire)
    return advice


def _for_small(bill: "Bill", payload: int, requests: int) -> list[str]:
    beside = (bill.total - payload) / requests
    together = max(requests, 10)
    one = beside + payload / requests * together
    # Beyond the packets there are anyhow each segment has headers, and an ACK.
    one += (payload / requests * together // MSS) * 2 * HEADERS
    separate = bill.total / requests * together
    advice = [
        f"Fewer, larger requests: each costs {beside:,.0f} bytes beside a payload of"
        f" {payload / requests:,.0f} on average. {together:,} of them in one: about"
        f" {one:,.0f} bytes instead of {separate:,.0f}, {1 - one / separate:.0%} less."
    ]
    up, down = bill.up.payload // requests, bill.down.payload // requests
    if 0 < up <= MSS and down <= MSS:
        least = heartbeat(up, max(down, 1), OPERATOR_RIDING).total
        most = heartbeat(up, max(down, 1), OPERATOR).total
        instead = "HTTPS, and without TLS" if bill.kind("tls") else "HTTP"
        advice.append(
            f"A TCP connection kept open (AT+CIPSTART, AT+CIPSEND) instead of {instead}:"
            f" {up:,} bytes up and {max(down, 1):,} down cost {most:,}, or {least:,} when"
            f" the server answers at once, instead of {bill.total / requests:,.0f}."
        )
    return advice


def _for_tls(bill: "Bill") -> list[str]:
    tls = bill.kind("tls")
    if tls < _MUCH_TLS * bill.total:
        return []
    return [
        f"TLS costs {tls / bill.connections:,.0f} bytes a connection, {tls / bill.total:.0%} of"
        " all, most of it the handshake and the server's certificates: send more on each"
        " connection, and let the server send no more certificates than it must."
    ]


def _for_trouble(wire: "Bill") -> list[str]:
    advice = []
    repeated, unread = wire.kind("retransmitted"), wire.kind("unread")
    if repeated > _MANY_REPEATED * wire.total:
        advice.append(
            f"{repeated:,} bytes were sent again, {repeated / wire.total:.1%}: the way to the"
            " server loses packets."
        )
    if unread:
        advice.append(
            f"{unread:,} bytes came for connections that were cut and are paid for: a longer"
            " TIMEOUT, or smaller parts."
        )
    return advice
