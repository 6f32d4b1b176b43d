"""Two ports back to back in this process: the line between host and twin without a kernel."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from atwin.line.frame import Flow, HostSettings
from atwin.line.port import ReadyReceiver

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.line.frame import ReceiveError
    from atwin.line.port import Receiver

#: After this many bytes of answers, 256 times OK, an `ask` has its answer by a turn of the loop, so
#: that a task which asks again and again lets others run. An answer counts as an OK at the least.
_MOST_AT_ONCE, _LEAST_ANSWER = 1536, 6


class MemoryPort:
    """One end of a `memory_pair`.

    Bytes are handed over from the event loop, not from inside `write`, so that neither
    side ever finds itself called back in the middle of its own work. A `ReadyReceiver` takes them
    from inside the other's `write`, unless that was itself called from such a one. What it
    says to them at once, whoever wrote with `ask` hears before that returns.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._peer: MemoryPort
        self._receiver: Receiver | None = None
        self._inbox: list[bytes] = []
        self._emptied: asyncio.Event | None = None  # for whoever drains
        self._due = False
        self._is_ready = False  # to be handed bytes from inside the other's `write`
        self._is_handed = False  # some just now
        self._answered = 0  # bytes that came within an `ask` since the last turn
        self._paused = False
        self._closed = False
        #: How the host set its side, and whom to tell; see `TellingPort`.
        self.host_settings = HostSettings()
        self.on_host_settings: Callable[[HostSettings], None] = lambda _: None
        self.on_purge: Callable[[bool, bool], None] = lambda received, unsent: None
        self.on_expect: Callable[[int], None] = lambda size: None
        #: On the host's end: whether the module lets it send.
        self.cts = True
        #: On the host's end: whether the module asserts its ring indicator.
        self.ri = False

    def start(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._is_ready = isinstance(receiver, ReadyReceiver)
        if self._closed:
            asyncio.get_running_loop().call_soon(receiver.lost, "it was closed before")
        else:
            self._schedule()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        peer = self._peer
        if not data or self._closed or peer._closed:
            return
        if peer._is_ready and not self._is_handed and peer._takes():
            peer._hand_over(bytes(data))
            return
        peer._inbox.append(bytes(data))
        if not peer._due:
            peer._schedule()

    def ask(self, data: bytes) -> None:
        """See `AskingPort`."""
        if self._answered >= _MOST_AT_ONCE or self._due or not self._takes():
            self._answered = 0
            self.write(data)
            return
        self._due = True  # no turn of the loop for the answer: it is handed over here
        try:
            self.write(data)
        finally:
            self._due = False
        if self._inbox and not self._closed:
            answer = self._take_inbox()
            self._answered += max(len(answer), _LEAST_ANSWER)
            self._hand_over(answer)

    def write_now(self, data: bytes) -> None:
        peer = self._peer
        if self._closed or peer._closed or self._is_handed or not peer._takes():
            self.write(data)
        else:
            peer._hand_over(data)

    async def drain(self) -> None:
        """Waits until the peer has been handed everything so far."""
        peer = self._peer
        if peer._inbox and peer._receiver is not None and not self._closed:
            peer._emptied = peer._emptied or asyncio.Event()
            await peer._emptied.wait()

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        self._schedule()

    def expect(self, size: int) -> None:
        self._peer.on_expect(size)

    def set_line(self, line: HostSettings) -> None:
        """From the host's end: another rate, or other outputs."""
        self._peer.host_settings = line
        self._peer.on_host_settings(line)

    @property
    def rate(self) -> int | None:
        return self._peer.host_settings.rate

    async def set_rate(self, rate: int) -> None:
        """What was written before still goes out at the old one."""
        await self.drain()
        self.set_line(replace(self._peer.host_settings, rate=rate))

    async def set_flow(self, flow: Flow) -> None:
        await self.drain()
        self.set_line(replace(self._peer.host_settings, obeys_cts=flow is Flow.HARDWARE))

    async def set_output(self, output: str, on: bool) -> None:
        line = self._peer.host_settings
        self.set_line(replace(line, rts=on) if output == "rts" else replace(line, dtr=on))

    async def clear_to_send(self) -> bool | None:
        return self.cts

    def show_cts(self, on: bool) -> None:
        self._peer.cts = on

    def show_ri(self, on: bool) -> None:
        self._peer.ri = on

    def show_error(self, error: ReceiveError) -> None:
        """Nobody at the host's end asks."""

    async def close(self) -> None:
        """The other end hears of it after the bytes sent before."""
        if not self._closed:
            await self.drain()
        if not self._closed:
            self._end(None)
            self._peer._schedule()

    def _schedule(self) -> None:
        if not self._due and self._receiver is not None:
            self._due = True
            asyncio.get_running_loop().call_soon(self._deliver)

    def _deliver(self) -> None:
        self._due = False
        if self._closed or self._receiver is None:
            return
        if self._inbox and not self._paused:
            self._receiver.received(self._take_inbox())
        if self._peer._closed and not self._inbox:
            self._end("closed by the far side")

    def _take_inbox(self) -> bytes:
        data = self._inbox[0] if len(self._inbox) == 1 else b"".join(self._inbox)
        self._inbox.clear()
        if self._emptied is not None:
            self._tell_emptied()
        return data

    def _takes(self) -> bool:
        """Whether bytes may be handed over now, before any that wait."""
        return not (self._receiver is None or self._is_handed or self._paused or self._inbox)

    def _hand_over(self, data: bytes) -> None:
        """From inside a `write`, which is not to fail for what happens here."""
        assert self._receiver is not None
        self._is_handed = True
        try:
            self._receiver.received(data)
        except Exception as error:
            asyncio.get_running_loop().call_exception_handler(
                {"message": f"what reads {self.name} failed", "exception": error}
            )
        finally:
            self._is_handed = False

    def _tell_emptied(self) -> None:
        if self._emptied is not None:
            self._emptied.set()
            self._emptied = None

    def _end(self, reason: str | None) -> None:
        self._closed = True
        self._inbox.clear()  # nobody will read that, or wait for it
        self._tell_emptied()
        if self._receiver is not None:
            self._receiver.lost(reason)


def memory_pair(name: str = "memory") -> tuple[MemoryPort, MemoryPort]:
    """Two connected ports: what one writes the other receives."""
    a, b = MemoryPort(name), MemoryPort(name)
    a._peer, b._peer = b, a
    return a, b
