"""What AT+UPGRADE sets: whether to ask, how often, and whom (docs/spec/general.md §3)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from atwin.twin.board.nvram import LineText

if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Any

    from atwin.twin.board.nvram import Nvram
    from atwin.twin.engine.run import Run

_RECORD = "upgrade"
#: Bytes of a key and of a URL.
LONGEST_KEY, LONGEST_URL = 64, 256
#: Seconds between two questions: the least and the most.
SHORTEST, LONGEST = 60, 4_294_967_296
#: The vendor's server.
SERVER = "http://iot.openluat.com/api/site/firmware_upgrade"


@dataclass(slots=True)
class UpgradeSettings:
    """At their factory values."""

    auto: bool = True
    period: int = 86_400
    key: str = ""
    #: Empty is the vendor's server.
    url: str = ""

    @classmethod
    def boot(cls, nvram: Nvram) -> UpgradeSettings:
        """The saved ones."""
        allowed: dict[str, Container[Any]] = {
            "period": range(SHORTEST, LONGEST + 1),
            "key": LineText(LONGEST_KEY),
            "url": LineText(LONGEST_URL),
        }
        return nvram.restore(_RECORD, cls(), allowed)

    def store(self, nvram: Nvram) -> None:
        """Keep them."""
        nvram.store(_RECORD, asdict(self))

    def asks(self, run: Run) -> bool:
        """Whether there is somebody to ask: a URL, or the vendor's server where the flag is on."""
        return bool(self.url) or run.profile.has("fota_default")

    def question(self, run: Run, url: str = "") -> str:
        """The URL to ask, with who asks."""
        url = url or self.url or SERVER
        asked = {
            "project_key": self.key,
            "imei": run.hardware.identity.imei,
            "firmware_name": run.profile.firmware,
            "version": version_of(run.profile.firmware),
        }
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())
        return f"{url}{'&' if '?' in url else '?'}{query}"


def version_of(firmware: str) -> str:
    """`V1169` of `AirM2M_780E_V1169_LTE_AT`."""
    versions = [part for part in firmware.split("_") if part[:1] == "V" and part[1:].isdigit()]
    return versions[0] if versions else firmware
