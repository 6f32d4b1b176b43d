"""How an interrupted job leaves the module: nothing of it stays, nobody waits for an answer."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.host.channel.channel import Channel

#: Seconds of the line for filling up a data phase on leaving: at most, and until they are told.
_LONGEST_FILL, _TOLD_FILL = 30.0, 2.0
#: Seconds the last command may take to leave.
_LAST_WORD = 1.0


async def leave(channel: Channel, note: Callable[[str], None]) -> None:
    """End the session without a look at the answer; wait for nothing but the line.

    A data phase is filled up, which takes 28 s of the slowest usual line at the most.
    """
    if (seconds := channel.data_time) > _LONGEST_FILL:
        note("interrupted in the middle of data: the module waits up to 120 s for more")
    elif seconds > _TOLD_FILL:
        note(f"ending the data phase: {seconds:.0f} s; interrupt again to leave now")
    # Not asyncio.timeout: up to Python 3.11.2 it is no TimeoutError in a cancelled task.
    with suppress(TimeoutError):
        # What was written before may still be on its way.
        await asyncio.wait_for(channel.end_data(_LONGEST_FILL), seconds + _LONGEST_FILL)
    channel.send_blind("AT+HTTPTERM")
    with suppress(TimeoutError):
        await asyncio.wait_for(channel.port.drain(), _LAST_WORD)
