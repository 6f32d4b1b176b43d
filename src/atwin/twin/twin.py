"""A whole virtual module on a port, ready made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from atwin.clock import LoopClock
from atwin.line.uart import Uart
from atwin.models import Profile, load_profile
from atwin.twin.hardware import Hardware
from atwin.twin.identity import Identity
from atwin.twin.module import Module
from atwin.twin.rtc import Rtc

if TYPE_CHECKING:
    from types import TracebackType

    from atwin.clock import Clock
    from atwin.line.port import Port
    from atwin.net.network import Network


class Twin:
    """A module of `model` behind `port`, switched on.

    `warm` (the default) is a module that was powered long ago: booted and registered, its boot
    text long gone. `warm=False` boots from power-off, with the times of spec power.md §3 times
    `time_scale`. The same `seed` gives the same IMEI, IMSI and ICCID.
    """

    def __init__(
        self,
        model: str | Profile,
        port: Port,
        *,
        network: Network,
        clock: Clock | None = None,
        seed: int = 0,
        warm: bool = True,
        time_scale: float = 1.0,
    ) -> None:
        """Raises `UnknownModelError`."""
        clock = clock or LoopClock()
        self.module = Module(
            Hardware(
                profile=model if isinstance(model, Profile) else load_profile(model),
                uart=Uart(port),
                network=network,
                clock=clock,
                identity=Identity.from_seed(seed),
                rtc=Rtc(clock),
                time_scale=time_scale,
            )
        )
        self.module.power_on(warm=warm)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Switch off and let go of the port."""
        await self.module.close()
