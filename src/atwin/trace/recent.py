"""What a trace had of late, for whoever comes later than the trace has begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.trace.feed import Feed
from atwin.trace.recent_bytes import RecentBytes
from atwin.trace.trace import NO_TRACE

if TYPE_CHECKING:
    from atwin.trace.trace import Trace


class Recent:
    """The last records of a trace, and the last bytes of the line; of `NO_TRACE` none."""

    def __init__(self, trace: Trace = NO_TRACE) -> None:
        """It listens from now on; make it before the module, which else has nothing to tell."""
        self.trace = trace
        self.feed = Feed()
        self.bytes = RecentBytes()
        if self.hears:
            if trace.opening:
                self.feed(trace.opening)
            trace.add(self.feed)
            trace.raw.add(self.bytes)

    @property
    def hears(self) -> bool:
        """Whether there is anything to hear."""
        return self.trace is not NO_TRACE

    def end(self) -> None:
        """Hear the rest, and no more; harmless when called twice."""
        if self.hears:
            self.trace.remove(self.feed)
            self.trace.raw.remove(self.bytes)
        self.feed.end()
