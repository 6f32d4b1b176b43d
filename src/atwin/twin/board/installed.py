"""Which firmware is in flash, and which waits to be put there (docs/spec/general.md §3)."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atwin.models import Profile
    from atwin.twin.board.nvram import Nvram

#: The record in NVRAM, which AT+RSTSET leaves: firmware is not a setting.
RECORD = "firmware"

#: What a firmware may be called, as a regular expression.
FIRMWARE_NAME = r"[A-Za-z0-9_.-]{1,63}"
#: Bytes of the first line of a package, its end included.
_FIRST_LINE = 64


def is_firmware(name: object) -> bool:
    """Whether a firmware may be called so."""
    return isinstance(name, str) and re.fullmatch(FIRMWARE_NAME, name) is not None


class _Names:
    """What a firmware may be called, or nothing."""

    def __contains__(self, name: object) -> bool:
        return name == "" or is_firmware(name)


@dataclass(slots=True)
class Installed:
    """What an update has left; all of it empty on a module that never had one."""

    #: The firmware that runs; empty for the profile's own.
    name: str = ""
    #: Its package is whole, and the restart that follows installs it.
    waiting: str = ""
    #: It has yet to say that it is there.
    untold: bool = False

    @classmethod
    def boot(cls, nvram: Nvram) -> Installed:
        """As NVRAM has it."""
        names = _Names()
        return nvram.restore(RECORD, cls(), {"name": names, "waiting": names})

    def store(self, nvram: Nvram) -> None:
        """Keep it."""
        nvram.store(RECORD, asdict(self))

    def on(self, profile: Profile) -> Profile:
        """The profile of a module on which this firmware is."""
        if self.name in ("", profile.firmware):
            return profile
        return replace(profile, firmware=self.name)


def wait_for_restart(nvram: Nvram, name: str) -> None:
    """The package of that firmware is whole: the next restart installs it."""
    installed = Installed.boot(nvram)
    installed.waiting = name
    installed.store(nvram)


def package_name(begin: bytes) -> str | None:
    """Which firmware a package holds, by its first line; None while that has not come.

    The vendor's format is not published. Here it is a line with the name, then anything. Raises
    `ValueError` for anything else.
    """
    line, end, _ = begin.partition(b"\n")
    name = line.decode("latin-1").rstrip("\r")
    if len(line) >= _FIRST_LINE or (end and not is_firmware(name)):
        raise ValueError("its first line names no firmware")
    return name if end else None
