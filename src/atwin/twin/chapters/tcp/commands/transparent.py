"""Transparent mode: in with CIPSTART or ATO, out with `+++` (spec: network.md §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.command import Family
from atwin.at.kinds import OneOf
from atwin.at.reply import CmeError, Reply

if TYPE_CHECKING:
    from atwin.twin.chapters.tcp.service import Sockets


class TransparentCommands(Family):
    """The line as the link: every byte typed is sent, every byte received is written.

    `+++` goes back to commands, with a second of silence before, half a second at most between
    two of them, half a second of silence behind, and no CR. The link stays; what it receives
    meanwhile waits for ATO (spec: network.md §5).
    """

    title = "Transparent mode"

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets

    @command.set("+CIPMODE", test=True)
    def set_mode(self, transparent: Annotated[int, OneOf(0, 1)]) -> None:
        """Packets (0) or transparent (1); only in IP INITIAL, and with a single link."""
        self._sockets.scene.require_unused()
        if transparent and self._sockets.multi:
            raise CmeError(Cme.NOT_ALLOWED)
        self._sockets.settings.mode = transparent

    @command.read("+CIPMODE")
    def mode(self) -> str:
        """The current value."""
        return f"+CIPMODE: {self._sockets.settings.mode}"

    @command.basic("O")
    def online(self, number: Annotated[int, OneOf(0)] = 0) -> Reply:
        """Back into transparent mode behind `CONNECT`; `NO CARRIER` when there is no link."""
        return self._sockets.online()
