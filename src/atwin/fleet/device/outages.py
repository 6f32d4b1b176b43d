"""Times without radio: a tunnel, a cell that is down, somebody who parked in a cellar (D-300)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from atwin.twin.faults.dice import Dice
from atwin.twin.faults.kinds.radio import RadioGone

if TYPE_CHECKING:
    from atwin.clock import Clock
    from atwin.testing.simulated import SimulatedNetwork
    from atwin.twin.twin import Twin

#: Seconds for which a module keeps its registration and its PDP without radio.
HELD: Final = 60.0


class Outages:
    """`per_hour` of them by chance, `mean` seconds long on average, for one device.

    In an outage nothing passes the `network`. One that is longer than `HELD` also costs the module
    its registration, and with it the PDP and every connection.
    """

    def __init__(
        self,
        clock: Clock,
        network: SimulatedNetwork,
        twin: Twin,
        *,
        per_hour: float,
        mean: float,
        seed: int,
    ) -> None:
        self._clock, self._network, self._twin = clock, network, twin
        self._per_hour, self._mean = per_hour, mean
        self._dice = Dice(seed, "outages")
        self._is_out = False
        self._ended = -math.inf
        #: What the long ones did to the radio.
        self.made: list[RadioGone] = []

    def within(self, seconds: float) -> bool:
        """Whether there is one now, or was one in the last `seconds`."""
        return self._is_out or self._clock.now() - self._ended < seconds

    async def run(self) -> None:
        """Go on for ever; cancelled, it leaves the network as it is."""
        while self._per_hour > 0:
            await self._clock.sleep(self._chance(3600 / self._per_hour))
            await self._one(self._chance(self._mean))

    async def _one(self, seconds: float) -> None:
        self._is_out = True
        self._network.cut()
        if seconds > HELD:
            await self._clock.sleep(HELD)
            # As a fault, because one of a plan may take the radio away at the same time.
            self.made.append(RadioGone(seconds=seconds - HELD))
            self._twin.faults.trigger(self.made[-1])
            await self._clock.sleep(seconds - HELD)
        else:
            await self._clock.sleep(seconds)
        self._network.restore()
        self._is_out, self._ended = False, self._clock.now()

    def _chance(self, mean: float) -> float:
        return -mean * math.log(1 - self._dice.fraction())
