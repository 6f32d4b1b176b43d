"""The module's control pins, as a host drives them by whatever means (docs/spec/power.md §1)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Literal

from atwin.line.port import PortError

if TYPE_CHECKING:
    from collections.abc import Set

Pin = Literal["reset", "power_key", "supply"]
PINS: tuple[Pin, ...] = ("reset", "power_key", "supply")


class PinError(PortError):
    """A pin could not be driven; the text says by what means, and why."""


class PinSpecError(PinError):
    """What somebody wrote names no means to drive pins with."""


class HostPins(ABC):
    """Levels of RESET_N and PWRKEY, which work when low, and of the supply (low is off).

    What has bodies here is that of means whose opening moves nothing.
    """

    @property
    @abstractmethod
    def driven(self) -> Set[Pin]:
        """The pins there is a wire for."""

    @property
    def takes_rts(self) -> bool:
        """Whether the port's RTS is a means, and so no flow control."""
        return False

    @property
    def takes_dtr(self) -> bool:
        """Whether the port's DTR is a means, and so wired to no other pin."""
        return False

    async def prepare(self) -> None:  # noqa: B027 - opening the others tells enough
        """Find out whether the means will work when they are needed, and move no pin for that.

        A pin that an earlier program held low until it was killed is let go, where the means can
        tell. Raises `PinError`.
        """

    @abstractmethod
    async def drive(self, pin: Pin, high: bool) -> None:
        """Bring one of `driven` to a level, and return when it is there. Raises `PinError`."""

    async def let_go(self) -> None:  # noqa: B027 - most have nothing to undo
        """Undo what merely opening the means did to the pins. Raises `PinError`."""

    async def close(self) -> None:  # noqa: B027 - nor to close
        """Let go of the means; the pins stay as they are. Harmless when called twice."""
