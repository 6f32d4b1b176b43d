"""The URCs of a line: each goes to who waits for it, or is kept until somebody asks."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, TypeVar, cast

from atwin.at.dialect.urcs import BearerDeact, Ready
from atwin.host.channel.exchange import Timeout
from atwin.host.errors import LineLostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from atwin.at.dialect.said import Urc
    from atwin.clock import Clock

U = TypeVar("U", bound="Urc")

#: URCs kept for a later `take`; a host that never asks for them must not grow.
URC_BACKLOG = 256


def tell(calls: Iterable[Callable[..., None]], *heard: object) -> None:
    """Call each with what was `heard`. What one raises goes to the loop's exception handler.

    The line goes on: what else has come must not be lost for it.
    """
    for call in tuple(calls):
        try:
            call(*heard)
        except Exception as error:
            asyncio.get_running_loop().call_exception_handler(
                {"message": f"{call!r} failed, which hears a module", "exception": error}
            )


class Urcs:
    """What came unasked, in order."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: deque[Urc] = deque(maxlen=URC_BACKLOG)
        self._waiters: list[tuple[tuple[type, ...], asyncio.Future[Urc]]] = []
        self._calls: list[Callable[[str, Urc | None], None]] = []
        self._lost: str | None = None

    async def take(self, *kinds: type[U], timeout: float) -> U:
        """See `Channel.urc`."""
        for urc in self._kept:
            if isinstance(urc, kinds):
                self._kept.remove(urc)
                return urc
        if self._lost is not None:
            raise LineLostError(self._lost)
        future: asyncio.Future[Urc] = asyncio.get_running_loop().create_future()
        waiter = (kinds, future)
        self._waiters.append(waiter)
        # Others are heard too, but for these it waits.
        names = dict.fromkeys(kind.called() for kind in kinds if kind not in (BearerDeact, Ready))
        expected = " or ".join(names or (kind.called() for kind in kinds))

        def expire() -> None:
            if not future.done():
                future.set_exception(Timeout(f"no {expected} within {round(timeout, 1):g} s"))

        timer = self._clock.call_later(timeout, expire)
        try:
            return cast("U", await future)
        finally:
            timer.cancel()
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def forget(self, *kinds: type[Urc]) -> None:
        """See `Channel.forget`."""
        stale = [urc for urc in self._kept if isinstance(urc, kinds)]
        for urc in stale:
            self._kept.remove(urc)

    def on_urc(self, call: Callable[[str, Urc | None], None]) -> Callable[[], None]:
        """See `Channel.on_urc`."""
        self._calls.append(call)
        return lambda: self._calls.remove(call)

    def announce(self, text: str, urc: Urc | None) -> None:
        """A line that nobody asked for came; `urc` where it is a known one."""
        tell(self._calls, text, urc)
        if urc is None:
            return
        for kinds, future in self._waiters:
            if isinstance(urc, kinds) and not future.done():
                future.set_result(urc)
                return
        self._kept.append(urc)

    def lost(self, reason: str) -> None:
        """Nothing comes any more; `reason` is the text of the error for who waits."""
        self._lost = reason
        for _, future in self._waiters:
            if not future.done():
                future.set_exception(LineLostError(reason))
