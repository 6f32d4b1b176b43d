"""Time as everything else here sees it: read it, wait for it, schedule on it."""

from atwin.clock.base import Clock, LoopClock
from atwin.clock.virtual import VirtualLoop, run_virtual

__all__ = ["Clock", "LoopClock", "VirtualLoop", "run_virtual"]
