"""Network commands: functionality, signal, registration, operator (docs/spec/network.md §2)."""

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
    """Radio functionality, signal, registration and operator (docs/spec/network.md §2)."""

    title = "Network"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._radio = run.find(Radio)
        self.values = run.settings
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

    # --- signal ---------------------------------------------------------------------------------

    @command.execute("+CSQ")
    def signal(self) -> str:
        """Signal strength 0-31 (dBm = 2 * n - 113) and bit error rate 0-7; 99 unknown."""
        radio = self._radio
        return f"+CSQ: {radio.rssi},{radio.cell.ber if radio.registered else 99}"

    @command.test("+CSQ")
    def signal_ranges(self) -> str:
        """What AT+CSQ may print."""
        return "+CSQ: (0-31,99),(0-7,99)"

    @command.execute("+CESQ")
    def extended_signal(self) -> str:
        """LTE signal: the last two are RSRQ (0-34, 255 unknown) and RSRP (0-97, dBm = n - 141)."""
        # RSRP lies about 28 dB under the RSSI of a 10 MHz cell: n = 2 * rssi.
        rsrq, rsrp = (20, 2 * self._radio.rssi) if self._radio.registered else (255, 255)
        return f"+CESQ: 99,99,255,255,{rsrq},{rsrp}"

    @command.test("+CESQ")
    def extended_signal_ranges(self) -> str:
        """What AT+CESQ may print."""
        return "+CESQ: (0-63,99),(0-7,99),(0-96,255),(0-127,255),(0-34,255),(0-97,255)"

    # --- registration ---------------------------------------------------------------------------

    creg = command.Setting(
        "+CREG",
        "mode",
        OneOf(0, 1, 2, 3),
        "Report changes as URCs: 0 not, 1 the state, 2 and 3 with area and cell.",
        read="Report mode and state: 0 none, 1 home, 2 searching, 3 denied, 4 unknown, 5 roaming.",
        bare=0,
    )
    cgreg = command.Setting(
        "+CGREG",
        "mode",
        OneOf(0, 1, 2, 3),
        "Report changes as URCs: 0 not, 1 the state, 2 and 3 with area and cell.",
        read="Report mode and packet registration state, as in AT+CREG?.",
        bare=0,
    )
    cereg = command.Setting(
        "+CEREG",
        "mode",
        OneOf(0, 1, 2, 3, 4, 5),
        "Report changes as URCs: 0 not, 1 the state, 2 to 5 with area and cell.",
        read="Report mode and LTE registration state, as in AT+CREG?.",
        bare=0,
    )

    def value_shown(self, field: str) -> str:
        mode = getattr(self.values, field)
        return f"{mode},{self._radio.registration(mode)}"

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
        if mode == _FORMAT_ONLY:
            if name_format is None:
                raise BadArgument("a format must be given")
            self._operator_format = name_format
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
