"""Opens a panel: the app of some modules, at a port of this computer."""

from __future__ import annotations

import secrets
import socket
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from atwin.control.web.app import panel_app
from atwin.control.web.guard import Door, Guard
from atwin.control.web.server import HttpServer
from atwin.net.network import address_and_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from atwin.control.subject import Subject


def bound(host: str, port: int) -> socket.socket:
    """A socket at that address; port 0 takes a free one. Raises `OSError`."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    place = socket.socket(family, kind, protocol)
    try:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(address)
    except BaseException:
        place.close()
        raise
    return place


def http_server(subjects: Sequence[Subject], door: Door | None) -> HttpServer:
    """The app of `subjects`, for who comes in by `door`, or by a Unix socket."""
    app = panel_app(subjects)
    return HttpServer(Guard(app, door), partial(setattr, app.state, "closing", True))


@asynccontextmanager
async def panel(
    subjects: Sequence[Subject], place: socket.socket, host: str, token: str | None = None
) -> AsyncIterator[str]:
    """Serve `subjects` at `place`, which `bound` made for `host`, until the block is left.

    Gives the URL, with the token in it if it is made here. `subjects` may change meanwhile.
    """
    port = place.getsockname()[1]
    door = Door(host, port, token or secrets.token_urlsafe(24))
    server = http_server(subjects, door)
    async with server.listening(place):
        yield f"http://{address_and_port(host, port)}/" + ("" if token else f"?token={door.token}")
