"""Serial port commands: rate, frame, flow control (docs/spec/uart.md §5-§7)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.kinds import BadArgument, OneOf, Range
from atwin.line.frame import FASTEST_AUTO, RATES, Flow
from atwin.twin.engine.run import Chapter, Commands, Run

#: bit/s; 0 is auto-baud, which finds rates up to `FASTEST_AUTO`.
_SETTABLE = (0, *RATES)

#: Frame formats of AT+ICF with eight data bits; the others have seven.
EIGHT_BITS = (1, 2, 3)


class SerialCommands(Commands):
    """Rate, frame and flow control of the port; AT&W keeps them (docs/spec/uart.md §5-§7)."""

    title = "Serial port"

    def __init__(self, run: Run) -> None:
        self._settings = run.settings
        self._profile = run.profile
        fastest, lowest = run.profile.limit("max_baud"), 0 if run.profile.has("auto_baud") else 1
        self._settable = tuple(rate for rate in _SETTABLE if lowest <= rate <= fastest)

    # --- rate -----------------------------------------------------------------------------------

    @command.read("+IPR")
    def rate(self) -> str:
        """The rate in bit/s, 0 for auto-baud."""
        return f"+IPR: {self._settings.ipr}"

    @command.set("+IPR")
    def set_rate(self, rate: Annotated[int, OneOf(*_SETTABLE)]) -> None:
        """Set the rate in bit/s from the next command on; 0 is auto-baud, up to 230400."""
        if rate not in self._settable:
            raise BadArgument(str(rate))
        self._settings.ipr = rate

    @command.test("+IPR")
    def rates(self) -> str:
        """The rates auto-baud finds, and the ones that can be set."""
        found = (rate for rate in RATES if rate <= FASTEST_AUTO)
        lists = (found, self._settable) if self._settable[0] == 0 else (self._settable,)
        return "+IPR: " + ",".join(f"({','.join(map(str, rates))})" for rates in lists)

    # --- frame ----------------------------------------------------------------------------------

    @command.read("+ICF")
    def frame(self) -> str:
        """Frame format and parity."""
        return "+ICF: {},{}".format(*self._settings.icf)

    @command.set("+ICF", test=True)
    def set_frame(
        self,
        frame_format: Annotated[int, Range(1, 6)],
        parity: Annotated[int, Range(0, 1)] = 0,
    ) -> None:
        """Set the frame: 1 8N2, 2 8 bits with parity, 3 8N1, 4 7N2, 5 7 bits with parity, 6 7N1.

        Parity: 0 odd, 1 even; without meaning in a format that has none.
        """
        if frame_format not in EIGHT_BITS and not self._profile.has("seven_data_bits"):
            raise BadArgument(str(frame_format))
        self._settings.icf = (frame_format, parity)

    # --- flow control ---------------------------------------------------------------------------

    @command.read("+IFC")
    def flow(self) -> str:
        """Flow control towards the host and towards the module."""
        to_host, to_module = self._settings.ifc
        return f"+IFC: {to_host}{self._comma}{to_module}"

    @command.set("+IFC")
    def set_flow(
        self,
        to_host: Annotated[int, OneOf(0, 1, 2)],
        to_module: Annotated[int | None, OneOf(0, 1, 2)] = None,
    ) -> None:
        """Set what stops the module, and what the module stops the host with.

        0 nothing, 1 XON/XOFF, 2 RTS/CTS. The second left out is the same as the first.
        """
        chosen = (to_host, to_host if to_module is None else to_module)
        if Flow.SOFTWARE in chosen and self._profile.has("ifc_hw_only"):
            raise BadArgument(str(int(Flow.SOFTWARE)))
        self._settings.ifc = chosen

    @command.test("+IFC")
    def flows(self) -> str:
        """What AT+IFC takes."""
        values = "(0,2)" if self._profile.has("ifc_hw_only") else "(0-2)"
        return f"+IFC: {values}{self._comma}{values}"

    @property
    def _comma(self) -> str:
        return ", " if self._profile.has("ifc_blank") else ","


CHAPTER = Chapter((SerialCommands,))
