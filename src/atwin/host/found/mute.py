"""A module that does not answer AT: the states it may have been left in, and what undoes each.

None of the cures harms a module that is in another of these states, is still starting, or waits
for a command: to that one they are empty lines, or a line it refuses (docs/spec/uart.md §1-§2, §5,
network.md §5, http.md §3.4, fs.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.host.errors import ModuleSilentError
from atwin.line.frame import USUAL_RATE, XON, Frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.host.channel.channel import Channel

#: What fills a data phase. To a module that waits for a command it is an empty line.
FILL = b"\r"
#: Bytes of a packet, the least that is filled; of the largest piece of a file, the most in a hurry.
_PACKET, _PIECE_OF_FILE = 1460, 10_240
#: Bytes of the largest data phase there is, AT+HTTPDATA of an Air724UG, and seconds it may last by
#: itself (docs/spec/http.md §3.4).
LARGEST_PHASE, LONGEST_PHASE = 319_488, 120.0
#: Seconds for the answer after the last byte of a data phase.
_ANSWER_TIME = 2.0
#: Tries of AT after something was heard, and seconds for each.
_TRIES, _GAP = 3, 0.5
#: Bytes written between two looks at what was heard.
_STEP = 1024
#: How the results OK and ERROR end as numbers.
_NUMBERS = (b"0", b"4")


@dataclass(frozen=True, slots=True)
class Find:
    """A state: what is `told` to a person, the bytes that `undo` it, in seconds what it takes.

    `silence` goes before the bytes; within `listen` seconds after them the module says something,
    or this was not its state.
    """

    told: str
    undo: bytes
    silence: float = 0.0
    listen: float = 0.3


NUMERIC = "its results were numbers (ATV0): set to words"
#: To results in words, whatever they were before.
WORDS = b"\rATQ0V1\r"
#: By itself ATQ0 shows whether the results are numbers, too.
QUIET = Find("its results were switched off (ATQ1): switched on", b"\rATQ0\r")
#: Only where the host sets the flow control itself, afterwards.
WIRES = Find("it waited for wires (AT+IFC=2,2): flow control switched off", b"\rAT+IFC=0,0\r")

#: Cheap ones first. The guard times of +++ are 1.0 and 0.5 s (docs/spec/network.md §5).
MUTE: tuple[Find, ...] = (
    QUIET,
    Find("an XOFF held it still (AT+IFC=1,1): let go", XON),
    Find("a prompt was open (AT+CIPSEND): ended", b"\x1b"),
    WIRES,
    Find("it was in transparent mode: left", b"+++", silence=1.1, listen=0.9),
)
#: Where DTR has just been pulled low.
BY_DTR = Find("it slept until DTR was pulled low (AT+CSCLK=1): held low", b"\rAT\r")
_FILLED = "it waited for data of another program: filled up"


class Mute:
    """Tries the cures on one channel; `note` hears what a module was found in."""

    def __init__(self, channel: Channel, note: Callable[[str], None]) -> None:
        self._channel = channel
        self._note = note

    async def undo(self, *, wires: bool) -> bool:
        """Cure after cure until the module answers; whether it does.

        `wires`: the flow control of the module may be changed. About 5 s; at rates below 14400
        bit/s the time of a packet more. Raises `LineLostError`.
        """
        if await self._channel.waking.pull_dtr() and await self._try(BY_DTR):
            return True
        for find in MUTE:
            if (wires or find is not WIRES) and await self._try(find):
                return True
        if await self._fill(max(_PACKET, min(_PIECE_OF_FILE, int(self._byte_rate)))):
            return True
        # What went into a data phase until now was not a command.
        return await self._try(QUIET)

    async def wait_out(self) -> bool:
        """Fill the largest data phase there is, or wait until its time is over; whether it helped.

        Where the rate is not known, as long as that takes at 115200 bit/s.
        """
        seconds = min(LONGEST_PHASE, LARGEST_PHASE / self._byte_rate) + _ANSWER_TIME
        self._note(
            "no answer: another program may have left a data phase open;"
            f" ending that takes up to {seconds:.0f} s"
        )
        return await self._fill(LARGEST_PHASE, seconds) or await self._try(QUIET)

    async def _try(self, find: Find) -> bool:
        clock = self._channel.clock
        spoke = find is QUIET and self._says_numbers
        await clock.sleep(find.silence)
        before = self._channel.heard
        self._channel.send_raw(find.undo)
        await clock.sleep(find.listen)
        told = [NUMERIC] if spoke else [find.told]
        if find is QUIET and self._channel.heard > before:
            if self._says_numbers and not spoke:
                told.append(NUMERIC)
            self._channel.send_raw(WORDS)
            await clock.sleep(find.listen)
        return await self._answers(before, *told)

    async def _fill(self, size: int, seconds: float = 0.0) -> bool:
        """Until something is heard: `size` bytes, then AT for what is left of the `seconds`."""
        channel, clock = self._channel, self._channel.clock
        before, until = channel.heard, clock.now() + max(seconds, _ANSWER_TIME)
        for _ in range(0, size, _STEP):
            if channel.heard > before or (seconds and clock.now() >= until):
                break
            channel.send_raw(FILL * _STEP)
            await channel.port.drain()
            await clock.sleep(_STEP / self._byte_rate if self._channel.rate else 0.0)
        await clock.sleep(QUIET.listen)
        if await self._answers(before, _FILLED):
            return True
        while clock.now() < until and seconds:
            try:
                await channel.synchronise(2, 1.0)
            except ModuleSilentError:
                continue
            self._note(f"the module: {_FILLED}")
            return True
        return False

    @property
    def _says_numbers(self) -> bool:
        return self._channel.last_heard.strip().endswith(_NUMBERS)

    async def _answers(self, before: int, *told: str) -> bool:
        """Whether it answers AT, if it has said anything; then it is `told` what it was."""
        if self._channel.heard == before:
            return False
        restarts = self._channel.restarts
        try:
            await self._channel.synchronise(_TRIES, _GAP)
        except ModuleSilentError:
            return False
        if self._channel.restarts == restarts:
            for state in told:
                self._note(f"the module: {state}")
        return True

    @property
    def _byte_rate(self) -> float:
        return (self._channel.rate or USUAL_RATE) / Frame().bits
