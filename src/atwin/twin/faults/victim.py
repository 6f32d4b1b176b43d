"""What faults work on: the module, its pins, its network, its line."""

from __future__ import annotations

import itertools
from collections import Counter
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.at.dialect.said import Urc
    from atwin.clock import Clock
    from atwin.clock.base import Timer
    from atwin.twin.board.cell import Cell
    from atwin.twin.faults.fault import End
    from atwin.twin.faults.faulty_network import FaultyNetwork
    from atwin.twin.firmware import Firmware
    from atwin.twin.module import Module
    from atwin.twin.pins import Pins

T = TypeVar("T")


class _Once:
    """A `Timer` that is among `pending` until it has run or was taken back."""

    def __init__(
        self, clock: Clock, seconds: float, call: Callable[[], None], pending: set[_Once]
    ) -> None:
        self._call = call
        self._pending = pending
        self._timer = clock.call_later(seconds, self._run)
        pending.add(self)

    def cancel(self) -> None:
        self._timer.cancel()
        self._pending.discard(self)

    def _run(self) -> None:
        self._pending.discard(self)
        self._call()


class Replaced(Generic[T]):
    """A value of the twin in whose place faults put others: of those at work the last one counts.

    After the last of them it is again what it was before the first. `which` chooses in another
    way.
    """

    def __init__(
        self,
        get: Callable[[], T],
        put: Callable[[T], None],
        which: Callable[[list[T]], T] = itemgetter(-1),
    ) -> None:
        self._get = get
        self._put = put
        self._which = which
        self._at_work: dict[object, T] = {}
        self._before: T

    def by(self, value: T) -> End:
        """Put `value` there; returns what ends that."""
        if not self._at_work:
            self._before = self._get()
        mark = object()
        self._at_work[mark] = value
        self._put(self._which(list(self._at_work.values())))

        def end() -> None:
            del self._at_work[mark]
            left = list(self._at_work.values())
            self._put(self._which(left) if left else self._before)

        return end


class Victim:
    """One twin, opened up."""

    def __init__(self, module: Module, pins: Pins, network: FaultyNetwork) -> None:
        self.module = module
        self.pins = pins
        self.network = network
        self._seeds = itertools.count()
        self._timers: set[_Once] = set()
        #: Each gives a URC for the middle of the next answer, or None.
        self.asides: list[Callable[[], str | None]] = []
        #: Each says whether a URC is to be left out.
        self.mutes: list[Callable[[Urc], bool]] = []
        self._holds: Counter[str] = Counter()
        self._hold_ends: dict[str, Callable[[], None]] = {}
        taps, cell = module.hardware.taps, module.hardware.cell
        #: What AT+CSQ shows; whether the network gives a PDP; the longest command line in bytes.
        self.rssi = Replaced[int](lambda: cell.rssi, self._set_rssi)
        self.grants_pdp = Replaced[bool](
            lambda: cell.grants_pdp, partial(setattr, cell, "grants_pdp")
        )
        self.longest_line = Replaced[int](
            lambda: taps.longest_line, partial(setattr, taps, "longest_line"), min
        )
        taps.aside = self._aside
        taps.says = lambda urc: not any(mute(urc) for mute in tuple(self.mutes))

    @property
    def clock(self) -> Clock:
        """The twin's clock."""
        return self.module.hardware.clock

    @property
    def cell(self) -> Cell:
        """The network in reach of the antenna."""
        return self.module.hardware.cell

    def _set_rssi(self, rssi: int) -> None:
        self.cell.rssi = rssi
        if self.firmware is not None:
            self.firmware.radio.look_around()

    @property
    def firmware(self) -> Firmware | None:
        """The run of the firmware, None while the module is off or hangs."""
        return None if self.module.hung else self.module.firmware

    def reseed(self, seed: int) -> None:
        """Let chance, where faults leave something to it, begin again."""
        self._seeds = itertools.count(seed)

    def next_seed(self) -> int:
        """For one fault that leaves something to chance."""
        return next(self._seeds)

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call once, `seconds` from now, unless cancelled or the twin ends before."""
        return _Once(self.clock, seconds, call, self._timers)

    def close(self) -> None:
        """Nothing is called any more."""
        for timer in tuple(self._timers):
            timer.cancel()

    def hold(self, what: str, begin: Callable[[], None], end: Callable[[], None]) -> End:
        """`begin` for the first that holds `what`, and its `end` when the last one lets go.

        Returns what lets go.
        """
        self._holds[what] += 1
        if self._holds[what] == 1:
            self._hold_ends[what] = end
            begin()

        def let_go() -> None:
            self._holds[what] -= 1
            if self._holds[what] == 0:
                self._hold_ends.pop(what)()

        return let_go

    def _aside(self) -> str | None:
        for aside in tuple(self.asides):
            if (text := aside()) is not None:
                return text
        return None
