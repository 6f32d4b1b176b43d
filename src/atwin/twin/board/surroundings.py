"""What a module finds around it: voltages, its place, and what is available there.

All of it may change at any time, by the control socket (docs/reference/control.md).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """A wireless network in reach: dBm, channel, and its name, which may be empty."""

    mac: str
    rssi: int
    channel: int
    name: str = ""


_ACCESS_POINTS = (
    AccessPoint("22:f2:2c:6f:55:9a", -48, 11, "TP-LINK_559A"),
    AccessPoint("18:69:da:3c:61:0e", -63, 6, "office"),
    AccessPoint("74:05:a5:c8:b2:71", -81, 1),
)


@dataclass(slots=True)
class Surroundings:
    """As they are now; `Module.surround` changes them where the firmware is to notice."""

    #: mV at VBAT.
    voltage: int = 3968
    #: Per cent of the battery, where the model reports them.
    charge: int = 80
    #: mV at each input of the converter.
    adc: tuple[int, int] = (1086, 1086)
    #: Degrees north and east.
    position: tuple[float, float] = (34.7980542, 114.3204965)
    #: What a request for the position ends with: 0 is the position.
    location_code: int = 0
    access_points: tuple[AccessPoint, ...] = _ACCESS_POINTS
    #: Name of the firmware that the vendor's server offers; empty for none.
    update: str = ""
