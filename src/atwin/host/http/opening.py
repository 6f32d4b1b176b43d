"""HTTPINIT, what a session carries from then on, and HTTPTERM; how an interrupted job leaves."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from atwin.host.bearer import CID
from atwin.host.channel.quoted import quoted, quoted_headers
from atwin.host.errors import RefusedForGoodError

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.host.channel.channel import Channel
    from atwin.host.found.context import Context
    from atwin.host.http.redirects import Header
    from atwin.host.http.session import HttpSession
    from atwin.host.tls import TlsSetup

#: What one request has of its own, and the next session too while it lasts.
_OF_A_REQUEST = ("BREAK", "BREAKEND", "USERDATA")

#: Seconds of the line for filling up a data phase on leaving: at most, and until they are told.
_LONGEST_FILL, _TOLD_FILL = 30.0, 2.0
#: Seconds the last command may take to leave.
_LAST_WORD = 1.0


class Opening:
    """Opens and ends the module's session, and aims it where the way leads."""

    def __init__(self, session: HttpSession, tls: TlsSetup | None, context: Context | None) -> None:
        self._session = session
        self._script, self._parameters = session.script, session.parameters
        self._channel, self._way = session.channel, session.way
        self._tls = tls
        self._context = context
        #: `channel.restarts` when the session was opened; None while it is not.
        self._opened_in: int | None = None
        #: Whether the session has had no answer yet.
        self.is_first = True
        #: The headers and the Content-Type that the open session carries.
        self._carried: tuple[tuple[Header, ...], str] = ((), "")

    @property
    def is_open(self) -> bool:
        """Whether the module has the session: it was opened, and there was no restart since."""
        return self._opened_in == self._channel.restarts

    async def open(self) -> None:
        """See `HttpSession.open`."""
        if self.is_open:
            await self.aim()
            return
        if self._tls is not None:
            await self._tls.apply()
        if not (await self._script.ask("AT+HTTPINIT")).ok:
            await self._script.ask("AT+HTTPTERM")
            await self._script.step(
                "AT+HTTPINIT", advice="the module's HTTP service is stuck, or it has none"
            )
        self._opened_in = self._channel.restarts
        self._parameters.told.clear()
        if self._context is not None:
            await self._context.clear()
        self.is_first = True
        # The bearer a module takes that is told none: one that refuses this has no other.
        await self._parameters.ask("CID", str(CID))
        await self._parameters.set("URL", self._way.url)
        await self._session.time_limit.begin()
        await self._say_who_follows()
        self._carried = headers, content_type = self._way.headers, self._way.content_type
        if content_type:
            await self._parameters.set("CONTENT", content_type)
        for header in headers:
            await self._add_header(header)

    async def aim(self) -> None:
        """Ask where the way leads now, if there is a session.

        Lines of USER_DEFINED go with the session only. Raises as `HttpSession.open` does.
        """
        if not self.is_open:
            return
        self._way.next_request()
        if self._carried != (self._way.headers, self._way.content_type):
            told = self._parameters.told
            kept = {tag: shown for tag, shown in told.items() if tag in _OF_A_REQUEST}
            await self.close()
            await self.open()
            for tag, shown in kept.items():
                await self._parameters.tell(tag, shown)
        await self._parameters.set("URL", self._way.url)
        await self._say_who_follows()

    async def _say_who_follows(self) -> None:
        wanted = str(int(self._way.by_module))
        told = self._parameters.told
        if told.get("REDIR") == wanted:
            return
        # A module without redirects has nothing to be told, and refuses it.
        if not (await self._parameters.ask("REDIR", wanted)).ok and self._way.by_module:
            # It follows nothing by itself: a redirect is seen, then, and judged here.
            self._way.never_by_module()
        told["REDIR"] = str(int(self._way.by_module))

    async def _add_header(self, header: Header) -> None:
        command = f"AT+HTTPPARA={quoted('USER_DEFINED')},"
        reply = await self._script.ask(
            command + quoted_headers([header.line], "USER_DEFINED"),
            shown=f"{command}{header.name}: ***" if header.stays_home else None,
        )
        if reply.ok or header.courtesy:
            return
        advice = f"the module does not take the header {header.name}"
        # Another one is taken, so the session is there: it is this one that is refused.
        raise await self._parameters.for_good(
            self._script.refused(reply, advice, RefusedForGoodError)
        )

    async def close(self) -> None:
        """See `HttpSession.close`."""
        if self.forget():
            await self._script.ask("AT+HTTPTERM")

    def forget(self) -> bool:
        """There is no session from now on; whether there was one."""
        was, self._opened_in = self._opened_in, None
        return was is not None


async def leave(channel: Channel, note: Callable[[str], None]) -> None:
    """End the session without a look at the answer; wait for nothing but the line.

    A data phase is filled up, which takes 28 s of the slowest usual line at the most.
    """
    if (seconds := channel.data.time) > _LONGEST_FILL:
        note("interrupted in the middle of data: the module waits up to 120 s for more")
    elif seconds > _TOLD_FILL:
        note(f"ending the data phase: {seconds:.0f} s; interrupt again to leave now")
    # Not asyncio.timeout: up to Python 3.11.2 it is no TimeoutError in a cancelled task.
    with suppress(TimeoutError):
        # What was written before may still be on its way.
        await asyncio.wait_for(channel.data.end(_LONGEST_FILL), seconds + _LONGEST_FILL)
    channel.send_blind("AT+HTTPTERM")
    with suppress(TimeoutError):
        await asyncio.wait_for(channel.port.drain(), _LAST_WORD)
