"""HTTPPARA: what the open session has been told (spec: http.md §3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.cme import Cme
from atwin.host.channel.quoted import quoted
from atwin.host.errors import RefusedForGoodError

if TYPE_CHECKING:
    from atwin.host.channel.exchange import Reply
    from atwin.host.channel.script import Script
    from atwin.host.errors import CommandRefusedError
    from atwin.host.redirects import Way


class Parameters:
    """Tells the session its parameters; what it has been told already is not said again."""

    def __init__(self, script: Script, way: Way) -> None:
        self._script = script
        self._way = way
        #: Each parameter as it stands in the command, without those that are never compared.
        self.told: dict[str, str] = {}

    async def set(self, tag: str, value: int | str) -> None:
        """See `HttpSession.parameter`."""
        await self.tell(tag, str(value) if isinstance(value, int) else quoted(value, tag))

    async def tell(self, tag: str, shown: str) -> None:
        """`set` with a value as it stands in the command."""
        if self.told.get(tag) != shown:
            await self.send(tag, shown)

    async def send(self, tag: str, shown: str) -> None:
        """HTTPPARA whatever was told before.

        Raises `CommandRefusedError`, `RefusedForGoodError` where it is the value that is refused.
        """
        reply = await self.ask(tag, shown)
        if reply.final.code == Cme.PARAMETERS_INVALID:
            advice = f"the module does not take this {tag}"
            raise self._script.refused(reply, advice, RefusedForGoodError)
        if not reply.ok:
            raise self._script.refused(reply)

    async def ask(self, tag: str, shown: str) -> Reply:
        """HTTPPARA with a value that may be refused; what is taken is remembered.

        One refusal may be a fault of the line, two are what the module means.
        """
        command = f"AT+HTTPPARA={quoted(tag)},{shown}"
        reply = await self._script.ask(command)
        if not reply.ok:
            reply = await self._script.ask(command)
        if reply.ok:
            self.told[tag] = shown
        return reply

    async def refusal_of(self, tag: str, shown: str, advice: str) -> CommandRefusedError | None:
        """HTTPPARA with a value that some modules do not take; why not, None where it is set."""
        if self.told.get(tag) == shown:
            return None
        reply = await self.ask(tag, shown)
        if reply.ok:
            return None
        return await self.for_good(self._script.refused(reply, advice, RefusedForGoodError))

    async def for_good(self, refusal: CommandRefusedError) -> CommandRefusedError:
        """`refusal`, if a parameter is taken: so the session is there. Raises as `send` does."""
        await self.send("URL", quoted(self._way.url, "URL"))
        return refusal
