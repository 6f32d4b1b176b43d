"""HTTPPARA: what the open session has been told, how long it may take (docs/spec/http.md §3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from atwin.at.cme import Cme
from atwin.at.lenient import lenient
from atwin.host.channel.quoted import quoted, quoted_headers
from atwin.host.errors import RefusedForGoodError

if TYPE_CHECKING:
    from atwin.host.channel.exchange import Reply
    from atwin.host.channel.script import Script
    from atwin.host.errors import CommandRefusedError
    from atwin.host.http.redirects import Way
    from atwin.host.http.session import HttpSession

#: What BREAK and BREAKEND count to (docs/spec/http.md §3.3).
LAST_BREAK: Final = 0xFFFF_FFFF

#: Why a part cannot be asked for.
_NO_RANGES = (
    "this module cannot ask for a part of a file, so only one that fits its buffer can be fetched"
)

#: Seconds beyond TIMEOUT until a missing URC is a failure (docs/spec/flows.md §1).
URC_GRACE = 10.0
#: The same where the time of the whole job is up by then.
_LAST_GRACE = 1.0

#: Seconds the URC of a running action follows the loss of its bearer.
AFTER_DEACT = 3.0

_TIMEOUTS = lenient(r'.*"?TIMEOUT"?[,\s]+\(?(\d+) ?- ?(\d+)\)?.*')


class Parameters:
    """Tells the session its parameters; what it has been told already is not said again."""

    def __init__(self, script: Script, way: Way) -> None:
        self._script = script
        self._way = way
        #: Each parameter as it stands in the command, without those that are never compared.
        self.told: dict[str, str] = {}
        #: Which of BREAK and BREAKEND the module refuses: then it asks for no range by itself.
        self._refused: set[str] = set()

    async def set(self, tag: str, value: int | str) -> None:
        """HTTPPARA, unless the session has that value already.

        Raises as `send` does, and `UsageError` for a value that cannot be said.
        """
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
        if reply.final.code in (Cme.PARAMETERS_INCORRECT, Cme.PARAMETERS_INVALID):
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

    async def ask_for(self, span: tuple[int, int] | None, header: str = "") -> None:
        """The next GET asks for the bytes of `span`, both ends included, or for all.

        It carries `header` as well, one line or several with CR LF between. What BREAKEND cannot
        count, or the module refuses to, is asked for by a header line of its own. Raises as
        `set` does, and `RefusedForGoodError` where that is refused too; a header that asks
        for no range is left out then.
        """
        lines = header.split("\r\n") if header else []
        if span is not None and (span[1] > LAST_BREAK or not await self._breaks(*span)):
            lines.insert(0, f"Range: bytes={span[0]}-{span[1]}")
            span = None
        if span is None:
            # 0 to 0 asks for no range: nothing asks for the first byte alone
            # (docs/spec/http.md §7).
            await self._breaks(0, 0)
        refusal = None
        if lines or "USERDATA" in self.told:
            data = quoted_headers(lines, "USERDATA")
            refusal = await self.refusal_of("USERDATA", data, _NO_RANGES)
        if refusal is not None and any(line.startswith("Range:") for line in lines):
            raise refusal

    async def _breaks(self, first: int, last: int) -> bool:
        """BREAK and BREAKEND; False where the module refuses one of them, and asks for no range."""
        for tag, value in (("BREAK", first), ("BREAKEND", last)):
            if (
                tag in self._refused
                or await self.refusal_of(tag, str(value), _NO_RANGES) is not None
            ):
                self._refused.add(tag)
        if self._refused and self.told.get("BREAK") != "0" and "BREAK" not in self._refused:
            await self.set("BREAK", 0)
        return not self._refused


class TimeLimit:
    """Tells the module how long it may take, as `HttpSession.timeout` and `until` say."""

    def __init__(self, session: HttpSession) -> None:
        self._session = session
        #: The values of TIMEOUT that the module takes; None where it refuses all.
        self._timeouts: tuple[int, int] | None = (1, 65535)
        #: Whether the last request had less than `HttpSession.timeout`, because of `until`.
        self.cut_short = False

    async def begin(self) -> float:
        """Tell the module how long the next request may take; the seconds until its URC is late.

        That is TIMEOUT, or what is left until `until`: whole seconds, one at least.
        """
        session = self._session
        left = max(1.0, session.until - session.channel.clock.now())
        self.cut_short = left < session.timeout
        seconds = await self._tell(int(min(session.timeout, left)))
        return min(seconds + URC_GRACE, left + _LAST_GRACE)

    async def _tell(self, seconds: int) -> int:
        """TIMEOUT, or the nearest that the module takes; some go by a time of their own.

        Where the session is gone every parameter is refused, and the action that follows tells.
        """
        if self._timeouts is None:
            return seconds
        session = self._session
        shortest, longest = self._timeouts
        seconds = min(max(seconds, shortest), longest)
        if session.parameters.told.get("TIMEOUT") == str(seconds):
            return seconds
        if (await session.parameters.ask("TIMEOUT", str(seconds))).ok:
            return seconds
        told = timeouts_of(await session.script.ask("AT+HTTPPARA=?"))
        self._timeouts = told if told != self._timeouts else None
        if self._timeouts is None:
            session.on_note("the module refuses TIMEOUT: its own time holds for each request")
        return await self._tell(seconds)


def timeouts_of(reply: Reply) -> tuple[int, int] | None:
    """The least and the greatest TIMEOUT, by the answer to `AT+HTTPPARA=?`; None without."""
    match = reply.match(_TIMEOUTS) if reply.ok else None
    if match is None:
        return None
    shortest, longest = max(1, int(match[1])), min(65535, int(match[2]))
    return (shortest, longest) if shortest <= longest else None
