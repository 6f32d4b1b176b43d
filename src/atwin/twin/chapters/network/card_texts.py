"""What some firmware says once its card has started after a boot (docs/spec/uart.md §8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import SimToolkit, SmsReady

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.at.dialect.said import Urc
    from atwin.twin.engine.run import Run

#: The feature that it is, seconds after what was said before, and the text.
_TEXTS: tuple[tuple[str, float, Urc], ...] = (
    ("stn_at_boot", 0.2, SimToolkit(37)),
    ("sms_ready_at_boot", 0.8, SmsReady()),
)


async def tell_of_card(run: Run, is_usable: Callable[[], bool]) -> None:
    """The card's menu, then its messages, as long as it can be used."""
    for feature, seconds, urc in _TEXTS:
        if run.profile.has(feature):
            await run.hardware.pause(seconds)
            if is_usable():
                run.urc(urc)
