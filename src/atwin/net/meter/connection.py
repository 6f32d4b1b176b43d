"""One connection being counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from atwin.net.meter.bill import Bill, Count, OneWay
from atwin.net.meter.model import HEADERS, IPV6_MORE, OPERATOR, Tally, way
from atwin.net.network import Carried

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.net.meter.kernel import KernelCount
    from atwin.net.meter.split import HttpSplit, Message

#: Bytes that may come at the end without anybody taking them, such as a TLS alert.
LAST_BYTES = 1024


class ConnectionMeter:
    """What a connection has cost so far, by the model and, where it counts, by the kernel."""

    def __init__(self, *, http: bool, ipv6: bool = False) -> None:
        """`http`: it carries HTTP, so that what is not HTTP is TLS; else all is payload."""
        self.tally = Tally(OPERATOR)
        #: Tells headers from bodies, once there are some.
        self.split: HttpSplit | None = None
        #: Asks the kernel; gives None when it does not count.
        self.ask_kernel: Callable[[], KernelCount | None] = lambda: None
        #: Asks a link that knows what it carried.
        self.ask_link: Callable[[], Carried | None] = lambda: None
        #: Whether the peer's FIN was seen, and how many RSTs went out that the kernel could not
        #: be asked about.
        self.at_end = False
        self.resets = 0
        #: Bytes of what was read and written last.
        self.last_read = self.last_written = 0
        self._http = http
        self._ipv6 = ipv6
        self._last: KernelCount | None = None
        #: Packets of no use that certainly had no data: a FIN said again.
        self._bare_again = 0
        self._settled = False
        #: What it has cost, once that is final: each account asks.
        self._final: Count | None = None
        self._calls: list[Callable[[], None]] = []

    def when_settled(self, call: Callable[[], None]) -> None:
        """Call when nothing can be added any more."""
        if self._settled:
            call()
        else:
            self._calls.append(call)

    def note_kernel(self) -> KernelCount | None:
        """Ask the kernel now; what it said last counts when it cannot be asked any more."""
        now, last = self.ask_kernel(), self._last
        if now is None:
            return last
        if last is not None and now.data_packets_in == last.data_packets_in:
            self._bare_again += now.dropped - last.dropped
        self._last = now
        return now

    def settle(self) -> None:
        """The last packet has gone by, and the kernel's last word is noted."""
        if not self._settled:
            carried = self.ask_link()
            self.ask_kernel, self.ask_link = lambda: None, lambda: carried
            self._settled = True
            calls, self._calls = self._calls, []
            for call in calls:
                call()

    def count(self) -> Count:
        """Up to now."""
        if not self._settled:
            return self._counted()
        if self._final is None:
            self._final = self._counted()
        return self._final

    def _counted(self) -> Count:
        kernel, link = self.note_kernel(), self.ask_link() or Carried()
        read = self.tally.down.data
        received = read + link.unread
        if kernel is not None:
            fin = self.at_end or kernel.fin_received
            received = max(read, kernel.received - fin)
        if self._is_secure and received - read <= LAST_BYTES:
            # A server's close_notify, which nobody waits for; it rides on the FIN.
            read = received
        ended = self.tally.so_far(more_down=received - read)
        again = [
            self._again(*sent) for sent in zip(link.segments_again, link.bytes_again, strict=True)
        ]
        operator = self._bill(
            way(ended.up, OPERATOR, ipv6=self._ipv6) + again[0],
            way(ended.down, OPERATOR, ipv6=self._ipv6) + again[1],
            ended.up.data,
            read,
            received,
        )
        if kernel is None:
            return Count(operator, operator)
        useless = self._useless(kernel, received - self.tally.down.data)
        up, down = kernel.ways(resets=self.resets, useless=useless, ipv6=self._ipv6)
        return Count(self._bill(up, down, kernel.sent, read, received), operator, by_kernel=1)

    def _again(self, segments: int, size: int) -> OneWay:
        """What a link says to have carried again; the gateway that counts has seen it twice."""
        headers = segments * (HEADERS + IPV6_MORE * self._ipv6)
        return OneWay(retransmitted=size + headers, packets=segments)

    def _useless(self, kernel: KernelCount, rest: int) -> int:
        """Bytes of data in received packets that were of no use; `rest` bytes nobody has read.

        Where packets came out of order, or there was no room for more, they are full segments;
        else the end, said again by a server that heard no ACK in time. That of TLS is a
        close_notify, as long as ours.
        """
        # More than the data need at least; the others are probes of a closed window.
        spare = kernel.data_packets_in - -(-kernel.received // kernel.segment_in)
        again = max(0, min(kernel.dropped - self._bare_again, spare))
        if kernel.out_of_order or rest > LAST_BYTES:
            return again * kernel.segment_in
        end = self.last_written if self._is_secure else self.last_read % kernel.segment_in
        return again * (rest or end or kernel.segment_in)

    @property
    def _is_secure(self) -> bool:
        """Whether more has gone up than HTTP alone."""
        passed = self.split.up.head + self.split.up.body if self.split else 0
        return self._http and self.tally.up.data > passed

    def _bill(self, up: OneWay, down: OneWay, sent: int, read: int, received: int) -> Bill:
        """The headers of both directions, and the data as what they were."""
        split = self.split
        up += self._content(split.up if split else None, sent)
        down += self._content(split.down if split else None, read)
        return Bill(up, replace(down, unread=received - read), connections=1)

    def _content(self, message: Message | None, size: int) -> OneWay:
        """`size` bytes of the stream by kind; `message` went through on top of them."""
        if not self._http:
            return OneWay(payload=size)
        if message is None:
            return OneWay(tls=size)
        # What was written but never left (the connection broke) is not paid for.
        http = min(message.head, size)
        payload = min(message.body, size - http)
        return OneWay(http=http, payload=payload, tls=size - http - payload)
