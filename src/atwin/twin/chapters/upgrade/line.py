"""AT+UARTUPGRADE: new firmware over the serial line, block by block (docs/spec/general.md §2)."""

from __future__ import annotations

import re
from functools import reduce
from operator import xor
from typing import Annotated

from atwin.at import command
from atwin.at.dialect.results import LineUpgradeError
from atwin.at.grammar import Argument
from atwin.at.kinds import BadArgument, Late, Text, integer
from atwin.at.reply import Reply
from atwin.twin.board.installed import package_name, wait_for_restart
from atwin.twin.chapters.upgrade.fetch import LARGEST
from atwin.twin.engine.run import Commands, Run

_ERASE, _WRITE, _VERIFY, _RESTART = 0, 1, 2, 5
#: The vendor's numbers, in the order of the checks; the last two are of our own choice.
_PARAMETERS, _NOT_ERASED, _ORDER, _SUM, _FULL, _NO_PACKAGE = 1, 6, 4, 5, 7, 8
_HEX = re.compile(r"([0-9A-Fa-f]{2})+")
_BYTE = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{1,2})")
#: Bytes of a package that say what it is.
_BEGIN = 64


class LineUpgradeCommands(Commands):
    """New firmware over the serial line (docs/spec/general.md §2)."""

    title = "Upgrade over the line"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        #: The first bytes and how many have come; None before flash is erased.
        self._begin: bytes | None = None
        self._size = 0
        #: The number of the next block; None for the first, which is 0 or 1.
        self._next: int | None = None
        self._verified: str | None = None

    @command.set("+UARTUPGRADE", needs="uart_upgrade", last=True)
    def upgrade(
        self,
        action: Annotated[Argument, Late(Text("action"))],
        number: Annotated[Argument | None, Late(Text("number"))] = None,
        size: Annotated[Argument | None, Late(Text("size"))] = None,
        data: Annotated[Argument | None, Late(Text("data"))] = None,
        check: Annotated[Argument | None, Late(Text("xor"))] = None,
    ) -> Reply:
        """Erase (0), write a block (1), verify (2), or restart into what was written (5).

        A block has a number one above the last, its bytes in hexadecimal with their count, and
        all of them combined by XOR in hexadecimal. Errors: 1 parameters, 6 not erased, 4 number,
        5 XOR, 7 more than fits, 8 no package.
        """
        block = (number, size, data, check)
        given = [argument for argument in block if argument is not None]
        if action.text == str(_WRITE) and len(given) == len(block):
            return _done(self._write(*given))
        if given or action.text not in map(str, (_ERASE, _VERIFY, _RESTART)):
            return _done(_PARAMETERS)
        if action.text == str(_ERASE):
            self._begin, self._size, self._next, self._verified = b"", 0, None, None
            return Reply()
        if self._begin is None:
            return _done(_NOT_ERASED)
        if action.text == str(_VERIFY):
            return self._verify(self._begin)
        if self._verified is None:
            return _done(_NO_PACKAGE)
        wait_for_restart(self.run.hardware.nvram, self._verified)
        return Reply(after=self.run.power.restart)

    def _write(self, number: Argument, size: Argument, data: Argument, check: Argument) -> int:
        """Take a block; the number of what is wrong with it, 0 when nothing is."""
        try:
            place, count = integer(number), integer(size)
        except BadArgument:
            return _PARAMETERS
        wanted = _BYTE.fullmatch(check.text)
        if wanted is None or not _HEX.fullmatch(data.text) or len(data.text) != 2 * count:
            return _PARAMETERS
        if self._begin is None:
            return _NOT_ERASED
        if place not in ((0, 1) if self._next is None else (self._next,)):
            return _ORDER
        block = bytes.fromhex(data.text)
        if reduce(xor, block) != int(wanted[1], 16):
            return _SUM
        if self._size + count > LARGEST:
            return _FULL
        self._next, self._verified = place + 1, None
        self._begin = (self._begin + block)[:_BEGIN]
        self._size += count
        return 0

    def _verify(self, begin: bytes) -> Reply:
        try:
            self._verified = package_name(begin)
        except ValueError:
            self._verified = None
        if self._verified is None:
            return _done(_NO_PACKAGE)
        return Reply(("+UARTUPGRADE: 6, XOTA_PS_PKG_VERIFIED",))


def _done(error: int) -> Reply:
    return Reply(final=str(LineUpgradeError(error))) if error else Reply()
