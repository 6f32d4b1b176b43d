"""SIM toolkit, phone book, operators' list, access to the card's files (docs/spec/stubs.md §5)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.kinds import OneOf, OneWord, Range, Tail
from atwin.twin.chapters.answered.row import Answered, Row
from atwin.twin.engine.run import Chapter

_PLACES = ("SM", "ME", "ON")
_LARGEST = 250
_BOOK, _TOOLKIT, _LIST = "phonebook", "sim_toolkit", "operator_list"
_NEVER = ("", Cme.NOT_SUPPORTED)
_REST = {"values": Tail("values")}
_ENTRY = f"(1-{_LARGEST}),40,20"
_PLACE = {"first": Range(1, _LARGEST), "last": Range(1, _LARGEST)}


class CardCommands(Answered):
    """SIM toolkit, phone book and the card's files: a card without entries, as a new one is."""

    title = "SIM toolkit and phone book"
    rows = (
        Row("^STA", {"on": OneOf(0, 1)}, "The SIM toolkit.", kept=(0,), needs=_TOOLKIT),
        Row("^STGI", _REST, "What the card's menu has.", needs=_TOOLKIT),
        Row("^STR", _REST, "What was chosen of it.", needs=_TOOLKIT),
        Row(
            "+CPBS",
            {"memory": OneWord(*_PLACES)},
            "The phone book that is used.",
            kept=("SM",),
            read=f'"{{}}",0,{_LARGEST}',
            needs=_BOOK,
        ),
        Row("+CPBR", _PLACE, "Entries; all are empty.", least=1, test=_ENTRY, needs=_BOOK),
        Row("+CPBF", _REST, "Entries by name; there are none.", needs=_BOOK),
        Row("+CPOL", _REST, "Preferred operators.", read="", needs=_LIST),
        Row("+CPLS", {"list": Range(0, 2)}, "Which list of them.", kept=(0,), needs=_LIST),
        Row("+CCHO", _REST, "A channel to the card.", refused=_NEVER),
        Row("+CCHC", _REST, "A channel to the card.", refused=_NEVER),
        Row("+CGLA", _REST, "A command over such a channel.", refused=_NEVER),
    )

    @command.set("+CRSM")
    def card_file(self, values: Annotated[object, Tail("values")]) -> str:
        """Access to a file of the card: it has no such file."""
        return '+CRSM: 148,4,""'

    @command.set("+CPBW", needs=_BOOK)
    def write(self, values: Annotated[object, Tail("values")]) -> None:
        """An entry: taken, and not kept."""


CHAPTER = Chapter((CardCommands,))
