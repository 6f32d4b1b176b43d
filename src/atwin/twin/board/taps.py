"""Where faults reach into a run of the firmware; nothing happens there until somebody sets one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.at.grammar import Command
    from atwin.net.network import Stream

#: Longest command line in bytes, CR included (spec: open-questions.md OQ-29).
LONGEST_LINE = 4096


def _pass(stream: Stream) -> Stream:
    return stream


@dataclass(slots=True)
class Taps:
    """Part of the hardware, so that what is set here outlasts a restart."""

    #: Called before each command is run, also one the module does not know.
    command: Callable[[Command], None] = lambda command: None
    #: Whether the module says this URC.
    says: Callable[[str], bool] = lambda text: True
    #: A URC to say between the lines of an answer and its result; None for none.
    aside: Callable[[], str | None] = lambda: None
    #: Called with each connection that HTTP opened, TLS included; gives what HTTP reads from.
    stream: Callable[[Stream], Stream] = _pass
    #: Longest command line in bytes, CR included.
    longest_line: int = LONGEST_LINE
