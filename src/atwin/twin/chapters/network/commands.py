"""Functionality and operator: AT+CFUN, COPS (docs/spec/network.md §2)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.kinds import BadArgument, OneOf, Range, Text
from atwin.at.reply import CmeError, Reply
from atwin.twin.chapters.network.radio import FULL, Radio
from atwin.twin.engine.run import Commands, Run

#: Seconds AT+COPS=? scans the bands.
SCAN_TIME = 20.0

LTE = 7
_AUTOMATIC, _MANUAL, _DEREGISTER, _FORMAT_ONLY, _MANUAL_ELSE_AUTOMATIC = range(5)


class NetworkCommands(Commands):
    """Radio functionality and operator (docs/spec/network.md §2)."""

    title = "Network"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._radio = run.find(Radio)
        self._mode = _AUTOMATIC
        self._operator_format = 2

    # --- functionality --------------------------------------------------------------------------

    @command.read("+CFUN")
    def functionality(self) -> str:
        """0 minimum, 1 full, 4 flight mode."""
        return f"+CFUN: {self._radio.functionality}"

    @command.set("+CFUN", test=True)
    def set_functionality(
        self,
        level: Annotated[int, OneOf(0, 1, 4)],
        reset: Annotated[int, OneOf(0, 1)] = 0,
    ) -> Reply | None:
        """0 minimum, 1 full, 4 flight mode; with a 1 after it the module restarts, into full."""
        if reset:
            return Reply(after=self.run.power.restart)
        self._radio.set_functionality(level)
        return None

    # --- operator -------------------------------------------------------------------------------

    @command.read("+COPS")
    def operator(self) -> str:
        """Selection mode, name format, operator, access technology (7: LTE)."""
        if not self._radio.registered:
            return f"+COPS: {self._mode}"
        form = self._operator_format
        return f'+COPS: {self._mode},{form},"{self._names()[form]}",{LTE}'

    @command.set("+COPS")
    def choose_operator(
        self,
        mode: Annotated[int, Range(0, 4)],
        name_format: Annotated[int | None, OneOf(0, 1, 2)] = None,
        name: Annotated[str | None, Text("oper")] = None,
        technology: Annotated[int | None, Range(0, LTE)] = None,
    ) -> None:
        """0 automatic, 1 manual, 2 deregister, 3 set the name format only, 4 manual else 0.

        Name formats: 0 long, 1 short, 2 number.
        """
        if mode == _FORMAT_ONLY and name_format is None:
            raise BadArgument("a format must be given")
        if name_format is not None and mode != _DEREGISTER:
            self._operator_format = name_format
        if mode == _FORMAT_ONLY:
            return
        if self._radio.functionality != FULL:
            raise CmeError(Cme.NOT_ALLOWED)
        if mode in (_MANUAL, _MANUAL_ELSE_AUTOMATIC):
            if name_format is None or name is None:
                raise BadArgument("a format and a name must be given")
            found = name == self._names()[name_format]
            if mode == _MANUAL and not found:
                raise CmeError(Cme.NETWORK_NOT_ALLOWED)
            mode = _MANUAL if found else _AUTOMATIC
        self._mode = mode
        if mode == _DEREGISTER:
            self._radio.leave_network()
        else:
            self._radio.find_network()

    @command.test("+COPS")
    async def operators(self) -> str:
        """Search for operators: one group each of state, long, short, number, technology."""
        if self._radio.functionality != FULL:
            raise CmeError(Cme.NOT_ALLOWED)
        await self.run.hardware.pause(SCAN_TIME)
        long_name, short_name, number = self._names()
        state = 2 if self._radio.registered else 1
        found = f'({state},"{long_name}","{short_name}","{number}",{LTE})'
        return f"+COPS: {found},,(0-4),(0-2)"

    def _names(self) -> tuple[str, str, str]:
        cell = self._radio.cell
        return cell.long_name, cell.short_name, cell.plmn
