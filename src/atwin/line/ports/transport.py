"""A port on an asyncio transport: TCP connections and serial devices have this in common."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from atwin.disk.errors import reason

if TYPE_CHECKING:
    from atwin.line.port import Receiver


class TransportPort(asyncio.Protocol):
    """See `Port`. What comes before `start` is kept for it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._transport: asyncio.Transport | None = None
        self._receiver: Receiver | None = None
        self._early = bytearray()
        # The start of what the receiver needs as a whole, and how many bytes of it are missing.
        self._held: list[bytes] = []
        self._left = 0
        self._late: asyncio.TimerHandle | None = None
        self._paused = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._gone = asyncio.Event()
        self._delivering = False
        self._reason: str | None = None
        self._closing = False

    # --- Port -----------------------------------------------------------------------------------

    def start(self, receiver: Receiver) -> None:
        self._receiver = receiver
        asyncio.get_running_loop().call_soon(self._deliver_early)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    async def drain(self) -> None:
        await self._writable.wait()

    def pause_reading(self) -> None:
        self._paused = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._paused = False
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
        self._hand_over_soon()

    def expect(self, size: int) -> None:
        """See `ExpectingPort`: the whole of a body costs its receiver one call, not one a read."""
        self._left = size
        if not size:
            self._hand_over_soon()

    def abort(self) -> None:
        """Let go at once; what is pending is lost."""
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        self._closing = True
        if self._transport is not None and not self._gone.is_set():
            self._transport.close()
            try:
                async with asyncio.timeout(_LAST_BYTES):
                    await self._gone.wait()
            except TimeoutError:
                self._transport.abort()
                await self._gone.wait()

    # --- asyncio.Protocol -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The line is up."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_HIGH_WATER)

    def data_received(self, data: bytes) -> None:
        """Bytes from the far side."""
        if self._left or self._held:
            self._held.append(bytes(data))
            self._left = max(0, self._left - len(data))
            if not self._left:
                self._hand_over()
            elif self._late is None:
                self._late = asyncio.get_running_loop().call_later(_TOGETHER, self._hand_over)
        elif self._delivering and self._receiver is not None:
            self._receiver.received(bytes(data))
        else:
            self._early += data

    def pause_writing(self) -> None:
        """The far side is slower than we are."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._writable.set()

    def connection_lost(self, error: Exception | None) -> None:
        """The line is down, for whatever reason."""
        if not self._closing:
            # A serial driver's own words say more than its number.
            told = getattr(error, "strerror", None)
            self._reason = told or ("closed by the far side" if error is None else reason(error))
        self._writable.set()
        self._gone.set()
        self._paused = False
        self._hand_over()
        if self._delivering and self._receiver is not None:
            self._receiver.lost(self._reason)

    def _hand_over_soon(self) -> None:
        if self._held:
            asyncio.get_running_loop().call_soon(self._hand_over)

    def _hand_over(self) -> None:
        """What is held."""
        if self._late is not None:
            self._late.cancel()
            self._late = None
        if self._held and not self._paused and self._receiver is not None:
            data = b"".join(self._held)
            self._held.clear()
            self._receiver.received(data)

    def _deliver_early(self) -> None:
        assert self._receiver is not None
        self._delivering = True
        if self._early:
            data, self._early = bytes(self._early), bytearray()
            self._receiver.received(data)
        if self._gone.is_set():
            self._receiver.lost(self._reason)


#: Bytes waiting to go out above which `drain` waits. What waits here no flow control of the module
#: can hold back any more.
_HIGH_WATER = 4096
#: Seconds that bytes may wait for those with which alone they are of use.
_TOGETHER = 0.5
#: Seconds a closing port may take to send what is pending.
_LAST_BYTES = 1.0
