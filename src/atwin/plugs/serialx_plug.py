"""`twin://` for serialx: its RFC 2217 client, with a twin started for it."""

from __future__ import annotations

from typing import Any

import serialx
from serialx.platforms.serial_rfc2217 import RFC2217Serial, RFC2217SerialTransport

from atwin.plugs.background import BackgroundTwin

_SCHEME = "twin://"


class TwinSerial(RFC2217Serial):
    """A serial port with a module of its own behind it; both end with `close`.

    A program that names no rate gets the one of the URL, not serialx's 9600.
    """

    def __init__(self, path: str, *args: Any, **settings: Any) -> None:
        """`path` is the `twin://` URL."""
        super().__init__(_address(("127.0.0.1", 1)), *args, **settings)  # known when it is open
        self._url_of_twin = path
        self._names_no_rate = not args and "baudrate" not in settings
        self._twin: BackgroundTwin | None = None

    def _open(self) -> None:
        self._twin = _start(self._url_of_twin)
        self._host, self._port = self._twin.address
        if self._names_no_rate and self._twin.rate:
            self._baudrate = self._twin.rate
        super()._open()

    def _close(self) -> None:
        super()._close()
        if self._twin is not None:
            self._twin.close()
            self._twin = None


class TwinTransport(RFC2217SerialTransport):
    """The same for asyncio."""

    transport_name = "twin"
    _twin: BackgroundTwin | None = None

    async def _connect(self, *, path: str | None = None, **settings: Any) -> None:
        self._twin = _start(path or _SCHEME)
        try:
            await super()._connect(path=_address(self._twin.address), **settings)
        except BaseException:
            self._twin.stop()
            raise

    def _tcp_connection_lost(self, error: Exception | None) -> None:
        super()._tcp_connection_lost(error)
        if self._twin is not None:
            self._twin.stop()


def register() -> None:
    """Let serialx know the scheme."""
    serialx.register_uri_handler(
        scheme=_SCHEME,
        unique_scheme=_SCHEME,
        sync_cls=TwinSerial,
        async_transport_cls=TwinTransport,
    )


def _start(url: str) -> BackgroundTwin:
    try:
        return BackgroundTwin(url)
    except Exception as error:
        raise serialx.SerialException(f"could not open port {url}: {error}") from error


def _address(address: tuple[str, int]) -> str:
    return "rfc2217://{}:{}".format(*address)
