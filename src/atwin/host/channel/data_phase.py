"""The data that a module takes after its prompt, and how a phase that was broken off is ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from atwin.line.frame import USUAL_RATE, Frame

if TYPE_CHECKING:
    from atwin.host.channel.channel import Channel
    from atwin.host.channel.exchange import Progress, Reply

#: Data phases are written in pieces of this many bytes.
DATA_PIECE = 4096


class DataPhase:
    """What of its data the module still waits for."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        #: Bytes.
        self.unsent = 0

    @property
    def time(self) -> float:
        """Seconds of the line for what it still waits for; 0: for nothing."""
        return self.unsent * Frame().bits / (self._channel.rate or USUAL_RATE)

    async def send(
        self, data: bytes, progress: Progress | None, reply: asyncio.Future[Reply]
    ) -> None:
        """All of `data`, unless the answer comes first: an error, the end of the time, a lost line.

        `progress` hears how much is on its way.
        """
        sending = asyncio.ensure_future(self._write(memoryview(data), progress))
        try:
            await asyncio.wait((sending, reply), return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            sending.cancel()

    async def _write(self, data: memoryview, progress: Progress | None) -> None:
        for start in range(0, len(data), DATA_PIECE):
            await self._write_piece(data[start : start + DATA_PIECE])
            if progress is not None:
                progress(min(start + DATA_PIECE, len(data)))

    async def _write_piece(self, piece: bytes | memoryview) -> None:
        self._channel.port.write(piece)
        self.unsent -= len(piece)
        await self._channel.port.drain()

    async def end(self, longest: float) -> None:
        """Fill up a phase that was broken off, so that the module takes commands again.

        One that would take more than `longest` seconds is left to its own time. Raises
        `LineLostError`.
        """
        if self.time > longest:
            self.unsent = 0
        while self.unsent:
            self._channel.check_line()
            await self._write_piece(b"\r" * min(self.unsent, DATA_PIECE))
