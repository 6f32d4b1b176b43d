"""The settings of an open serial device, as POSIX has them.

serialx opens devices. But each change of its settings throws away what is in the kernel's buffers
and sets RTS and DTR again, so what changes on an open line is set here: nothing else happens then.
"""

from __future__ import annotations

import struct
import sys
from typing import TYPE_CHECKING, Any

from atwin.line.frame import Flow

if sys.platform != "win32":
    import termios
    from fcntl import ioctl

    #: Some systems have another name for it.
    _CRTSCTS: int = getattr(termios, "CRTSCTS", 0) or getattr(termios, "CNEW_RTSCTS", 0)

if TYPE_CHECKING:
    from collections.abc import Callable

_IFLAG, _CFLAG, _ISPEED, _OSPEED = 0, 2, 4, 5


class TermiosSettings:
    """Of the device open as `descriptor`. Everything raises `OSError` when that is gone."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @staticmethod
    def has_name(rate: int) -> bool:
        """Whether termios can set `rate` bit/s."""
        return hasattr(termios, f"B{rate}")

    @property
    def unsent(self) -> int:
        """Bytes the kernel still holds; a UART's FIFO is not counted."""
        size = ioctl(self._descriptor, termios.TIOCOUTQ, bytes(4))
        return int(struct.unpack("i", size)[0])

    def discard_unsent(self) -> None:
        """What the kernel holds goes nowhere."""
        _as_os_error(termios.tcflush, self._descriptor, termios.TCOFLUSH)

    def set_rate(self, rate: int) -> None:
        """`rate` bit/s in both directions, at once."""
        settings = self._get()
        settings[_ISPEED] = settings[_OSPEED] = getattr(termios, f"B{rate}")
        self._set(settings)

    def set_flow(self, output: Flow, input_: Flow) -> None:
        """What stops our output, and what we stop the other end with; at once.

        There is one switch for RTS and CTS, so hardware flow control is always that of both.
        """
        settings = self._get()
        # IXANY would let any byte end an XOFF.
        settings[_IFLAG] &= ~(termios.IXON | termios.IXOFF | termios.IXANY)
        if output is Flow.SOFTWARE:
            settings[_IFLAG] |= termios.IXON
        if input_ is Flow.SOFTWARE:
            settings[_IFLAG] |= termios.IXOFF
        settings[_CFLAG] &= ~_CRTSCTS
        if Flow.HARDWARE in (output, input_):
            settings[_CFLAG] |= _CRTSCTS
        self._set(settings)

    def _get(self) -> list[Any]:
        settings: list[Any] = _as_os_error(termios.tcgetattr, self._descriptor)
        return settings

    def _set(self, settings: list[Any]) -> None:
        _as_os_error(termios.tcsetattr, self._descriptor, termios.TCSANOW, settings)


def _as_os_error(call: Callable[..., Any], *arguments: Any) -> Any:
    """termios has an error of its own, with the same numbers."""
    try:
        return call(*arguments)
    except termios.error as error:
        raise OSError(*error.args) from error
