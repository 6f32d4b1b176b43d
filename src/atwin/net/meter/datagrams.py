"""UDP and ICMP, counted: nothing is hidden there, so the model is what is on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.net.meter.bill import Bill
from atwin.net.meter.model import IPV6_MORE, datagram
from atwin.net.wrapper import StreamWrapper

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.net.network import Stream

#: No datagram is larger.
_LARGEST = 65_535


class MeteredDatagrams(StreamWrapper):
    """A `Stream` of datagrams (see `Network.open_udp`); `charge` hears of each."""

    def __init__(self, inner: Stream, charge: Callable[[Bill], None], *, ipv6: bool) -> None:
        super().__init__(inner)
        self._charge = charge
        self._more = IPV6_MORE * ipv6
        #: What smaller reads left of the last datagram.
        self._rest = b""

    async def read(self, limit: int) -> bytes:
        if not self._rest:
            self._rest = await self.inner.read(_LARGEST)
            self._charge(Bill(down=datagram(len(self._rest), self._more)))
        data, self._rest = self._rest[:limit], self._rest[limit:]
        return data

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        await self.inner.write(data)
        self._charge(Bill(up=datagram(len(data), self._more)))
