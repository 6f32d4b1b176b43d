"""The rungs of the vendor's ladder, gentlest first (docs/spec/power.md §5, network.md §4)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from atwin.host.channel.script import Script

if TYPE_CHECKING:
    from collections.abc import Set

    from atwin.host.recovery.board import Board
    from atwin.line.pins import Pin

#: Seconds single commands may take (docs/spec/network.md §1).
_SHUT_TIME, _FUNCTION_TIME = 90.0, 45.0

#: Seconds in flight mode (docs/spec/power.md §5).
_FLIGHT_TIME = 5.0

#: Seconds from the OK of AT+RESET to the first sign of a new life.
_RESTART_TIME = 0.5


class Rung(ABC):
    """One way to bring a module back. It ends with a module on the network, or raises."""

    #: What a person is told.
    name: ClassVar[str]
    #: Seconds it may take in all.
    deadline: ClassVar[float] = 300.0
    #: Pins it cannot do without.
    needs: ClassVar[Set[Pin]] = frozenset()

    @abstractmethod
    async def climb(self, board: Board) -> None:
        """Do it. Raises `HostError` and `PinError`."""


class FindLine(Rung):
    """The module answers at another rate, or at last: nothing else was wrong."""

    name: ClassVar[str] = "finding the module on the line"
    deadline: ClassVar[float] = 120.0

    async def climb(self, board: Board) -> None:
        """A module that was silent has most likely restarted."""
        board.channel.expect_restart()
        await board.line.start_over()
        await board.bring_up()


class NewPdp(Rung):
    """SAPBR closed and opened."""

    name: ClassVar[str] = "new PDP"
    deadline: ClassVar[float] = 120.0

    async def climb(self, board: Board) -> None:
        await board.bearer.rebuild()


class CipShut(Rung):
    """CIPSHUT ends every other use of the PDP too."""

    name: ClassVar[str] = "CIPSHUT"
    deadline: ClassVar[float] = 220.0

    async def climb(self, board: Board) -> None:
        script = Script("CIPSHUT", board.channel)
        await script.ask("AT+CIPSHUT", deadline=_SHUT_TIME)
        await board.bearer.rebuild()


class FlightMode(Rung):
    """CFUN=0, five seconds, CFUN=1: off the network and on again."""

    name: ClassVar[str] = "flight mode"

    async def climb(self, board: Board) -> None:
        script = Script("flight mode", board.channel)
        try:
            await script.ask("AT+CFUN=0", deadline=_FUNCTION_TIME)
            await board.clock.sleep(_FLIGHT_TIME)
        except BaseException:
            # Whoever is interrupted here must not leave a module in flight mode behind.
            board.channel.send_blind("AT+CFUN=1")
            raise
        await script.step("AT+CFUN=1", deadline=_FUNCTION_TIME)
        await board.bring_up()


class ResetCommand(Rung):
    """AT+RESET, for a module that still listens."""

    name: ClassVar[str] = "AT+RESET"

    async def climb(self, board: Board) -> None:
        await Script("restart", board.channel).step("AT+RESET")
        await board.clock.sleep(_RESTART_TIME)
        await board.come_back()


class _Pulse(Rung):
    """A pin held low for its time, and whatever then brings the module back."""

    _pin: ClassVar[Pin]

    def __init_subclass__(cls) -> None:
        cls.needs = frozenset({cls._pin})

    async def climb(self, board: Board) -> None:
        await board.pulse(self._pin)
        await board.come_back()


class ResetPin(_Pulse):
    """RESET_N low; on an Air780E that is off, so PWRKEY follows."""

    name: ClassVar[str] = "RESET pin"
    _pin: ClassVar[Pin] = "reset"


class PowerKey(_Pulse):
    """PWRKEY alone: for a module that is off. One that was on is off then, and started again."""

    name: ClassVar[str] = "PWRKEY"
    _pin: ClassVar[Pin] = "power_key"


class PowerCycle(_Pulse):
    """The supply cut, for a module that nothing else reaches."""

    name: ClassVar[str] = "power cycle"
    _pin: ClassVar[Pin] = "supply"


#: How often the PDP is rebuilt before anything stronger (docs/spec/flows.md §1).
PDP_REBUILDS = 3

#: Names of the rungs that are part of any try and change nothing a person has to know of.
GENTLE = (NewPdp.name,)

#: For a module that answers: from the bottom to the top.
ANSWERING: tuple[type[Rung], ...] = (
    *(NewPdp,) * PDP_REBUILDS,
    CipShut,
    FlightMode,
    ResetCommand,
    ResetPin,
    PowerCycle,
)

#: How many of them leave the module on: up to a new registration.
REGISTERING = ANSWERING.index(FlightMode) + 1

#: For one that does not.
SILENT: tuple[type[Rung], ...] = (FindLine, ResetPin, PowerKey, PowerCycle)
