"""The wires of a modem besides data: DTR comes in, RI goes out (docs/spec/general.md §1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock import Clock
    from atwin.clock.base import Timer


class ModemLines:
    """MAIN_DTR and MAIN_RI; True is high. Both are high while nobody pulls them low."""

    __slots__ = ("_held", "_timer", "dtr", "on_dtr", "on_ri", "ri")

    def __init__(self) -> None:
        self.dtr = True
        self.ri = True
        #: Called with the new level of DTR; a run of the firmware that ends is called no more.
        self.on_dtr: list[Callable[[bool], None]] = []
        #: Called with the new level of RI.
        self.on_ri: list[Callable[[bool], None]] = []
        self._timer: Timer | None = None
        self._held = False

    def set_dtr(self, high: bool) -> None:
        """The host drives DTR, or lets go of it."""
        if high != self.dtr:
            self.dtr = high
            for call in tuple(self.on_dtr):
                call(high)

    def ring(self, clock: Clock, low: float, between: float, count: int) -> bool:
        """RI is low for `low` seconds, `count` times, with `between` seconds from one to the next.

        False, and nothing, while such a train is under way, or RI is held.
        """
        if self._timer is not None or self._held:
            return False
        self._pulse(clock, low, between, count)
        return True

    def hold(self, *, low: bool) -> None:
        """RI is low from now on, whatever pulses there were; or high again."""
        if low or self._held:
            self._stop_pulses()
            self._set_ri(not low)
        self._held = low

    def run_ends(self) -> None:
        """The firmware stops: RI is let go, and nobody looks at DTR."""
        self.on_dtr.clear()
        self._stop_pulses()
        self._held = False
        self._set_ri(True)

    def _stop_pulses(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _pulse(self, clock: Clock, low: float, between: float, left: int) -> None:
        def rise() -> None:
            self._timer = None
            if left > 1:
                self._timer = clock.call_later(between, fall)
            self._set_ri(True)

        def fall() -> None:
            self._pulse(clock, low, between, left - 1)

        self._timer = clock.call_later(low, rise)
        self._set_ri(False)

    def _set_ri(self, high: bool) -> None:
        if high != self.ri:
            self.ri = high
            for call in tuple(self.on_ri):
                call(high)
