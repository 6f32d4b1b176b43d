"""Numbers and texts that a module keeps for its host (docs/spec/general.md §2)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.kinds import BadArgument, OneOf, Text
from atwin.at.reply import Reply
from atwin.twin.board.nvram import LineText
from atwin.twin.engine.run import Commands, Run

if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Any

    from atwin.twin.board.nvram import Nvram

_RECORD = "notes"
#: Bytes of the text of AT+WISN.
_LONGEST = 64
_MAC = "4a:24:83:99:84:34"
_READ, _WRITE = range(2)


class NoteCommands(Commands):
    """What a module only keeps, or always says (docs/spec/general.md §2)."""

    title = "Notes of the device"
    effect = False

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._kept = _Notes.boot(run.hardware.nvram)
        self._captures = 0

    @command.set("+MIFIMAC")
    def mac(self, read: Annotated[str, Text("R")]) -> str:
        """The MAC address."""
        if read.upper() != "R":
            raise BadArgument(read)
        return f"+MIFIMAC: {_MAC}"

    @command.set("+SYSNV")
    def note(
        self,
        action: Annotated[int, OneOf(_READ, _WRITE)],
        name: Annotated[str, Text("name")],
        value: Annotated[int | None, OneOf(0, 1)] = None,
    ) -> str | None:
        """Write (1) or read (0) the number of a name; there is "ureboot". It is kept by itself."""
        if name != "ureboot" or (value is not None) != (action == _WRITE):
            raise BadArgument(name)
        if value is None:
            return f'+SYSNV: "ureboot",{self._kept.ureboot}'
        self._kept.ureboot = value
        self._store()
        return None

    @command.set("+WISN")
    def set_text(self, text: Annotated[str, Text("text", _LONGEST)]) -> None:
        """Keep a text of at most 64 bytes."""
        self._kept.text = text
        self._store()

    @command.read("+WISN")
    def text(self) -> Reply:
        """The text, bare."""
        return Reply((self._kept.text,) if self._kept.text else ())

    @command.set("+CATCHPCAP")
    def set_capture(self, on: Annotated[int, OneOf(0, 1)]) -> None:
        """Record packets on USB: 0 not, 1 yes."""
        self._captures = on

    @command.read("+CATCHPCAP")
    def capture(self) -> str:
        """Whether packets are recorded."""
        return f"+CATCHPCAP: {self._captures}"

    @command.read("*EUICC")
    def chip_card(self) -> str:
        """Whether a card can be part of the module."""
        return "*EUICC: 1"

    def _store(self) -> None:
        self.run.hardware.nvram.store(_RECORD, asdict(self._kept))


@dataclass(slots=True)
class _Notes:
    """What NVRAM holds."""

    ureboot: int = 0
    text: str = ""

    @classmethod
    def boot(cls, nvram: Nvram) -> _Notes:
        allowed: dict[str, Container[Any]] = {"ureboot": range(2), "text": LineText(_LONGEST)}
        return nvram.restore(_RECORD, cls(), allowed)
