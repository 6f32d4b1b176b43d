"""One fault of a plan: whether its moment has come, what it has met, and why it never began."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.clock.base import Timer
    from atwin.twin.faults.fault import Fault


@dataclass(slots=True, eq=False)
class Case:
    """A fault and how far it has got; `began` and `ended` in seconds of the twin's clock."""

    fault: Fault
    #: Called when it has met as many as its count says.
    on_limit: Callable[[Case], None] = field(repr=False)
    #: Its number among those of the twin, from 1.
    id: int = 0
    began: float | None = None
    ended: float | None = None
    #: Actions, commands or connections that have come while it waited for its own.
    seen: int = 0
    #: Its action has come, and with it the body that has its byte.
    counts_bytes: bool = False
    #: That body had no such byte.
    missed: bool = False
    timer: Timer | None = field(default=None, repr=False)
    end: Callable[[], None] | None = field(default=None, repr=False)
    met: int = 0
    cures: int = 0
    over: bool = False
    #: Somebody has taken it back.
    cleared: bool = False
    #: What it did to connections is undone. Those it met with a count keep it.
    lifted: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def meet(self) -> None:
        """One more of what `count` counts."""
        self.met += 1
        if self.met == self.fault.limit:
            self.on_limit(self)

    @property
    def left(self) -> int:
        """How many actions, commands or connections are still to come."""
        fault = self.fault
        return (fault.at_action or fault.at_connection or fault.nth) - self.seen

    @property
    def table(self) -> dict[str, Any]:
        """For JSON."""
        fault = self.fault
        return {"kind": fault.KIND, "name": str(fault), "began": self.began, "ended": self.ended}

    @property
    def why_never(self) -> str | None:
        """Why it has not begun, and what to do; None when it has, or was cleared."""
        if self.began is not None or self.cleared:
            return None
        fault = self.fault
        if fault.at_time is not None:
            return "the run was over before; choose an earlier at_time"
        if self.missed or (fault.at_byte is not None and (self.counts_bytes or not self.left)):
            return f"no body had {fault.at_byte} bytes then; choose a lower at_byte"
        for key, wanted, what in (
            ("at_action", fault.at_action, "action"),
            ("at_connection", fault.at_connection, "connection"),
            ("nth", fault.nth, fault.at_command or ""),
        ):
            if wanted is not None:
                came = str(self.seen) if self.seen else "none"
                hint = (
                    f"choose a lower {key}" if self.seen else "is it the right command, and model?"
                )
                if what != fault.at_command:
                    hint = f"choose a lower {key}, or a job with more"
                return f"it waits for {what} {wanted}, and {came} came; {hint}"
        return "it was taken back before the module had started"


def moment(fault: Fault) -> str:
    """When it begins, for a person; empty for one that begins at once."""
    if fault.at_time is not None:
        return f"at {fault.at_time:g} s"
    if fault.at_command is not None:
        return f"at {fault.at_command}" + (f" number {fault.nth}" if fault.nth > 1 else "")
    if fault.at_connection is not None:
        return f"at connection {fault.at_connection}"
    action = "" if fault.at_action is None else f"at action {fault.at_action}"
    byte = "" if fault.at_byte is None else f"at byte {fault.at_byte}"
    return ", ".join(filter(None, (action, byte)))
