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

from atwin.line.frame import RATES
from atwin.line.host_line import HostLine

#: Not in the termios module; the same on every Linux but Alpha's and MIPS's.
_EXTPROC = 0o200000
_TIOCPKT_FLUSHREAD, _TIOCPKT_FLUSHWRITE, _TIOCPKT_IOCTL = 1, 2, 64

_IFLAG, _CFLAG, _LFLAG, _ISPEED, _OSPEED = 0, 2, 3, 4, 5

#: The kernel's numbers for rates, both ways.
_SPEEDS = {rate: getattr(termios, f"B{rate}") for rate in RATES if hasattr(termios, f"B{rate}")}
_OF_SPEED = {speed: rate for rate, speed in _SPEEDS.items()}


def begin(master: int, slave: int, rate: int | None) -> None:
    """Packet mode on `master`; the slave is found at `rate` bit/s until a host sets another."""
    ioctl(master, TIOCPKT, struct.pack("i", 1))
    settings = tcgetattr(slave)
    settings[_LFLAG] |= _EXTPROC
    if rate in _SPEEDS:
        settings[_ISPEED] = settings[_OSPEED] = _SPEEDS[rate]
    tcsetattr(slave, TCSANOW, settings)


def is_change(status: int) -> bool:
    """Whether the status byte of a packet tells of new terminal settings."""
    return bool(status & _TIOCPKT_IOCTL)


def is_purge(status: int) -> tuple[bool, bool]:
    """Whether the host threw away what it had not read, and what we had not read of it."""
    return bool(status & _TIOCPKT_FLUSHREAD), bool(status & _TIOCPKT_FLUSHWRITE)


def host_line(slave: int) -> HostLine:
    """The settings as they are now. A host that cleared EXTPROC gets it back."""
    settings: list[Any] = tcgetattr(slave)
    if not settings[_LFLAG] & _EXTPROC:
        settings[_LFLAG] |= _EXTPROC
        tcsetattr(slave, TCSANOW, settings)
    return HostLine(
        rate=_OF_SPEED.get(settings[_OSPEED]),
        obeys_cts=bool(settings[_CFLAG] & CRTSCTS),
        obeys_xoff=bool(settings[_IFLAG] & IXON),
    )
