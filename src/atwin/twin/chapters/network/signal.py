"""Signal: AT+CSQ, CESQ, and their reports (docs/spec/network.md §2, general.md §5)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.dialect.urcs import SignalExtended, SignalNoise, SignalStrength
from atwin.at.kinds import OneOf
from atwin.twin.board.cell import NO_LEVEL, NO_RSSI
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.chapters.network.repetition import Repetition
from atwin.twin.engine.run import Commands, Run


class SignalCommands(Commands):
    """How well the cell is heard (docs/spec/network.md §2, general.md §5)."""

    title = "Signal"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._radio = run.find(Radio)
        self._radio.watchers.append(self._changed)
        self._reports = Repetition(run, self._report)
        self._said = ""

    @command.execute("+CSQ")
    def signal(self) -> str:
        """Signal strength 0-31 (dBm = 2 * n - 113) and bit error rate 0-7; 99 unknown."""
        return "+CSQ: {},{}".format(*self._strength())

    @command.test("+CSQ")
    def signal_ranges(self) -> str:
        """What AT+CSQ may print."""
        return "+CSQ: (0-31,99),(0-7,99)"

    @command.execute("+CESQ")
    def extended_signal(self) -> str:
        """LTE signal: the last two are RSRQ (0-34, 255 unknown) and RSRP (0-97, dBm = n - 141)."""
        return str(SignalExtended(self._levels()))

    @command.test("+CESQ")
    def extended_signal_ranges(self) -> str:
        """What AT+CESQ may print."""
        return "+CESQ: (0-63,99),(0-7,99),(0-96,255),(0-127,255),(0-34,255),(0-97,255)"

    @command.set("*CSQ")
    def report_signal(self, on: Annotated[int, OneOf(0, 1)]) -> None:
        """Say +CSQ:, +CESQ: and *CESQ: every five seconds, and when the signal changes (1)."""
        self._said = self._levels()
        self._reports.turn(bool(on))

    @command.read("*CSQ")
    def reports_signal(self) -> str:
        """Whether the signal is reported."""
        return f"*CSQ: {int(self._reports.on)}"

    @command.test("*CSQ")
    def report_values(self) -> str:
        """The values of AT*CSQ, in a form of its own."""
        return "*CSQ = (0,1)"

    def _strength(self) -> tuple[int, int]:
        registered = self._radio.registered
        ber = self.run.profile.value("csq_ber") if registered else NO_RSSI
        return self._radio.rssi, ber

    def _levels(self) -> str:
        cell, registered = self._radio.cell, self._radio.registered
        rsrq, rsrp = (cell.rsrq, cell.rsrp) if registered else (NO_LEVEL, NO_LEVEL)
        return f"99,99,255,255,{rsrq},{rsrp}"

    def _report(self) -> None:
        self._said = levels = self._levels()
        self.run.urc(SignalStrength(*self._strength()))
        self.run.urc(SignalExtended(levels))
        noise = self._radio.cell.sinr if self._radio.registered else NO_LEVEL
        self.run.urc(SignalNoise(levels, str(noise)))

    def _changed(self) -> None:
        if self._reports.on and self._levels() != self._said:
            self._reports.turn(True)
            self._report()
