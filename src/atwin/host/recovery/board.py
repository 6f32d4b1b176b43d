"""The module as something that can be brought back: its line, its bearer, its pins."""

from __future__ import annotations

import asyncio
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

from atwin.host.bring_up import Patience, bring_up
from atwin.host.errors import ModuleSilentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from atwin.host.bearer import Bearer
    from atwin.host.channel.channel import Channel
    from atwin.host.found.locked import Lock
    from atwin.host.found.settings import Found
    from atwin.host.line import Line
    from atwin.line.pins import HostPins, Pin

#: Seconds a pin is held: the upper documented bounds, which suit every model
#: (docs/spec/power.md §1).
_HOLD = {"reset": 1.5, "power_key": 1.5, "supply": 3.0}

#: Tries for a module that is starting, and seconds for each. Boot text and parser come within
#: 1.3 s (docs/spec/power.md §3), but PWRKEY switches off one that merely starts slowly, after an
#: update for instance: better wait too long.
_BOOT_TRIES, _BOOT_GAP = 20, 0.5
#: The least of them, where the time is short: a model that starts at all has started by then.
_FEWEST_BOOT_TRIES = 6

#: Seconds in which a module is found on the line, but for a long data phase or another rate, and
#: the share of the time that is left which that may take where there are pins to go on with.
_FIND_TIME, _SHARE = 8.0, 1 / 3

#: How often PWRKEY is pressed: the first may switch off what was merely slow.
_PRESSES = 2


class Board:
    """Everything a rung of the ladder may use. `pins` is None where nobody wired any.

    `found` learns the settings of a module that is to be left as it was. `lock` has the PIN.
    """

    def __init__(
        self,
        channel: Channel,
        line: Line,
        bearer: Bearer,
        *,
        pins: HostPins | None = None,
        found: Found | None = None,
        lock: Lock | None = None,
    ) -> None:
        self.channel, self.clock = channel, channel.clock
        self.line = line
        self.bearer = bearer
        self._pins = pins
        self._found = found
        self._lock = lock
        #: Whether it has ever been on the network with its bearer open.
        self.was_up = False
        #: `channel.restarts` when everything the module forgets was last told to it.
        self._told_in = channel.restarts
        self._until = math.inf

    @property
    def driven(self) -> Set[Pin]:
        """The pins that can be driven."""
        return self._pins.driven if self._pins is not None else frozenset()

    @contextmanager
    def limited(self, until: float) -> Iterator[None]:
        """Inside nobody waits for the module longer than to `until`, of the clock."""
        before, self._until = self._until, until
        try:
            yield
        finally:
            self._until = before

    @property
    def _share(self) -> float:
        """Seconds that one stage may take, while others can follow."""
        return max(0.0, self._until - self.clock.now()) * _SHARE

    @property
    def restarted(self) -> bool:
        """Whether the module has restarted since it was last told everything."""
        return self.channel.restarts != self._told_in

    async def bring_up(self, patience: Patience | None = None) -> None:
        """A module that answers, on the network, its bearer open; at the first time and later.

        What a restart makes it forget is told again: flow control and rate of the line, echo,
        error reports, bearer. SSLCFG and the HTTP session follow with the next request. Raises as
        `bring_up` and `Bearer.open` do. Where there are pins to go on with, and the time is short,
        the module must be found on the line in a third of it.
        """
        if patience is None:
            patience = Patience(
                find_within=max(_FIND_TIME, self._share) if self.driven else math.inf
            )
        if self._pins is not None:
            await self._pins.let_go()
        told_in = self.channel.restarts
        await bring_up(self.channel, patience, self.line, self._found, self._lock, self.bearer.apn)
        await self.bearer.open()
        self._told_in = told_in
        self.was_up = True

    async def pulse(self, pin: Pin) -> None:
        """Hold a pin low for its time. It is let go whatever happens. Raises `PinError`."""
        assert self._pins is not None
        try:
            await self._pins.drive(pin, False)
            await self.clock.sleep(_HOLD[pin])
        finally:
            # A second interruption must not end this too.
            await asyncio.shield(asyncio.ensure_future(self._pins.drive(pin, True)))

    async def come_back(self) -> None:
        """After a restart that was asked for: everything again, up to the open bearer.

        Raises as `bring_up` does.
        """
        await self._wake()
        await self.bring_up()

    async def _wake(self) -> None:
        """Press PWRKEY if the module stays silent without it.

        RESET switches an Air780E off, and one whose PWRKEY is tied to ground starts by itself
        (docs/spec/power.md §1). A module that runs, and is slow to say so, is switched off by that:
        the second press starts it. Raises `ModuleSilentError`.
        """
        self.channel.expect_restart()
        await self.line.start_over()
        presses = _PRESSES if "power_key" in self.driven else 0
        for left in reversed(range(presses + 1)):
            # As long as may be, but another press must still be of use.
            tries = int(min(_BOOT_TRIES, max(_FEWEST_BOOT_TRIES, self._share / _BOOT_GAP)))
            try:
                await self.channel.synchronise(tries if left else _BOOT_TRIES, _BOOT_GAP)
            except ModuleSilentError:
                if await self.line.is_slower():
                    return
                if not left:
                    raise
                await self.pulse("power_key")
            else:
                return
