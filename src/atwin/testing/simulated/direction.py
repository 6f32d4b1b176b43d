"""One direction of the way between module and servers: its rate, its losses, its outages."""

from __future__ import annotations

import math
import random
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock import Clock

#: Bytes that arrive together on a shaped link: an Ethernet-sized TCP segment.
SEGMENT = 1460
#: On a fast link segments travel in groups of this many seconds, which saves timers.
_GROUP = 0.01


class Direction:
    """One direction: bytes leave one after another, and take `latency` seconds."""

    def __init__(
        self,
        clock: Clock,
        latency: float,
        bandwidth: float | None,
        *,
        loss: float = 0.0,
        seed: str = "",
    ) -> None:
        self.latency = latency
        self.is_cut = False
        self._clock = clock
        self._bandwidth = bandwidth
        # The end of the queue is computed from where it began, so that nothing adds up.
        self._busy_since = clock.now()
        self._booked = 0
        self._loss = loss
        self._random = random.Random(seed)
        #: Segments that get through before the next one that does not.
        self._sound = self._draw() if loss else 0
        #: Seconds of all outages that are over, and when the one of now began.
        self._stood = 0.0
        self._cut_at = 0.0
        #: What is due this long after an outage.
        self._held: list[tuple[float, Callable[[], None]]] = []

    @property
    def segment(self) -> int | None:
        """Bytes that travel together; None is as many as there are."""
        return None if self._bandwidth is None else max(SEGMENT, int(self._bandwidth * _GROUP))

    def book(self, size: int) -> float:
        """Queue `size` bytes; seconds from now until the last of them is on its way."""
        if self.backlog() <= 0:
            self._busy_since = self._now()
            self._booked = 0
        self._booked += size
        return self.backlog()

    def backlog(self) -> float:
        """Seconds until the queue is empty; negative when it has been for a while."""
        if self._bandwidth is None:
            return 0.0
        return self._busy_since + self._booked / self._bandwidth - self._now()

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Call when what leaves in `seconds` has arrived. An outage holds it up."""
        seconds += self.latency
        if self.is_cut:
            self._held.append((seconds, call))
        elif seconds <= 0:
            call()
        else:
            self._clock.call_later(seconds, partial(self._due, self._stood, call))

    # --- losses ---------------------------------------------------------------------------------

    def loses(self) -> bool:
        """Whether a packet sent now gets lost."""
        return self.is_cut or self.loses_segment()

    def loses_segment(self) -> bool:
        """The same of a segment of TCP, which an outage only holds up."""
        return bool(self._loss) and self.passing(1) == 0

    def passing(self, size: int) -> int:
        """Of `size` bytes sent now, those before the segment that gets lost: 0 is the first."""
        if not self._loss:
            return size
        segments = -(-size // SEGMENT)
        if segments <= self._sound:
            self._sound -= segments
            return size
        passing, self._sound = self._sound, 0
        if not passing:
            self._sound = self._draw()
        return passing * SEGMENT

    def _draw(self) -> int:
        return int(math.log(1 - self._random.random()) / math.log(1 - self._loss))

    # --- outages --------------------------------------------------------------------------------

    def cut(self) -> None:
        """Nothing passes from now on; harmless when it does not already."""
        if not self.is_cut:
            self.is_cut = True
            self._cut_at = self._clock.now()

    def restore(self) -> None:
        """All goes on where it stood."""
        if not self.is_cut:
            return
        self.is_cut = False
        lasted = self._clock.now() - self._cut_at
        self._stood += lasted
        self._busy_since += lasted
        held, self._held = self._held, []
        for seconds, call in held:
            self._clock.call_later(seconds, partial(self._due, self._stood, call))

    def _now(self) -> float:
        return self._cut_at if self.is_cut else self._clock.now()

    def _due(self, stood: float, call: Callable[[], None]) -> None:
        """It was sent when outages had taken `stood` seconds in all."""
        late = self._stood - stood
        if self.is_cut:
            self._held.append((self._clock.now() - self._cut_at + late, call))
        elif late > 0:
            self._clock.call_later(late, partial(self._due, self._stood, call))
        else:
            call()
