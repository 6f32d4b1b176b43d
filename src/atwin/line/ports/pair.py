"""The module's end of a socket pair, whose other end a program of this process has as its port."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from atwin.line.ports.transport import TransportPort

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.line.frame import HostSettings, ReceiveError

#: Bytes the host's driver has room for: what waits beyond makes the program wait.
HOST_BUFFER = 4096


class PairPort(TransportPort):
    """See `TellingPort`. Bytes are counted, so that what the program does comes in its order."""

    def __init__(self, name: str, settings: HostSettings) -> None:
        """`settings` of the host's end as it is opened."""
        super().__init__(name)
        self.host_settings = settings
        self.on_host_settings: Callable[[HostSettings], None] = lambda _: None
        self.on_purge: Callable[[bool, bool], None] = lambda received, unsent: None
        self.most_waiting = HOST_BUFFER
        #: Bytes that have come from the program, and gone to it, in all.
        self.received = 0
        self.sent = 0
        #: The program took back what it wrote before this byte and had not come.
        self.taken_back = 0
        self.cts = True
        self.ri = False
        self._marks: list[tuple[int, Callable[[], None]]] = []

    @property
    def is_gone(self) -> bool:
        """Whether nothing more can come or go."""
        return self._gone.is_set()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        super().write(data)
        self.sent += len(data)

    def show_cts(self, on: bool) -> None:
        self.cts = on

    def show_ri(self, on: bool) -> None:
        self.ri = on

    def show_error(self, error: ReceiveError) -> None:
        """pyserial has nobody who asks."""

    # --- what the program does, on the loop's thread ----------------------------------------------

    def set_host(self, settings: HostSettings, written: int) -> None:
        """Set the host's end so, after `written` bytes of the program: rate and frame wait for
        those.
        """
        now = self.host_settings
        self._tell(replace(settings, rate=now.rate, frame=now.frame))
        self._after(written, partial(self._set_rate, settings))

    def take_back(self, written: int) -> None:
        """Of `written` bytes of the program, those that have not left never will."""
        self.taken_back = written
        self.on_purge(False, True)

    def purge(self) -> int:
        """Forget what came for the program; gives how many bytes it is to throw away in all."""
        self.on_purge(True, False)
        return self.sent

    def _set_rate(self, settings: HostSettings) -> None:
        self._tell(replace(self.host_settings, rate=settings.rate, frame=settings.frame))

    def _tell(self, settings: HostSettings) -> None:
        if settings != self.host_settings:
            self.host_settings = settings
            self.on_host_settings(settings)

    def _after(self, received: int, call: Callable[[], None]) -> None:
        if received > self.received:
            self._marks.append((received, call))
        else:
            call()

    def data_received(self, data: bytes) -> None:
        while self._marks and (count := self._marks[0][0] - self.received) <= len(data):
            self._take(data[:count])
            data = data[count:]
            self._marks.pop(0)[1]()
        self._take(data)

    def _take(self, data: bytes) -> None:
        data_left = data[max(0, self.taken_back - self.received) :]
        self.received += len(data)
        if data_left:
            super().data_received(data_left)
