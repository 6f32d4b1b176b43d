"""Datagrams of the simulated network."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from atwin.net.udp import Mailbox

if TYPE_CHECKING:
    from atwin.testing.simulated.direction import Direction


class SimulatedUdp:
    """One end of an exchange of datagrams in memory; `peer` is the other."""

    peer: SimulatedUdp

    def __init__(self, outgoing: Direction) -> None:
        self._outgoing = outgoing
        self._mailbox = Mailbox()

    async def read(self, limit: int) -> bytes:
        return await self._mailbox.read(limit)

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """A datagram that the link loses is gone."""
        self._mailbox.check_open()
        if not self._outgoing.loses():
            self._outgoing.after(0.0, partial(self.peer._mailbox.put, bytes(data)))

    def close(self) -> None:
        """What was written is still delivered."""
        self._mailbox.close()
