"""Rate and flow control of the line, where the port can change them (docs/spec/uart.md §5, §7)."""

from __future__ import annotations

import asyncio
import logging
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from atwin.host.channel.doubt import CHECK
from atwin.host.channel.script import Script
from atwin.host.errors import ModuleSilentError, UsageError
from atwin.host.found.mute import WORDS, Mute
from atwin.line.frame import FASTEST_AUTO, RATES, Flow
from atwin.line.port import SettablePort

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from atwin.host.channel.channel import Channel

log = logging.getLogger("atwin.host")

#: The rates a module is found at most often come first.
_LIKELY = (115200, 9600, 921600, 460800, 57600, 38400, 230400, 19200)
_SEARCH = (*_LIKELY, *(rate for rate in reversed(RATES) if rate not in _LIKELY))

#: Tries until a module that does not answer is taken to be in a state that somebody left it in:
#: auto-baud may lose two.
_FIRST_TRIES = 4
#: Tries at each rate of a search, and seconds for each. Auto-baud loses the first, and may lose
#: the second (docs/spec/uart.md §5); two answers are sure.
_TRIES, _GAP = 4, 0.2
#: The same right after a change of rate or flow control.
_CHANGE_TRIES, _CHANGE_GAP = 4, 0.5
#: So often a search asks again at a rate at which it hears words, and no answer.
_WORDY_ROUNDS = 3
#: Looks at CTS before it counts as not connected, and seconds between two: the module sets it
#: after its OK, and a USB adapter reports it a little later.
_CTS_LOOKS, _CTS_GAP = 5, 0.05

#: What a module says at the right rate, flow control included.
_CHARACTERS = frozenset((*b"\r\n\t\b\x11\x13", *range(0x20, 0x7F)))


@dataclass(frozen=True, slots=True)
class LineWishes:
    """What the host asks of the line.

    `speed` in bit/s is negotiated with AT+IPR, None leaves the rate as it is; a port without a rate
    of its own cannot follow, so it must not be asked for there. `flow` None means RTS/CTS if the
    wires are there, and nothing where they are not or nobody can tell; any other is told to the
    module whatever the port is, and set at this end where that can be done from here.
    """

    speed: int | None = None
    flow: Flow | None = None


