"""How long a request may take: TIMEOUT, and what is left of the whole job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.lenient import lenient

if TYPE_CHECKING:
    from atwin.host.channel.exchange import Reply
    from atwin.host.http.session import HttpSession

#: Seconds beyond TIMEOUT until a missing URC is a failure (docs/spec/flows.md §1).
URC_GRACE = 10.0
#: The same where the time of the whole job is up by then.
_LAST_GRACE = 1.0

_TIMEOUTS = lenient(r'.*"?TIMEOUT"?[,\s]+\(?(\d+) ?- ?(\d+)\)?.*')


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
