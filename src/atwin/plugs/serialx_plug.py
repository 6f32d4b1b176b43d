"""`twin://` for serialx: its RFC 2217 client, with a twin started for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import serialx
from serialx.platforms.serial_rfc2217 import RFC2217Serial, RFC2217SerialTransport

if TYPE_CHECKING:
    from atwin.session.serving import SyncTwin

_SCHEME = "twin://"


class TwinSerial(RFC2217Serial):
    """A serial port with a module of its own; both end with `close`.

    A program that names no rate gets the one of the URL, not serialx's 9600.
    """

    def __init__(self, path: str, *args: Any, **settings: Any) -> None:
        """`path` is the `twin://` URL."""
        super().__init__("rfc2217://127.0.0.1:1", *args, **settings)  # known when it is open
        self._url_of_twin = path
        self._names_no_rate = not args and "baudrate" not in settings
        self._twin: SyncTwin | None = None

    def _open(self) -> None:
        self._twin = _start(self._url_of_twin)
        self._host, self._port = self._twin.address
        if self._names_no_rate and self._twin.baud:
            self._baudrate = self._twin.baud
        super()._open()

    def _close(self) -> None:
        super()._close()
        if self._twin is not None:
            self._twin.close()
            self._twin = None


class TwinTransport(RFC2217SerialTransport):
    """The same for asyncio."""

    transport_name = "twin"
    _twin: SyncTwin | None = None

    async def _connect(self, *, path: str | None = None, **settings: Any) -> None:
        self._twin = _start(path or _SCHEME)
        try:
            await super()._connect(path=self._twin.port, **settings)
        except BaseException:
            self._twin.close_soon()
            raise

    def _tcp_connection_lost(self, error: Exception | None) -> None:
        super()._tcp_connection_lost(error)
        if self._twin is not None:
            self._twin.close_soon()


def register() -> None:
    """Let serialx know the scheme."""
    serialx.register_uri_handler(
        scheme=_SCHEME,
        unique_scheme=_SCHEME,
        sync_cls=TwinSerial,
        async_transport_cls=TwinTransport,
    )


def _start(url: str) -> SyncTwin:
    # Here, because a program that never opens a twin need not pay for one.
    from atwin.session.serving import serve_url

    try:
        return serve_url(url)
    except Exception as error:
        raise serialx.SerialException(f"could not open port {url}: {error}") from error
