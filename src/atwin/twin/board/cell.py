"""What the antenna finds: the mobile network as a module sees it (docs/spec/network.md §1)."""

from __future__ import annotations

from dataclasses import dataclass

#: Registration states that mean service: home network, roaming.
SERVICE = (1, 5)


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
    #: 0-7; 99 unknown.
    ber: int = 0
    #: Tracking area and cell, hexadecimal.
    tac: str = "1863"
    cell_id: str = "01a2c315"
    plmn: str = "46000"
    long_name: str = "CHINA MOBILE"
    short_name: str = "CMCC"
    #: The access point of a context whose own is empty.
    apn: str = "cmiot"
    dns: tuple[str, str] = ("211.138.180.4", "211.138.180.5")
    sends_nitz: bool = True
    #: Quarter hours east of UTC.
    zone_quarters: int = 32
    _leases: int = 0

    def gives(self, apn: str) -> bool:
        """Whether it activates a PDP with that access point."""
        return self.grants_pdp and apn not in self.refused_apns

    def lease(self, imsi: str) -> str:
        """An address for the subscriber; the next one is another (docs/spec/network.md §1)."""
        number = int(imsi[-8:]) + 40_503 * self._leases
        self._leases += 1
        octets = (number // 254**2 % 254, number // 254 % 254, number % 254)
        return ".".join(("10", *(str(1 + octet) for octet in octets)))
