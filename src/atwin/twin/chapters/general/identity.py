"""Who the module is (spec: models.md, network.md §2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.command import Family
from atwin.at.kinds import OneOf
from atwin.at.reply import Reply

if TYPE_CHECKING:
    from atwin.models import Profile
    from atwin.twin.board.identity import Identity

MANUFACTURER = "AirM2M"


class IdentityCommands(Family):
    """Maker, model, firmware and serial numbers (spec: models.md, network.md §2)."""

    title = "Identity"

    def __init__(self, profile: Profile, identity: Identity) -> None:
        self._profile = profile
        self._identity = identity

    @command.basic("I")
    def firmware(self, page: Annotated[int, OneOf(0)] = 0) -> str:
        """The firmware's name."""
        return self._profile.firmware

    @command.execute("+VER")
    def version(self) -> str:
        """The firmware's name."""
        return self._profile.firmware

    @command.execute("+CGMI")
    def manufacturer(self) -> str:
        """The maker."""
        return f'+CGMI: "{MANUFACTURER}"'

    @command.execute("+GMI")
    def manufacturer_short(self) -> str:
        """The maker."""
        return f'+GMI: "{MANUFACTURER}"'

    @command.execute("+CGMM")
    def model(self) -> str:
        """The model."""
        return f'+CGMM: "{self._profile.name}"'

    @command.execute("+GMM")
    def model_short(self) -> str:
        """The model."""
        return f'+GMM: "{self._profile.name}"'

    @command.execute("+CGMR")
    def revision(self) -> str:
        """The firmware's name."""
        return f'+CGMR: "{self._profile.firmware}"'

    @command.execute("+GMR")
    def revision_short(self) -> str:
        """The firmware's name."""
        return f'+GMR: "{self._profile.firmware}"'

    @command.execute("+CGSN")
    def serial_number(self) -> str:
        """The module's serial number (IMEI), 15 digits."""
        return self._identity.imei

    @command.execute("+GSN")
    def serial_number_short(self) -> str:
        """The module's serial number (IMEI), 15 digits."""
        return self._identity.imei

    @command.execute("^HVER")
    def hardware_version(self) -> str:
        """The chip."""
        return f"^HVER: {self._profile.chip}"

    @command.execute("*I")
    def everything(self) -> Reply:
        """All of it in eight lines."""
        profile, identity = self._profile, self._identity
        return Reply(
            (
                f"Manufacturer: {MANUFACTURER}",
                f"Model: {profile.name}",
                f"Revision: {profile.firmware}",
                f"HWver: {profile.hardware_version}",
                f"Buildtime: {profile.build_time}",
                f"IMEI: {identity.imei}",
                f"ICCID: {identity.iccid}",
                f"IMSI: {identity.imsi}",
            )
        )
