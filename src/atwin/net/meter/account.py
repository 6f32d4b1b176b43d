"""Sums of traffic while it happens: of an action, a session, a boot."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from atwin.net.meter.bill import Count
from atwin.net.meter.split import HttpSplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from atwin.net.meter.connection import ConnectionMeter
    from atwin.net.network import Stream

_current: ContextVar[Account | None] = ContextVar("account", default=None)

_NOTHING = Count()


class Account:
    """What went over the network on behalf of somebody; `parent` is charged as well.

    Connections count from their first packet, so `count` grows while they are open; it is final
    for those that have `settled`.
    """

    def __init__(self, parent: Account | None = None, *, http: bool = False) -> None:
        """`http`: its connections carry HTTP, so whatever in them is not HTTP is TLS."""
        self.http = http
        self._parent = parent
        self._final = _NOTHING
        self._open: list[ConnectionMeter] = []
        self._calls: list[Callable[[], None]] = []

    @property
    def count(self) -> Count:
        """Everything so far."""
        return sum((connection.count() for connection in self._open), self._final)

    @property
    def settled(self) -> bool:
        """Whether no connection is open or still exchanging its last packets."""
        return not self._open

    def when_settled(self, call: Callable[[], None]) -> None:
        """Call once, as soon as that is so."""
        if self.settled:
            call()
        else:
            self._calls.append(call)

    async def wait_settled(self) -> None:
        """Wait for the last packets of connections that were closed."""
        news = asyncio.Event()
        self.when_settled(news.set)
        await news.wait()

    def charge(self, count: Count) -> None:
        """Add what belongs to no connection."""
        self._add(count)
        if self._parent is not None:
            self._parent.charge(count)

    def open(self, connection: ConnectionMeter) -> None:
        """Follow `connection` until it has settled."""
        self._open.append(connection)
        connection.when_settled(lambda: self._close(connection))
        if self._parent is not None:
            self._parent.open(connection)

    def _close(self, connection: ConnectionMeter) -> None:
        self._add(connection.count())
        self._open.remove(connection)
        if not self._open:
            calls, self._calls = self._calls, []
            for call in calls:
                call()

    def _add(self, count: Count) -> None:
        # The first sum is what is added: a session, its boot and the whole have one in common.
        self._final = count if self._final is _NOTHING else self._final + count

    @contextmanager
    def charged(self) -> Iterator[None]:
        """What this task, and those it starts, do on a metered network is charged here."""
        before = _current.set(self)
        try:
            yield
        finally:
            _current.reset(before)

    def carries_http(self, stream: Stream) -> Stream:
        """`stream` lies over the connection opened last, and carries HTTP."""
        if not self._open:
            return stream
        split = HttpSplit(stream)
        self._open[-1].split = split
        return split


def charged_account() -> Account | None:
    """Whose `charged` block is running."""
    return _current.get()


def metered_http(stream: Stream) -> Stream:
    """Have headers and bodies of `stream`, just connected and secured, told apart."""
    account = _current.get()
    return stream if account is None else account.carries_http(stream)
