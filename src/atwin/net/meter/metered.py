"""A network of which everything is counted, real or simulated.

Of UDP and ICMP nothing is hidden: there the model is what is on the wire.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from atwin.net.meter.account import charged_account
from atwin.net.meter.bill import Bill, Count
from atwin.net.meter.connection import LAST_BYTES, ConnectionMeter
from atwin.net.meter.kernel import read_kernel
from atwin.net.meter.model import IPV6_MORE, datagram, name_datagram, name_query
from atwin.net.names import ask
from atwin.net.network import PLAIN, Carrying, ConnectError, ResolveError, is_literal
from atwin.net.tcp import TcpStream
from atwin.net.wrapper import NetworkWrapper, StreamWrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from atwin.net.meter.account import Account
    from atwin.net.meter.bill import OneWay
    from atwin.net.network import NameServers, Network, Pong, SocketOptions, Stream

#: Seconds that the last packets of a closed connection are waited for, and between two looks.
_LONGEST_GOODBYE = 2.0
_FIRST_LOOK, _LAST_LOOK = 0.001, 0.064
#: Seconds after which what is written goes out in a segment of its own, such as a heartbeat.
_PAUSE = 1.0
#: No datagram is larger.
_LARGEST = 65_535
#: Of a socket that waits by itself; on Windows none of ours does.
_AT_ONCE: int = getattr(socket, "MSG_DONTWAIT", 0)
_LINGER_OFF = struct.pack("ii", 1, 0)


class MeteredNetwork(NetworkWrapper):
    """Charges `account()` for what nobody else is charged for (see `Account.charged`).

    Names are counted by the model where this computer's resolver asks, in its own way or not at
    all; so are connections that were not established.
    """

    def __init__(self, inner: Network, account: Callable[[], Account]) -> None:
        super().__init__(inner)
        self._account = account
        self._goodbyes = Goodbyes()

    async def close(self) -> None:
        """Follow closed connections no longer; what they have cost so far is their cost."""
        await self._goodbyes.end()

    async def resolve(self, host: str, servers: NameServers | None = None) -> str:
        if is_literal(host):
            return await self.inner.resolve(host)
        if servers is not None:
            return await ask(self._open_for_names, host, servers)
        try:
            address = await self.inner.resolve(host)
        except ResolveError:
            self._charge(name_query(host, found=False))
            raise
        self._charge(name_query(host))
        return address

    async def connect(
        self, address: str, port: int, options: SocketOptions = PLAIN
    ) -> MeteredStream:
        account = self._charged()
        meter = ConnectionMeter(http=account.http, ipv6=":" in address)
        account.open(meter)
        try:
            stream = await self.inner.connect(address, port, options)
        except BaseException as error:
            # A refusal is an answer; a caller that waits in vain gives up on its own.
            meter.tally.refuse(answered=isinstance(error, ConnectError))
            meter.settle()
            raise
        meter.tally.open()
        return MeteredStream(stream, meter, self._goodbyes)

    async def ping(self, address: str, size: int, ttl: int) -> Pong:
        echo = datagram(size, IPV6_MORE * (":" in address))
        self._charge(Bill(up=echo))
        pong = await self.inner.ping(address, size, ttl)
        self._charge(Bill(down=echo))
        return pong

    async def open_udp(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        return self._counted(await self.inner.open_udp(address, port, options), address, datagram)

    async def _open_for_names(self, address: str, port: int) -> Stream:
        return self._counted(await self.inner.open_udp(address, port), address, name_datagram)

    def _counted(
        self, inner: Stream, address: str, cost: Callable[[int, int], OneWay]
    ) -> MeteredDatagrams:
        account, more = self._charged(), IPV6_MORE * (":" in address)
        return MeteredDatagrams(
            inner,
            lambda bill: account.charge(Count(bill, bill)),
            lambda size: cost(size, more),
        )

    def _charge(self, bill: Bill) -> None:
        self._charged().charge(Count(bill, bill))

    def _charged(self) -> Account:
        return charged_account() or self._account()


class MeteredDatagrams(StreamWrapper):
    """A `Stream` of datagrams (see `Network.open_udp`); `charge` hears of each, and its `cost`."""

    def __init__(
        self, inner: Stream, charge: Callable[[Bill], None], cost: Callable[[int], OneWay]
    ) -> None:
        super().__init__(inner)
        self._charge = charge
        self._cost = cost
        #: What smaller reads left of the last datagram.
        self._rest = b""
        self._sent = self._received = 0

    @property
    def passed(self) -> tuple[int, int]:
        return self._sent, self._received

    async def read(self, limit: int) -> bytes:
        if not self._rest:
            self._rest = await self.inner.read(_LARGEST)
            self._received += len(self._rest)
            self._charge(Bill(down=self._cost(len(self._rest))))
        data, self._rest = self._rest[:limit], self._rest[limit:]
        return data

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        await self.inner.write(data)
        self._sent += len(data)
        self._charge(Bill(up=self._cost(len(data))))


class Goodbyes:
    """Connections that were closed here, and whose last packets are still to come."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = False

    def say(
        self, goodbye: Callable[[], Coroutine[Any, Any, None]], then: Callable[[], None]
    ) -> None:
        """Run `goodbye` beside everything else, and call `then` at its end, however it comes."""
        if self._ended:
            then()
            return
        task = asyncio.get_running_loop().create_task(goodbye())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: then())

    async def end(self) -> None:
        """Cut all of them short."""
        self._ended = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class MeteredStream(StreamWrapper):
    """A `Stream` that is counted."""

    def __init__(self, inner: Stream, meter: ConnectionMeter, goodbyes: Goodbyes) -> None:
        super().__init__(inner)
        self._meter = meter
        self._goodbyes = goodbyes
        self._closed = False
        self._written_at = 0.0
        #: Bytes that came after our FIN.
        self._late = 0
        #: The same connection under a number of our own: it stays open for the last counts, and
        #: the connection with it, until we let go.
        self._socket = inner.duplicate_socket() if isinstance(inner, TcpStream) else None
        if self._socket is not None and read_kernel(self._socket) is None:
            self._socket.close()
            self._socket = None
        if (connection := self._socket) is not None:
            meter.ask_kernel = lambda: read_kernel(connection)
        if isinstance(inner, Carrying):
            meter.ask_link = lambda: inner.carried

    @property
    def passed(self) -> tuple[int, int]:
        return self._meter.tally.up.data, self._meter.tally.down.data

    async def read(self, limit: int) -> bytes:
        data = await self.inner.read(limit)
        if data:
            self._meter.tally.data(False, len(data))
            self._meter.last_read = len(data)
        else:
            self._meter.at_end = True
        return data

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._written_at > _PAUSE:
            self._meter.tally.push()
        self._written_at = now
        self._meter.tally.data(True, len(data))
        self._meter.last_written = len(data)
        await self.inner.write(data)

    def close(self) -> None:
        """The last packets are still counted, for 2 seconds at most."""
        if self._closed:
            return
        self._closed = True
        self.inner.close()
        if self._socket is None:
            carried = self._meter.ask_link()
            self._meter.tally.close(reset=carried is not None and carried.unread > 0)
            self._meter.settle()
            return
        # An unread rest makes the kernel answer with RST, as `close` always did.
        is_unread = _peeked(self._socket)
        self._meter.tally.close(reset=is_unread)
        if is_unread:
            # In the next round of the loop ours is the last number: then the kernel is asked and
            # the RST goes out with nothing coming in between.
            self._goodbyes.say(partial(asyncio.sleep, 0), self._reset)
        else:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)
            self._goodbyes.say(self._say_goodbye, self._end_goodbye)

    async def _say_goodbye(self) -> None:
        """Until both ends have closed, or it takes too long."""
        loop = asyncio.get_running_loop()
        look, deadline = _FIRST_LOOK, loop.time() + _LONGEST_GOODBYE
        while loop.time() < deadline and not self._has_ended():
            await asyncio.sleep(look)
            look = min(2 * look, _LAST_LOOK)

    def _end_goodbye(self) -> None:
        self._has_ended()
        if self._late > LAST_BYTES:
            self._reset()
        else:
            self._let_go()

    def _has_ended(self) -> bool:
        """Nothing more comes, or too much."""
        self._take_rest()
        kernel = self._meter.note_kernel()
        if kernel is not None and kernel.is_over:
            # The FIN may have come between the two looks, and must not pass for data.
            self._take_rest()
        return kernel is None or kernel.is_over or self._late > LAST_BYTES

    def _take_rest(self) -> None:
        """Read what came after our FIN; when it is too much the peer gets an RST."""
        assert self._socket is not None
        with suppress(OSError):
            while self._late <= LAST_BYTES:
                data = self._socket.recv(LAST_BYTES, _AT_ONCE)
                if not data:
                    self._meter.at_end = True
                    break
                self._late += len(data)

    def _let_go(self) -> None:
        assert self._socket is not None
        self._socket.close()
        self._meter.settle()

    def _reset(self) -> None:
        """Let go with RST, which the kernel cannot be asked about afterwards."""
        assert self._socket is not None
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
        kernel = self._meter.note_kernel()
        self._socket.close()
        self._meter.resets += kernel is not None and not kernel.is_over
        self._meter.settle()


def _peeked(connection: socket.socket) -> bool:
    """Whether received bytes wait in the kernel."""
    try:
        return bool(connection.recv(1, socket.MSG_PEEK | _AT_ONCE))
    except OSError:
        return False
