"""How a host talks to a module that sleeps by itself (AT+CSCLK=2).

    python examples/wake.py [MODEL...]

A sleeping module does not hear the line that wakes it, and some need two. Two hosts ask for the
serial number once a minute:

  careless   sends the command, and waits three seconds for its answer
  waking     first sends AT until it is answered, at least 100 ms of silence after each, and then
             the command: no command is ever sent twice

Everything is in this process and on a virtual clock, so the minutes take a moment.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from atwin import Twin, load_profile
from atwin.testing import LoopClock, SimulatedNetwork, run_virtual

if TYPE_CHECKING:
    from atwin import Port

MINUTES = 10
#: Seconds for the answer to a command, and to the AT that wakes.
PATIENCE, GAP = 3.0, 0.5
#: Tries of AT.
TRIES = 10


class Host:
    """A program at the serial port: it writes lines, and looks for OK in what comes."""

    def __init__(self, port: Port) -> None:
        self.port = port
        self.heard = bytearray()
        port.start(self)

    def received(self, data: bytes) -> None:
        """From the port."""
        self.heard += data

    def lost(self, reason: str | None) -> None:
        """The port is gone."""

    async def ask(self, line: str, patience: float) -> bool:
        """Whether `line` is answered with OK within so many seconds."""
        self.heard.clear()
        self.port.write(line.encode() + b"\r")
        for _ in range(int(patience / 0.1)):
            await asyncio.sleep(0.1)
            if b"\r\nOK\r\n" in self.heard:
                return True
        return False

    async def wake(self) -> bool:
        """Whether the module is awake; each AT that it does not hear brings it nearer to that."""
        for _ in range(TRIES):
            if await self.ask("AT", GAP):
                return True
        return False


async def answers(model: str, lines: int, *, waking: bool) -> int:
    """How many of the minutes brought an answer, from a module that misses so many lines."""
    profile = load_profile(model).with_flags(wake_lines=lines)
    async with Twin(profile, network=SimulatedNetwork(LoopClock())) as twin:
        host = Host(twin.port)
        await host.ask("ATE0;+CSCLK=2", PATIENCE)
        count = 0
        for _ in range(MINUTES):
            await asyncio.sleep(60)
            if waking and not await host.wake():
                continue
            count += await host.ask("AT+CGSN", PATIENCE)
        return count


def main() -> None:
    """A table: model, lines missed, answers in ten minutes."""
    print(f"answers in {MINUTES} minutes        careless  waking")
    for model in sys.argv[1:] or ["air780e-at"]:
        for lines in (1, 2):
            counts = [run_virtual(answers(model, lines, waking=waking)) for waking in (False, True)]
            print(f"{model:14} misses {lines:<8} {counts[0]:8} {counts[1]:7}")


if __name__ == "__main__":
    main()
