"""An odd server on a connection, simulated or real."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from atwin.plan.tls_server import TlsServerStream
from support.odd_servers.wire import End, Forever, Wait, parse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from ssl import SSLContext

    from atwin.clock import Clock
    from atwin.testing.simulated import SimulatedStream
    from support.odd_servers.base import OddServer
    from support.odd_servers.wire import Piece

#: Bytes of a request head; more is not a request of ours.
_LONGEST_HEAD = 16_384


def on_simulated(
    server: OddServer, clock: Clock
) -> Callable[[SimulatedStream | _Secured], Awaitable[None]]:
    """A handler for `SimulatedNetwork.serve`."""

    async def handle(stream: SimulatedStream | _Secured) -> None:
        held = b""
        while True:
            while b"\r\n\r\n" not in held:
                data = await stream.read(_LONGEST_HEAD)
                if not data:
                    return
                held += data
            head, _, held = held.partition(b"\r\n\r\n")
            request = parse(head, server.count + 1, clock.now())
            for piece in server.handle(request):
                match piece:
                    case Wait(seconds):
                        await clock.sleep(seconds)
                    case Forever(data, pause):
                        while True:
                            await stream.write(data)
                            await clock.sleep(pause)
                    case End.CLOSE:
                        return
                    case End.RESET:
                        stream.reset()
                        return
                    case End.SILENCE:
                        while await stream.read(_LONGEST_HEAD):
                            pass
                        return
                    case bytes():
                        await stream.write(piece)

    return handle


def on_secure(server: OddServer, clock: Clock) -> Callable[[SimulatedStream], Awaitable[None]]:
    """The same by TLS."""
    handle = on_simulated(server, clock)

    async def secured(stream: SimulatedStream) -> None:
        from atwin.plan.certificates import server_context

        tls = _Secured(stream, server_context())
        await tls.shake_hands()
        await handle(tls)

    return secured


class _Secured(TlsServerStream):
    """TLS on a connection that can be reset."""

    def __init__(self, stream: SimulatedStream, context: SSLContext) -> None:
        super().__init__(stream, context)
        self.reset = stream.reset


async def on_socket(
    server: OddServer,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    faster: float = 20.0,
) -> None:
    """Serve one real connection, with pauses that are `faster` times shorter."""
    loop = asyncio.get_running_loop()
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n"))[:-4]
            request = parse(head, server.count + 1, loop.time() * faster)
            if not await _say(server.handle(request), reader, writer, faster):
                return
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass  # the client has gone, as it may
    finally:
        writer.close()


async def _say(
    pieces: list[Piece], reader: asyncio.StreamReader, writer: asyncio.StreamWriter, faster: float
) -> bool:
    """Whether the connection is kept."""
    for piece in pieces:
        match piece:
            case Wait(seconds):
                await asyncio.sleep(seconds / faster)
            case Forever(data, pause):
                while True:
                    writer.write(data)
                    await writer.drain()
                    await asyncio.sleep(pause / faster)
            case End.SILENCE:
                await reader.read()
                return False
            case End.RESET:
                writer.transport.abort()
                return False
            case End.CLOSE:
                return False
            case bytes():
                writer.write(piece)
                await writer.drain()
    return True
