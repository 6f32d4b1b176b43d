"""From what a person writes to an open port: device paths, `socket://`, `rfc2217://`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from atwin.line.frame import USUAL_RATE
from atwin.line.port import PortSpecError
from atwin.line.ports.tcp import connect_tcp

if TYPE_CHECKING:
    from atwin.line.port import Port

_FORMS = "a device path, socket://HOST:PORT or rfc2217://HOST:PORT (atwin itself: twin://MODEL)"


async def open_port(url: str, *, baud: int = USUAL_RATE) -> Port:
    """The host's end of the line `url` names, at `baud` bit/s where that means something.

    Raises `PortError`, and `PortSpecError` if that is not the URL of a port.
    """
    if "://" in url:
        scheme = url.partition("://")[0].lower()
        if scheme not in ("socket", "rfc2217"):
            raise PortSpecError(f"{url}: unknown kind of port; use {_FORMS}")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if not host or not port:
            raise PortSpecError(f"{url}: must name host and port: {scheme}://127.0.0.1:7000")
        if scheme == "socket":
            return await connect_tcp(host, port)
    elif not url:
        raise PortSpecError(f"no port given; use {_FORMS}")
    from atwin.line.ports.device import open_device

    return await open_device(url, baud)
