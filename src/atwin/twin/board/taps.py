"""Where faults reach into a run of the firmware: taps that are not there until one is laid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.at.dialect.said import Urc
    from atwin.at.grammar import Command
    from atwin.net.network import Stream

#: Longest command line in bytes, CR included (docs/spec/open-questions.md OQ-29).
LONGEST_LINE = 4096


@dataclass(slots=True)
class Taps:
    """Part of the hardware, so that what is set here outlasts a restart."""

    #: Called before each command is run, also one the module does not know.
    command: Callable[[Command], None] | None = None
    #: Whether the module says this URC.
    says: Callable[[Urc], bool] | None = None
    #: A URC to say between the lines of an answer and its result; None for none.
    aside: Callable[[], str | None] | None = None
    #: Called with each connection that HTTP opened, TLS included; gives what HTTP reads from.
    stream: Callable[[Stream], Stream] | None = None
    #: Longest command line in bytes, CR included.
    longest_line: int = LONGEST_LINE
