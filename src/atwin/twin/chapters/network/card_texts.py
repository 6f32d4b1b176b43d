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
    """The card's menu, then its messages, as long as it can be used.

    All times count from its start: where a busy computer is late with one text, the next one is not
    late as well, and stays before what the network says after it.
    """
    hardware = run.hardware
    due = hardware.clock.now()
    for feature, seconds, urc in _TEXTS:
        if run.profile.has(feature):
            due += seconds * hardware.time_scale
            if (left := due - hardware.clock.now()) > 0:
                await hardware.clock.sleep(left)
            if is_usable():
                run.urc(urc)
