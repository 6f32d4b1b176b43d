"""The bearer HTTP runs on: `AT+SAPBR` (docs/spec/network.md §3, flows.md §1)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from atwin.at.dialect.urcs import BearerDeact, Ready
from atwin.at.lenient import lenient
from atwin.host.bring_up import Word, registered_of
from atwin.host.channel.quoted import quoted
from atwin.host.channel.script import Script
from atwin.host.errors import ApnMissingError, CommandRefusedError, WantsPersonError
from atwin.host.found.apn import Apn

if TYPE_CHECKING:
    from atwin.at.dialect.said import Urc
    from atwin.host.channel.channel import Channel
    from atwin.host.channel.exchange import Reply

#: Which of the three bearers: the one HTTP takes that is told none.
CID: Final = 1

#: Seconds SAPBR=1 may take (docs/spec/flows.md §1).
OPEN_TIMEOUT = 90.0

_CONNECTING, _CONNECTED = 0, 1
_CONTYPE = ("CONTYPE", quoted("GPRS"))
#: Refusals in a row after which an APN that never gave a PDP is taken for a wrong one.
_REFUSALS = 3
_WRONG_APN = (
    "the network gives no PDP with the APN {}: check --apn, --apn-user, --apn-password, --apn-auth"
)
#: Seconds of refusals after which a network wants an APN that nobody gave: a busy one gives a PDP
#: again by then.
_WITHOUT_APN = 120.0
_NO_APN = "the network refuses the PDP: does the SIM need an APN? --apn"
_STATE = lenient(r'\+SAPBR: (\d+), (\d+)(?:, "?([0-9A-Fa-f.:]*)"?.*)?')


class Bearer:
    """Opens and closes the bearer, and knows when the network took it away."""

    def __init__(self, channel: Channel, apn: Apn | None = None) -> None:
        """Without `apn` it is the one the network gives."""
        #: The network or a restart closed the bearer, and nobody has opened it since.
        self.taken_away = False
        self._channel = channel
        self._script = Script("bearer", channel, readies=True)
        self.apn = apn or Apn()
        self._opened = False
        self._refusals = 0
        #: The clock's time of the first refusal by the network of a module that had no PDP ever.
        self._first_refused: float | None = None
        channel.on_urc(self._hear)

    async def open(self) -> str:
        """Open, or find it open; the address. Raises `CommandRefusedError`, `NoAnswerError`."""
        script = self._script
        script.begin("bearer")
        taken = True
        for tag, value in (_CONTYPE, *self.apn.parameters):
            reply = await script.ask(f"AT+SAPBR=3,{CID},{quoted(tag)},{value}")
            # Without the connection type and an empty APN it takes what they say.
            if not reply.ok and (tag, value) not in (_CONTYPE, ("APN", quoted(""))):
                taken = False
                if not self.apn.taken:
                    raise script.refused(reply)
        if taken:
            self.apn.took("AT+SAPBR")
        reply = await script.ask(f"AT+SAPBR=1,{CID}", deadline=OPEN_TIMEOUT)
        refusal = None if reply.ok else await self._refused(reply)
        # A bearer that is open already is refused with the same error as one that cannot be
        # opened: the query tells them apart.
        try:
            state, address = await self._query()
        except CommandRefusedError as silent:
            if refusal is not None:
                raise refusal from silent
            # It was opened, and the module has no word for how it is.
            state, address = _CONNECTED, ""
        until = self._channel.clock.now() + OPEN_TIMEOUT
        while state == _CONNECTING and self._channel.clock.now() < until:
            await self._channel.clock.sleep(1.0)
            state, address = await self._query()
        if state != _CONNECTED:
            advice = "the bearer closed again: check signal and registration"
            raise refusal or script.failure(CommandRefusedError, f"state {state}", advice)
        self.taken_away = False
        self._opened, self._refusals, self._first_refused = True, 0, None
        self.apn.works()
        return address

    async def _refused(self, reply: Reply) -> CommandRefusedError:
        """The error for a bearer that is not opened."""
        if not self.apn.name:
            return await self._refused_without_apn(reply)
        self._refusals += 1
        for_good = not self._opened and self._refusals >= _REFUSALS
        kind = WantsPersonError if for_good else CommandRefusedError
        return self._script.refused(reply, _WRONG_APN.format(self.apn.name), kind)

    async def _refused_without_apn(self, reply: Reply) -> CommandRefusedError:
        """A module with signal that had no PDP ever may have a card that needs an APN."""
        now, first = self._channel.clock.now(), self._first_refused
        for_good = first is not None and now - first >= _WITHOUT_APN
        kind = WantsPersonError if for_good else ApnMissingError
        # Made before the next questions, for they tell what was sent last.
        wanting = self._script.refused(reply, f"no bearer: {_NO_APN}", kind)
        advice = "no bearer: check SIM, signal, registration and APN"
        refused = self._script.refused(reply, advice)
        if self._opened or not await self._is_attached_without_pdp():
            self._first_refused = None
            return refused
        if first is None:
            self._first_refused = now
            self.apn.note(_NO_APN)
        return wanting

    async def _is_attached_without_pdp(self) -> bool:
        registered = registered_of("+CEREG", await self._script.ask("AT+CEREG?"))
        return registered is Word.YES and not await self.apn.has_pdp(self._script)

    async def close(self) -> None:
        """Close; an error means that it was closed already. Raises `NoAnswerError`."""
        await self._script.ask(f"AT+SAPBR=0,{CID}")

    async def rebuild(self) -> None:
        """Close and open again. Raises as `open` does."""
        await self.close()
        await self.open()

    async def look(self) -> None:
        """Ask whether it is open, and see to it that `taken_away` says so if it is not.

        For after a failure: the URC that told of a loss may itself be lost. Raises
        `NoAnswerError`; an answer that says nothing changes nothing.
        """
        with suppress(CommandRefusedError):
            state, _ = await self._query()
            self.taken_away = self.taken_away or state not in (_CONNECTING, _CONNECTED)

    async def _query(self) -> tuple[int, str]:
        reply = await self._script.step(f"AT+SAPBR=2,{CID}")
        match = reply.match(_STATE)
        if match is None:
            raise self._script.refused(reply, f"no bearer state in {reply.told!r}")
        return int(match[2]), match[3] or ""

    def _hear(self, text: str, urc: Urc | None) -> None:
        if isinstance(urc, Ready) or (isinstance(urc, BearerDeact) and urc.cid == CID):
            self.taken_away = True
