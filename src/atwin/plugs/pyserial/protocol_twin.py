"""`serial.serial_for_url("twin://air780e-at?baud=115200")`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serial import SerialException, rfc2217

if TYPE_CHECKING:
    from atwin.session.serving import SyncTwin

#: pyserial's own, in bit/s.
_DEFAULT_RATE = 9600


class Serial(rfc2217.Serial):  # type: ignore[misc] # pyserial has no type hints
    """A serial port with a module of its own; both end with `close`.

    A program that names no rate gets the one of the URL, not pyserial's 9600.
    """

    _twin: SyncTwin | None = None

    def __init__(self, port: str | None = None, *args: Any, **settings: Any) -> None:
        self._names_no_rate = not args and "baudrate" not in settings
        super().__init__(port, *args, **settings)

    def from_url(self, url: str) -> tuple[str, int]:
        """Where to connect to: the place pyserial asks this at is `open`."""
        # Here, because a program that never opens a twin need not pay for one.
        from atwin.session.serving import serve_url

        try:
            self._twin = serve_url(url)
        except Exception as error:
            raise SerialException(f"could not open port {url}: {error}") from error
        if self._names_no_rate and self.baudrate == _DEFAULT_RATE and self._twin.baud:
            self.baudrate: int = self._twin.baud
        return self._twin.address

    def close(self) -> None:
        """Close the port and switch the module off."""
        super().close()
        if self._twin is not None:
            self._twin.close()
            self._twin = None
