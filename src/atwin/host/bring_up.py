"""From a module that may still be booting to one that is on the network (docs/spec/flows.md §1).

That is SIM, signal, attachment, registration. What a module says of each is one of a few words,
decided here; modules differ in which of the questions they answer at all, so none but the SIM's is
asked for its own sake (docs/spec/network.md §1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from atwin.at.cme import Cme
from atwin.at.lenient import lenient
from atwin.host.channel.script import Script
from atwin.host.errors import WantsPersonError
from atwin.host.found.locked import SIM_TIMEOUT
from atwin.host.found.offline import Offline
from atwin.host.line import Line

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.host.channel.channel import Channel
    from atwin.host.channel.exchange import Reply
    from atwin.host.found.apn import Apn
    from atwin.host.found.locked import Lock
    from atwin.host.found.settings import Found

#: CGATT may take longer than other commands (docs/spec/network.md §1).
_ATTACH_TIMEOUT, _TIMEOUT = 108.0, 9.0

#: The questions about registration, the most telling one first.
_REGISTRATIONS = ("+CEREG", "+CGREG", "+CREG")
#: Registered at home, roaming, and the same where calls would go another way (3GPP TS 27.007).
_REGISTERED = (1, 5, 9, 10)
_UNKNOWN = 4

#: Refusals in a row after which a module is taken not to know the question.
_REFUSALS = 3
#: Refusals that pass by themselves: the SIM or the network is not there yet (docs/spec/uart.md §9).
_PASSING = (Cme.SIM_BUSY, 30, 31, Cme.NETWORK_NOT_ALLOWED, 148, 535, 797)

_SIGNAL = lenient(r"\+CSQ: (\d+)(?:, .*)?")
_ATTACHED = lenient(r"\+CGATT: (\d+)")
_CODE = lenient(r"\+\w+: (\d+)(?:, (\d+))?(?:, .*)?")

_UNLOCK = "the module is bound to another SIM or network: use that one, or enter its unlock code"
_PUK = "the SIM needs its PUK: enter it with AT+CPIN, then a new PIN (atwin console does that)"
_PIN = (
    "the SIM needs its PIN: give it (--pin), or enter it with AT+CPIN or switch it off with AT+CLCK"
    " (atwin console does that)"
)
#: What the refusals mean that only a person can do something about.
_LOCKS = {
    **dict.fromkeys((5, 6, 7, *range(40, 48)), _UNLOCK),
    Cme.SIM_PIN_REQUIRED: _PIN,
    Cme.SIM_PUK_REQUIRED: _PUK,
    17: _PIN.replace("PIN:", "PIN2:"),
    18: _PUK.replace("PUK:", "PUK2:"),
}
#: The same of what may pass while a module starts.
_MISSING = {
    Cme.SIM_NOT_INSERTED: "the SIM is not ready: there is none, insert one",
    13: "the SIM is not ready: it cannot be read, clean its contacts or use another",
    15: "the SIM is not ready: this module cannot use it, use another",
}


class Word(Enum):
    """What a module says to one of the questions."""

    YES = "yes"
    NOT_YET = "not yet"
    #: It does not know the question, or does not know.
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Sim:
    """What CPIN says; `advice` where a person must do something, `lasting` if that is sure."""

    ready: bool = False
    advice: str | None = None
    lasting: bool = False


def sim_of(reply: Reply) -> Sim:
    """What the answer to `AT+CPIN?` means."""
    state = (reply.value("+CPIN") or "").strip('"').upper()
    if reply.ok and state == "READY":
        return Sim(ready=True)
    if reply.ok and state:
        return _of_state(state)
    code = reply.final.code
    if code in _LOCKS:
        return Sim(advice=_LOCKS[code], lasting=True)
    return Sim(advice=_MISSING.get(code)) if code is not None else Sim()


def _of_state(state: str) -> Sim:
    if state.startswith("PH-") or "PERSO" in state:
        return Sim(advice=_UNLOCK, lasting=True)
    if "PUK" in state:
        return Sim(advice=_PUK, lasting=True)
    if "PIN" in state:
        return Sim(advice=_PIN, lasting=True)
    if "REMOVED" in state or "NOT INSERTED" in state:
        return Sim(advice=_MISSING[Cme.SIM_NOT_INSERTED])
    return Sim()


def signal_of(reply: Reply) -> Word:
    """What the answer to `AT+CSQ` means: 0 and 99 are no signal."""
    match = reply.match(_SIGNAL)
    if not reply.ok or match is None:
        return Word.NOTHING
    return Word.NOT_YET if int(match[1]) in (0, 99) else Word.YES


def attached_of(reply: Reply) -> Word:
    """What the answer to `AT+CGATT?` means."""
    match = reply.match(_ATTACHED)
    if not reply.ok or match is None:
        return Word.NOTHING
    return Word.YES if int(match[1]) == 1 else Word.NOT_YET


def registered_of(name: str, reply: Reply) -> Word:
    """What the answer to `AT+CEREG?` and its like means: with or without <n> in front.

    Some firmware answers AT+CEREG? under the name of +CGREG (docs/spec/network.md §2).
    """
    value = reply.value(name)
    if value is None and name == "+CEREG":
        value = reply.value("+CGREG")
    match = _CODE.fullmatch(f"+X: {value}") if reply.ok and value else None
    if match is None:
        return Word.NOTHING
    state = int(match[2] or match[1])
    if state == _UNKNOWN:
        return Word.NOTHING
    return Word.YES if state in _REGISTERED else Word.NOT_YET


class Readiness:
    """Asks until the module is on the network."""

    def __init__(
        self, script: Script, pause: Callable[[float], Awaitable[None]], *, gap: float
    ) -> None:
        """`gap` is seconds between two questions, spent in `pause`."""
        self._script = script
        self._pause = pause
        self._gap = gap

    async def network(self, polls: int) -> None:
        """Signal, attachment, registration, each asked so often at most.

        Raises `CommandRefusedError` that names what did not come, and `NoAnswerError`.
        """
        if await self._until("AT+CSQ", signal_of, polls) is Word.NOT_YET:
            raise self._gave_up("no signal: check the antenna", polls)
        attached = await self._until("AT+CGATT?", attached_of, polls, _ATTACH_TIMEOUT)
        if attached is Word.NOT_YET:
            raise self._gave_up("not attached: check signal and SIM", polls)
        if await self._registered(polls) is Word.NOT_YET:
            raise self._gave_up("not registered: check signal and SIM", polls)

    async def sim(self, polls: int, lock: Lock | None = None) -> None:
        """The SIM, asked so often at most, and unlocked by `lock` where it asks for its PIN.

        Raises as `network` does, and `WantsPersonError`.
        """
        entered = False
        for left in reversed(range(polls)):
            self._reply = await self._script.ask("AT+CPIN?", deadline=SIM_TIMEOUT)
            sim = sim_of(self._reply)
            if sim.ready:
                return
            if sim.advice == _PIN and lock is not None and left:
                # The module may need a moment to see that its card is open.
                entered = entered or await lock.open(self._script)
            elif sim.advice and (sim.lasting or not left):
                raise self._script.refused(self._reply, sim.advice, WantsPersonError)
            if left:
                await self._pause(self._gap)
        error = self._gave_up("the SIM is not ready: is it inserted, does it want a PIN?", polls)
        # A module that does not know the question may be on the network all the same.
        if self._reply.final.code is not None or await self._registered(1) is not Word.YES:
            raise error

    async def _registered(self, polls: int) -> Word:
        """By the first of the three questions that the module has a word for."""
        for name in _REGISTRATIONS:
            word = await self._until(f"AT{name}?", partial(registered_of, name), polls)
            if word is not Word.NOTHING:
                return word
        return Word.NOTHING

    async def _until(
        self,
        command: str,
        means: Callable[[Reply], Word],
        polls: int,
        deadline: float = _TIMEOUT,
    ) -> Word:
        """Ask until the word is yes, or there is none; a refusal may pass, as while it starts."""
        word, refusals = Word.NOTHING, 0
        for left in reversed(range(polls)):
            self._reply = reply = await self._script.ask(command, deadline=deadline)
            word = means(reply)
            if word is Word.NOTHING and reply.final.code in _PASSING:
                word = Word.NOT_YET
            refusals = refusals + 1 if word is Word.NOTHING else 0
            if word is Word.YES or refusals == _REFUSALS:
                return word
            if left:
                await self._pause(self._gap)
        return word

    def _gave_up(self, advice: str, polls: int) -> Exception:
        return self._script.refused(self._reply, f"still so after {polls} polls: {advice}")


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long bring-up asks; seconds. The vendor's numbers (docs/spec/power.md §5).

    `find_within` bounds all that it takes until the module answers AT.
    """

    probes: int = 20
    probe_gap: float = 0.5
    find_within: float = math.inf
    sim_polls: int = 20
    network_polls: int = 60
    poll_gap: float = 0.5


async def bring_up(
    channel: Channel,
    patience: Patience | None = None,
    line: Line | None = None,
    found: Found | None = None,
    lock: Lock | None = None,
    apn: Apn | None = None,
) -> None:
    """Probe, set up the line, echo off, numeric errors, SIM, signal, attachment, registration.

    `found` learns what the module was set to before, `lock` has the PIN of a SIM that asks for it,
    and `apn` is told to a module that has no PDP. Raises `ModuleSilentError`, `NoAnswerError`,
    and `CommandRefusedError` naming the thing that did not come.
    """
    patience = patience or Patience()
    line = line or Line(channel)
    await line.find(patience.probes, patience.probe_gap, patience.find_within)
    if found is not None:
        await found.look(flow=line.sets_flow, rate=line.sets_rate)
    await line.set_up()
    script = Script("bring-up", channel, readies=True)
    await script.ask("ATE0")
    await script.ask("AT+CMEE=1")
    offline = Offline(script, channel.clock, line.note)
    ready = Readiness(script, offline.pause, gap=patience.poll_gap)
    await ready.sim(patience.sim_polls, lock)
    if apn is not None:
        await apn.define(script)
    await ready.network(patience.network_polls)
