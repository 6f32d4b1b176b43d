"""What the antenna finds: the mobile network as a module sees it (docs/spec/network.md §1)."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Registration states that mean service: home network, roaming.
SERVICE = (1, 5)
ROAMING = 5

#: Unknown, as AT+CSQ and AT+CESQ say it.
NO_RSSI, NO_LEVEL = 99, 255

#: Resource blocks of the channel, by the number that stands for the bandwidth.
BLOCKS = (6, 15, 25, 50, 75, 100)

#: Of an uplink channel (LTE bands 1 to 45) and its downlink.
_UPLINK = 18_000
_MOST_NEIGHBOURS = 6


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another cell in reach; its numbers are those of the serving one."""

    earfcn: int = 38400
    cell_id: str = "0b140000"
    rsrp: int = 57
    rsrq: int = 8
    tac: str = "1863"
    level: int = 36
    pci: int = 369


@dataclass(slots=True)
class Cell:
    """The network side. Every field may be changed at any time; tests and faults do."""

    #: The registration state it grants: 1 home, 5 roaming, 3 denied, 2 no cell in reach.
    grants: int = 1
    #: Whether it grants a PDP context.
    grants_pdp: bool = True
    #: Access points it does not know; the empty one is its own choice.
    refused_apns: frozenset[str] = frozenset()
    #: 0-31, dBm = 2 * rssi - 113; 99 unknown.
    rssi: int = 22
    #: 0-34, dB = rsrq / 2 - 20; 255 unknown.
    rsrq: int = 20
    #: dB.
    sinr: int = 11
    #: Tracking area and cell, hexadecimal; the physical number of the cell.
    tac: str = "1863"
    cell_id: str = "01a2c315"
    pci: int = 351
    #: LTE band, its downlink channel, and the bandwidth as an index into `BLOCKS`.
    band: int = 39
    earfcn: int = 38300
    bandwidth: int = 5
    plmn: str = "46000"
    long_name: str = "CHINA MOBILE"
    short_name: str = "CMCC"
    #: The access point of a context whose own is empty.
    apn: str = "cmiot"
    dns: tuple[str, str] = ("211.138.180.4", "211.138.180.5")
    sends_nitz: bool = True
    #: Quarter hours east of UTC.
    zone_quarters: int = 32
    neighbours: tuple[Neighbour, ...] = (Neighbour(),)
    _leases: int = 0

    @property
    def mcc(self) -> str:
        """The country of the operator."""
        return self.plmn[:3]

    @property
    def mnc(self) -> str:
        """The operator's number in the country."""
        return self.plmn[3:]

    @property
    def rsrp(self) -> int:
        """0-97, dBm = rsrp - 141; 255 unknown. About 28 dB under the RSSI of a 10 MHz cell."""
        return NO_LEVEL if self.rssi == NO_RSSI else 2 * self.rssi

    @property
    def level(self) -> int:
        """By how much the cell is better than the least that can be used, in dB."""
        return 0 if self.rsrp == NO_LEVEL else max(0, self.rsrp - 17)

    @property
    def uplink_earfcn(self) -> int:
        """The uplink channel."""
        return self.earfcn + _UPLINK

    def gives(self, apn: str) -> bool:
        """Whether it activates a PDP with that access point."""
        return self.grants_pdp and apn not in self.refused_apns

    def lease(self, imsi: str) -> str:
        """An address for the subscriber; the next one is another (docs/spec/network.md §1)."""
        number = int(imsi[-8:]) + 40_503 * self._leases
        self._leases += 1
        octets = (number // 254**2 % 254, number // 254 % 254, number % 254)
        return ".".join(("10", *(str(1 + octet) for octet in octets)))

    # --- from outside ---------------------------------------------------------------------------

    def shown(self) -> dict[str, Any]:
        """What `change` takes, for JSON."""
        values = asdict(self)
        return {name: values[name] for name in _TAKES}

    @staticmethod
    def checked(values: Mapping[str, Any]) -> dict[str, Any]:
        """Fields by their names, as `change` sets them. Raises `ValueError`."""
        return {name: _taken(name, value, _TAKES) for name, value in values.items()}

    @staticmethod
    def schema() -> dict[str, Any]:
        """The JSON schema of what `change` takes."""
        return _object({name: take.schema for name, take in _TAKES.items()})

    def change(self, values: Mapping[str, Any]) -> None:
        """Set fields by their names; all or none. Raises `ValueError`."""
        for name, value in self.checked(values).items():
            setattr(self, name, value)


@dataclass(frozen=True, slots=True)
class _Take:
    """What a field takes: by a JSON schema, and by what gives it or raises `ValueError`."""

    schema: dict[str, Any]
    read: Callable[[Any], Any]


def _whole(least: int, most: int, *more: int) -> _Take:
    def read(value: Any) -> int:
        if type(value) is not int or not (least <= value <= most or value in more):
            others = "".join(f" or {other}" for other in more)
            raise ValueError(f"give a whole number from {least} to {most}{others}")
        return value

    span = {"type": "integer", "minimum": least, "maximum": most}
    return _Take({"anyOf": [span, {"enum": list(more)}]} if more else span, read)


def _text(pattern: str, told: str) -> _Take:
    def read(value: Any) -> str:
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            raise ValueError(f"give {told}")
        return value

    return _Take({"type": "string", "pattern": f"^{pattern}$"}, read)


def _switch(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("give true or false")
    return value


def _neighbours(value: Any) -> tuple[Neighbour, ...]:
    if not isinstance(value, list) or len(value) > _MOST_NEIGHBOURS:
        raise ValueError(f"give a list of at most {_MOST_NEIGHBOURS} cells")
    cells = []
    for cell in value:
        if not isinstance(cell, dict):
            raise ValueError("give objects: " + ", ".join(sorted(_OF_NEIGHBOUR)))
        cells.append(Neighbour(**{n: _taken(n, v, _OF_NEIGHBOUR) for n, v in cell.items()}))
    return tuple(cells)


def _taken(name: str, value: Any, takes: Mapping[str, _Take]) -> Any:
    if name not in takes:
        raise ValueError(f"{name}: a cell has {', '.join(takes)}")
    try:
        return takes[name].read(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


_NAME = r"[ !#-~]{1,%d}"
#: What may be changed from outside, and what each field takes.
_TAKES: dict[str, _Take] = {
    "grants": _whole(1, 3, ROAMING),
    "grants_pdp": _Take({"type": "boolean"}, _switch),
    "rssi": _whole(0, 31, NO_RSSI),
    "rsrq": _whole(0, 34, NO_LEVEL),
    "sinr": _whole(-50, 50),
    "tac": _text(r"[0-9a-f]{4}", "four hexadecimal digits in small letters"),
    "cell_id": _text(r"[0-9a-f]{8}", "eight hexadecimal digits in small letters"),
    "pci": _whole(0, 503),
    "band": _whole(1, 85),
    "earfcn": _whole(0, 65535),
    "bandwidth": _whole(0, len(BLOCKS) - 1),
    "plmn": _text(r"[0-9]{5,6}", "five or six digits"),
    "long_name": _text(_NAME % 16, "up to 16 printable characters without quotes"),
    "short_name": _text(_NAME % 8, "up to 8 printable characters without quotes"),
    "apn": _text(_NAME % 100, "up to 100 printable characters without quotes"),
    "sends_nitz": _Take({"type": "boolean"}, _switch),
    "zone_quarters": _whole(-56, 56),
}
_MORE = {"rsrp": _whole(0, 97, NO_LEVEL), "level": _whole(0, 65535)}
_OF_NEIGHBOUR = {each.name: (_TAKES | _MORE)[each.name] for each in fields(Neighbour)}
_TAKES["neighbours"] = _Take(
    {
        "type": "array",
        "items": _object({name: take.schema for name, take in _OF_NEIGHBOUR.items()}),
        "maxItems": _MOST_NEIGHBOURS,
    },
    _neighbours,
)
