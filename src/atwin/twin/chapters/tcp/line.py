"""What the sockets need of the interpreter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.at.dialect.urc import Urc
    from atwin.twin.engine.interpreter import Passage


class Line(Protocol):
    """The serial line, as `atwin.twin.engine.interpreter.Interpreter` gives it."""

    def urc(self, urc: Urc) -> None:
        """Say something in the next gap."""

    def in_gap(self, output: Callable[[], bytes]) -> None:
        """Write what `output` gives in the next gap."""

    def say(self, raw: bytes) -> None:
        """Write at once."""

    async def drain(self) -> None:
        """Return when what was written has left."""

    def hand_over(self, passage: Passage) -> None:
        """Let `passage` have what is typed."""

    def take_back(self) -> None:
        """Commands again."""

    def resume(self) -> None:
        """The passage can take more."""
