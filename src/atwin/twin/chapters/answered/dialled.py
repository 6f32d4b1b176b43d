"""ATD*99# and AT+CGDATA: a packet call, which comes to nothing (docs/spec/stubs.md §1, §4).

The module says CONNECT, and the line is a modem's until it says NO CARRIER a second later: there
is no PPP behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import CallEnded, Connect
from atwin.at.reply import AtError, Reply

if TYPE_CHECKING:
    from atwin.twin.engine.run import Run

_LASTS = 1.0


def connect(run: Run) -> Reply:
    """The answer. Raises `AtError` on a module without PPP."""
    if not run.profile.has("ppp"):
        raise AtError
    return Reply(final=str(Connect()), after=lambda: _begin(run), takes_line=True)


def _begin(run: Run) -> None:
    run.line.hand_over(_Frames())
    run.spawn(_end(run))


async def _end(run: Run) -> None:
    await run.hardware.clock.sleep(_LASTS)
    run.line.take_back()
    run.urc(CallEnded())


class _Frames:
    """The line while it carries PPP frames, which nobody reads."""

    def typed(self, rx: bytearray) -> None:
        rx.clear()
