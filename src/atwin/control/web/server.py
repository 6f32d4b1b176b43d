"""Connections of HTTP on the loop that runs already: no thread, no signal handler of its own."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from atwin.control.web.guard import refusal

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

#: Connections at a time; one more takes the place of one without a request, or is answered 503.
_MOST = 128
#: Seconds that a connection may be idle, and that a client may leave unread what it asked for.
_IDLE, _UNREAD = 60, 20
#: Bytes of the head of a request.
_LONGEST_HEAD = 16 << 10
#: Seconds that requests under way have left at the end.
_LAST = 1.0

_NO_REQUEST = b'{"error":"this is no HTTP request"}'
_BAD_REQUEST = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(_NO_REQUEST), _NO_REQUEST)
)

_TOO_MANY = refusal(503, f"{_MOST} requests are under way")
_TOO_MANY.headers["connection"] = "close"


class Client(H11Protocol):
    """One of uvicorn's; it is let go of when its client says or reads nothing for long."""

    _reads: asyncio.TimerHandle | None = None

    def __init__(self, config: uvicorn.Config, state: ServerState) -> None:
        super().__init__(config, state, {})
        self._since = 0.0
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        # A client that sends nothing does not keep others out.
        others = [
            one
            for one in self.connections
            if isinstance(one, Client) and one is not self and not one.transport.is_closing()
        ]
        if len(others) >= _MOST and (idle := [one for one in others if one._is_idle]):
            min(idle, key=lambda one: one._since).transport.abort()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def data_received(self, data: bytes) -> None:
        """Only a whole head has come in time: one that is sent bit by bit gets no more of it."""
        self.conn.receive_data(data)
        self.handle_events()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, unless it follows a request that has been answered already."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(_BAD_REQUEST)
        self.conn.send_failed()  # there is no other answer
        self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reads = self.loop.call_later(_UNREAD, self.transport.abort)

    def resume_writing(self) -> None:
        self._read()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._read()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self.lost.set()

    @property
    def _is_idle(self) -> bool:
        """Whether no request is under way; there is no cycle before the first one."""
        return bool(getattr(self.cycle, "response_complete", True))

    def _read(self) -> None:
        if self._reads is not None:
            self._reads.cancel()
            self._reads = None


class HttpServer:
    """Gives connections to an app, until it is closed."""

    def __init__(self, app: ASGIApp, closing: Callable[[], object]) -> None:
        """`closing` tells the app that answers without an end are to end."""
        self._app, self._closing = app, closing
        self._config = uvicorn.Config(
            self._serve,
            interface="asgi3",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",  # defects are logged by the app, what clients do is no news
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=_IDLE,
            h11_max_incomplete_event_size=_LONGEST_HEAD,
        )
        self._config.load()
        self._state = ServerState()

    def protocol(self) -> Client:
        """For a connection that has been made or is about to be."""
        return Client(self._config, self._state)

    @asynccontextmanager
    async def listening(self, place: socket.socket) -> AsyncIterator[None]:
        """Take all who connect to `place`, a bound socket, until the block is left."""
        server = await asyncio.get_running_loop().create_server(self.protocol, sock=place)
        try:
            yield
        finally:
            server.close()
            await self.close()

    async def close(self) -> None:
        """Let requests under way end, for a moment; nobody else is waited for."""
        self._closing()
        connections = [one for one in self._state.connections if isinstance(one, Client)]
        for connection in connections:
            connection.shutdown()
        if tasks := {*self._state.tasks}:
            _, late = await asyncio.wait(tasks, timeout=_LAST)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        for connection in connections:
            connection.transport.abort()
            await connection.lost.wait()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app if len(self._state.connections) <= _MOST else _TOO_MANY
        await app(scope, receive, send)
