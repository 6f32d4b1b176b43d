"""HTTPDATA: the body of a POST goes into the module's buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.host.errors import UsageError
from atwin.host.http.pieces import FLOW_ADVICE

if TYPE_CHECKING:
    from atwin.clock import Clock
    from atwin.host.channel.exchange import Progress
    from atwin.host.channel.script import Script
    from atwin.host.identity import Limits

#: Bytes per second at which post data surely arrive: 9600 Bd.
_SLOWEST_LINE = 900


async def load(
    script: Script, clock: Clock, data: bytes, limits: Limits, progress: Progress | None
) -> None:
    """See `HttpSession.load`."""
    size = len(data)
    if size > limits.post_max:
        raise UsageError(f"{size} bytes to post, the module takes {limits.post_max}")
    if not data:
        await script.step("AT+HTTPDATA=0,10000")
        return
    seconds = min(max(10, 2 * size // _SLOWEST_LINE), 120)
    began = clock.now()
    reply = await script.give(
        f"AT+HTTPDATA={size},{seconds * 1000}",
        data,
        prompt="DOWNLOAD",
        deadline=seconds + 9.0,
        progress=progress,
    )
    # The only sign of lost bytes is an OK that comes when the time is up.
    if clock.now() - began >= seconds:
        raise script.refused(reply, f"not all of {size} bytes arrived: {FLOW_ADVICE}")
