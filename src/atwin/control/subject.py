"""One module as whoever watches it by HTTP sees it: what was heard of it, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from atwin.control.actions import BY_NAME, NotNowError, perform, type_at
from atwin.control.recording import Recording
from atwin.control.state import GOES_BY
from atwin.trace.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.control.actions import Action, Teller
    from atwin.twin.twin import Twin


@dataclass(eq=False)
class Subject:
    """A twin, or a module on a port of this computer with a host of ours at its other end."""

    name: str
    port: str
    recent: Recent = field(default_factory=Recent)
    twin: Twin | None = None
    #: Sends a command, and data, between the host's others, and takes that many seconds at most.
    #: Raises `ValueError`, and `RuntimeError` where there is no answer.
    command: Teller | None = None
    #: What the host's end knows of the line, as `line` of the state.
    line: Callable[[], dict[str, Any]] = dict

    def heard(self) -> Recent:
        """What was heard of it. Raises `NotNowError` where nobody listens."""
        if not self.recent.hears:
            raise NotNowError("nobody listens to this module: start it with --panel or --trace")
        return self.recent

    @cached_property
    def recording(self) -> Recording:
        """Of what is heard from now on. Raises as `heard` does."""
        return Recording(self.heard())

    async def perform(self, action: Action, value: Any = None) -> dict[str, Any]:
        """The answer of `action`. Raises as `atwin.control.actions.perform` does."""
        if self.twin is not None:
            return await perform(action, self.twin, value)
        if action.name == "state":
            return self._seen()
        if action.name == "at" and self.command is not None:
            if not isinstance(value, dict):
                raise ValueError("at takes an object: {…}")
            return await type_at(self.command, value)
        raise NotNowError("this module is on a port, and no twin: it can only be watched")

    async def state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The state, and the part of it that does not change by itself."""
        state = await self.perform(BY_NAME["state"])
        return state, {name: one for name, one in state.items() if name not in GOES_BY}

    def _seen(self) -> dict[str, Any]:
        passed = self.recent.bytes.passed
        return {
            "model": None,
            "time": self.recent.trace.now if self.recent.hears else None,
            "line": self.line(),
            "counters": {"to_host": passed["<"], "to_module": passed[">"]},
        }
