"""Rate and flow control of the line, where the port can change its own (spec: uart.md §5, §7)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.host.errors import ModuleSilentError
from atwin.host.script import Script
from atwin.line.frame import RATES, Flow
from atwin.line.host_line import HostPort

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.host.channel import Channel

log = logging.getLogger(__name__)

#: The rates a module is found at most often come first.
_LIKELY = (115200, 9600, 57600, 38400, 230400, 460800, 921600, 19200)
_SEARCH = (*_LIKELY, *(rate for rate in reversed(RATES) if rate not in _LIKELY))

#: Tries at each rate of a search, and seconds for each. Auto-baud loses the first, and may lose
#: the second (spec: uart.md §5).
_TRIES, _GAP = 3, 0.3
#: The same right after a change of rate or flow control.
_CHANGE_TRIES, _CHANGE_GAP = 4, 0.5


@dataclass(frozen=True, slots=True)
class LineWishes:
    """What the host wants of the line.

    `speed` in bit/s is negotiated with AT+IPR, None leaves the rate as it is. `flow` None means
    RTS/CTS if the wires are there, and nothing where they are not.
    """

    speed: int | None = None
    flow: Flow | None = None


class Line:
    """The line to the module; on ports that know no rates nothing of this happens."""

    def __init__(self, channel: Channel, wishes: LineWishes | None = None) -> None:
        self.note: Callable[[str], None] = log.info
        self._channel = channel
        self._wishes = wishes or LineWishes()
        self._script = Script("line", channel)
        port = channel.port
        self._port = port if isinstance(port, HostPort) and port.rate is not None else None
        self._opened_at = self._port.rate if self._port is not None else None

    async def find(self, probes: int, gap: float) -> None:
        """Synchronise, at another rate if nothing understands this one.

        `probes` tries, `gap` seconds each, at the rate the port was opened with. Raises
        `ModuleSilentError`, `LineLostError`.
        """
        try:
            await self._channel.synchronise(probes, gap)
        except ModuleSilentError:
            if self._port is None or not await self._search(self._port):
                raise

    async def start_over(self) -> None:
        """The module starts anew: back to the rate it was found at, the one it has saved.

        Raises `PortError`.
        """
        if self._port is not None and self._opened_at is not None:
            await self._port.set_rate(self._opened_at)

    async def set_up(self) -> None:
        """Flow control first, then the rate. Raises `NoAnswerError`, `ModuleSilentError`."""
        if self._port is None:
            return
        if self._wishes.flow is None:
            await self._try_hardware(self._port)
        else:
            flow = self._wishes.flow
            await self._script.step(
                f"AT+IFC={flow},{flow}", advice="ask for another kind of flow control"
            )
            await self._port.set_flow(flow)
        if self._wishes.speed is not None and self._wishes.speed != self._port.rate:
            await self._change_rate(self._port, self._wishes.speed)

    async def restore(self) -> None:
        """Back to the rate it was opened with, for the next program. Raises as `set_up` does."""
        if self._port is not None and self._opened_at not in (None, self._port.rate):
            assert self._opened_at is not None
            await self._change_rate(self._port, self._opened_at)

    async def _search(self, port: HostPort) -> bool:
        tried = port.rate
        for rate in _SEARCH:
            if rate == tried:
                continue
            await port.set_rate(rate)
            try:
                await self._channel.synchronise(_TRIES, _GAP)
            except ModuleSilentError:
                continue
            self.note(f"the module speaks at {rate} bit/s, not at {tried}")
            self._opened_at = rate
            return True
        if tried is not None:
            await port.set_rate(tried)
        return False

    async def _try_hardware(self, port: HostPort) -> None:
        """RTS/CTS, and back to none when the module cannot be heard with it."""
        if not (await self._script.ask("AT+IFC=2,2")).ok:
            return
        await port.set_flow(Flow.HARDWARE)
        try:
            await self._channel.synchronise(2, 1.0)
        except ModuleSilentError:
            # It still hears us: only its own output waits for a wire that is not there.
            self.note("RTS and CTS are not connected: going on without flow control")
            await port.set_flow(Flow.NONE)
            self._channel.send_blind("AT+IFC=0,0")
            await self._channel.synchronise(_CHANGE_TRIES, _CHANGE_GAP)

    async def _change_rate(self, port: HostPort, rate: int) -> None:
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
