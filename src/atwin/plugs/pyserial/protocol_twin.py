"""`serial.serial_for_url("twin://air780e-at?baud=115200")`."""

from __future__ import annotations

from serial import SerialException, rfc2217

from atwin.plugs.background import BackgroundTwin


class Serial(rfc2217.Serial):  # type: ignore[misc] # pyserial has no type hints
    """A serial port with a module of its own behind it; both end with `close`."""

    _twin: BackgroundTwin | None = None

    def from_url(self, url: str) -> tuple[str, int]:
        """Where to connect to: the place pyserial asks this at is `open`."""
        try:
            self._twin = BackgroundTwin(url)
        except Exception as error:
            raise SerialException(f"could not open port {url}: {error}") from error
        return self._twin.address

    def close(self) -> None:
        """Close the port and switch the module off."""
        super().close()
        if self._twin is not None:
            self._twin.close()
            self._twin = None
