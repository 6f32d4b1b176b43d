"""The server's side of a connection, whatever carries it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from atwin.net.network import Stream, StreamError

S = TypeVar("S", bound=Stream)

#: Serves one connection, from its first byte until it returns.
Handler = Callable[[S], Awaitable[None]]


async def attend(handler: Handler[S], stream: S) -> None:
    """Let `handler` serve `stream`, then close it. A client that goes away is no error."""
    try:
        with suppress(StreamError):
            await handler(stream)
    finally:
        stream.close()