class Line:
    """The line to the module. On ports that know no rates only an explicit wish does something."""

    def __init__(self, channel: Channel, wishes: LineWishes | None = None) -> None:
        """Raises `UsageError` for a wish that cannot be granted on this port."""
        self.note: Callable[[str], None] = log.info
        self._channel = channel
        self._mute = Mute(channel, lambda text: self.note(text))
        self._wishes = wishes or LineWishes()
        self._script = Script("line", channel)
        port = channel.port
        self._settable = port if isinstance(port, SettablePort) else None
        self._port = port if isinstance(port, SettablePort) and port.rate is not None else None
        self._opened_at = self._port.rate if self._port is not None else None
        self._set_up_in = channel.restarts
        self._flow_set = False
        if self._port is None and self._wishes.speed is not None:
            raise UsageError(
                f"{port.name}: speed {self._wishes.speed} cannot be negotiated: this port has no"
                " rate of its own; use a device, rfc2217:// or a twin with baud=N, or leave it out"
            )

    @property
    def sets_flow(self) -> bool:
        """Whether `set_up` says anything about flow control."""
        return self._wishes.flow is not None or self._port is not None

    @property
    def sets_rate(self) -> bool:
        """Whether `set_up` negotiates a rate."""
        return self._wishes.speed is not None

    async def find(self, probes: int, gap: float, within: float = math.inf) -> None:
        """Synchronise; undo what an earlier program left, go to another rate, where that is needed.

        For `probes` tries of `gap` seconds each it stays at the rate the port was opened with. What
        an earlier program may have left is undone after the first of them, in about 5 s; a module
        that was never heard may wait for as many data as its largest data phase has, which takes
        up to two minutes, and is told; neither where there are less than five tries. All that ends
        after `within` seconds. Raises `ModuleSilentError`, `LineLostError`, `PortError`.
        """
        try:
            async with asyncio.timeout(within if within < math.inf else None):
                await self._find(probes, gap)
        except TimeoutError:
            raise no_answer(self._channel.port.name, within) from None

    async def _find(self, probes: int, gap: float) -> None:
        if self._channel.restarts != self._set_up_in:
            await self._stop_flow_control()
        channel = self._channel
        first, began, before = min(probes, _FIRST_TRIES), channel.clock.now(), channel.heard
        restarts, silent = channel.restarts, await self._silence(first, gap)
        if silent and channel.restarts != restarts:
            # The last of them fixed its rate, or it has just started.
            silent = await self._silence(first, gap)
        if silent is None:
            return
        heard = channel.last_heard if channel.heard > before else b""
        if _is_noise(heard) and await self._search():
            return
        if not heard and await self.is_slower():
            return
        # With so few probes there is no time for more.
        patient = probes > _FIRST_TRIES
        if patient and b"OK" not in heard and await self._mute.undo(wires=self.sets_flow):
            return
        left = probes - int((channel.clock.now() - began) / gap)
        if left > 0:
            silent = await self._silence(left, gap)
            if silent is None:
                return
        if await self._search():
            return
        if not patient or channel.answered or not await self._mute.wait_out():
            raise silent

    async def _silence(self, probes: int, gap: float) -> ModuleSilentError | None:
        """None once it has answered `AT`."""
        try:
            await self._channel.synchronise(probes, gap)
        except ModuleSilentError as failure:
            return failure
        return None

    async def start_over(self) -> None:
        """The module restarts: back to the rate it was found at, the one it has saved.

        And without flow control: what a module that knows of none does with its RTS is not said.
        Raises `PortError`.
        """
        await self._stop_flow_control()
        if self._port is not None and self._opened_at is not None:
            await self._port.set_rate(self._opened_at)

    async def is_slower(self) -> bool:
        """Whether the module answers at a rate that auto-baud finds, while the host's is faster.

        One that starts finds no faster one, and need not have saved it. The port is left at the
        rate at which it answers. Raises `LineLostError`, `PortError`.
        """
        rate = self._port.rate if self._port is not None else None
        return rate is not None and rate > FASTEST_AUTO and await self._search(_LIKELY[:1])

    async def set_up(self) -> None:
        """Flow control first, then the rate.

        Raises `NoAnswerError`, `ModuleSilentError`, `PortError`.
        """
        restarts = self._channel.restarts
        self._flow_set = self.sets_flow
        flow, speed = self._wishes.flow, self._wishes.speed
        if flow is not None:
            await self._script.step(
                f"AT+IFC={flow},{flow}", advice="ask for another kind of flow control"
            )
            if self._settable is not None:
                await self._settable.set_flow(flow)
        elif self._port is not None:
            await self._try_hardware(self._port)
        if self._port is not None and speed is not None and speed != self._port.rate:
            await self._change_rate(self._port, speed)
        self._set_up_in = restarts

    async def give_up_software(self) -> str | None:
        """Without XON/XOFF from here on: they cannot carry a binary body.

        What was done, for a person; None where there was no such flow control. Raises as `set_up`.
        """
        if self._wishes.flow is not Flow.SOFTWARE:
            return None
        self._wishes = replace(self._wishes, flow=Flow.NONE)
        try:
            await self.set_up()
        finally:
            # RTS and CTS where the wires are there, also where the module is silent just now; and
            # nothing is told again after a restart.
            self._wishes = replace(self._wishes, flow=None)
        await self.set_up()
        return (
            "software flow control takes the bytes 0x11 and 0x13 (XON, XOFF) out of a binary body:"
            " going on without it"
        )

    async def restore(self) -> None:
        """Back to the rate it was opened with, for the next program. Raises as `set_up` does."""
        if self._port is not None and self._opened_at not in (None, self._port.rate):
            assert self._opened_at is not None
            await self._change_rate(self._port, self._opened_at)

    async def leave(self) -> None:
        """No flow control where `set_up` asked for any, whether the module answers or not.

        The next program may know of none, and would not be heard. Raises `PortError`.
        """
        if self._flow_set:
            await self._stop_flow_control()
            self._channel.send_blind("AT+IFC=0,0")

    async def _stop_flow_control(self) -> None:
        """At this end, where it may have been switched on before."""
        if self._wishes.flow is not None:
            if self._settable is not None:
                await self._settable.set_flow(Flow.NONE)
        elif self._port is not None:
            await self._port.set_flow(Flow.NONE)

    async def _search(self, rates: Sequence[int] = _SEARCH) -> bool:
        """Whether it answers at another of these rates of this port; the port is set to that."""
        if (port := self._port) is None:
            return False
        tried = port.rate
        await self._stop_flow_control()
        for rate in rates:
            if rate == tried:
                continue
            await port.set_rate(rate)
            # It may have been told to give no results, too.
            self._channel.send_raw(WORDS)
            if not await self._answers_here():
                continue
            self.note(f"the module speaks at {rate} bit/s, not at {tried}")
            if not self.sets_rate and rate <= FASTEST_AUTO < (tried or 0):
                self.note(
                    f"auto-baud finds no rate above {FASTEST_AUTO}: speed={tried} asks for it"
                )
            self._opened_at = rate
            return True
        if tried is not None:
            await port.set_rate(tried)
        return False

    async def _answers_here(self) -> bool:
        """Whether `AT` is answered at this rate; as long as words come, it is asked again.

        A module that has just started says much before, and a slow line is late with that.
        """
        heard, silent = self._channel.heard, await self._silence(_TRIES, _GAP)
        for _ in range(_WORDY_ROUNDS):
            came = self._channel.heard > heard
            if silent is None or not came or _is_noise(self._channel.last_heard):
                break
            heard, silent = self._channel.heard, await self._silence(_CHANGE_TRIES, _CHANGE_GAP)
        return silent is None

    async def _try_hardware(self, port: SettablePort) -> None:
        """RTS/CTS, and back to none when the module cannot be heard with it."""
        if not (await self._script.ask("AT+IFC=2,2")).ok:
            return
        if await self._cts_is_off(port):
            await self._give_up_hardware()
            return
        await port.set_flow(Flow.HARDWARE)
        try:
            await self._channel.synchronise(2, 1.0)
        except ModuleSilentError:
            await port.set_flow(Flow.NONE)
            await self._give_up_hardware()

    async def _cts_is_off(self, port: SettablePort) -> bool:
        """Whether nothing would leave this end any more with RTS/CTS."""
        for _ in range(_CTS_LOOKS):
            if await port.clear_to_send() is not False:
                return False
            await self._channel.clock.sleep(_CTS_GAP)
        return True

    async def _give_up_hardware(self) -> None:
        """The module still hears us: its own output may wait for a wire that is not there."""
        self.note("RTS and CTS are not connected: going on without flow control")
        self._channel.send_blind("AT+IFC=0,0")
        await self._channel.synchronise(_CHANGE_TRIES, _CHANGE_GAP)

    async def _change_rate(self, port: SettablePort, rate: int) -> None:
        before = port.rate
        assert before is not None
        await self._script.step(
            f"AT+IPR={rate}", advice="ask for a rate the module has, such as 115200"
        )
        await port.set_rate(rate)
        try:
            await self._channel.synchronise(_CHANGE_TRIES, _CHANGE_GAP)
        except ModuleSilentError:
            self.note(f"no answer at {rate} bit/s: back to {before}")
            self._channel.send_blind(f"AT+IPR={before}")
            await port.set_rate(before)
            await self._channel.synchronise(_CHANGE_TRIES, _CHANGE_GAP)


def no_answer(port: str, seconds: float) -> ModuleSilentError:
    """The error for a module on `port` that was not heard in the time there was."""
    return ModuleSilentError(f"no answer to AT on {port} in {seconds:.0f} s; {CHECK}")


def _is_noise(data: bytes) -> bool:
    """Whether these are not characters: what was said at another rate."""
    return any(value not in _CHARACTERS for value in data)
