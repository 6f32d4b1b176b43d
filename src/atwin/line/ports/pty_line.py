"""How the host set its end of a PTY, seen from ours (Linux).

In packet mode, and with EXTPROC set, the kernel tells the master of each change of the
terminal settings. EXTPROC also leaves XON and XOFF to us.
"""

from __future__ import annotations

import struct
import termios
from fcntl import ioctl
from termios import CRTSCTS, IXON, TCSANOW, TIOCPKT, tcgetattr, tcsetattr
from typing import Any

from atwin.line.frame import HostSettings

#: Not in the termios module; the same on every Linux but Alpha's and MIPS's.
_EXTPROC = 0o200000
_TIOCPKT_FLUSHREAD, _TIOCPKT_FLUSHWRITE, _TIOCPKT_IOCTL = 1, 2, 64

_IFLAG, _CFLAG, _LFLAG, _ISPEED, _OSPEED = 0, 2, 3, 4, 5

#: The kernel's numbers for rates, both ways.
_SPEEDS = {
    int(name[1:]): int(getattr(termios, name))
    for name in dir(termios)
    if name[0] == "B" and name[1:].isdecimal()
}
_OF_SPEED = {speed: rate for rate, speed in _SPEEDS.items() if rate}

#: Asks for settings with any rate in them; the same on every Linux with the usual numbers.
_TCGETS2, _TERMIOS2 = 0x802C542A, struct.Struct("4I B19s 2I")


class PtySettings:
    """The terminal settings of the host of the PTY whose master's descriptor is `master`.

    A host that writes all flags, as most do, clears EXTPROC with them. It is set again with the
    host's settings as they are then, and the kernel has no way to do that in one step: a change
    between reading and writing would be undone. So it is put off until the host has done.
    """

    def __init__(self, master: int, rate: int | None) -> None:
        """Packet mode, and `rate` bit/s until a host sets another."""
        self._master = master
        ioctl(master, TIOCPKT, struct.pack("i", 1))
        self._seen: list[Any] = tcgetattr(master)
        if rate in _SPEEDS:
            self._seen[_ISPEED] = self._seen[_OSPEED] = _SPEEDS[rate]
        self._set_extproc()

    @property
    def told(self) -> bool:
        """Whether the kernel reports changes; else somebody must `look`."""
        return bool(self._seen[_LFLAG] & _EXTPROC)

    def look(self) -> HostSettings:
        """The settings as they are now. On Linux the master has those of the slave."""
        self._seen = tcgetattr(self._master)
        return HostSettings(
            rate=_OF_SPEED.get(self._seen[_OSPEED]) or self._odd_rate(),
            obeys_cts=bool(self._seen[_CFLAG] & CRTSCTS),
            obeys_xoff=bool(self._seen[_IFLAG] & IXON),
        )

    def settle(self) -> None:
        """Have the kernel tell again, if nothing has changed since the last look."""
        if not self.told and tcgetattr(self._master) == self._seen:
            self._set_extproc()

    def _set_extproc(self) -> None:
        self._seen[_LFLAG] |= _EXTPROC
        tcsetattr(self._master, TCSANOW, self._seen)

    def _odd_rate(self) -> int | None:
        """A rate the kernel has no name for; None while the host has hung up (B0)."""
        settings = bytearray(_TERMIOS2.size)
        try:
            ioctl(self._master, _TCGETS2, settings)
        except OSError:
            return None
        return _TERMIOS2.unpack(settings)[-1] or None


def is_change(status: int) -> bool:
    """Whether the status byte of a packet reports new terminal settings."""
    return bool(status & _TIOCPKT_IOCTL)


def is_purge(status: int) -> tuple[bool, bool]:
    """Whether the host threw away what it had not read, and what we had not read of it."""
    return bool(status & _TIOCPKT_FLUSHREAD), bool(status & _TIOCPKT_FLUSHWRITE)
