"""Connections of the simulated network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.net.network import Carried, StreamError

if TYPE_CHECKING:
    from atwin.testing.simulated.pipe import Pipe


class SimulatedStream:
    """One end of a connection in memory."""

    def __init__(self, outgoing: Pipe, incoming: Pipe) -> None:
        self._outgoing = outgoing
        self._incoming = incoming
        self._read = 0

    @property
    def unacknowledged(self) -> int:
        return self._outgoing.flying

    @property
    def passed(self) -> tuple[int, int]:
        """See `Counting`: of a write that was broken off, what has left."""
        return self._outgoing.sent, self._read

    @property
    def carried(self) -> Carried:
        """See `Carrying`."""
        return Carried(
            self._incoming.unread,
            segments_again=(self._outgoing.segments_again, self._incoming.segments_again),
            bytes_again=(self._outgoing.bytes_again, self._incoming.bytes_again),
        )

    async def read(self, limit: int) -> bytes:
        """What was sent before a reset is still given out."""
        data = await self._incoming.inbox.read(limit)
        self._read += len(data)
        return data

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        await self._outgoing.send(data)

    def close(self) -> None:
        """What was written is still delivered."""
        self._outgoing.finish(None)
        self._incoming.leave()

    def reset(self) -> None:
        """Break the connection: the other end reads what was written, then `StreamError`."""
        self._outgoing.finish(StreamError("the connection broke: reset by the other end"))
        self._incoming.leave()
