"""FTP: the parameters of a session; there is none (docs/spec/time-ftp.md §2, §3)."""

from __future__ import annotations

from dataclasses import asdict, make_dataclass

from atwin.at import command
from atwin.at.kinds import OneOf, OneWord, ParameterKind, Range, Text
from atwin.at.reply import AtError, Reply
from atwin.twin.chapters.answered.row import Answered, Row
from atwin.twin.engine.run import Chapter, Run

_RECORD = "ftp"
#: Seconds; nothing sets them.
_TIME_OUT = 75
_NUMBERS = {"+FTPPORT": range(1, 65536), "+FTPCID": range(1, 4), "+FTPREST": range(1 << 32)}
_TYPES, _WAYS = ("A", "I"), ("APPE", "STOU", "STOR")
_CHOICES = {"+FTPTYPE": _TYPES, "+FTPPUTOPT": _WAYS, "+FTPMODE": (1,)}


def _row(name: str, kind: ParameterKind, doc: str, kept: object = "") -> Row:
    return Row(name, {"value": kind}, doc, kept=(kept,), test="")


def _number(name: str, doc: str, kept: int) -> Row:
    allowed = _NUMBERS[name]
    return _row(name, Range(allowed[0], allowed[-1]), doc, kept)


#: In the order of AT+FTPSCONT?.
_PARAMETERS = (
    _row("+FTPSERV", Text("server", 49), "The server."),
    _number("+FTPPORT", "Its port.", 21),
    _row("+FTPUN", Text("user", 49), "The user."),
    _row("+FTPPW", Text("password", 49), "The password."),
    _number("+FTPCID", "The bearer that is used.", 1),
    _row("+FTPMODE", OneOf(1), "Who makes data connections: 1, the module.", 1),
    _row("+FTPTYPE", OneWord(*_TYPES), "Data as text (A) or as they are (I).", "A"),
    _row("+FTPPUTOPT", OneWord(*_WAYS), "How a file is put.", "STOR"),
    _number("+FTPREST", "The byte from which on a file is got.", 0),
    _row("+FTPGETNAME", Text("name", 99), "The file to get."),
    _row("+FTPGETPATH", Text("path", 255), "Its directory.", "/"),
    _row("+FTPPUTNAME", Text("name", 99), "The file to put."),
    _row("+FTPPUTPATH", Text("path", 99), "Its directory.", "/"),
)
#: The values that AT+FTPSCONT saves, with those of a fresh module.
_Saved = make_dataclass(
    "_Saved", [(row.name[1:], type(row.kept[0]), row.kept[0]) for row in _PARAMETERS]
)
_ALLOWED = {name[1:]: values for name, values in ({**_NUMBERS, **_CHOICES}).items()}


class FtpCommands(Answered):
    """FTP: the parameters are kept; there is no session."""

    title = "FTP"
    rows = (
        *_PARAMETERS,
        Row("+FTPSTATE", {}, "Whether there is a session: no.", execute="0"),
        Row("+FTPGETTOFS", {}, "What was got: nothing.", read="0"),
        Row("+FTPPUTFRMFS", {}, "What was put: nothing.", read="0"),
        Row("+FTPEXTGET", {}, "What was got: nothing.", read="0"),
    )

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._nvram = run.hardware.nvram
        saved = asdict(self._nvram.restore(_RECORD, _Saved(), _ALLOWED))
        self._kept = {f"+{name}": [value] for name, value in saved.items()}

    def refusal(self, number: int) -> AtError:
        """Always plain ERROR."""
        return AtError()

    @command.execute("+FTPQUIT")
    def quit(self) -> None:
        """End the session: there is none, so ERROR."""
        raise AtError

    @command.execute("+FTPSCONT")
    def save(self) -> None:
        """Save the parameters for the next starts."""
        values = {row.name[1:]: self.kept(row)[0] for row in _PARAMETERS}
        self._nvram.store(_RECORD, values)

    @command.read("+FTPSCONT")
    def saved(self) -> Reply:
        """Mode 0 when parameters are saved, else 1; and the parameters as they are now."""
        mode = 0 if self._nvram.has(_RECORD) else 1
        values = (f"{row.name}: {self.kept(row)[0]}" for row in _PARAMETERS)
        return Reply((f"+FTPSCONT: {mode}", *values, f"+FTPTIMEOUT: {_TIME_OUT}"))


CHAPTER = Chapter((FtpCommands,))
